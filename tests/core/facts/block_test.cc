// SPDX-License-Identifier: Apache-2.0
#include "core/facts/block.h"

#include "tests/support/temp_tree.h"

namespace bf::facts {
namespace {

using ::testing::HasSubstr;
using testing_support::TempTree;

// A recorded-looking sysfs: devices below /sys/devices, links from /sys/block and /sys/dev/block.
class BlockTest : public ::testing::Test {
 protected:
  void AddDisk(const std::string& name, const std::string& number, std::uint64_t sectors,
               const std::string& logical = "512") {
    const std::string dir = "sys/devices/" + name;
    tree_.Write(dir + "/dev", number + "\n");
    tree_.Write(dir + "/size", std::to_string(sectors) + "\n");
    tree_.Write(dir + "/ro", "0\n");
    tree_.Write(dir + "/removable", "0\n");
    tree_.Write(dir + "/queue/logical_block_size", logical + "\n");
    tree_.Link("sys/block/" + name, "../devices/" + name);
    tree_.Link("sys/dev/block/" + number, "../../devices/" + name);
  }
  void AddPartition(const std::string& disk, const std::string& name, int index,
                    const std::string& number, const std::string& label) {
    const std::string dir = "sys/devices/" + disk + "/" + name;
    tree_.Write(dir + "/dev", number + "\n");
    tree_.Write(dir + "/partition", std::to_string(index) + "\n");
    tree_.Write(dir + "/start", "2048\n");
    tree_.Write(dir + "/size", "4096\n");
    tree_.Write(dir + "/ro", "0\n");
    tree_.Write(dir + "/uevent",
                "MAJOR=1\nPARTN=" + std::to_string(index) + "\nPARTNAME=" + label + "\n");
    tree_.Link("sys/dev/block/" + number, "../../devices/" + disk + "/" + name);
  }
  void MountRoot(const std::string& number) {
    tree_.Write("proc/self/mountinfo", "22 1 " + number + " / / ro - ext4 /dev/root ro\n");
  }
  void Stack(const std::string& upper, const std::string& lower_path, const std::string& lower) {
    tree_.Link("sys/devices/" + upper + "/slaves/" + lower, "../../" + lower_path);
  }
  TempTree tree_;
};

TEST_F(BlockTest, RootPartitionLeadsToItsDisk) {
  AddDisk("mmcblk0", "179:0", 100000);
  AddPartition("mmcblk0", "mmcblk0p4", 4, "179:4", "BF_ROOT_A");
  AddPartition("mmcblk0", "mmcblk0p10", 10, "179:10", "OTHER");
  MountRoot("179:4");
  const auto disk = ReadRootDisk(tree_.path());
  ASSERT_TRUE(disk.has_value()) << disk.error().ToString();
  ASSERT_TRUE(disk->has_value());
  EXPECT_EQ((*disk)->device, "mmcblk0");
  EXPECT_EQ((*disk)->size, 100000u * 512);
  ASSERT_EQ((*disk)->partitions.size(), 2u);
  EXPECT_EQ((*disk)->partitions[0].index, 4);  // by number, not by name
  EXPECT_EQ((*disk)->partitions[0].name, "BF_ROOT_A");
  EXPECT_EQ((*disk)->partitions[0].start, 2048u * 512);
  const auto partition = ReadRootPartition(tree_.path());
  ASSERT_TRUE(partition.has_value() && partition->has_value());
  EXPECT_EQ((*partition)->device, "mmcblk0p4");
}

TEST_F(BlockTest, SizesAreBytesWhateverTheSectorSize) {
  AddDisk("nvme0n1", "259:0", 100000, "4096");
  MountRoot("259:0");
  const auto disk = ReadRootDisk(tree_.path());
  ASSERT_TRUE(disk.has_value() && disk->has_value());
  EXPECT_EQ((*disk)->sector_size, 4096u);
  EXPECT_EQ((*disk)->size, 100000u * 512);
}

TEST_F(BlockTest, DeviceMapperIsFollowedDownToTheDisk) {
  AddDisk("sda", "8:0", 100000);
  AddPartition("sda", "sda4", 4, "8:4", "BF_ROOT_A");
  AddDisk("dm-0", "253:0", 2000);
  AddDisk("dm-1", "253:1", 2000);
  Stack("dm-1", "dm-0", "dm-0");
  Stack("dm-0", "sda/sda4", "sda4");
  MountRoot("253:1");
  const auto disk = ReadRootDisk(tree_.path());
  ASSERT_TRUE(disk.has_value()) << disk.error().ToString();
  EXPECT_EQ((*disk)->device, "sda");
  EXPECT_EQ((*ReadRootPartition(tree_.path()))->index, 4);
}

TEST_F(BlockTest, VerityWithItsHashOnTheSameDiskIsOneDisk) {
  AddDisk("sda", "8:0", 100000);
  AddPartition("sda", "sda4", 4, "8:4", "BF_ROOT_A");
  AddPartition("sda", "sda5", 5, "8:5", "HASH");
  AddDisk("dm-0", "253:0", 2000);
  Stack("dm-0", "sda/sda4", "sda4");
  Stack("dm-0", "sda/sda5", "sda5");
  MountRoot("253:0");
  const auto disk = ReadRootDisk(tree_.path());
  ASSERT_TRUE(disk.has_value()) << disk.error().ToString();
  EXPECT_EQ((*disk)->device, "sda");
}

TEST_F(BlockTest, DeviceMapperOverTwoDisksIsAnError) {
  AddDisk("sda", "8:0", 100000);
  AddDisk("sdb", "8:16", 100000);
  AddDisk("dm-0", "253:0", 2000);
  Stack("dm-0", "sda", "sda");
  Stack("dm-0", "sdb", "sdb");
  MountRoot("253:0");
  const auto disk = ReadRootDisk(tree_.path());
  ASSERT_FALSE(disk.has_value());
  EXPECT_THAT(disk.error().ToString(), HasSubstr("2 disks"));
}

TEST_F(BlockTest, ALoopInTheStackEnds) {
  AddDisk("dm-0", "253:0", 2000);
  Stack("dm-0", "dm-0", "dm-0");
  MountRoot("253:0");
  EXPECT_FALSE(ReadRootDisk(tree_.path()).has_value());
}

TEST_F(BlockTest, RootOnTmpfsHasNoDisk) {
  MountRoot("0:30");
  const auto disk = ReadRootDisk(tree_.path());
  ASSERT_TRUE(disk.has_value());
  EXPECT_FALSE(disk->has_value());
}

TEST_F(BlockTest, EmptyDrivesAreNotDisks) {
  AddDisk("loop0", "7:0", 0);
  AddDisk("vda", "254:0", 8);
  const auto disks = ReadDisks(tree_.path());
  ASSERT_TRUE(disks.has_value());
  ASSERT_EQ(disks->size(), 1u);
  EXPECT_EQ(disks->front().device, "vda");
}

TEST_F(BlockTest, NoSysIsAnErrorThatSaysSo) {
  const auto disks = ReadDisks(tree_.path());
  ASSERT_FALSE(disks.has_value());
  EXPECT_THAT(disks.error().ToString(), HasSubstr("is /sys mounted?"));
}

}  // namespace
}  // namespace bf::facts
