// SPDX-License-Identifier: Apache-2.0
#include "provision/data/content.h"

#include <cstring>

#include "core/disk/ext4_torn.h"
#include "provision/data/policy.h"

namespace bf::provision::data {
namespace {

constexpr std::size_t kChecksumAt = 0x3fc;

bool AllEqual(std::span<const std::byte> bytes, std::byte value) {
  return std::all_of(bytes.begin(), bytes.end(), [value](std::byte b) { return b == value; });
}

// Whether backups behind the end count depends on the whole partition; only then it is worth the
// time to read it. One that held data ends this at its first bytes.
std::uint64_t BlankLook(const Source& source, const std::vector<disk::Ext4Backup>& backups) {
  const bool beyond = std::any_of(backups.begin(), backups.end(), [&](const auto& backup) {
    return backup.offset >= source.size && backup.super.label != kLabelNew;
  });
  return std::min(source.size, beyond ? kBlankLookWhole : kBlankLook);
}

// How much of the start is all 0x00 or all 0xff.
Result<std::uint64_t> CountBlank(const Source& source, std::uint64_t end) {
  std::vector<std::byte> chunk(1 << 20);
  std::byte value{};
  for (std::uint64_t at = 0; at < end; at += chunk.size()) {
    const auto part = std::span(chunk).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), end - at)));
    BF_TRY(source.read(at, part));
    if (at == 0) value = part[0];
    if ((value != std::byte{0} && value != std::byte{0xff}) || !AllEqual(part, value)) return at;
  }
  return end;
}

Result<bool> IsTornWrite(const Source& source, const Content& content,
                         std::span<const std::byte> super) {
  const disk::Ext4Backup* backup = content.SoundBackup();
  if (backup == nullptr || !content.primary || content.primary->label != kLabel) return false;
  std::array<std::byte, disk::kExt4SuperSize> bytes;
  BF_TRY(source.read(backup->offset, bytes));
  return disk::IsTornExt4Write(super, bytes);
}

Status LookDeep(const Source& source, std::span<const std::byte> super, Content& content) {
  content.looked_deep = true;
  BF_ASSIGN(content.backups,
            disk::FindExt4Backups(source.read, std::max(source.size, source.may_grow_to)));
  BF_ASSIGN(content.torn_write, IsTornWrite(source, content, super));
  BF_ASSIGN(content.blank_bytes, CountBlank(source, BlankLook(source, content.backups)));
  Probe probe = source.probe();
  content.probed = probe.result;
  content.probed_as = std::move(probe.as);
  return {};
}

}  // namespace

bool IsTornLabel(std::span<const std::byte> super) {
  const auto parsed = disk::ParseExt4Super(super);
  if (!parsed || parsed->checksum_ok) return false;
  if (parsed->label != kLabel && parsed->label != kLabelNew) return false;
  const std::string other(parsed->label == kLabel ? kLabelNew : kLabel);
  std::vector<std::byte> copy(super.begin(), super.end());
  return disk::RelabelExt4Super(copy, other) &&
         std::memcmp(copy.data() + kChecksumAt, super.data() + kChecksumAt, 4) == 0;
}

Content Examine(const Source& source) {
  Content content;
  std::array<std::byte, 4096> head;
  if (source.size < head.size()) {
    content.read_error = fmt::format("it has only {} bytes", source.size);
    return content;
  }
  Status looked = source.read(0, head);
  if (looked) {
    const auto super =
        std::span<const std::byte>(head).subspan(disk::kExt4SuperOffset, disk::kExt4SuperSize);
    content.primary = disk::ParseExt4Super(super);
    content.torn_label = IsTornLabel(super);
    const bool finished =
        content.primary && content.primary->Trusted() && content.primary->label == kLabel;
    if (!finished) looked = LookDeep(source, super, content);
  }
  if (!looked) content.read_error = looked.error().ToString();
  return content;
}

}  // namespace bf::provision::data
