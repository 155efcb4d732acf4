// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/cli/tool.h"
#include "core/host/file.h"
#include "provision/data/verb.h"

namespace bf::provision::data {
namespace {

const std::string kGoldens = fmt::format("{}/tests/provision/data/goldens", BF_SOURCE_DIR);

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran Call(std::vector<std::string> args) {
  cli::Tool tool;
  tool.name = "bf-provision";
  tool.verbs = {DataVerb()};
  args.insert(args.begin(), "data");
  args.insert(args.end(), {"--policy", kGoldens});
  std::ostringstream out;
  std::ostringstream err;
  Ran ran;
  ran.code = cli::RunTool(tool, args, cli::Streams{out, err});
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

TEST(DataCliTest, PlansFromRecordedFacts) {
  const Ran ran = Call({"--facts", kGoldens + "/base.json", "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("mount /dev/mmcblk0p2 on /var/lib/betterframe")) << ran.out;
  EXPECT_EQ(ran.err, "");
}

TEST(DataCliTest, CheckTellsByItsExitCode) {
  EXPECT_EQ(Call({"--facts", kGoldens + "/base.json", "--check"}).code, cli::kExitDrift);
}

TEST(DataCliTest, JsonHasASchema) {
  const Ran ran = Call({"--facts", kGoldens + "/base.json", "--dry-run", "--json"});
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["steps"][0]["action"], "mount");
  EXPECT_EQ(json["degraded"], false);
}

TEST(DataCliTest, RecordedFactsCannotBeApplied) {
  EXPECT_EQ(Call({"--facts", kGoldens + "/base.json"}).code, cli::kExitUsage);
}

TEST(DataCliTest, ARecordingThatIsMissingSaysHowToMakeOne) {
  const Ran ran = Call({"--facts", "/nonexistent/facts.json", "--dry-run"});
  EXPECT_EQ(ran.code, cli::kExitFailed);
  EXPECT_NE(ran.err.find("/nonexistent/facts.json: no such recording; `--record FILE` makes one"),
            std::string::npos)
      << ran.err;
}

TEST(DataCliTest, OntoIsForUndoOnly) {
  EXPECT_EQ(Call({"--onto", "/nonexistent/copy"}).code, cli::kExitUsage);
}

TEST(DataCliTest, FactsThatAreNoneAreNamed) {
  const Ran ran = Call({"--facts", kGoldens + "/layout.toml", "--dry-run"});
  EXPECT_EQ(ran.code, cli::kExitFailed);
  EXPECT_NE(ran.err.find("layout.toml: "), std::string::npos) << ran.err;
}

TEST(DataCliTest, AnInvalidPolicyIsToldInFullAndNothingIsDone) {
  const std::string dir = testing::TempDir() + "bad-data-policy";
  std::filesystem::create_directories(dir);
  std::string text = host::ReadFile(kGoldens + "/layout.toml").value();
  text = text.substr(0, text.find("[data]")) +
         "[data]\nformat = \"always\"\nmount_point = \"relative\"\nmin_growth = 5\n"
         "degraded_size = 0\ncheck_timeout = \"1ms\"\nundo_sise = \"1MiB\"\n";
  ASSERT_TRUE(host::ReplaceFile(dir + "/layout.toml", text, 0600));
  std::ostringstream out;
  std::ostringstream err;
  cli::Tool tool;
  tool.name = "bf-provision";
  tool.verbs = {DataVerb()};
  EXPECT_EQ(cli::RunTool(tool, {"data", "--policy", dir}, cli::Streams{out, err}),
            cli::kExitPolicy);
  for (const char* word : {"always", "relative", "min_growth", "limit", "deadline", "undo_size"}) {
    EXPECT_NE(err.str().find(word), std::string::npos) << word << " in\n" << err.str();
  }
}

TEST(DataCliTest, AMachineWithoutADiskIsDegradedInThePlan) {
  const std::string root = testing::TempDir() + "data-empty-root";
  std::filesystem::create_directories(root + "/proc/self");
  std::filesystem::create_directories(root + "/sys/block");
  ASSERT_TRUE(
      host::ReplaceFile(root + "/proc/self/mountinfo", "21 1 0:20 / / rw - tmpfs root rw\n", 0600));
  const Ran ran = Call({"--root", root, "--dry-run"});
  EXPECT_NE(ran.out.find("degraded: the running root is not on a disk"), std::string::npos)
      << ran.out;
  EXPECT_FALSE(std::filesystem::exists(root + "/run"));
}

}  // namespace
}  // namespace bf::provision::data
