// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lockdown/sandbox/filter/bpf.h"
#include "lockdown/sandbox/start/stored.h"
#include "lockdown/tool.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

namespace fs = std::filesystem;

class SandboxVerbs : public testing::Test {
 protected:
  SandboxVerbs() {
    fs::create_directories(dir_ + "/sandbox");
    fs::copy_file(BF_TEST_DIR "/good.toml", dir_ + "/sandbox/good.toml",
                  fs::copy_options::overwrite_existing);
    fs::copy_file(BF_TEST_DIR "/bad/names.toml", dir_ + "/sandbox/bad.toml",
                  fs::copy_options::overwrite_existing);
  }
  ~SandboxVerbs() override { fs::remove_all(dir_); }
  int Ask(std::vector<std::string> args) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::RunTool(LockdownTool(), args, cli::Streams{out, err});
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  const std::string dir_ = fmt::format("{}sandbox-{}", testing::TempDir(), ::getpid());
  std::string out_;
  std::string err_;
};

TEST_F(SandboxVerbs, FilterShowsEachRuleWithItsLine) {
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_}), 0) << err_;
  EXPECT_THAT(out_, testing::HasSubstr("ioctl.cmd == TIOCSTI  # 19:23"));
  EXPECT_THAT(out_, testing::HasSubstr("(everything else)        ENOSYS"));
  EXPECT_THAT(err_, testing::HasSubstr("no_such_call_yet"));
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_, "--arch", "aarch64", "--format", "bpf"}), 0);
  const auto program = FromBytes(out_);
  ASSERT_TRUE(program);
  EXPECT_TRUE(CheckProgram(*program));
  EXPECT_EQ(sandbox::Run(*program, {AuditArch(Arch::kAarch64), 63, {}}).result,
            0x7fff0000u);  // read
}

TEST_F(SandboxVerbs, FilterRefusesWhatItCannotRead) {
  EXPECT_EQ(Ask({"filter", "bad", "--policy", dir_}), cli::kExitPolicy);
  EXPECT_THAT(err_, testing::HasSubstr("/sandbox/bad.toml:7:24: there is no system call \"raed\""));
  EXPECT_EQ(out_, "");
  EXPECT_EQ(Ask({"filter", "none", "--policy", dir_}), cli::kExitPolicy);
  EXPECT_EQ(Ask({"filter", "../good", "--policy", dir_}), cli::kExitUsage);
  EXPECT_EQ(Ask({"filter", "good", "--policy", dir_, "--arch", "arm"}), cli::kExitUsage);
  EXPECT_EQ(Ask({"filter", "good", "--policy", dir_, "--format", "xml"}), cli::kExitUsage);
}

TEST_F(SandboxVerbs, FilterIsJsonAsWell) {
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_, "--arch", "x86_64", "--json"}), 0) << err_;
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["profile"], "good");
  EXPECT_EQ(json["policy_sha256"], LoadProfile(dir_, "good")->hash);
  EXPECT_EQ(json["default"], "ENOSYS");
  EXPECT_GT(json["calls_checked"], 10000);
  EXPECT_FALSE(json["notes"].empty());
  const auto rule = std::find_if(json["rules"].begin(), json["rules"].end(), [](const auto& one) {
    return one["syscall"] == "ioctl" && one["action"] == "kill";
  });
  ASSERT_NE(rule, json["rules"].end());
  EXPECT_EQ((*rule)["when"][0], "ioctl.cmd == TIOCSTI");
  EXPECT_EQ((*rule)["at"], dir_ + "/sandbox/good.toml:19:23");
}

TEST_F(SandboxVerbs, FilterSaysWhatAUnitCannot) {
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_, "--format", "systemd"}), 0) << err_;
  EXPECT_THAT(out_, testing::HasSubstr("\n# wider: socket only with socket.domain == 0x1\n"));
  EXPECT_THAT(out_, testing::HasSubstr("\nSystemCallFilter=read\n"));
  EXPECT_THAT(out_, testing::HasSubstr("\nSystemCallErrorNumber=ENOSYS\n"));
  EXPECT_THAT(out_, testing::HasSubstr("\nCapabilityBoundingSet=CAP_KILL CAP_SYS_ADMIN\n"));
  EXPECT_THAT(out_, testing::HasSubstr("\nAmbientCapabilities=CAP_KILL\n"));
  EXPECT_THAT(out_, testing::Not(testing::HasSubstr("SystemCallFilter=personality\n")));
}

TEST_F(SandboxVerbs, FilterWritesWhatExecLoads) {
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_, "--out", dir_, "--dry-run"}), 0) << err_;
  EXPECT_FALSE(fs::exists(dir_ + "/good.filter"));
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_, "--arch", "aarch64", "--out", dir_}), 0);
  EXPECT_EQ(out_, "");
  const auto stored = Decode(test::ReadOrDie(dir_ + "/good.filter"));
  ASSERT_TRUE(stored) << stored.error().ToString();
  EXPECT_EQ(stored->profile, "good");
  EXPECT_EQ(stored->arch, AuditArch(Arch::kAarch64));
  EXPECT_EQ(stored->policy_hash, LoadProfile(dir_, "good")->hash);
  ASSERT_EQ(Ask({"filter", "good", "--policy", dir_, "--out", dir_ + "/made/here"}), 0) << err_;
  EXPECT_TRUE(fs::exists(dir_ + "/made/here/good.filter"));
  EXPECT_EQ(Ask({"filter", "good", "--policy", dir_, "--out", dir_ + "/good.filter/x"}),
            cli::kExitFailed);
}

TEST_F(SandboxVerbs, FilterRefusesOptionsThatWouldNotCount) {
  const std::string out = dir_ + "/out";
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--json", "--format", "bpf"},
        {"--out", out, "--format", "bpf"},
        {"--out", out, "--json"}}) {
    std::vector<std::string> args = {"filter", "good", "--policy", dir_};
    args.insert(args.end(), more.begin(), more.end());
    EXPECT_EQ(Ask(args), cli::kExitUsage) << more.back();
    EXPECT_EQ(out_, "");
  }
  EXPECT_FALSE(fs::exists(out));
}

// The build compiles them for one architecture only.
TEST_F(SandboxVerbs, EveryShippedProfileIsOneForBothArchitectures) {
  std::size_t count = 0;
  for (const auto& file : fs::directory_iterator(BF_SOURCE_DIR "/policies/sandbox")) {
    for (const char* arch : {"x86_64", "aarch64"})
      EXPECT_EQ(Ask({"filter", file.path().stem(), "--policy", BF_SOURCE_DIR "/policies", "--arch",
                     arch}),
                0)
          << err_;
    ++count;
  }
  EXPECT_GE(count, 2u);
}

TEST_F(SandboxVerbs, GroupsAreListedAndExpanded) {
  ASSERT_EQ(Ask({"groups"}), 0);
  EXPECT_THAT(out_, testing::HasSubstr("@terminal: "));
  ASSERT_EQ(Ask({"groups", "@namespaces", "--json"}), 0);
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["groups"][0]["syscalls"], (std::vector<std::string>{"setns", "unshare"}));
  EXPECT_EQ(Ask({"groups", "@nothing"}), cli::kExitUsage);
}

}  // namespace
}  // namespace bf::lockdown::sandbox
