// SPDX-License-Identifier: Apache-2.0
// The artifact of a bundle becomes the boot partition of a slot, over whatever was there.
#include "boot/hook/boot_files.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_tree.h"

namespace bf::boot::hook {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t kSize = 8 << 20;
constexpr std::string_view kRoot = "00112233-4455-6677-8899-aabbccddeeff";

class Boot : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(artifact_ / "overlays");
    Put("config.txt", "kernel=vmlinuz\n");
    Put("vmlinuz", std::string(300'000, 'k'));
    Put("overlays/a.dtbo", "o");
    Put("empty", "");
    Put("cmdline.txt", "ro panic=10 bf.revision=2.0.0\n");
  }
  void Put(const std::string& name, const std::string& text) {
    std::ofstream(artifact_ / name, std::ios::binary) << text;
  }
  Result<BootFiles> Open() {
    Target target;
    target.device = {"/dev/x3", 3, 1 << 20, kSize, 512};
    target.slot = "B";
    target.label = "BF_BOOT_B";
    target.root_partition = disk::Guid::Literal(kRoot);
    return OpenBootFiles(target, artifact_.string());
  }
  std::string ProblemOf() {
    const auto files = Open();
    return files ? "none" : files.error().ToString();
  }
  void Write(const BootFiles& files) {
    const auto written =
        files.Write([&](std::uint64_t offset, std::span<const std::byte> data) -> Status {
          if (offset + data.size() > medium_.size()) return Fail("beyond the end");
          std::memcpy(medium_.data() + offset, data.data(), data.size());
          return {};
        });
    ASSERT_TRUE(written) << written.error().ToString();
  }
  disk::ReadDisk Reader() {
    return [this](std::uint64_t offset, std::span<std::byte> data) -> Status {
      if (offset + data.size() > medium_.size()) return Fail("beyond the end");
      std::memcpy(data.data(), medium_.data() + offset, data.size());
      return {};
    };
  }

  testing_support::TempTree tree_;
  fs::path artifact_{tree_.path()};
  // What an earlier release left.
  std::vector<std::byte> medium_ = std::vector<std::byte>(kSize, std::byte{0xa5});
};

TEST_F(Boot, IsWrittenWholeWithTheSlotsOwnCommandLine) {
  const auto files = Open();
  ASSERT_TRUE(files) << files.error().ToString();
  Write(*files);
  const auto same = files->Verify(Reader());
  EXPECT_TRUE(same) << same.error().ToString();
  const auto reader = disk::FatReader::Open(Reader(), kSize);
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->ReadFile("cmdline.txt").value_or(""),
            fmt::format("root=PARTUUID={} rauc.slot=B ro panic=10 bf.revision=2.0.0\n", kRoot));
  EXPECT_EQ(reader->ReadFile("vmlinuz").value_or(""), std::string(300'000, 'k'));
}

TEST_F(Boot, OneBadByteIsFoundWhenItIsReadBack) {
  const auto files = Open();
  ASSERT_TRUE(files) << files.error().ToString();
  Write(*files);
  const std::string kernel(1000, 'k');
  const auto at = std::search(medium_.begin(), medium_.end(), kernel.begin(), kernel.end(),
                              [](std::byte a, char b) { return static_cast<char>(a) == b; });
  ASSERT_NE(at, medium_.end());
  at[777] ^= std::byte{1};
  const auto same = files->Verify(Reader());
  ASSERT_FALSE(same);
  EXPECT_THAT(same.error().ToString(), HasSubstr("vmlinuz differs"));
}

TEST_F(Boot, AnArtifactWithoutGoodCommonWordsIsRefused) {
  Put("cmdline.txt", "ro root=/dev/sda1\n");
  EXPECT_THAT(ProblemOf(), HasSubstr("root= of its own"));
  Put("cmdline.txt", "rauc.slot=A ro\n");
  EXPECT_THAT(ProblemOf(), HasSubstr("rauc.slot= of its own"));
  Put("cmdline.txt", "ro\nquiet\n");
  EXPECT_THAT(ProblemOf(), HasSubstr("one line"));
  Put("cmdline.txt", "");
  EXPECT_THAT(ProblemOf(), HasSubstr("one line"));
  Put("cmdline.txt", std::string(2000, 'x'));
  EXPECT_THAT(ProblemOf(), HasSubstr("too long"));
  fs::remove(artifact_ / "cmdline.txt");
  EXPECT_THAT(ProblemOf(), HasSubstr("has no cmdline.txt"));
}

TEST_F(Boot, WhatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  Put("vmlinuz", std::string(kSize, 'k'));
  EXPECT_THAT(ProblemOf(), HasSubstr("/dev/x3"));
}

}  // namespace
}  // namespace bf::boot::hook
