// SPDX-License-Identifier: Apache-2.0
#include "provision/layout/layout.h"

#include <fstream>
#include <sstream>

namespace bf::provision::layout {
namespace {

TEST(Layout, ShippedOneIsValid) {
  const auto layout = LoadLayout(BF_SOURCE_DIR "/policies");
  ASSERT_TRUE(layout) << layout.error().ToString();
  EXPECT_EQ(layout->compatible.value, "betterframe-rpi5-aarch64");
  ASSERT_EQ(layout->partitions.size(), 6u);
  EXPECT_EQ(layout->Get(Role::kSelector).name.value, "BF_BOOTSEL");
  EXPECT_EQ(layout->Get(Role::kBoot, Slot::kA).index, 2);
  EXPECT_EQ(layout->Get(Role::kBoot, Slot::kB).index, 3);
  EXPECT_EQ(layout->Get(Role::kRoot, Slot::kB).name.value, "BF_ROOT_B");
  EXPECT_EQ(layout->Get(Role::kData).index, 6);
  EXPECT_EQ(layout->data.format.value, FormatWhen::kIntent);
  EXPECT_EQ(layout->data.mount_point.value, "/var/lib/betterframe");
}

TEST(Layout, EveryFieldKnowsItsPlace) {
  const auto layout = LoadLayout(BF_SOURCE_DIR "/policies");
  ASSERT_TRUE(layout);
  EXPECT_GT(layout->compatible.at.line, 1);
  for (const auto& partition : layout->partitions) {
    EXPECT_GT(partition.name.at.line, 1);
    EXPECT_GT(partition.size.at.line, partition.name.at.line);
    EXPECT_NE(partition.at.file, "");
  }
  for (const auto& word : layout->cmdline.words) EXPECT_GT(word.at.line, 1);
}

TEST(Layout, NoBootTakesLongerThanSystemdWaits) {
  std::ostringstream unit;
  unit << std::ifstream(BF_SOURCE_DIR "/provision/data/bf-data.service").rdbuf();
  const std::string text = unit.str();
  constexpr std::string_view kKey = "\nTimeoutStartSec=";
  const auto at = text.find(kKey);
  ASSERT_NE(at, std::string::npos);
  std::size_t used = 0;
  const int minutes = std::stoi(text.substr(at + kKey.size()), &used);
  ASSERT_EQ(text.substr(at + kKey.size() + used, 4), "min\n");
  // Five minutes for what has no deadline of its own.
  EXPECT_LE(kTotalTimeout + 5 * 60'000, minutes * 60'000);

  std::ostringstream layout;
  layout << std::ifstream(BF_SOURCE_DIR "/policies/layout.toml").rdbuf();
  std::string longer = layout.str();
  longer.replace(longer.find("repair_timeout = \"300s\""), 23, "repair_timeout = \"301s\"");
  policy::Diagnostics wrong;
  (void)ReadLayout(policy::ParseToml(longer, "layout.toml", wrong), wrong);
  EXPECT_NE(wrong.ToString().find("more than 900s together"), std::string::npos)
      << wrong.ToString();
}

TEST(Layout, MissingFileIsAPolicyError) {
  const auto layout = LoadLayout("/nonexistent");
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().kind, ErrorKind::kPolicy);
}

}  // namespace
}  // namespace bf::provision::layout
