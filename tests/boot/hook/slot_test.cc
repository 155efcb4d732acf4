// SPDX-License-Identifier: Apache-2.0
#include "boot/hook/slot.h"

namespace bf::boot::hook {
namespace {

using testing::HasSubstr;

disk::GptEntry Entry(int index, const std::string& name, std::uint64_t first, std::uint64_t last) {
  disk::GptEntry entry;
  entry.index = index;
  entry.name = name;
  entry.first_lba = first;
  entry.last_lba = last;
  entry.id.bytes[15] = static_cast<std::uint8_t>(index);
  return entry;
}
disk::GptTable Table() {
  disk::GptTable table;
  table.entries = {Entry(2, "BF_BOOT_A", 100, 199), Entry(3, "BF_BOOT_B", 200, 299),
                   Entry(4, "BF_ROOT_A", 300, 399), Entry(5, "BF_ROOT_B", 400, 499)};
  return table;
}
Device BootB() { return {"/dev/x3", 3, 200 * 512, 100 * 512, 512}; }
std::string ProblemOf(const std::string& slot, const Device& device, const disk::GptTable& table) {
  const auto target = FindTarget({slot, "", ""}, device, table);
  return target ? "none" : target.error().ToString();
}

TEST(Slot, TheRootOfTheSameSlotIsTaken) {
  const auto target = FindTarget({"bootfs.1", "", ""}, BootB(), Table());
  ASSERT_TRUE(target) << target.error().ToString();
  EXPECT_EQ(target->slot, "B");
  EXPECT_EQ(target->root_partition, Table().Find(5)->id);
}

TEST(Slot, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(ProblemOf("bootfs.1", BootB(), Table()), "none");
  EXPECT_THAT(ProblemOf("bootfs.0", BootB(), Table()), HasSubstr("is BF_BOOT_A"));
  EXPECT_THAT(ProblemOf("rootfs.1", BootB(), Table()), HasSubstr("neither bootfs.0"));
  Device moved = BootB();
  moved.start += 512;
  EXPECT_THAT(ProblemOf("bootfs.1", moved, Table()), HasSubstr("not where"));
  moved = BootB();
  moved.index = 9;
  EXPECT_THAT(ProblemOf("bootfs.1", moved, Table()), HasSubstr("no entry"));
  disk::GptTable two = Table();
  two.entries.push_back(Entry(7, "BF_ROOT_B", 600, 699));
  EXPECT_THAT(ProblemOf("bootfs.1", BootB(), two), HasSubstr("2 partitions BF_ROOT_B"));
  disk::GptTable none = Table();
  none.entries.pop_back();
  EXPECT_THAT(ProblemOf("bootfs.1", BootB(), none), HasSubstr("0 partitions BF_ROOT_B"));
}

}  // namespace
}  // namespace bf::boot::hook
