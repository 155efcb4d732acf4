// SPDX-License-Identifier: Apache-2.0
#include "provision/data/facts.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace bf::provision::data {
namespace {

std::string BaseText() {
  std::ostringstream text;
  text << std::ifstream(fmt::format("{}/tests/provision/data/goldens/base.json", BF_SOURCE_DIR))
              .rdbuf();
  return text.str();
}

TEST(DataFactsTest, RecordedFactsReadBackTheSame) {
  auto facts = ParseFacts(BaseText());
  ASSERT_TRUE(facts) << facts.error().ToString();
  facts->elsewhere = {"/dev/sda2"};
  facts->content->looked_deep = true;
  facts->content->probed = Probed::kUnsure;
  facts->content->probed_as = "several";
  facts->content->backups.push_back({128 << 20, *facts->content->primary});
  facts->content->blank_bytes = 7;
  facts->mount = MountPoint{"ext4", {179, 2}, "/dev/x", {"rw"}, {"rw", "prjquota"}};
  facts->skeleton_problems = {"state is missing"};
  facts->planned_uuid = "6d3c9b1e-2f4a-4b7c-8d5e-0123456789ab";
  facts->history.push_back({"mount", "", false, 117, "no"});
  const auto again = ParseFacts(FactsToJson(*facts).dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(*again, *facts);
}

TEST(DataFactsTest, NonsenseIsAnErrorAndNotACrash) {
  for (const char* text : {"", "[]", "{", "{\"schema\": 2}", "{\"schema\": 1, \"disk\": 3}",
                           "{\"schema\": 1, \"primary\": {\"sector_size\": 0}}",
                           "{\"schema\": 1, \"disk\": {\"number\": \"x\"}}",
                           "{\"schema\": 1, \"primary\": {\"disk_id\": \"x\"}}",
                           "{\"schema\": 1, \"content\": {\"primary\": {\"block_size\": 0}}}",
                           "{\"schema\": 1, \"content\": {\"probed\": \"perhaps\"}}"}) {
    EXPECT_FALSE(ParseFacts(text)) << text;
  }
}

TEST(GrowthLimitTest, EndsBeforeTheBackupTableAndTheNextPartitionAndNeverShrinks) {
  const auto facts = ParseFacts(BaseText());
  ASSERT_TRUE(facts);
  disk::GptTable table = *facts->primary;
  const std::uint64_t mib = (1 << 20) / 512;
  disk::GptEntry& entry = table.entries[1];
  entry.last_lba = entry.first_lba + mib - 1;
  EXPECT_EQ(GrowthLimit(table, entry, std::uint64_t{1000} << 20), 999 * mib - 1);
  EXPECT_EQ(GrowthLimit(table, entry, (std::uint64_t{1000} << 20) + 512 * 700), 1000 * mib - 1);
  table.entries.push_back(table.entries[1]);
  table.entries[2].first_lba = 100 * mib + 5;
  EXPECT_EQ(GrowthLimit(table, table.entries[1], std::uint64_t{1000} << 20), 100 * mib - 1);
  EXPECT_EQ(GrowthLimit(table, table.entries[1], std::uint64_t{1} << 20),
            table.entries[1].last_lba);
}

}  // namespace
}  // namespace bf::provision::data
