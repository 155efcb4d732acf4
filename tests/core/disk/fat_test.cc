// SPDX-License-Identifier: Apache-2.0
// The builder and the reader against each other; fat_tools_test.cc has them against fsck.vfat and
// mtools.
#include "core/disk/fat.h"

#include "core/disk/bytes.h"
#include "core/disk/fat_builder.h"
#include "tests/core/disk/memory_disk.h"

namespace bf::disk {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

std::string Content(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  for (char& c : text) {
    seed = seed * 1103515245 + 12345;
    c = static_cast<char>(seed >> 16);
  }
  return text;
}

FatOptions Options(std::uint64_t size, std::uint32_t sector = 512) {
  FatOptions options;
  options.size = size;
  options.sector_size = sector;
  options.serial = 0x1234abcd;
  options.label = "BF_BOOT_A";
  options.time = 1700000000;
  return options;
}

std::vector<FatSource> Files() {
  std::vector<FatSource> files;
  files.push_back(FatSource::OfText("config.txt", "arm_64bit=1\n"));
  files.push_back(FatSource::OfText("cmdline.txt", "root=/dev/x\n"));
  files.push_back(FatSource::OfText("EMPTY", ""));
  files.push_back(FatSource::OfText("kernel_2712.img", Content(300'000, 1)));
  files.push_back(FatSource::OfText("overlays/README", "hello"));
  files.push_back(FatSource::OfText("overlays/disable-bt-pi5-long.dtbo", Content(5000, 2)));
  files.push_back(FatSource::OfText("overlays/disable-bt-pi4-long.dtbo", Content(5001, 3)));
  files.push_back(FatSource::OfText("größe/日本 💾.txt", "names"));
  FatSource empty;
  empty.path = "empty dir";
  empty.directory = true;
  files.push_back(empty);
  return files;
}

MemoryDisk Build(const FatOptions& options, std::vector<FatSource> files) {
  MemoryDisk disk(options.size);
  const auto builder = FatBuilder::Plan(options, std::move(files));
  EXPECT_TRUE(builder) << builder.error().ToString();
  if (!builder) return disk;
  const auto written =
      builder->Write([&](std::uint64_t offset, std::span<const std::byte> data) -> Status {
        disk.Write(offset, data);
        return {};
      });
  EXPECT_TRUE(written);
  return disk;
}

class FatTest : public testing::TestWithParam<std::tuple<std::uint64_t, std::uint32_t, int>> {};
INSTANTIATE_TEST_SUITE_P(
    Kinds, FatTest,
    testing::Values(std::tuple{2 * kMiB, 512u, 12}, std::tuple{16 * kMiB, 512u, 16},
                    std::tuple{16 * kMiB, 4096u, 12}, std::tuple{256 * kMiB, 512u, 16},
                    std::tuple{256 * kMiB, 4096u, 16}, std::tuple{513 * kMiB, 512u, 32},
                    std::tuple{513 * kMiB, 4096u, 32}));

TEST_P(FatTest, WhatIsBuiltIsReadBack) {
  const auto [size, sector, bits] = GetParam();
  const MemoryDisk disk = Build(Options(size, sector), Files());
  const auto reader = FatReader::Open(disk.Reader(), disk.size());
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->geometry().bits, bits);
  EXPECT_EQ(reader->geometry().label, "BF_BOOT_A");
  EXPECT_EQ(reader->geometry().serial, 0x1234abcdu);
  EXPECT_EQ(reader->geometry().data_offset % 4096, 0u);
  for (const FatSource& file : Files()) {
    const auto entry = reader->Find(file.path);
    ASSERT_TRUE(entry) << file.path;
    EXPECT_EQ(entry->directory, file.directory);
    if (file.directory) continue;
    std::string wanted(file.size, '\0');
    ASSERT_TRUE(file.copy([&](std::uint64_t at, std::span<const std::byte> data) -> Status {
      std::memcpy(wanted.data() + at, data.data(), data.size());
      return {};
    }));
    EXPECT_EQ(reader->ReadFile(file.path).value_or("?"), wanted) << file.path;
    const auto extents = reader->Extents(*entry);
    ASSERT_TRUE(extents);
    EXPECT_EQ(extents->size(), file.size == 0 ? 0u : 1u) << "in one run: " << file.path;
  }
  const auto all = reader->Walk();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), Files().size() + 2);  // and the two directories made on the way
}

class SmallFatTest : public FatTest {};
INSTANTIATE_TEST_SUITE_P(Kinds, SmallFatTest,
                         testing::Values(std::tuple{2 * kMiB, 512u, 12},
                                         std::tuple{16 * kMiB, 512u, 16}));

TEST_P(SmallFatTest, OneByteChangedAnywhereInTheMetadataIsNoCrash) {
  const auto [size, sector, bits] = GetParam();
  MemoryDisk disk = Build(Options(size, sector), Files());
  const auto good = FatReader::Open(disk.Reader(), disk.size());
  ASSERT_TRUE(good);
  const FatGeometry g = good->geometry();
  ASSERT_EQ(g.bits, bits);
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < 512; ++i) places.push_back(i);
  for (std::uint64_t i = 0; i < 256; ++i) places.push_back(g.fat_offset + i);
  for (std::uint64_t i = 0; i < 1024; ++i) places.push_back(g.root_offset + i);
  for (const std::uint64_t place : places) {
    for (const auto value : {std::byte{0}, std::byte{1}, std::byte{0x80}, std::byte{0xff}}) {
      const std::byte before = std::exchange(disk.bytes[place], value);
      if (const auto reader = FatReader::Open(disk.Reader(), disk.size())) {
        if (const auto files = reader->Walk()) {
          for (const auto& file : *files) {
            if (!file.entry.directory) (void)reader->ReadFile(file.path, 400'000);
          }
        }
      }
      disk.bytes[place] = before;
    }
  }
}

TEST(Fat, TheSameInputGivesTheSameBytes) {
  EXPECT_EQ(Build(Options(16 * kMiB), Files()).bytes, Build(Options(16 * kMiB), Files()).bytes);
}

TEST(Fat, NamesAreFoundWhateverTheirCase) {
  const MemoryDisk disk = Build(Options(16 * kMiB), Files());
  const auto reader = FatReader::Open(disk.Reader(), disk.size());
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->Find("Config.TXT"));
  EXPECT_TRUE(reader->Find("OVERLAYS/readme"));
  const auto absent = reader->Find("start4.elf");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().sys_errno, ENOENT);
  EXPECT_EQ(reader->Find("config.txt/x").error().sys_errno, ENOTDIR);
}

TEST(Fat, WhatCannotBeIsAnErrorBeforeAnythingIsWritten) {
  const auto message = [](FatOptions options, std::vector<FatSource> files) {
    const auto plan = FatBuilder::Plan(std::move(options), std::move(files));
    return plan ? std::string("planned") : plan.error().ToString();
  };
  const auto one = [](std::string name) {
    std::vector<FatSource> files;
    files.push_back(FatSource::OfText(std::move(name), "x"));
    return files;
  };
  EXPECT_THAT(message(Options(16 * kMiB), one("a:b")), HasSubstr("not a possible file name"));
  EXPECT_THAT(message(Options(16 * kMiB), one("..")), HasSubstr("not a possible file name"));
  EXPECT_THAT(message(Options(16 * kMiB), one("a//b")), HasSubstr("not a possible file name"));
  EXPECT_THAT(message(Options(16 * kMiB), one("end.")), HasSubstr("not a possible file name"));
  EXPECT_THAT(message(Options(16 * kMiB), one(std::string(256, 'x'))),
              HasSubstr("not a possible file name"));
  EXPECT_THAT(message(Options(4096), one("a")), HasSubstr("not possible"));
  auto twice = one("a");
  twice.push_back(FatSource::OfText("A", "y"));
  EXPECT_THAT(message(Options(16 * kMiB), std::move(twice)), HasSubstr("upper and lower case"));
  auto same = one("a");
  same.push_back(FatSource::OfText("a", "y"));
  EXPECT_THAT(message(Options(16 * kMiB), std::move(same)), HasSubstr("already"));
  auto large = one("a");
  large.push_back(FatSource::OfText("b", std::string(3 * kMiB, 'x')));
  EXPECT_THAT(message(Options(2 * kMiB), std::move(large)), HasSubstr("the file system holds"));
}

TEST(Fat, ManyAlikeNamesGetShortNamesOfTheirOwn) {
  std::vector<FatSource> files;
  for (int i = 0; i < 120; ++i) {
    files.push_back(FatSource::OfText(fmt::format("dir/disable-something-{}.dtbo", i), "x"));
  }
  const MemoryDisk disk = Build(Options(16 * kMiB), std::move(files));
  const auto reader = FatReader::Open(disk.Reader(), disk.size());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->List("dir")->size(), 120u);
}

TEST(Fat, TruncatedVolume) {
  const MemoryDisk disk = Build(Options(16 * kMiB), Files());
  const auto reader = FatReader::Open(disk.Reader(), disk.size() - 512);
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, HasSubstr("truncated"));
}

// What an attacker, or a decayed card, may put there.
class HostileFat : public testing::Test {
 protected:
  HostileFat() : disk_(Build(Options(16 * kMiB), Files())) {
    geometry_ = FatReader::Open(disk_.Reader(), disk_.size())->geometry();
  }
  void SetNext(std::uint32_t cluster, std::uint16_t next) {
    PutLe(std::span(disk_.bytes), geometry_.fat_offset + cluster * 2, next);
  }
  FatReader Open() { return std::move(*FatReader::Open(disk_.Reader(), disk_.size())); }
  FatEntry Find(std::string_view path) { return *Open().Find(path); }

  MemoryDisk disk_;
  FatGeometry geometry_;
};

TEST_F(HostileFat, ChainOfAFileThatLoops) {
  const FatEntry kernel = Find("kernel_2712.img");
  SetNext(kernel.first_cluster, static_cast<std::uint16_t>(kernel.first_cluster));
  EXPECT_THAT(Open().Extents(kernel).error().message, HasSubstr("loops"));
}

TEST_F(HostileFat, ChainThatLeavesTheVolume) {
  const FatEntry kernel = Find("kernel_2712.img");
  for (const std::uint16_t next :
       {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{0xfff0}, std::uint16_t{0xfff7}}) {
    SetNext(kernel.first_cluster, next);
    const auto extents = Open().Extents(kernel);
    ASSERT_FALSE(extents) << next;
    EXPECT_THAT(extents.error().message, HasSubstr("which is none"));
  }
}

TEST_F(HostileFat, ChainThatEndsTooEarly) {
  const FatEntry kernel = Find("kernel_2712.img");
  SetNext(kernel.first_cluster, 0xffff);
  EXPECT_THAT(Open().Extents(kernel).error().message, HasSubstr("too early"));
}

TEST_F(HostileFat, DirectoryWhoseChainLoops) {
  const FatEntry overlays = Find("overlays");
  SetNext(overlays.first_cluster, static_cast<std::uint16_t>(overlays.first_cluster));
  // Filled up, so that no end mark stops the reader before the chain does.
  const std::uint64_t at = geometry_.ClusterOffset(overlays.first_cluster);
  for (std::uint64_t i = 0; i < geometry_.cluster_size; i += 32)
    disk_.bytes[at + i] = std::byte{0xe5};
  const auto entries = Open().List("overlays");
  ASSERT_FALSE(entries);
  EXPECT_THAT(entries.error().message, HasSubstr("loops"));
}

TEST_F(HostileFat, DirectoryThatContainsItself) {
  const FatEntry readme = Find("overlays/README");
  const FatEntry overlays = Find("overlays");
  disk_.bytes[readme.entry_offset + 11] = std::byte{0x10};
  PutLe(std::span(disk_.bytes), readme.entry_offset + 26,
        static_cast<std::uint16_t>(overlays.first_cluster));
  const auto files = Open().Walk();
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message, HasSubstr("also found elsewhere"));
}

TEST_F(HostileFat, SizeThatPromisesMoreThanTheVolumeHas) {
  const FatEntry kernel = Find("kernel_2712.img");
  PutLe<std::uint32_t>(std::span(disk_.bytes), kernel.entry_offset + 28, 0xffffffff);
  const auto extents = Open().Extents(Find("kernel_2712.img"));
  ASSERT_FALSE(extents);
  EXPECT_THAT(extents.error().message, HasSubstr("more than the volume has"));
}

TEST_F(HostileFat, LongNameOfAnotherFileIsNotBelieved) {
  const FatEntry config = Find("config.txt");
  disk_.bytes[config.entry_offset - 32 + 13] ^= std::byte{0xff};  // the checksum
  EXPECT_TRUE(Open().Find("CONFIG.TXT"));
  EXPECT_EQ(Find("CONFIG.TXT").name, "CONFIG.TXT");
}

TEST_F(HostileFat, NameWithASlash) {
  const FatEntry readme = Find("EMPTY");
  disk_.bytes[readme.entry_offset] = std::byte{'/'};
  EXPECT_THAT(Open().Walk().error().message, HasSubstr("impossible name"));
}

TEST_F(HostileFat, ReadErrorIsReported) {
  const ReadDisk inner = disk_.Reader();
  const auto reader = FatReader::Open(
      [&, n = 0](std::uint64_t offset, std::span<std::byte> data) mutable -> Status {
        if (n++ > 0) return FailErrno(EIO, "read");
        return inner(offset, data);
      },
      disk_.size());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->Walk().error().sys_errno, EIO);
}

}  // namespace
}  // namespace bf::disk
