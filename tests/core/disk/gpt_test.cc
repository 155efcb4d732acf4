// SPDX-License-Identifier: Apache-2.0
#include "core/disk/gpt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/disk/bytes.h"
#include "core/disk/crc.h"
#include "tests/core/disk/memory_disk.h"

namespace bf::disk {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

GptTable Table(std::uint32_t sector_size, std::uint64_t disk_size) {
  GptTable table;
  table.disk_id = Guid::Literal("11111111-2222-4333-8444-555555555555");
  table.sector_size = sector_size;
  table.first_usable_lba = 2 + 128 * 128 / sector_size;
  const std::uint64_t mib = kMiB / sector_size;
  for (int i = 1; i <= 6; ++i) {
    GptEntry entry;
    entry.index = i;
    entry.type = Guid::Literal(i < 4 ? kTypeMicrosoftBasicData : kTypeLinuxData);
    entry.id = Guid::Literal("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee" + std::to_string(i));
    entry.first_lba = mib * static_cast<std::uint64_t>(i);
    entry.last_lba = entry.first_lba + mib - 1;
    entry.name = "BF_" + std::to_string(i);
    table.entries.push_back(entry);
  }
  return RelocateGpt(table, disk_size);
}

void Apply(MemoryDisk& disk, const GptTable& table) {
  std::vector<std::byte> first(disk.bytes.begin(),
                               disk.bytes.begin() + std::ptrdiff_t{table.sector_size});
  const auto writes = SerialiseGpt(table, disk.size(), first);
  ASSERT_TRUE(writes) << writes.error().ToString();
  for (const auto& write : *writes) disk.Write(write.offset, write.data);
}

class GptTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  std::uint32_t sector() const { return GetParam(); }
  GptState Inspect(const MemoryDisk& disk) const {
    return InspectGpt(disk.Reader(), disk.size(), sector());
  }
  MemoryDisk Made(std::uint64_t size = 8 * kMiB) const {
    MemoryDisk disk(size);
    Apply(disk, Table(sector(), size));
    return disk;
  }
};
INSTANTIATE_TEST_SUITE_P(SectorSizes, GptTest, testing::Values(512, 4096));

TEST_P(GptTest, WhatIsWrittenIsReadBack) {
  const MemoryDisk disk = Made();
  const GptState state = Inspect(disk);
  EXPECT_TRUE(state.protective_mbr);
  ASSERT_TRUE(state.primary) << state.primary_problem;
  ASSERT_TRUE(state.backup) << state.backup_problem;
  EXPECT_EQ(*state.primary, Table(sector(), disk.size()));
  EXPECT_EQ(state.backup->entries, state.primary->entries);
  EXPECT_EQ(state.backup->my_lba, disk.size() / sector() - 1);
  EXPECT_EQ(state.backup->alternate_lba, 1u);
  EXPECT_EQ(RelocateGpt(*state.backup, disk.size()), *state.primary);
  EXPECT_EQ(state.Best(), &*state.primary);
  ASSERT_NE(state.primary->Find(6), nullptr);
  EXPECT_EQ(state.primary->Find(6)->name, "BF_6");
  EXPECT_EQ(state.primary->Find(7), nullptr);
}

TEST_P(GptTest, BlankDiskHasNoTable) {
  const GptState state = Inspect(MemoryDisk(8 * kMiB));
  EXPECT_EQ(state.Best(), nullptr);
  EXPECT_FALSE(state.protective_mbr);
  EXPECT_THAT(state.primary_problem, HasSubstr("no GPT signature"));
}

TEST_P(GptTest, TinyDisksAreNoCrash) {
  for (const std::uint64_t size : {0U, 1U, 511U, 512U, 1024U, 4096U, 8192U, 12288U}) {
    EXPECT_EQ(Inspect(MemoryDisk(size)).Best(), nullptr);
    EXPECT_FALSE(SerialiseGpt(RelocateGpt(Table(sector(), 8 * kMiB), size), size,
                              std::vector<std::byte>(sector())));
  }
}

TEST_P(GptTest, OneFlippedBitInHeaderOrEntriesIsSeen) {
  const MemoryDisk good = Made();
  const std::size_t size = sector();
  for (const std::size_t byte :
       {size, size + 17, size + 40, size + 72, size + 91, 2 * size, 2 * size + 16383}) {
    MemoryDisk disk = good;
    disk.bytes[byte] ^= std::byte{1};
    const GptState state = Inspect(disk);
    EXPECT_FALSE(state.primary) << byte;
    EXPECT_NE(state.primary_problem, "");
    ASSERT_TRUE(state.backup);
    EXPECT_EQ(state.Best(), &*state.backup);
  }
}

TEST_P(GptTest, GrownDiskHasAMisplacedBackup) {
  MemoryDisk disk = Made();
  disk.bytes.resize(16 * kMiB);
  const GptState state = Inspect(disk);
  ASSERT_TRUE(state.primary);
  EXPECT_FALSE(state.backup);
  EXPECT_THAT(state.backup_problem, HasSubstr("misplaced: it is at LBA"));
}

TEST_P(GptTest, ShrunkDiskHasNoValidTable) {
  MemoryDisk disk = Made();
  disk.bytes.resize(7 * kMiB);
  EXPECT_THAT(Inspect(disk).primary_problem, HasSubstr("does not fit a disk"));
}

// Every field of the header set to extremes, under a valid checksum.
TEST_P(GptTest, HostileHeadersAreRefusedOrHarmless) {
  const MemoryDisk good = Made();
  for (std::size_t field = 8; field < 92; field += 4) {
    for (const std::uint32_t value : {0u, 1u, 2u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
      MemoryDisk disk = good;
      const auto header = std::span(disk.bytes).subspan(sector(), sector());
      PutLe(header, field, value);
      const std::uint32_t size = std::min(Get32(header, 12), sector());
      PutLe<std::uint32_t>(header, 16, 0);
      PutLe(header, 16, Crc32(header.first(size)));
      const auto table = ReadGpt(disk.Reader(), disk.size(), sector(), 1);
      // What only names things may be anything; what leads somewhere may not. The upper halves of
      // the 64-bit fields are zero in the good header.
      const bool same = std::equal(disk.bytes.begin(), disk.bytes.end(), good.bytes.begin());
      const bool names_only = field == 16 || field == 20 || (field >= 56 && field < 72);
      const bool alternate = field >= 32 && field < 40;
      if (table) {
        EXPECT_TRUE(same || names_only || alternate || field == 40 || field == 48) << field;
      }
    }
  }
}

TEST_P(GptTest, EntriesMustLieInTheUsableRangeAndApart) {
  GptTable table = Table(sector(), 8 * kMiB);
  const std::vector<std::byte> first(sector());
  table.entries[2].first_lba = table.entries[1].last_lba;
  auto writes = SerialiseGpt(table, 8 * kMiB, first);
  ASSERT_FALSE(writes);
  EXPECT_THAT(writes.error().message, HasSubstr("partitions 2 and 3 overlap"));

  table = Table(sector(), 8 * kMiB);
  table.entries[5].last_lba = table.last_usable_lba + 1;
  writes = SerialiseGpt(table, 8 * kMiB, first);
  ASSERT_FALSE(writes);
  EXPECT_THAT(writes.error().message, HasSubstr("outside of the usable range"));

  table = Table(sector(), 8 * kMiB);
  table.entries[0].name = std::string(37, 'x');
  EXPECT_FALSE(SerialiseGpt(table, 8 * kMiB, first));
  table.entries[0].name = std::string(36, 'x');
  EXPECT_TRUE(SerialiseGpt(table, 8 * kMiB, first));
}

TEST_P(GptTest, BootCodeAndDiskSignatureStay) {
  MemoryDisk disk(8 * kMiB);
  for (std::size_t i = 0; i < 446; ++i) disk.bytes[i] = static_cast<std::byte>(i * 7);
  const auto before = disk.bytes;
  Apply(disk, Table(sector(), disk.size()));
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + 446, disk.bytes.begin()));
  EXPECT_EQ(disk.bytes[450], std::byte{0xee});
  EXPECT_EQ(Get32(disk.bytes, 454), 1u);
  EXPECT_EQ(Get32(disk.bytes, 458), disk.size() / sector() - 1);
}

TEST_P(GptTest, HybridMbrStays) {
  MemoryDisk disk = Made();
  disk.bytes[446 + 16 + 4] = std::byte{0x0c};
  const auto before = disk.bytes;
  Apply(disk, Table(sector(), disk.size()));
  EXPECT_EQ(disk.bytes, before);
}

TEST_P(GptTest, ArrayElsewhereIsNotOverwritten) {
  GptTable table = Table(sector(), 8 * kMiB);
  table.entries_lba = 40;
  EXPECT_FALSE(SerialiseGpt(table, 8 * kMiB, std::vector<std::byte>(sector())));
}

TEST_P(GptTest, WritingTheSameTableAgainChangesNothing) {
  MemoryDisk disk = Made();
  const auto before = disk.bytes;
  Apply(disk, *Inspect(disk).primary);
  EXPECT_EQ(disk.bytes, before);
}

TEST_P(GptTest, PrimaryOfSixPartitionsIsOneAlignedWrite) {
  const auto writes =
      SerialiseGpt(Table(sector(), 8 * kMiB), 8 * kMiB, std::vector<std::byte>(sector()));
  ASSERT_TRUE(writes);
  EXPECT_EQ(writes->back().offset, 0u);
  EXPECT_EQ(writes->back().data.size(), sector() == 512 ? 4096u : 3u * 4096);
}

// The property the order of writes is for. `Cut` leaves each prefix of the list on the disk, and
// of the write being made when the power went each prefix of sectors too.
void ForEachCut(const MemoryDisk& before, const std::vector<DiskWrite>& writes,
                std::uint32_t sector,
                const std::function<void(const MemoryDisk&, const std::string&)>& check) {
  MemoryDisk disk = before;
  for (std::size_t n = 0; n < writes.size(); ++n) {
    const std::size_t sectors = writes[n].data.size() / sector;
    for (std::size_t done = 0; done < sectors; ++done) {
      MemoryDisk torn = disk;
      torn.Write(writes[n].offset, std::span(writes[n].data).first(done * sector));
      check(torn,
            fmt::format("write {} of {}, cut after {} sectors, in order", n, writes.size(), done));
      // A device may write its sectors in any order: the last ones first.
      MemoryDisk reverse = disk;
      const std::size_t from = (sectors - done) * sector;
      reverse.Write(writes[n].offset + from, std::span(writes[n].data).subspan(from));
      check(reverse, fmt::format("write {} of {}, cut after {} sectors, last first", n,
                                 writes.size(), done));
    }
    disk.Write(writes[n].offset, writes[n].data);
  }
  check(disk, "all written");
}

TEST_P(GptTest, EveryCutWhileGrowingLeavesOneValidTable) {
  MemoryDisk disk = Made();
  disk.bytes.resize(16 * kMiB);
  const GptTable old_table = *Inspect(disk).primary;
  GptTable grown = RelocateGpt(old_table, disk.size());
  grown.entries[5].last_lba = grown.last_usable_lba;
  const auto writes = SerialiseGpt(grown, disk.size(), std::span(disk.bytes).first(sector()));
  ASSERT_TRUE(writes);
  ForEachCut(disk, *writes, sector(), [&](const MemoryDisk& cut, const std::string& where) {
    const GptState state = Inspect(cut);
    ASSERT_NE(state.Best(), nullptr) << where;
    const auto& entries = state.Best()->entries;
    EXPECT_TRUE(entries == old_table.entries || entries == grown.entries) << where;
    // Whatever was left, the same step taken again ends in the same bytes.
    if (!state.primary) {
      EXPECT_EQ(entries, grown.entries) << where;
    }
  });
}

TEST_P(GptTest, EveryCutWhileChangingATypeLeavesOneValidTable) {
  const MemoryDisk disk = Made();
  const GptTable old_table = *Inspect(disk).primary;
  GptTable changed = old_table;
  changed.entries[5].type = Guid::Literal(kTypeBfDataUnformatted);
  const auto writes = SerialiseGpt(changed, disk.size(), std::span(disk.bytes).first(sector()));
  ASSERT_TRUE(writes);
  ForEachCut(disk, *writes, sector(), [&](const MemoryDisk& cut, const std::string& where) {
    const GptState state = Inspect(cut);
    ASSERT_NE(state.Best(), nullptr) << where;
    EXPECT_TRUE(state.Best()->entries == old_table.entries ||
                state.Best()->entries == changed.entries)
        << where;
  });
}

TEST_P(GptTest, EveryCutWhileRepairingATornPrimaryLeavesOneValidTable) {
  MemoryDisk disk = Made();
  const GptTable table = *Inspect(disk).primary;
  // Torn at random, and junk in the unused part of the array as well.
  for (std::size_t i = sector(); i < 2u * sector() + 16384; i += 97) disk.bytes[i] ^= std::byte{85};
  const GptState torn = Inspect(disk);
  ASSERT_FALSE(torn.primary);
  ASSERT_TRUE(torn.backup);
  const auto writes = SerialiseGpt(RelocateGpt(*torn.Best(), disk.size()), disk.size(),
                                   std::span(disk.bytes).first(sector()));
  ASSERT_TRUE(writes);
  ForEachCut(disk, *writes, sector(), [&](const MemoryDisk& cut, const std::string& where) {
    const GptState state = Inspect(cut);
    ASSERT_NE(state.Best(), nullptr) << where;
    EXPECT_EQ(state.Best()->entries, table.entries) << where;
  });
  for (const auto& write : *writes) disk.Write(write.offset, write.data);
  EXPECT_EQ(disk.bytes, Made().bytes);
}

TEST(Gpt, ReadErrorIsNoAbsence) {
  const ReadDisk broken = [](std::uint64_t, std::span<std::byte>) -> Status {
    return FailErrno(EIO, "read");
  };
  const GptState state = InspectGpt(broken, 8 * kMiB, 512);
  EXPECT_EQ(state.Best(), nullptr);
  EXPECT_THAT(state.primary_problem, HasSubstr("Input/output error"));
}

TEST(Gpt, ImpossibleSectorSizes) {
  const MemoryDisk disk(8 * kMiB);
  for (const std::uint32_t size : {0u, 1u, 256u, 513u, 131072u}) {
    EXPECT_EQ(InspectGpt(disk.Reader(), disk.size(), size).Best(), nullptr);
  }
}

}  // namespace
}  // namespace bf::disk
