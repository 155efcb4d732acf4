// SPDX-License-Identifier: Apache-2.0
// FAT as others see it: what we build against fsck.vfat, mtools and file(1); what mkfs.vfat and
// mtools build against our reader.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/disk/fat.h"
#include "core/disk/fat_builder.h"
#include "core/host/file.h"
#include "core/host/spawn.h"
#include "tests/core/disk/memory_disk.h"

namespace bf::disk {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1 << 20;

std::string RunOrDie(std::vector<std::string> argv) {
  host::Command command;
  command.argv = std::move(argv);
  auto done = host::Run(command);
  if (!done) {
    ADD_FAILURE() << done.error().ToString();
    return {};
  }
  EXPECT_EQ(done->exit_code, 0) << command.argv.front() << ":\n" << done->output;
  return done->output;
}

struct Kind {
  std::uint64_t size;
  std::uint32_t sector;
  std::string text;
};

class FatToolsTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    dir_ = fmt::format("{}bf-fat-{}", testing::TempDir(), ::getpid());
    fs::create_directories(dir_);
    image_ = dir_ + "/image";
  }
  void TearDown() override { fs::remove_all(dir_); }

  void Build(std::vector<FatSource> files) {
    FatOptions options;
    options.size = GetParam().size;
    options.sector_size = GetParam().sector;
    options.serial = 0xcafe0001;
    options.label = "BF_BOOT_A";
    options.time = 1700000000;
    const auto plan = FatBuilder::Plan(options, std::move(files));
    ASSERT_TRUE(plan) << plan.error().ToString();
    std::ofstream(image_).close();
    fs::resize_file(image_, options.size);
    const auto fd = host::Open(image_, O_RDWR);
    ASSERT_TRUE(fd);
    const auto status = plan->Write([&](std::uint64_t offset, std::span<const std::byte> data) {
      return host::WriteAt(fd->get(), offset, data, image_);
    });
    ASSERT_TRUE(status) << status.error().ToString();
  }

  std::string dir_;
  std::string image_;
};
INSTANTIATE_TEST_SUITE_P(
    Kinds, FatToolsTest,
    testing::Values(Kind{2 * kMiB, 512, "FAT (12 bit)"}, Kind{16 * kMiB, 512, "FAT (16 bit)"},
                    Kind{16 * kMiB, 4096, "FAT (12 bit)"}, Kind{256 * kMiB, 512, "FAT (16 bit)"},
                    Kind{600 * kMiB, 512, "FAT (32 bit)"}, Kind{600 * kMiB, 4096, "FAT (32 bit)"}));

TEST_P(FatToolsTest, OthersReadWhatWeBuild) {
  std::vector<FatSource> files;
  files.push_back(FatSource::OfText("config.txt", "arm_64bit=1\n"));
  files.push_back(FatSource::OfText("kernel.img", std::string(200'001, 'k')));
  files.push_back(FatSource::OfText("overlays/disable-bluetooth.dtbo", std::string(3000, 'd')));
  files.push_back(FatSource::OfText("a/b/c/Größe.txt", "umlaut"));
  files.push_back(FatSource::OfText("empty", ""));
  for (int i = 0; i < 40; ++i) {
    files.push_back(FatSource::OfText(fmt::format("many/long file name number {}.txt", i), "x"));
  }
  Build(std::move(files));
  EXPECT_THAT(RunOrDie({"fsck.vfat", "-n", "-v", image_}), HasSubstr("51 files"));
  EXPECT_THAT(RunOrDie({"file", image_}), HasSubstr(GetParam().text));
  EXPECT_THAT(RunOrDie({"blkid", "-p", image_}),
              testing::AllOf(HasSubstr("LABEL=\"BF_BOOT_A\""), HasSubstr("UUID=\"CAFE-0001\"")));
  EXPECT_THAT(RunOrDie({"mdir", "-i", image_, "::/overlays"}), HasSubstr("disable-bluetooth.dtbo"));
  EXPECT_THAT(RunOrDie({"mdir", "-i", image_, "::/"}), HasSubstr("2023-11-14"));
  EXPECT_EQ(RunOrDie({"mtype", "-i", image_, "::/config.txt"}), "arm_64bit=1\n");
  EXPECT_EQ(RunOrDie({"mtype", "-i", image_, "::/a/b/c/Größe.txt"}), "umlaut");
  RunOrDie({"mcopy", "-i", image_, "::/kernel.img", dir_ + "/kernel"});
  EXPECT_EQ(host::ReadFile(dir_ + "/kernel").value_or(""), std::string(200'001, 'k'));
  // And what others write into it is consistent with our tables.
  RunOrDie({"mcopy", "-i", image_, dir_ + "/kernel", "::/overlays/kernel.copy"});
  RunOrDie({"fsck.vfat", "-n", image_});
}

TEST_P(FatToolsTest, WeReadWhatOthersBuild) {
  std::ofstream(image_).close();
  fs::resize_file(image_, GetParam().size);
  const std::string sector = std::to_string(GetParam().sector);
  RunOrDie({"mkfs.vfat", "-S", sector, "-i", "BADC0DE5", "-n", "OTHERS", image_});
  {
    std::ofstream(dir_ + "/one") << std::string(50'000, '1');
    std::ofstream(dir_ + "/two") << std::string(70'000, '2');
    std::ofstream(dir_ + "/three") << std::string(90'000, '3');
  }
  RunOrDie({"mcopy", "-i", image_, dir_ + "/one", "::/one.bin"});
  RunOrDie({"mcopy", "-i", image_, dir_ + "/two", "::/two.bin"});
  RunOrDie({"mmd", "-i", image_, "::/Sub Directory"});
  RunOrDie({"mdel", "-i", image_, "::/one.bin"});
  // Into the gap and on behind: a file in two pieces.
  RunOrDie({"mcopy", "-i", image_, dir_ + "/three", "::/Sub Directory/ThreeThreeThree.bin"});

  const auto fd = host::Open(image_, O_RDONLY);
  ASSERT_TRUE(fd);
  const auto reader = FatReader::Open(
      [&](std::uint64_t offset, std::span<std::byte> data) {
        return host::ReadAt(fd->get(), offset, data, image_);
      },
      GetParam().size);
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->geometry().serial, 0xbadc0de5u);
  EXPECT_EQ(reader->ReadFile("two.bin").value_or(""), std::string(70'000, '2'));
  EXPECT_EQ(reader->ReadFile("Sub Directory/ThreeThreeThree.bin").value_or(""),
            std::string(90'000, '3'));
  EXPECT_FALSE(reader->Find("one.bin"));
  EXPECT_EQ(reader->Walk()->size(), 3u);
}

}  // namespace
}  // namespace bf::disk
