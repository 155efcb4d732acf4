// SPDX-License-Identifier: Apache-2.0
#include "provision/image/report.h"

#include <nlohmann/json.hpp>
#include <sstream>

namespace bf::provision::image {
namespace {

using testing::HasSubstr;

TEST(ProgressBar, OnATerminalOnly) {
  std::ostringstream err;
  EXPECT_FALSE(ProgressBar(err, false));
  const auto show = ProgressBar(err, true);
  ASSERT_TRUE(show);
  show(0, 0);
  EXPECT_EQ(err.str(), "");
  show(50 << 20, 100 << 20);
  EXPECT_THAT(err.str(),
              HasSubstr("\r[####################                    ] 50 MiB of 100 MiB"));
}

TEST(ProgressBar, DrawsAFewTimesASecondAndTheEndAlways) {
  std::ostringstream err;
  const auto show = ProgressBar(err, true);
  for (std::uint64_t i = 1; i <= 10'000; ++i) show(i, 10'001);
  const std::string some = err.str();
  EXPECT_LT(some.size(), 10'000u);
  show(10'001, 10'001);
  EXPECT_GT(err.str().size(), some.size());
}

TEST(Report, JsonHasTheSchemaAndTheTable) {
  WriteTable table;
  table.partitions.push_back({1, "BF_BOOTSEL", {}, {}, {1 << 20, 16 << 20}});
  const ImagePlan plan{{table, {}}};
  const auto json = nlohmann::json::parse(JsonReport(plan, {"out.img", 100, 50}));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["image"], "out.img");
  EXPECT_EQ(json["allocated"], 50);
  EXPECT_EQ(json["partitions"][0]["name"], "BF_BOOTSEL");
  EXPECT_EQ(json["partitions"][0]["start"], 1 << 20);
}

}  // namespace
}  // namespace bf::provision::image
