// SPDX-License-Identifier: Apache-2.0
// `bf-lockdown check` as a reviewer runs it: exit codes, and what is printed.
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/cli/tool.h"
#include "lockdown/check/verb.h"
#include "tests/lockdown/check/clean_device.h"

namespace bf::lockdown::check {
namespace {

struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

Answer Ask(const CleanDevice& device, std::vector<std::string> args,
           const std::string& policy_dir = kPolicyDir) {
  std::ostringstream out;
  std::ostringstream err;
  args.insert(args.begin(), "check");
  args.insert(args.end(), {"--root", device.tree.path(), "--policy", policy_dir});
  Answer answer;
  answer.code = cli::RunTool({"bf-lockdown", "", {CheckVerb()}}, args, {out, err});
  answer.out = out.str();
  answer.err = err.str();
  return answer;
}

TEST(CheckVerb, DriftIsExitCodeThree) {
  CleanDevice device;
  device.Write("proc/sys/kernel/sysrq", "1\n");
  const Answer answer = Ask(device, {});
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_NE(answer.out.find("DRIFT  sysrq: kernel.sysrq is 1, and policy wants 0"),
            std::string::npos)
      << answer.out;
}

// The nodes of a tree belong to whoever made it, and only root's are shut.
TEST(CheckVerb, NoDriftIsExitCodeZero) {
  const CleanDevice device;
  const Answer answer = Ask(device, {});
  EXPECT_EQ(answer.code, ::geteuid() == 0 ? 0 : 3) << answer.out << answer.err;
}

TEST(CheckVerb, JsonHasTheSchemaAndEachRow) {
  CleanDevice device;
  device.Write("proc/sys/kernel/sysrq", "1\n");
  const Answer answer = Ask(device, {"--json"});
  EXPECT_EQ(answer.code, 3) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["ok"], false);
  ASSERT_EQ(json["rows"].size(), Rows().size());
  EXPECT_EQ(json["rows"][0]["name"], "sysrq");
  EXPECT_EQ(json["rows"][0]["verdict"], "drift");
  EXPECT_EQ(json["rows"][0]["evidence"], "/proc/sys/kernel/sysrq");
}

TEST(CheckVerb, ARootThatIsNotThereIsExitCode64) {
  for (const std::string root : {"/nonexistent", "proc/cmdline"}) {
    const CleanDevice device;
    std::ostringstream out;
    std::ostringstream err;
    const int code =
        cli::RunTool({"bf-lockdown", "", {CheckVerb()}},
                     {"check", "--root", root.front() == '/' ? root : device.tree / root,
                      "--policy", kPolicyDir},
                     {out, err});
    EXPECT_EQ(code, 64);
    EXPECT_EQ(out.str(), "");
    EXPECT_NE(err.str().find("no such directory"), std::string::npos) << err.str();
  }
}

TEST(CheckVerb, ABadPolicyIsExitCode65) {
  CleanDevice device;
  device.Write("policy/input.toml", "schema = 1\nsysrq = 0\n");
  const Answer answer = Ask(device, {}, device.tree / "policy");
  EXPECT_EQ(answer.code, 65);
  EXPECT_EQ(answer.out, "");
}

}  // namespace
}  // namespace bf::lockdown::check
