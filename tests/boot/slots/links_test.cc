// SPDX-License-Identifier: Apache-2.0
#include "boot/slots/links.h"

#include <filesystem>

#include "boot/slots/linux_links.h"
#include "tests/support/temp_tree.h"

namespace bf::boot::slots {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

facts::Partition Part(int index, const std::string& name) {
  facts::Partition partition;
  partition.device = fmt::format("mmcblk0p{}", index);
  partition.index = index;
  partition.name = name;
  return partition;
}
facts::Disk Shipped() {
  facts::Disk disk;
  disk.device = "mmcblk0";
  disk.partitions = {Part(1, "BF_BOOTSEL"), Part(2, "BF_BOOT_A"), Part(3, "BF_BOOT_B"),
                     Part(4, "BF_ROOT_A"),  Part(5, "BF_ROOT_B"), Part(6, "BF_DATA")};
  return disk;
}
Result<std::vector<Link>> LinksOf(const facts::Disk& disk) {
  return SlotLinks(provision::layout::LoadLayout(BF_SOURCE_DIR "/policies").value(), disk);
}

TEST(SlotLinks, LeadToThePartitionsByName) {
  const auto links = LinksOf(Shipped());
  ASSERT_TRUE(links) << links.error().ToString();
  EXPECT_THAT(*links,
              ElementsAre(Link{"root-a", "/dev/mmcblk0p4"}, Link{"root-b", "/dev/mmcblk0p5"},
                          Link{"boot-a", "/dev/mmcblk0p2"}, Link{"boot-b", "/dev/mmcblk0p3"}));
}

TEST(SlotLinks, OneMissingOrTwiceThereIsNone) {
  facts::Disk disk = Shipped();
  disk.partitions[4].name = "x";
  disk.partitions.push_back(Part(7, "BF_BOOT_A"));
  const auto links = LinksOf(disk);
  ASSERT_FALSE(links);
  EXPECT_THAT(links.error().message, HasSubstr("0 partitions BF_ROOT_B"));
  EXPECT_THAT(links.error().also, ElementsAre(HasSubstr("2 partitions BF_BOOT_A")));
}

TEST(SlotLinks, AreMadeAndMadeAnew) {
  const testing_support::TempTree tree;
  const std::string& root = tree.path();
  fs::create_directory(fs::path(root) / "run");
  for (const char* target : {"/dev/sda4", "/dev/sda5"}) {
    const auto made = MakeLinks(root, {{"root-a", target}});
    ASSERT_TRUE(made) << made.error().ToString();
    EXPECT_EQ(fs::read_symlink(root + "/run/betterframe/slots/root-a"), target);
  }
}

}  // namespace
}  // namespace bf::boot::slots
