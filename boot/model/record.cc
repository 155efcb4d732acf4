// SPDX-License-Identifier: Apache-2.0
#include "boot/model/record.h"

#include <cstring>

#include "core/disk/bytes.h"
#include "core/disk/crc.h"

namespace bf::boot {
namespace {

// Little-endian, all within the first sector. What comes before kFields is the same in every
// version, so that an older program can tell a newer record from a torn one.
constexpr char kMagic[8] = {'B', 'F', 'B', 'O', 'O', 'T', 'R', 'C'};
constexpr std::size_t kCrc = 8;  // CRC-32 of what follows, up to the sector's end
constexpr std::size_t kVersion = 12;
constexpr std::size_t kSequence = 16;
constexpr std::size_t kFields = 24;
constexpr std::size_t kState = kFields;
constexpr std::size_t kTarget = 25;
constexpr std::size_t kMarks = 26;  // two bytes
constexpr std::size_t kAttempts = 28;
constexpr std::size_t kBootId = 32;  // text, padded with NULs
constexpr std::size_t kBootIdSize = 40;
constexpr std::size_t kReason = 80;
constexpr std::size_t kSector = 512;
static_assert(kReason + kMaxReason < kSector);

std::uint32_t CrcOf(std::span<const std::byte> block) {
  return disk::Crc32(block.subspan(kVersion, kSector - kVersion));
}

void PutText(std::span<std::byte> field, std::string_view text) {
  const std::size_t length = std::min(text.size(), field.size());
  std::memcpy(field.data(), text.data(), length);
}

std::string GetText(std::span<const std::byte> field) {
  std::string text(reinterpret_cast<const char*>(field.data()), field.size());
  return text.substr(0, text.find('\0'));
}

struct Block {
  enum class Kind { kBlank, kTorn, kNewer, kOurs } kind = Kind::kTorn;
  std::uint32_t version = 0;
  std::uint64_t sequence = 0;
  Record record;
};

bool IsBlank(std::span<const std::byte> block) {
  return std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{0}; });
}

Block ParseBlock(std::span<const std::byte> bytes) {
  Block block;
  if (IsBlank(bytes)) {
    block.kind = Block::Kind::kBlank;
    return block;
  }
  if (std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) return block;
  if (disk::Get32(bytes, kCrc) != CrcOf(bytes)) return block;
  block.version = disk::Get32(bytes, kVersion);
  block.sequence = disk::Get64(bytes, kSequence);
  if (block.version > kRecordVersion) {
    block.kind = Block::Kind::kNewer;
    return block;
  }
  const auto state = std::to_integer<unsigned>(bytes[kState]);
  const auto target = std::to_integer<unsigned>(bytes[kTarget]);
  const auto mark_a = std::to_integer<unsigned>(bytes[kMarks]);
  const auto mark_b = std::to_integer<unsigned>(bytes[kMarks + 1]);
  // A sequence that cannot be followed by another was not written by us.
  if (block.sequence == UINT64_MAX || block.version != kRecordVersion ||
      state > static_cast<unsigned>(State::kRolledBack) || target > 1 || mark_a > 2 || mark_b > 2) {
    return block;
  }
  block.kind = Block::Kind::kOurs;
  block.record.state = static_cast<State>(state);
  block.record.target = static_cast<Slot>(target);
  block.record.marks = {static_cast<Mark>(mark_a), static_cast<Mark>(mark_b)};
  block.record.attempts = disk::Get32(bytes, kAttempts);
  block.record.boot_id = GetText(bytes.subspan(kBootId, kBootIdSize));
  block.record.reason = GetText(bytes.subspan(kReason, kMaxReason));
  return block;
}

}  // namespace

std::string_view Name(State state) {
  switch (state) {
    case State::kCommitted:
      return "committed";
    case State::kStaged:
      return "staged";
    case State::kArmed:
      return "armed";
    case State::kTrial:
      return "trial";
    case State::kConfirmed:
      return "confirmed";
    case State::kRolledBack:
      return "rolled-back";
  }
  return "committed";
}

std::vector<std::byte> SerialiseRecord(const Record& record, std::uint64_t sequence) {
  std::vector<std::byte> block(kRecordBlock);
  const std::span<std::byte> bytes(block);
  std::memcpy(block.data(), kMagic, sizeof kMagic);
  disk::PutLe<std::uint32_t>(bytes, kVersion, kRecordVersion);
  disk::PutLe<std::uint64_t>(bytes, kSequence, sequence);
  block[kState] = static_cast<std::byte>(record.state);
  block[kTarget] = static_cast<std::byte>(record.target);
  block[kMarks] = static_cast<std::byte>(record.marks[0]);
  block[kMarks + 1] = static_cast<std::byte>(record.marks[1]);
  disk::PutLe<std::uint32_t>(bytes, kAttempts, record.attempts);
  PutText(bytes.subspan(kBootId, kBootIdSize), record.boot_id);
  PutText(bytes.subspan(kReason, kMaxReason), record.reason);
  disk::PutLe<std::uint32_t>(bytes, kCrc, CrcOf(bytes));
  return block;
}

StoredRecord ParseRecord(std::span<const std::byte> file) {
  StoredRecord stored;
  if (file.size() != kRecordSize) {
    stored.problem = fmt::format("the record is {} bytes long, not {}", file.size(), kRecordSize);
    return stored;
  }
  bool torn = false;
  for (int i = 0; i < 2; ++i) {
    const Block block =
        ParseBlock(file.subspan(static_cast<std::size_t>(i) * kRecordBlock, kRecordBlock));
    if (block.kind == Block::Kind::kNewer) {
      stored.newer_version = std::max(stored.newer_version.value_or(0), block.version);
    }
    torn = torn || block.kind == Block::Kind::kTorn;
    if (block.kind != Block::Kind::kOurs) continue;
    if (stored.record && stored.sequence >= block.sequence) continue;
    stored.record = block.record;
    stored.sequence = block.sequence;
    stored.block = i;
  }
  if (stored.newer_version) {
    // Ours is older than what the newer program knew.
    stored.record.reset();
    stored.problem = fmt::format("the record is of version {}, and this program knows {}",
                                 *stored.newer_version, kRecordVersion);
  } else if (torn) {
    stored.problem = stored.record ? "one of the record's two blocks is torn; the other one counts"
                                   : "both of the record's blocks are damaged";
  } else if (!stored.record) {
    stored.problem = "the record is blank";
  }
  return stored;
}

}  // namespace bf::boot
