// SPDX-License-Identifier: Apache-2.0
// The undo log with the real e2fsck, on image files.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/host/file.h"
#include "core/host/spawn.h"
#include "provision/data/undo/linux_restore.h"
#include "provision/data/undo/log.h"

namespace bf::provision::data::undo {
namespace {

constexpr std::uint64_t kSize = 160 << 20;

class UndoTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "undo-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
    std::filesystem::create_directory(dir_ + "/dev");
    image_ = dir_ + "/dev/img";
    log_ = dir_ + "/log";
    const auto fd = host::Open(image_, O_RDWR | O_CREAT, 0600);
    ASSERT_TRUE(fd);
    ASSERT_EQ(ftruncate(fd->get(), kSize), 0);
    ASSERT_TRUE(host::RunOk(
        {{"mkfs.ext4", "-q", "-F", "-b", "4096", image_}, std::chrono::seconds(60), {}, {}}));
    // The group descriptors: e2fsck -z crashes on this one.
    ASSERT_TRUE(host::WriteAt(fd->get(), 4096, std::vector<std::byte>(4096), image_));
    before_ = Bytes();
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string Bytes() { return host::ReadFile(image_, kSize).value(); }

  host::Completed Fsck(std::uint64_t limit, std::chrono::milliseconds timeout) {
    host::Command command;
    command.argv = {"e2fsck", "-f", "-y", image_};
    command.environment = {fmt::format("LD_PRELOAD={}/provision/libbf-undo.so", BF_BINARY_DIR),
                           fmt::format("{}={}", kLogVariable, log_),
                           fmt::format("{}={}", kDeviceVariable, image_),
                           fmt::format("{}={}", kLimitVariable, limit)};
    command.timeout = timeout;
    return host::Run(command).value();
  }

  std::string dir_;
  std::string image_;
  std::string log_;
  std::string before_;
};

TEST_F(UndoTest, PutsEveryByteBack) {
  EXPECT_EQ(Fsck(64 << 20, std::chrono::seconds(60)).exit_code, 1);
  ASSERT_TRUE(HasHeader(log_));
  EXPECT_GT(CountRecords(log_).value(), 3U);
  ASSERT_NE(Bytes(), before_);
  const auto restored = Restore(log_, dir_, "img");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Bytes(), before_);
  EXPECT_TRUE(Restore(log_, dir_, "img")) << "twice is harmless";
  EXPECT_EQ(Bytes(), before_);
}

TEST_F(UndoTest, EvenIfE2fsckIsKilledAtAnyMoment) {
  for (int milliseconds = 1; milliseconds < 40; milliseconds += 3) {
    (void)Fsck(64 << 20, std::chrono::milliseconds(milliseconds));
    // Ended before the library was in: the tool sees to the header before it starts a repair.
    if (HasHeader(log_)) {
      ASSERT_TRUE(Restore(log_, dir_, "img"));
    }
    ASSERT_EQ(Bytes(), before_) << milliseconds;
    std::filesystem::remove(log_);
  }
}

TEST_F(UndoTest, WhatCannotBeLoggedIsNotWritten) {
  const auto done = Fsck(2 * (sizeof(Record) + kGranule), std::chrono::seconds(60));
  EXPECT_NE(done.exit_code & ~3, 0);
  EXPECT_EQ(CountRecords(log_).value(), 2U);
  ASSERT_TRUE(Restore(log_, dir_, "img"));
  EXPECT_EQ(Bytes(), before_);
}

TEST_F(UndoTest, PutsItBackOntoACopy) {
  EXPECT_EQ(Fsck(64 << 20, std::chrono::seconds(60)).exit_code, 1);
  const std::string repaired = Bytes();
  const std::string copy = dir_ + "/copy.img";
  std::filesystem::copy_file(image_, copy);
  const auto restored = RestoreOnto(log_, copy);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(host::ReadFile(copy, kSize).value(), before_);
  EXPECT_EQ(Bytes(), repaired) << "the original is left alone";
  ASSERT_EQ(truncate(copy.c_str(), kSize / 2), 0);
  EXPECT_FALSE(RestoreOnto(log_, copy));
  EXPECT_FALSE(RestoreOnto(log_, dir_)) << "a directory";
}

TEST_F(UndoTest, WithoutALogNothingRuns) {
  const std::string log = log_;
  log_ = dir_ + "/nowhere/log";
  EXPECT_EQ(Fsck(64 << 20, std::chrono::seconds(60)).exit_code, 8);
  EXPECT_EQ(Bytes(), before_);
  log_ = dir_;
  EXPECT_EQ(Fsck(64 << 20, std::chrono::seconds(60)).exit_code, 8);
  EXPECT_EQ(Bytes(), before_);
  log_ = log;
  const std::string image = image_;
  image_ = dir_ + "/dev/other";
  EXPECT_EQ(Fsck(64 << 20, std::chrono::seconds(60)).exit_code, 8);
  image_ = image;
}

TEST_F(UndoTest, ADamagedLogChangesNothing) {
  (void)Fsck(64 << 20, std::chrono::seconds(60));
  const std::string repaired = Bytes();
  std::string log = host::ReadFile(log_, 64 << 20).value();
  log[log.size() / 2] = static_cast<char>(log[log.size() / 2] ^ 1);
  ASSERT_TRUE(host::ReplaceFile(log_, log, 0600));
  EXPECT_FALSE(Restore(log_, dir_, "img"));
  EXPECT_EQ(Bytes(), repaired);
  // One cut off in the middle of a record ends with a write that never happened.
  log[log.size() / 2] = static_cast<char>(log[log.size() / 2] ^ 1);
  ASSERT_TRUE(host::ReplaceFile(log_, log.substr(0, log.size() - 100), 0600));
  EXPECT_TRUE(Restore(log_, dir_, "img"));
}

TEST_F(UndoTest, ALogIsForADeviceOfThatSize) {
  (void)Fsck(64 << 20, std::chrono::seconds(60));
  ASSERT_EQ(truncate(image_.c_str(), kSize / 2), 0);
  EXPECT_FALSE(Restore(log_, dir_, "img"));
  EXPECT_FALSE(HasHeader(image_)) << "not a log";
}

}  // namespace
}  // namespace bf::provision::data::undo
