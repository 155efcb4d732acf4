// SPDX-License-Identifier: Apache-2.0
// The command line, without root rights and without a device.
#include <nlohmann/json.hpp>
#include <sstream>

#include "overlays/tool.h"
#include "tests/support/temp_tree.h"

namespace bf::overlays {
namespace {

struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

Answer Tool(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  Answer run;
  run.code = cli::RunTool(OverlayTool(), args, {out, err});
  run.out = out.str();
  run.err = err.str();
  return run;
}

// A recorded machine: a root that is read-only, and nothing mounted on it yet.
class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    root.Write("proc/self/mountinfo", fmt::format("25 1 254:4 / {0} ro - ext4 /dev/vda4 ro\n"
                                                  "26 25 0:5 / {0}/proc rw - proc proc rw\n",
                                                  root.path()));
    root.Write("usr/lib/os-release", "IMAGE_ID=bf\nIMAGE_VERSION=1\n");
    root.Write("policy/overlays.toml",
               "schema = 1\n[[writable]]\nname = \"tmp\"\npath = \"/tmp\"\nkind = \"tmpfs\"\n"
               "size = \"1MiB\"\ninodes = 64\nreason = \"scratch\"\n");
    std::filesystem::create_directory(root / "tmp");
  }
  Answer Ask(std::vector<std::string> args) {
    args.insert(args.end(), {"--root", root.path(), "--policy", root / "policy"});
    return Tool(args);
  }
  testing_support::TempTree root;
};

TEST_F(CommandLine, DryRunShowsThePlanAndTouchesNothing) {
  const Answer run = Ask({"apply", "--dry-run"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("mount a tmpfs on /tmp (1 MiB, 64 files, mode 0755)"), std::string::npos)
      << run.out;
  EXPECT_FALSE(std::filesystem::exists(root / "run"));
}

TEST_F(CommandLine, DryRunJson) {
  const Answer run = Ask({"apply", "--dry-run", "--json"});
  const auto json = nlohmann::ordered_json::parse(run.out);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["steps"][0]["action"], "mount-tmpfs");
}

TEST_F(CommandLine, CheckFindsWhatIsMissing) {
  const Answer run = Ask({"check"});
  EXPECT_EQ(run.code, 3) << run.out << run.err;
  EXPECT_NE(run.out.find("finding   /tmp: nothing is mounted there"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("built in  /proc  proc"), std::string::npos);
}

TEST_F(CommandLine, StatusOfAMachineThatHasNotRunIt) {
  const Answer run = Ask({"status"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("bf-overlay has not run"), std::string::npos);
  EXPECT_NE(run.out.find("/tmp  tmpfs, not mounted"), std::string::npos) << run.out;
}

TEST_F(CommandLine, BadPolicyIs65WithEveryDiagnostic) {
  root.Write("policy/overlays.toml", "schema = 1\n[[writable]]\nname = \"A\"\n");
  for (const char* verb : {"apply", "check", "status"}) {
    const Answer run = Ask({verb, "--dry-run"});
    EXPECT_EQ(run.code, 65) << verb;
    EXPECT_NE(run.err.find("overlays.toml:3:8: \"A\" is not a name"), std::string::npos);
    EXPECT_NE(run.err.find("the key \"path\" is missing"), std::string::npos);
    EXPECT_EQ(run.out, "");
  }
}

TEST_F(CommandLine, NoMountTable) {
  std::filesystem::remove(root / "proc/self/mountinfo");
  EXPECT_EQ(Ask({"check"}).code, 1);
}

TEST_F(CommandLine, Usage) {
  EXPECT_EQ(Tool({}).code, 64);
  EXPECT_EQ(Tool({"aply"}).code, 64);
  EXPECT_EQ(Tool({"check", "--frce"}).code, 64);
  EXPECT_EQ(Tool({"--version"}).code, 0);
  const Answer help = Tool({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* verb : {"apply", "check", "status"})
    EXPECT_NE(help.out.find(verb), std::string::npos);
}

}  // namespace
}  // namespace bf::overlays
