// SPDX-License-Identifier: Apache-2.0
// Each goldens/NAME.json says how a machine differs from goldens/base.json (a device at rest, on
// which only the mount is left to do), and goldens/NAME.txt what is planned for it. A change there
// is what a reviewer reads. BF_UPDATE_GOLDENS=1 writes them anew.
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "provision/data/planner.h"
#include "provision/layout/layout.h"

namespace bf::provision::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const fs::path kGoldens = fs::path(BF_SOURCE_DIR) / "tests/provision/data/goldens";

std::string Slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// "key": value replaces the line of that key in [data].
DataPolicy PolicyWith(const Json& changes) {
  std::istringstream original(Slurp(kGoldens / "layout.toml"));
  std::string text;
  for (std::string line; std::getline(original, line);) {
    for (const auto& [key, value] : changes.items()) {
      if (line.starts_with(key + " = ")) line = fmt::format("{} = {}", key, value.dump());
    }
    text += line + "\n";
  }
  policy::Diagnostics wrong;
  const auto document = policy::ParseToml(text, "layout.toml", wrong);
  const auto layout = layout::ReadLayout(document, wrong);
  EXPECT_TRUE(wrong.empty()) << wrong.ToString();
  return layout.data;
}

std::string PlanText(const Json& golden) {
  Json facts = Json::parse(Slurp(kGoldens / "base.json"));
  facts.merge_patch(golden.value("facts", Json::object()));
  const auto parsed = ParseFacts(facts.dump());
  if (!parsed) return "cannot be read: " + parsed.error().ToString() + "\n";
  const DataPlan plan = PlanData(PolicyWith(golden.value("policy", Json::object())), *parsed);
  std::string text;
  if (plan.degraded) text += "degraded: " + plan.reason + "\n";
  for (const auto& note : plan.notes) text += "note: " + note + "\n";
  return text + plan::ToText(plan.steps);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kGoldens)) {
    if (entry.path().extension() == ".json" && entry.path().stem() != "base") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, PlansAsReviewed) {
  const Json golden = Json::parse(Slurp(kGoldens / (GetParam() + ".json")));
  ASSERT_TRUE(golden.contains("about"));
  const std::string got = PlanText(golden);
  const fs::path expected = kGoldens / (GetParam() + ".txt");
  if (std::getenv("BF_UPDATE_GOLDENS") != nullptr) std::ofstream(expected) << got;
  EXPECT_EQ(got, Slurp(expected)) << golden["about"];
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(Names()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Golden, ThereAreMany) { EXPECT_GT(Names().size(), 35U); }

}  // namespace
}  // namespace bf::provision::data
