// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "lockdown/compile/compile.h"
#include "lockdown/tool.h"
#include "tests/support/golden.h"

namespace bf::lockdown {
namespace {

namespace fs = std::filesystem;

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran Ask(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::RunTool(LockdownTool(), args, cli::Streams{out, err});
  return {code, out.str(), err.str()};
}

class LockdownCli : public testing::Test {
 protected:
  LockdownCli() {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  ~LockdownCli() override { fs::remove_all(dir_); }
  std::vector<std::string> Listing(const std::string& where) const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(where))
      if (!entry.is_directory() || entry.is_symlink())
        paths.push_back(entry.path().lexically_relative(where));
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  const std::string dir_ = fmt::format("{}lockdown-{}", testing::TempDir(), ::getpid());
  const std::string out_ = dir_ + "/out";
  const std::string golden_ = BF_TEST_DIR "/policy/golden";
  const std::string shipped_ = BF_SOURCE_DIR "/policies";
};

TEST_F(LockdownCli, CompileWritesWhatItLists) {
  const auto ran = Ask({"compile", "--policy", golden_, "--out", out_});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto policy = LoadPolicy(golden_);
  ASSERT_TRUE(policy);
  std::vector<std::string> expected;
  for (const OutputFile& file : Compile(*policy)) {
    expected.push_back(file.path);
    const std::string path = out_ + "/" + file.path;
    if (file.link.empty())
      EXPECT_EQ(test::ReadOrDie(path), file.text);
    else
      EXPECT_EQ(fs::read_symlink(path), file.link);
  }
  EXPECT_EQ(Listing(out_), expected);
  EXPECT_EQ(Listing(dir_).size(), expected.size());  // nothing is left beside it
}

TEST_F(LockdownCli, ANewOutputReplacesTheOldOneWhole) {
  ASSERT_EQ(Ask({"compile", "--policy", golden_, "--out", out_}).code, 0);
  ASSERT_TRUE(fs::exists(fmt::format("{}/{}/gettys/ttyS0", out_, kCompiledDir)));
  ASSERT_EQ(Ask({"compile", "--policy", shipped_, "--out", out_}).code, 0);
  EXPECT_FALSE(fs::exists(fmt::format("{}/{}/gettys/ttyS0", out_, kCompiledDir)));
}

TEST_F(LockdownCli, SomebodysDirectoryIsRefused) {
  fs::create_directories(out_);
  std::ofstream(out_ + "/precious") << "x";
  const auto ran = Ask({"compile", "--policy", golden_, "--out", out_});
  EXPECT_EQ(ran.code, cli::kExitRefused) << ran.err;
  EXPECT_EQ(Listing(out_), std::vector<std::string>{"precious"});
}

TEST_F(LockdownCli, ABadPolicyWritesNothing) {
  ASSERT_EQ(Ask({"compile", "--policy", golden_, "--out", out_}).code, 0);
  const auto before = Listing(dir_);
  for (const std::string& bad : test::Cases("policy/bad")) {
    const auto ran = Ask({"compile", "--policy", test::CasePath("policy/bad", bad), "--out", out_});
    EXPECT_EQ(ran.code, cli::kExitPolicy) << bad;
    EXPECT_EQ(ran.out, "") << bad;
  }
  EXPECT_EQ(Listing(dir_), before);
}

TEST_F(LockdownCli, ADirectoryThatCannotBeMadeLeavesNothing) {
  std::ofstream(dir_ + "/file") << "x";
  const auto ran = Ask({"compile", "--policy", golden_, "--out", dir_ + "/file/out"});
  EXPECT_EQ(ran.code, cli::kExitFailed) << ran.err;
  EXPECT_EQ(Listing(dir_), std::vector<std::string>{"file"});
}

TEST_F(LockdownCli, APolicyThatBlocksThePanelInUseIsRefused) {
  const std::string panel = BF_TEST_DIR "/corpus/panel.json";
  EXPECT_EQ(Ask({"compile", "--policy", golden_, "--out", out_, "--recorded", panel}).code, 0);
  const std::string empty = dir_ + "/empty";
  fs::create_directories(empty);
  std::ofstream(empty + "/input.toml") << "schema = 1\n[usb]\n[console]\n[maintenance]\n";
  const auto before = test::ReadOrDie(fmt::format("{}/{}", out_, kManifestPath));
  const auto ran = Ask({"compile", "--policy", empty, "--out", out_, "--recorded", panel});
  EXPECT_EQ(ran.code, cli::kExitRefused);
  EXPECT_NE(ran.err.find("the touch panel: input gate"), std::string::npos) << ran.err;
  EXPECT_EQ(test::ReadOrDie(fmt::format("{}/{}", out_, kManifestPath)), before);
}

TEST_F(LockdownCli, ARecordingOfNothingInUseProvesNothing) {
  const auto ran = Ask({"compile", "--policy", golden_, "--out", out_, "--recorded",
                        BF_TEST_DIR "/corpus/qemu_keyboard.json"});
  EXPECT_EQ(ran.code, cli::kExitRefused);
  EXPECT_NE(ran.err.find("qemu_keyboard.json: no device in it is in use"), std::string::npos)
      << ran.err;
  EXPECT_TRUE(Listing(dir_).empty());
}

TEST_F(LockdownCli, DryRunWritesNothing) {
  const auto ran = Ask({"compile", "--policy", golden_, "--out", out_, "--dry-run"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("10-betterframe-lockdown.rules"), std::string::npos);
  EXPECT_TRUE(Listing(dir_).empty());
}

TEST_F(LockdownCli, CompileNeedsAPlace) {
  EXPECT_EQ(Ask({"compile", "--policy", golden_}).code, cli::kExitUsage);
}

TEST_F(LockdownCli, ExplainAsJson) {
  const auto ran = Ask({"explain", "--policy", golden_, "--json", "--key", "KEY_VOLUMEUP",
                        BF_TEST_DIR "/corpus/remote.json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  test::ExpectGolden(BF_TEST_DIR "/json/explain.json",
                     test::ReplaceAll(ran.out, golden_ + "/", ""));
}

TEST_F(LockdownCli, ExplainTellsAKeyThatTheFilterDrops) {
  const auto ran = Ask(
      {"explain", "--policy", golden_, "--key", "KEY_SYSRQ", BF_TEST_DIR "/corpus/remote.json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("KEY_SYSRQ is not in the filter at"), std::string::npos) << ran.out;
}

TEST_F(LockdownCli, RecordingsOfUmockdevAreReadAsWell) {
  const std::string keyboard = BF_TEST_DIR "/umockdev/qemu_keyboard.umockdev";
  const auto explained = Ask({"explain", "--policy", golden_, "--key", "KEY_A", keyboard});
  ASSERT_EQ(explained.code, 0) << explained.err;
  EXPECT_NE(explained.out.find("1-1 0627:0001 \"QEMU USB Keyboard\""), std::string::npos)
      << explained.out;
  const auto refused = Ask({"compile", "--policy", golden_, "--out", out_, "--recorded", keyboard});
  EXPECT_EQ(refused.code, cli::kExitRefused);
  EXPECT_NE(refused.err.find("no device in it is in use"), std::string::npos) << refused.err;
  // Nothing has to mark what can be pointed with.
  const auto tablet = Ask({"compile", "--policy", golden_, "--out", out_, "--recorded",
                           BF_TEST_DIR "/umockdev/qemu_tablet.umockdev"});
  EXPECT_EQ(tablet.code, cli::kExitRefused);
  EXPECT_NE(tablet.err.find("would block a device"), std::string::npos) << tablet.err;

  const std::string cut = dir_ + "/cut.umockdev";
  std::ofstream(cut) << "P: /devices/a\nH: descriptors=1\n";
  const auto ran = Ask({"explain", "--policy", golden_, cut});
  EXPECT_EQ(ran.code, cli::kExitFailed);
  EXPECT_NE(ran.err.find(cut + ":2:16: this is not hexadecimal"), std::string::npos) << ran.err;
  std::ofstream(cut, std::ios::trunc) << "P: /devices/a\nE: SUBSYSTEM=tty\n";
  EXPECT_NE(Ask({"explain", "--policy", golden_, cut})
                .err.find("there is no USB, HID or input device in it"),
            std::string::npos);
}

TEST_F(LockdownCli, ExplainRefusesWhatIsNoKeyOrNoRecording) {
  EXPECT_EQ(Ask({"explain", "--policy", golden_, "--key", "KEY_X2", "x"}).code, cli::kExitUsage);
  EXPECT_EQ(Ask({"explain", "--policy", golden_, "/nonexistent"}).code, cli::kExitFailed);
}

}  // namespace
}  // namespace bf::lockdown
