// SPDX-License-Identifier: Apache-2.0
#include "provision/image/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/host/file.h"

namespace bf::provision::image {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fmt::format("{}bf-output-{}", testing::TempDir(), ::getpid());
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }
  std::size_t Files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(dir_), fs::directory_iterator()));
  }
  static std::uint64_t Allocated(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return static_cast<std::uint64_t>(info.st_blocks) * 512;
  }

  std::string dir_;
};

TEST_F(OutputTest, HasItsNameOnlyOnceCommitted) {
  const std::string path = dir_ + "/image";
  {
    auto output = Output::Create(path, 1 << 20, false);
    ASSERT_TRUE(output) << output.error().ToString();
    EXPECT_FALSE(fs::exists(path));
    ASSERT_TRUE(output->Write(4096, host::AsBytes("hello")));
    ASSERT_TRUE(output->Commit(true));
  }
  EXPECT_EQ(Files(), 1u);
  EXPECT_EQ(host::ReadFile(path, 2 << 20)->substr(4096, 5), "hello");
  EXPECT_EQ(fs::file_size(path), 1u << 20);
}

TEST_F(OutputTest, WritesZerosWhereToldAndHolesElsewhere) {
  const std::string path = dir_ + "/image";
  auto output = Output::Create(path, 1 << 20, false);
  ASSERT_TRUE(output);
  ASSERT_TRUE(output->Write(0, std::vector<std::byte>(256 << 10)));
  ASSERT_TRUE(output->WriteZeros(512 << 10, 8192));
  ASSERT_TRUE(output->Commit(false));
  EXPECT_EQ(Allocated(path), 8192u);
}

TEST_F(OutputTest, LeavesNothingWhenGivenUp) {
  {
    auto output = Output::Create(dir_ + "/image", 1 << 20, false);
    ASSERT_TRUE(output);
    EXPECT_EQ(Files(), 1u);
  }
  EXPECT_EQ(Files(), 0u);
}

TEST_F(OutputTest, NeverReplacesWithoutBeingTold) {
  const std::string path = dir_ + "/image";
  std::ofstream(path) << "mine";
  const auto refused = Output::Create(path, 4096, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kRefused);
  auto replacing = Output::Create(path, 4096, true);
  ASSERT_TRUE(replacing);
  EXPECT_EQ(*host::ReadFile(path), "mine");
  ASSERT_TRUE(replacing->Commit(false));
  EXPECT_EQ(fs::file_size(path), 4096u);
}

TEST_F(OutputTest, NeverReplacesWhatAppearedMeanwhile) {
  const std::string path = dir_ + "/image";
  auto output = Output::Create(path, 4096, false);
  ASSERT_TRUE(output);
  std::ofstream(path) << "somebody else's";
  const auto status = output->Commit(false);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(*host::ReadFile(path), "somebody else's");
}

TEST_F(OutputTest, DirectoriesAndDevicesAreNeverReplaced) {
  EXPECT_EQ(Output::Create(dir_, 4096, true).error().kind, ErrorKind::kRefused);
  EXPECT_EQ(Output::Create("/dev/null", 4096, true).error().kind, ErrorKind::kRefused);
}

TEST_F(OutputTest, MissingDirectoryIsNamed) {
  EXPECT_THAT(Output::Create(dir_ + "/no/image", 4096, false).error().ToString(),
              HasSubstr("/no/image"));
}

TEST_F(OutputTest, BlocksOfZerosAreHoles) {
  const std::string path = dir_ + "/image";
  auto output = Output::Create(path, 16 << 20, false);
  ASSERT_TRUE(output);
  std::string data(4 << 20, '\0');
  data[5] = 'a';
  data[(2 << 20) + 4095] = 'b';
  data[(4 << 20) - 1] = 'c';
  // Not at a block's start: the blocks of the file count, not those of the buffer.
  ASSERT_TRUE(output->Write(1 << 20, host::AsBytes(data)));
  ASSERT_TRUE(output->Write((8 << 20) + 100, host::AsBytes(data)));
  ASSERT_TRUE(output->Commit(true));
  const std::string read = *host::ReadFile(path, 32 << 20);
  EXPECT_EQ(read.substr(1 << 20, data.size()), data);
  EXPECT_EQ(read.substr((8 << 20) + 100, data.size()), data);
  EXPECT_LE(Allocated(path), 10u * 4096);
}

TEST_F(OutputTest, CopiesDataAndHolesToEachPlace) {
  const std::string source = dir_ + "/source";
  std::ofstream(source).close();
  fs::resize_file(source, 8 << 20);
  const std::string block(4096, 'x');
  {
    const auto fd = host::Open(source, O_RDWR);
    for (const std::uint64_t at : {0ull, 8192ull, 3ull << 20, (8ull << 20) - 4096}) {
      ASSERT_TRUE(host::WriteAt(fd->get(), at, host::AsBytes(block), source));
    }
    // Written zeros, not a hole.
    const std::string zeros(1 << 20, '\0');
    ASSERT_TRUE(host::WriteAt(fd->get(), 5 << 20, host::AsBytes(zeros), source));
  }
  const std::string path = dir_ + "/image";
  auto output = Output::Create(path, 32 << 20, false);
  ASSERT_TRUE(output);
  const auto fd = host::Open(source, O_RDONLY);
  const std::array<std::uint64_t, 2> offsets{1 << 20, 16 << 20};
  std::uint64_t shown = 0;
  Progress progress(nullptr, [&](std::uint64_t done, std::uint64_t) { shown = done; });
  ASSERT_TRUE(output->Copy(fd->get(), source, 0, 8 << 20, offsets, progress));
  ASSERT_TRUE(output->Commit(true));
  const std::string wanted = *host::ReadFile(source, 16 << 20);
  const std::string read = *host::ReadFile(path, 64 << 20);
  EXPECT_EQ(read.substr(1 << 20, 8 << 20), wanted);
  EXPECT_EQ(read.substr(16 << 20, 8 << 20), wanted);
  EXPECT_LE(Allocated(path), 10u * 4096);
  EXPECT_GT(shown, 0u);
}

TEST_F(OutputTest, StopsWhenCancelled) {
  const std::atomic<bool> cancelled{true};
  Progress progress(&cancelled, {});
  const auto status = progress.Add(1);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("interrupted"));
}

}  // namespace
}  // namespace bf::provision::image
