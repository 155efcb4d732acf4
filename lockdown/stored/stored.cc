// SPDX-License-Identifier: Apache-2.0
#include "lockdown/stored/stored.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/disk/packed.h"
#include "core/hash/checksum.h"
#include "core/host/file.h"
#include "lockdown/stored/layout.h"

namespace bf::lockdown::stored {
namespace {

constexpr std::string_view kNonsense = "it makes no sense";
constexpr std::string_view kChanged =
    "its checksum does not match: it was changed after it was made";

Failure Refuse(const std::string& path, std::string_view why) {
  return FailKind(ErrorKind::kRefused, "{}: {}", path, why);
}

SourceRef TakeRef(disk::PackedReader& in, const std::string& file) {
  const auto line = in.Number<std::uint32_t>();
  const auto column = in.Number<std::uint32_t>();
  return {file, static_cast<int>(line), static_cast<int>(column)};
}

bool TakeFlag(disk::PackedReader& in) { return in.Number<std::uint8_t>() == 1; }

// More words than there are make no sense, and leave something over that nobody reads.
void TakeBitmap(disk::PackedReader& in, input::Bitmap& bitmap) {
  const auto words = std::min<std::size_t>(in.Number<std::uint8_t>(), input::Bitmap::kWords);
  for (std::size_t i = 0; i < words; ++i) bitmap.SetWord(i, in.Number<std::uint64_t>());
}

AllowInput TakeInput(disk::PackedReader& in) {
  AllowInput input;
  input.name.value = in.Text();
  device::InputId& id = input.id.value;
  for (auto* number : {&id.bus, &id.vendor, &id.product, &id.version})
    *number = in.Number<std::uint16_t>();
  input.phys.value = in.Text();
  for (const auto& field : input::kCapabilityFields)
    TakeBitmap(in, input.capabilities.value.*field.bits);
  return input;
}

Allow TakeEntry(disk::PackedReader& in, const std::string& file) {
  Allow entry;
  entry.at = TakeRef(in, file);
  entry.name.value = in.Text();
  entry.reason.value = in.Text();
  entry.device_name.value = in.Text();
  entry.version.value = in.Number<std::uint16_t>();
  const bool has_serial = TakeFlag(in);
  std::string serial = in.Text();
  if (has_serial) entry.serial = {std::move(serial), entry.at};
  entry.port.value = in.Text();
  for (auto left = in.Count(); left > 0 && in.good(); --left) {
    AllowInterface interface;
    for (auto* number : {&interface.code.base, &interface.code.subclass, &interface.code.protocol})
      *number = in.Number<std::uint8_t>();
    interface.bound = TakeFlag(in);
    entry.interfaces.push_back({interface, entry.at});
  }
  entry.descriptors.value = in.Text();
  for (auto left = in.Count(); left > 0 && in.good(); --left)
    entry.report_descriptors.push_back({in.Text(), entry.at});
  entry.maintenance.value = TakeFlag(in);
  entry.group.value = in.Text();
  for (auto left = in.Count(); left > 0 && in.good(); --left) entry.inputs.push_back(TakeInput(in));
  return entry;
}

Filter TakeFilter(disk::PackedReader& in, const std::string& file) {
  Filter filter;
  filter.at = TakeRef(in, file);
  filter.device.value = in.Text();
  filter.reason.value = in.Text();
  for (auto left = in.Count(); left > 0 && in.good(); --left)
    filter.keys.push_back({in.Number<std::uint16_t>(), filter.at});
  return filter;
}

// What is under the checksum at its end; nothing if it does not match.
std::optional<std::string_view> Sealed(std::string_view bytes) {
  if (bytes.size() < kChecksumBytes) return std::nullopt;
  const auto content = bytes.substr(0, bytes.size() - kChecksumBytes);
  disk::PackedReader end(bytes.substr(content.size()));
  if (end.Number<std::uint64_t>() != hash::ChecksumOf(content)) return std::nullopt;
  return content;
}

Result<std::uint64_t> SizeOf(int fd, const std::string& path) {
  struct stat stat {};
  if (::fstat(fd, &stat) != 0) return FailErrno(errno, "look at {}", path);
  return static_cast<std::uint64_t>(stat.st_size);
}

}  // namespace

Result<Stored> Stored::Open(const std::string& path, const std::string& policy_file) {
  Stored stored;
  stored.path_ = path;
  stored.policy_file_ = policy_file;
  BF_ASSIGN(stored.fd_, host::Open(path, O_RDONLY));
  BF_ASSIGN(stored.size_, SizeOf(stored.fd_.get(), path));
  BF_TRY(stored.ReadHead());
  return stored;
}

Status Stored::ReadHead() {
  BF_ASSIGN(const std::string fixed, Read(0, kFixedBytes));
  disk::PackedReader start(fixed);
  if (start.Fixed(kMagic.size()) != kMagic) return Refuse(path_, "it is not a compiled policy");
  if (start.Number<std::uint32_t>() != kFormat)
    return Refuse(path_, "it has a format of another release");
  if (start.Number<std::uint32_t>() != size_)
    return Refuse(path_, "it is cut, or has more at its end");
  head_bytes_ = start.Number<std::uint32_t>();
  entries_ = start.Number<std::uint32_t>();
  head_.text.size = start.Number<std::uint64_t>();
  head_.text.checksum = start.Number<std::uint64_t>();
  if (head_bytes_ < kFixedBytes || head_bytes_ > kMostHeadBytes || entries_ > kMostAllows ||
      head_bytes_ + entries_ * kSlotBytes > size_)
    return Refuse(path_, kNonsense);
  BF_ASSIGN(const std::string bytes, Read(0, head_bytes_));
  const auto head = Sealed(bytes);
  if (!head) return Refuse(path_, kChanged);
  disk::PackedReader in(head->substr(std::min(kFixedBytes, head->size())));
  head_.hash = std::string(in.Fixed(kHashBytes));
  head_.at = TakeRef(in, policy_file_);
  head_.usb.at = TakeRef(in, policy_file_);
  head_.usb.hubs.at = TakeRef(in, policy_file_);
  head_.usb.hubs.value = static_cast<std::int64_t>(in.Number<std::uint64_t>());
  head_.usb.reason.value = in.Text();
  const auto window = in.Number<std::uint8_t>();
  head_.maintenance.window.value = static_cast<Window>(window);
  head_.maintenance.longest_ms.value = static_cast<std::int64_t>(in.Number<std::uint64_t>());
  head_.maintenance.key.value = in.Text();
  for (auto left = in.Count(); left > 0 && in.good(); --left) {
    head_.filters.push_back(TakeFilter(in, policy_file_));
    filter_slots_.push_back(in.Number<std::uint32_t>());
  }
  if (!in.at_end() || window > static_cast<unsigned>(Window::kSigned))
    return Refuse(path_, kNonsense);
  return {};
}

Result<std::string> Stored::Read(std::uint64_t offset, std::size_t size) const {
  if (offset > size_ || size > size_ - offset)
    return Refuse(path_, "it is cut, or has more at its end");
  std::string bytes(size, '\0');
  BF_TRY(host::ReadAt(fd_.get(), offset, {reinterpret_cast<std::byte*>(bytes.data()), bytes.size()},
                      path_));
  return bytes;
}

Status Stored::IsOfItsPolicy() const {
  BF_ASSIGN(const auto fd, host::Open(policy_file_, O_RDONLY));
  BF_ASSIGN(const std::uint64_t size, SizeOf(fd.get(), policy_file_));
  const Failure other = Refuse(
      path_, fmt::format("it is not what {} compiles to: `bf-lockdown compile`", policy_file_));
  if (size != head_.text.size) return other;
  hash::Checksum checksum;
  std::array<char, 4096> part;
  for (std::uint64_t at = 0; at < size; at += part.size()) {
    const std::string_view some(part.data(), std::min<std::uint64_t>(part.size(), size - at));
    BF_TRY(host::ReadAt(fd.get(), at, {reinterpret_cast<std::byte*>(part.data()), some.size()},
                        policy_file_));
    checksum.Add(some);
  }
  if (checksum.value() != head_.text.checksum) return other;
  return {};
}

Result<Stored::Slot> Stored::ReadSlot(std::uint32_t slot) const {
  if (slot >= entries_) return Refuse(path_, kNonsense);
  BF_ASSIGN(const std::string bytes, Read(head_bytes_ + slot * kSlotBytes, kSlotBytes));
  disk::PackedReader in(bytes);
  Slot read;
  read.key = in.Number<std::uint64_t>();
  read.offset = in.Number<std::uint32_t>();
  read.size = in.Number<std::uint32_t>();
  return read;
}

// The first slot whose key is not less.
Result<std::uint32_t> Stored::LowerBound(std::uint64_t key) const {
  std::uint32_t first = 0;
  std::uint32_t last = entries_;
  while (first < last) {
    const std::uint32_t middle = first + (last - first) / 2;
    BF_ASSIGN(const Slot slot, ReadSlot(middle));
    if (slot.key < key)
      first = middle + 1;
    else
      last = middle;
  }
  return first;
}

Result<Stored::Placed> Stored::ReadEntry(const Slot& slot) const {
  if (slot.size > kMostEntryBytes) return Refuse(path_, kNonsense);
  BF_ASSIGN(const std::string bytes, Read(slot.offset, slot.size));
  const auto content = Sealed(bytes);
  if (!content) return Refuse(path_, kChanged);
  disk::PackedReader in(*content);
  const auto key = in.Number<std::uint64_t>();
  Placed placed;
  placed.place = in.Number<std::uint32_t>();
  placed.entry = TakeEntry(in, policy_file_);
  placed.entry.bus.value = static_cast<Bus>(key >> 32U);
  placed.entry.vendor.value = static_cast<std::uint16_t>(key >> 16U);
  placed.entry.product.value = static_cast<std::uint16_t>(key);
  if (!in.at_end() || key != slot.key) return Refuse(path_, kNonsense);
  return placed;
}

Result<Policy> Stored::Select(std::span<const KeyRange> keys) const {
  std::vector<Placed> found;
  for (const KeyRange& range : keys) {
    BF_ASSIGN(std::uint32_t at, LowerBound(Packed(range.first)));
    for (; at < entries_; ++at) {
      BF_ASSIGN(const Slot slot, ReadSlot(at));
      if (slot.key > Packed(range.last)) break;
      BF_ASSIGN(found.emplace_back(), ReadEntry(slot));
    }
    if (range.first.bus != Bus::kUinput) continue;
    for (const std::uint32_t slot : filter_slots_) {
      BF_ASSIGN(const Slot read, ReadSlot(slot));
      BF_ASSIGN(found.emplace_back(), ReadEntry(read));
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Placed& a, const Placed& b) { return a.place < b.place; });
  Policy policy = head_;
  for (Placed& one : found) {
    // Two ranges may have the same entry.
    if (policy.allows.empty() || policy.allows.back().name.value != one.entry.name.value)
      policy.allows.push_back(std::move(one.entry));
  }
  return policy;
}

}  // namespace bf::lockdown::stored
