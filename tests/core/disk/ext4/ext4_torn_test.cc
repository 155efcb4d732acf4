// SPDX-License-Identifier: Apache-2.0
// Superblocks of real file systems, torn and damaged.
#include "core/disk/ext4_torn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>

#include "core/disk/ext4.h"
#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::disk {
namespace {

constexpr std::uint64_t kSize = 256 << 20;
constexpr std::uint64_t kBackup = std::uint64_t{32768} * 4096;
constexpr std::size_t kSector = 512;

using Bytes = std::vector<std::byte>;

class Ext4TornTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "torn-XXXXXX";
    fd_ = host::UniqueFd(mkstemp(path_.data()));
    ASSERT_TRUE(fd_.valid());
    ASSERT_EQ(ftruncate(fd_.get(), kSize), 0);
    Tool({"mkfs.ext4", "-q", "-F", "-b", "4096", "-L", "BF_DATA", "-O", "quota,project", "-E",
          "quotatype=prjquota,nodiscard", path_});
    before_ = Read(kExt4SuperOffset);
    backup_ = Read(kBackup);
  }
  void TearDown() override { unlink(path_.c_str()); }

  void Tool(std::vector<std::string> argv) {
    const auto done = host::RunOk({std::move(argv), std::chrono::seconds(60), {}, {}});
    ASSERT_TRUE(done) << done.error().ToString();
  }
  // Sets fields as a later write of the superblock would, with the checksum of that write.
  Bytes Later(const std::vector<std::string>& fields) {
    for (const auto& field : fields) Tool({"debugfs", "-w", "-R", "ssv " + field, path_});
    Bytes super = Read(kExt4SuperOffset);
    EXPECT_TRUE(ParseExt4Super(super)->checksum_ok);
    EXPECT_NE(super, before_);
    return super;
  }
  Bytes Read(std::uint64_t offset) {
    Bytes bytes(kExt4SuperSize);
    EXPECT_TRUE(host::ReadAt(fd_.get(), offset, bytes, path_));
    return bytes;
  }
  static Bytes Torn(const Bytes& first, const Bytes& second) {
    Bytes torn = first;
    std::copy(second.begin() + kSector, second.end(), torn.begin() + kSector);
    return torn;
  }

  std::string path_;
  host::UniqueFd fd_;
  Bytes before_;
  Bytes backup_;
};

const std::vector<std::string> kMount = {"mtime 20300102030405", "wtime 20300102030405",
                                         "mnt_count 3", "free_blocks_count 1234",
                                         "last_mounted /var/lib/betterframe"};

TEST_F(Ext4TornTest, EitherHalfOfAMountIsATornWrite) {
  const Bytes after = Later(kMount);
  EXPECT_TRUE(IsTornExt4Write(Torn(after, before_), backup_));
  EXPECT_TRUE(IsTornExt4Write(Torn(before_, after), backup_));
}

TEST_F(Ext4TornTest, WholeWritesAreNot) {
  const Bytes after = Later(kMount);
  EXPECT_FALSE(IsTornExt4Write(before_, backup_));
  EXPECT_FALSE(IsTornExt4Write(after, backup_));
}

TEST_F(Ext4TornTest, NoFlippedByteIsWhateverItChangesInto) {
  for (std::size_t at = 0; at < kExt4SuperSize; ++at) {
    for (const unsigned delta : {0x01U, 0x40U, 0x5aU, 0xffU}) {
      Bytes flipped = before_;
      flipped[at] ^= static_cast<std::byte>(delta);
      ASSERT_FALSE(IsTornExt4Write(flipped, backup_)) << fmt::format("{:#x} at {:#x}", delta, at);
    }
  }
}

TEST_F(Ext4TornTest, TwoDamagedBytesWhereTheKernelNeverWritesAreNot) {
  for (const std::size_t at : {0x18U, 0x20U, 0x28U, 0x38U, 0x58U, 0x5cU, 0x60U, 0x68U, 0x78U, 0xe0U,
                               0x10cU, 0x160U, 0x240U, 0x26cU, 0x270U}) {
    Bytes damaged = before_;
    damaged[at] ^= std::byte{0x21};
    damaged[at + 1] ^= std::byte{0x12};
    EXPECT_FALSE(IsTornExt4Write(damaged, backup_)) << fmt::format("{:#x}", at);
  }
}

TEST_F(Ext4TornTest, AnotherLabelOrFileSystemIsNot) {
  Bytes relabelled = Torn(Later(kMount), before_);
  std::memcpy(relabelled.data() + 0x78, "HOLIDAY", 7);
  EXPECT_FALSE(IsTornExt4Write(relabelled, backup_));
  const Bytes torn = Torn(Later({"wtime 20310102030405", "mnt_count 4"}), before_);
  ASSERT_TRUE(IsTornExt4Write(torn, backup_));
  Bytes other = backup_;
  other[0x68] ^= std::byte{1};
  ASSERT_TRUE(RelabelExt4Super(other, "BF_DATA"));
  EXPECT_FALSE(IsTornExt4Write(torn, other));
}

TEST_F(Ext4TornTest, GrownSizesCountOnlyWhereBlocksAndInodesAgree) {
  const auto blocks = ParseExt4Super(before_)->block_count;
  ASSERT_EQ(ftruncate(fd_.get(), 2 * kSize), 0);
  Tool({"resize2fs", path_});
  const Bytes grown = Torn(Read(kExt4SuperOffset), before_);
  ASSERT_GT(ParseExt4Super(grown)->block_count, blocks);
  EXPECT_TRUE(IsTornExt4Write(grown, backup_));
  Bytes wrong = grown;
  wrong[0x06] ^= std::byte{1};  // 65,536 blocks more or less, and the inodes as they were
  EXPECT_FALSE(IsTornExt4Write(wrong, backup_));
  // The backups are of a larger file system than the primary: that was no growing.
  EXPECT_FALSE(IsTornExt4Write(Torn(before_, Later(kMount)), Read(kBackup)));
}

TEST_F(Ext4TornTest, AnUntrustedBackupProvesNothing) {
  const Bytes torn = Torn(Later(kMount), before_);
  ASSERT_TRUE(IsTornExt4Write(torn, backup_));
  Bytes broken = backup_;
  broken[0x3fc] ^= std::byte{1};
  EXPECT_FALSE(IsTornExt4Write(torn, broken));
}

}  // namespace
}  // namespace bf::disk
