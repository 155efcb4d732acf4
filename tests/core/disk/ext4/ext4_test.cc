// SPDX-License-Identifier: Apache-2.0
// Judged against what mke2fs, tune2fs and e2fsck of the build machine write and accept.
#include "core/disk/ext4.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::disk {
namespace {

constexpr char kUuid[] = "6d3c9b1e-2f4a-4b7c-8d5e-0123456789ab";

class Ext4Test : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "ext4-XXXXXX";
    const int fd = mkstemp(name.data());
    ASSERT_GE(fd, 0);
    fd_ = host::UniqueFd(fd);
    path_ = name;
  }
  void TearDown() override { unlink(path_.c_str()); }

  void Format(std::uint64_t size, std::vector<std::string> options) {
    ASSERT_EQ(ftruncate(fd_.get(), static_cast<off_t>(size)), 0);
    size_ = size;
    std::vector<std::string> argv{"mkfs.ext4", "-q", "-F", "-U", kUuid};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(path_);
    const auto made = host::RunOk({argv, std::chrono::milliseconds(60'000), {}, {}});
    ASSERT_TRUE(made) << made.error().ToString();
  }

  ReadDisk Reader() {
    return [this](std::uint64_t offset, std::span<std::byte> data) {
      return host::ReadAt(fd_.get(), offset, data, path_);
    };
  }
  std::vector<std::byte> Bytes(std::uint64_t offset = kExt4SuperOffset) {
    std::vector<std::byte> bytes(kExt4SuperSize);
    EXPECT_TRUE(host::ReadAt(fd_.get(), offset, bytes, path_));
    return bytes;
  }
  std::optional<Ext4Super> Primary() { return ParseExt4Super(Bytes()); }
  int Fsck() {
    const auto done =
        host::Run({{"e2fsck", "-fn", path_}, std::chrono::milliseconds(60'000), {}, {}});
    return done ? done->exit_code : -1;
  }

  host::UniqueFd fd_;
  std::string path_;
  std::uint64_t size_ = 0;
};

TEST_F(Ext4Test, ReadsWhatMkfsWrote) {
  Format(300 << 20, {"-b", "4096", "-L", "BF_DATA_NEW", "-O", "quota,project,metadata_csum", "-E",
                     "quotatype=prjquota"});
  const auto super = Primary();
  ASSERT_TRUE(super);
  EXPECT_EQ(super->label, "BF_DATA_NEW");
  EXPECT_EQ(super->uuid.ToString(), kUuid);
  EXPECT_EQ(super->block_size, 4096U);
  EXPECT_EQ(super->SizeBytes(), 300U << 20);
  EXPECT_TRUE(super->has_checksum);
  EXPECT_TRUE(super->checksum_ok);
  EXPECT_TRUE(super->quota);
  EXPECT_TRUE(super->project);
  EXPECT_TRUE(super->clean);
  EXPECT_FALSE(super->needs_recovery);
  EXPECT_FALSE(super->has_errors);
  EXPECT_EQ(super->group, 0);
}

TEST_F(Ext4Test, FindsBackupsOfEveryBlockSize) {
  for (const std::uint64_t block : {1024U, 2048U, 4096U}) {
    SCOPED_TRACE(block);
    const std::uint64_t size = block == 4096 ? 600ULL << 20 : 200ULL << 20;
    Format(size, {"-b", std::to_string(block), "-L", "BF_DATA"});
    const auto found = FindExt4Backups(Reader(), size);
    ASSERT_TRUE(found) << found.error().ToString();
    std::vector<std::uint64_t> offsets;
    for (const auto& backup : *found) {
      EXPECT_EQ(backup.super.label, "BF_DATA");
      EXPECT_TRUE(backup.super.checksum_ok);
      EXPECT_EQ(backup.super.group, backup.offset / (block * 8 * block));
      offsets.push_back(backup.offset);
    }
    EXPECT_EQ(offsets, Ext4BackupOffsets(*Primary()));
    EXPECT_GE(offsets.size(), 2U);
    // The next block size must not be judged by what this one left.
    ASSERT_EQ(ftruncate(fd_.get(), 0), 0);
  }
}

TEST_F(Ext4Test, KnowsBothBackupsOfSparseSuper2) {
  Format(600 << 20, {"-b", "4096", "-O", "sparse_super2"});
  const auto super = Primary();
  ASSERT_TRUE(super && super->sparse_super2);
  for (const std::uint64_t offset : Ext4BackupOffsets(*super)) {
    EXPECT_TRUE(ParseExt4Super(Bytes(offset))) << offset;
  }
}

TEST_F(Ext4Test, AnyFlippedByteIsSeenAndStaysEvidence) {
  Format(64 << 20, {"-b", "4096", "-L", "BF_DATA"});
  const auto good = Bytes();
  int still_parsed = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bytes = good;
    bytes[i] ^= std::byte{0x40};
    const auto super = ParseExt4Super(bytes);
    if (!super) continue;  // the magic number or the geometry itself
    ++still_parsed;
    // Without the metadata_csum bit nobody, e2fsck neither, can tell.
    if (super->has_checksum) {
      EXPECT_FALSE(super->checksum_ok) << "byte " << i;
    }
  }
  EXPECT_GT(still_parsed, 1000);
}

TEST_F(Ext4Test, RelabelsSoThatE2fsckAgrees) {
  Format(300 << 20, {"-b", "4096", "-L", "BF_DATA_NEW"});
  auto offsets = Ext4BackupOffsets(*Primary());
  offsets.push_back(kExt4SuperOffset);
  for (const std::uint64_t offset : offsets) {
    auto bytes = Bytes(offset);
    ASSERT_TRUE(RelabelExt4Super(bytes, "BF_DATA"));
    ASSERT_TRUE(host::WriteAt(fd_.get(), offset, bytes, path_));
  }
  EXPECT_EQ(Primary()->label, "BF_DATA");
  EXPECT_TRUE(Primary()->checksum_ok);
  EXPECT_EQ(Fsck(), 0);
  const auto label = host::RunOk({{"e2label", path_}, std::chrono::milliseconds(10'000), {}, {}});
  EXPECT_EQ(label.value_or(""), "BF_DATA\n");
}

TEST_F(Ext4Test, RefusesToRelabelWhatItCannotRead) {
  std::vector<std::byte> zeros(kExt4SuperSize);
  EXPECT_FALSE(RelabelExt4Super(zeros, "BF_DATA"));
  Format(64 << 20, {"-b", "4096"});
  auto bytes = Bytes();
  EXPECT_FALSE(RelabelExt4Super(bytes, "seventeen letters"));
}

TEST_F(Ext4Test, SeesErrorsAndNoFileSystem) {
  EXPECT_FALSE(ParseExt4Super(std::vector<std::byte>(kExt4SuperSize)));
  EXPECT_FALSE(ParseExt4Super(std::vector<std::byte>(100)));
  Format(64 << 20, {"-b", "4096"});
  ASSERT_TRUE(host::RunOk(
      {{"debugfs", "-w", "-R", "ssv state 2", path_}, std::chrono::milliseconds(10'000), {}, {}}));
  EXPECT_TRUE(Primary()->has_errors);
  EXPECT_FALSE(Primary()->clean);
}

TEST_F(Ext4Test, AReadErrorIsNotAbsence) {
  const auto broken = [](std::uint64_t, std::span<std::byte>) -> Status {
    return FailErrno(EIO, "read");
  };
  const auto found = FindExt4Backups(broken, 1 << 30);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().sys_errno, EIO);
}

TEST_F(Ext4Test, LooksAtABoundedNumberOfPlaces) {
  int reads = 0;
  const auto count = [&reads](std::uint64_t, std::span<std::byte> data) -> Status {
    std::fill(data.begin(), data.end(), std::byte{0});
    ++reads;
    return {};
  };
  ASSERT_TRUE(FindExt4Backups(count, std::uint64_t{1} << 60));
  EXPECT_LE(reads, 64);
  EXPECT_GT(reads, 50);
}

}  // namespace
}  // namespace bf::disk
