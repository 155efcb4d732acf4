// SPDX-License-Identifier: Apache-2.0
// Our codec against libfdisk (sfdisk's library), in both directions and for both sector sizes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <libfdisk/libfdisk.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/disk/gpt.h"
#include "tests/core/disk/memory_disk.h"

namespace bf::disk {
namespace {

constexpr std::uint64_t kSize = 16 << 20;

class GptLibfdiskTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/bf-gpt-XXXXXX";
    const int fd = mkstemp(name);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(ftruncate(fd, kSize), 0);
    close(fd);
    path_ = name;
    context_ = fdisk_new_context();
    fdisk_disable_dialogs(context_, 1);
    fdisk_save_user_sector_size(context_, GetParam(), GetParam());
  }
  void TearDown() override {
    fdisk_unref_context(context_);
    std::filesystem::remove(path_);
  }

  void MakeWithLibfdisk() {
    ASSERT_EQ(fdisk_assign_device(context_, path_.c_str(), 0), 0);
    ASSERT_EQ(fdisk_create_disklabel(context_, "gpt"), 0);
    ASSERT_EQ(fdisk_set_disklabel_id_from_string(context_, "11111111-2222-4333-8444-555555555555"),
              0);
    const std::uint64_t mib = (1 << 20) / GetParam();
    for (std::uint64_t i = 0; i < 6; ++i) {
      fdisk_partition* partition = fdisk_new_partition();
      fdisk_partition_set_partno(partition, i);
      fdisk_partition_set_start(partition, mib * (1 + i));
      fdisk_partition_set_size(partition, mib);
      fdisk_partition_set_name(partition, ("BF_Größe_" + std::to_string(i + 1)).c_str());
      fdisk_partition_set_uuid(
          partition, ("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee" + std::to_string(i + 1)).c_str());
      fdisk_parttype* type = fdisk_label_get_parttype_from_string(
          fdisk_get_label(context_, "gpt"), "0FC63DAF-8483-4772-8E79-3D69D8477DE4");
      fdisk_partition_set_type(partition, type);
      ASSERT_EQ(fdisk_add_partition(context_, partition, nullptr), 0);
      fdisk_unref_partition(partition);
    }
    ASSERT_EQ(fdisk_write_disklabel(context_), 0);
    ASSERT_EQ(fdisk_deassign_device(context_, 0), 0);
  }
  MemoryDisk Load() const {
    MemoryDisk disk(kSize);
    std::ifstream in(path_, std::ios::binary);
    in.read(reinterpret_cast<char*>(disk.bytes.data()), kSize);
    EXPECT_TRUE(in);
    return disk;
  }
  void Store(const MemoryDisk& disk) const {
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(disk.bytes.data()), kSize);
  }

  std::string path_;
  fdisk_context* context_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(SectorSizes, GptLibfdiskTest, testing::Values(512, 4096));

TEST_P(GptLibfdiskTest, WeReadWhatLibfdiskWrites) {
  MakeWithLibfdisk();
  const MemoryDisk disk = Load();
  const GptState state = InspectGpt(disk.Reader(), disk.size(), GetParam());
  ASSERT_TRUE(state.primary) << state.primary_problem;
  ASSERT_TRUE(state.backup) << state.backup_problem;
  EXPECT_TRUE(state.protective_mbr);
  EXPECT_EQ(state.primary->disk_id.ToString(), "11111111-2222-4333-8444-555555555555");
  ASSERT_EQ(state.primary->entries.size(), 6u);
  for (int i = 1; i <= 6; ++i) {
    const GptEntry* entry = state.primary->Find(i);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->name, "BF_Größe_" + std::to_string(i));
    EXPECT_EQ(entry->type.ToString(), kTypeLinuxData);
    EXPECT_EQ(entry->id.ToString(), "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee" + std::to_string(i));
    EXPECT_EQ(entry->first_lba * GetParam(), static_cast<std::uint64_t>(i) << 20);
    EXPECT_EQ((entry->last_lba + 1) * GetParam(), static_cast<std::uint64_t>(i + 1) << 20);
  }
}

TEST_P(GptLibfdiskTest, WeWriteTheSameBytes) {
  MakeWithLibfdisk();
  const MemoryDisk theirs = Load();
  const GptState state = InspectGpt(theirs.Reader(), theirs.size(), GetParam());
  ASSERT_TRUE(state.primary);
  const auto writes = SerialiseGpt(*state.primary, kSize, std::vector<std::byte>(GetParam()));
  ASSERT_TRUE(writes) << writes.error().ToString();
  MemoryDisk ours(kSize);
  for (const auto& write : *writes) ours.Write(write.offset, write.data);
  for (std::size_t i = 0; i < kSize; ++i) {
    ASSERT_EQ(ours.bytes[i], theirs.bytes[i]) << "byte " << i;
  }
}

TEST_P(GptLibfdiskTest, LibfdiskFindsNothingWrongWithWhatWeWrite) {
  MakeWithLibfdisk();
  MemoryDisk disk = Load();
  GptTable table = *InspectGpt(disk.Reader(), disk.size(), GetParam()).primary;
  table.entries[5].last_lba = table.last_usable_lba;
  table.entries[5].type = Guid::Literal(kTypeBfDataUnformatted);
  const auto writes = SerialiseGpt(table, kSize, std::span(disk.bytes).first(GetParam()));
  ASSERT_TRUE(writes);
  for (const auto& write : *writes) disk.Write(write.offset, write.data);
  Store(disk);
  ASSERT_EQ(fdisk_assign_device(context_, path_.c_str(), 1), 0);
  ASSERT_TRUE(fdisk_is_label(context_, GPT));
  EXPECT_EQ(fdisk_verify_disklabel(context_), 0);
  fdisk_partition* last = nullptr;
  ASSERT_EQ(fdisk_get_partition(context_, 5, &last), 0);
  EXPECT_EQ(fdisk_partition_get_end(last), table.last_usable_lba);
  EXPECT_STREQ(fdisk_partition_get_name(last), "BF_Größe_6");
  fdisk_unref_partition(last);
  ASSERT_EQ(fdisk_deassign_device(context_, 1), 0);
}

}  // namespace
}  // namespace bf::disk
