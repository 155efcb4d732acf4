// SPDX-License-Identifier: Apache-2.0
#include "boot/model/record.h"

#include "core/disk/bytes.h"
#include "core/disk/crc.h"

namespace bf::boot {
namespace {

Record Sample() {
  Record record;
  record.state = State::kRolledBack;
  record.target = Slot::kB;
  record.attempts = 2;
  record.marks = {Mark::kGood, Mark::kBad};
  record.boot_id = "01234567-89ab-cdef-0123-456789abcdef";
  record.reason = "the kiosk never came up";
  return record;
}

std::vector<std::byte> File(const std::vector<std::byte>& first,
                            const std::vector<std::byte>& second) {
  std::vector<std::byte> file = first;
  file.insert(file.end(), second.begin(), second.end());
  return file;
}

const std::vector<std::byte> kBlank(kRecordBlock);

std::vector<std::byte> OfVersion(std::uint32_t version, std::uint64_t sequence) {
  std::vector<std::byte> block = SerialiseRecord(Sample(), sequence);
  disk::PutLe<std::uint32_t>(block, 12, version);
  disk::PutLe<std::uint32_t>(block, 8, disk::Crc32(std::span(block).subspan(12, 500)));
  return block;
}

TEST(Record, IsReadBackAsWritten) {
  const StoredRecord stored = ParseRecord(File(SerialiseRecord(Sample(), 7), kBlank));
  EXPECT_EQ(stored.record, Sample());
  EXPECT_EQ(stored.sequence, 7u);
  EXPECT_EQ(stored.block, 0);
  EXPECT_EQ(stored.problem, "");
}

TEST(Record, EverythingIsInTheFirstSector) {
  const std::vector<std::byte> block = SerialiseRecord(Sample(), 7);
  for (std::size_t i = 512; i < block.size(); ++i) ASSERT_EQ(block[i], std::byte{0}) << i;
}

TEST(Record, TheNewerBlockCounts) {
  Record newer = Sample();
  newer.state = State::kStaged;
  const auto old_block = SerialiseRecord(Sample(), 8);
  const auto new_block = SerialiseRecord(newer, 9);
  EXPECT_EQ(ParseRecord(File(old_block, new_block)).record, newer);
  EXPECT_EQ(ParseRecord(File(new_block, old_block)).record, newer);
  EXPECT_EQ(ParseRecord(File(new_block, old_block)).block, 0);
}

TEST(Record, AnyFlippedBitOfTheNewerBlockLeavesTheOlder) {
  Record newer = Sample();
  newer.state = State::kStaged;
  const auto old_block = SerialiseRecord(Sample(), 8);
  const auto new_block = SerialiseRecord(newer, 9);
  for (std::size_t bit = 0; bit < 512 * 8; ++bit) {
    auto torn = new_block;
    torn[bit / 8] ^= std::byte{1} << (bit % 8);
    const StoredRecord stored = ParseRecord(File(old_block, torn));
    ASSERT_EQ(stored.record, Sample()) << "bit " << bit;
    ASSERT_EQ(stored.block, 0);
    ASSERT_NE(stored.problem, "");
  }
}

TEST(Record, TwoTornBlocksAreNone) {
  auto torn = SerialiseRecord(Sample(), 8);
  torn[100] ^= std::byte{1};
  const StoredRecord stored = ParseRecord(File(torn, torn));
  EXPECT_FALSE(stored.record);
  EXPECT_EQ(stored.problem, "both of the record's blocks are damaged");
}

TEST(Record, ANewerVersionIsToldFromATornOne) {
  const StoredRecord stored = ParseRecord(File(SerialiseRecord(Sample(), 8), OfVersion(2, 9)));
  EXPECT_FALSE(stored.record) << "ours is older than what the newer program knew";
  EXPECT_EQ(stored.newer_version, 2u);
}

TEST(Record, ValuesThatNoRecordHasAreTorn) {
  for (const std::size_t at : {24U, 25U, 26U, 27U}) {
    auto block = SerialiseRecord(Sample(), 8);
    block[at] = std::byte{17};
    disk::PutLe<std::uint32_t>(block, 8, disk::Crc32(std::span(block).subspan(12, 500)));
    EXPECT_FALSE(ParseRecord(File(block, kBlank)).record) << at;
  }
  EXPECT_FALSE(ParseRecord(File(SerialiseRecord(Sample(), UINT64_MAX), kBlank)).record);
}

TEST(Record, OtherSizesAreNone) {
  const auto block = SerialiseRecord(Sample(), 8);
  EXPECT_FALSE(ParseRecord(block).record);
  EXPECT_FALSE(ParseRecord({}).record);
}

TEST(Record, ALongReasonIsCut) {
  Record record = Sample();
  record.reason = std::string(2 * kMaxReason, 'x');
  const StoredRecord stored = ParseRecord(File(SerialiseRecord(record, 1), kBlank));
  ASSERT_TRUE(stored.record);
  EXPECT_EQ(stored.record->reason, std::string(kMaxReason, 'x'));
}

}  // namespace
}  // namespace bf::boot
