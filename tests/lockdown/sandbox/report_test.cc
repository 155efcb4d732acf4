// SPDX-License-Identifier: Apache-2.0
// bf-lockdown exec --report for real: the program ends as it would without it, and what it was
// denied is said. As root, as a unit would start it.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/start/stored.h"
#include "tests/lockdown/sandbox/started.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

namespace fs = std::filesystem;
using test::Started;

constexpr const char* kProbe = BF_PROBE;
const std::string kLive = BF_TEST_DIR "/live";

class SandboxReport : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(::geteuid(), 0U) << "these tests drop capabilities, and so need root";
  }
  ~SandboxReport() override { fs::remove(file_); }

  static std::vector<std::string> Words(const std::string& profile,
                                        std::vector<std::string> command,
                                        std::vector<std::string> options = {}) {
    std::vector<std::string> argv = {BF_LOCKDOWN, "exec", "--report", "--policy",
                                     profile == "kiosk" ? BF_SOURCE_DIR "/policies" : kLive};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {profile, "--"});
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
  }
  void Run(const std::string& profile, std::vector<std::string> command,
           std::vector<std::string> options = {}) {
    Started started(Words(profile, std::move(command), std::move(options)), false);
    errors_ = started.Errors();
    output_ = started.Output();
    status_ = started.Wait();
    peak_kib_ = started.peak_kib();
  }
  nlohmann::json Report(const std::string& profile, std::vector<std::string> command) {
    Run(profile, std::move(command), {"--json", "--out", file_});
    return nlohmann::json::parse(test::ReadOrDie(file_));
  }

  const std::string file_ = fmt::format("{}report-{}", testing::TempDir(), ::getpid());
  std::string output_;
  std::string errors_;
  int status_ = 0;
  long peak_kib_ = 0;
};

// The same calls in the same sandbox: but that a process that is killed dies of SIGKILL.
TEST_F(SandboxReport, EachCallEndsAsWithoutIt) {
  const std::string root = fmt::format("{}report-root-{}", testing::TempDir(), ::getpid());
  const std::string dir = root + std::string(kStoredDir);
  fs::create_directories(dir);
  for (const char* name : {"box", "kiosk"}) {
    const auto profile =
        LoadProfile(name == std::string("kiosk") ? BF_SOURCE_DIR "/policies" : kLive, name);
    ASSERT_TRUE(profile);
    const auto compiled = CompileProfile(*profile, NativeArch());
    ASSERT_TRUE(compiled);
    std::ofstream(fmt::format("{}/{}{}", dir, name, kStoredSuffix), std::ios::binary)
        << Encode(StoredFrom(compiled->profile, compiled->arch, compiled->program));
    Started plain({BF_EXEC, "--root", root, name, "--", kProbe, "each"}, false);
    std::string expected = plain.Output();
    ASSERT_EQ(plain.Wait(), 0) << plain.Errors();
    const std::regex killed("signal 31");
    EXPECT_GT(std::distance(std::sregex_iterator(expected.begin(), expected.end(), killed), {}),
              10);
    Run(name, {kProbe, "each"});
    EXPECT_EQ(output_, std::regex_replace(expected, killed, "signal 9"));
    EXPECT_EQ(status_, 0) << errors_;
  }
  fs::remove_all(root);
}

TEST_F(SandboxReport, EachDenialNamesCallArgumentAndLine) {
  Run("box", {kProbe, "try", "TIOCSTI|1<<32"});
  EXPECT_TRUE(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGSYS) << status_;
  EXPECT_THAT(errors_,
              testing::ContainsRegex("^bf-lockdown: box: .*/live/sandbox/box.toml:17:23: kill: "
                                     "ioctl\\(cmd = TIOCSTI\\), asked for by sandbox_probe\\["));
  EXPECT_THAT(errors_, testing::HasSubstr("1 calls of 1 kinds were denied; the program was ended "
                                          "by SIGSYS\n"));
  Run("box", {kProbe, "try", "socket AF_PACKET"});
  EXPECT_EQ(output_, "EACCES\n");
  EXPECT_THAT(errors_, testing::HasSubstr("box.toml:4:11: EACCES: socket(domain = AF_PACKET, type "
                                          "= SOCK_RAW), asked for by"));
  Run("box", {kProbe, "try", "ptrace"});
  EXPECT_THAT(errors_, testing::HasSubstr("box.toml:17:13: kill: ptrace(), asked for by"));
  EXPECT_THAT(errors_, testing::HasSubstr("(@never)\n"));
}

TEST_F(SandboxReport, ThreadsChildrenAndOtherProgramsAreSeen) {
  const auto json = Report("box", {kProbe, "ordinary"});
  EXPECT_EQ(output_, "ordinary\n") << errors_;
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["exit_status"], 0);
  ASSERT_FALSE(json["denied"].empty());
  EXPECT_EQ(json["denied"][0]["syscall"], "clone3");  // a thread, and posix_spawn(3)
  EXPECT_EQ(json["denied"][0]["count"], 2);
  const std::string twice = fmt::format("{0} try openat2 & {0} try openat2; wait", kProbe);
  const auto shell = Report("box", {"/bin/sh", "-c", twice});
  EXPECT_EQ(output_, "ENOSYS\nENOSYS\n");
  EXPECT_EQ(shell["denied"].size(), 1u) << shell;
  EXPECT_EQ(shell["denied"][0]["count"], 2);
  EXPECT_EQ(shell["denied"][0]["first"]["name"], "sandbox_probe");
}

TEST_F(SandboxReport, EndsAsTheProgramEnds) {
  Run("plain", {"/bin/sh", "-c", "exit 7"});
  EXPECT_EQ(WEXITSTATUS(status_), 7);
  EXPECT_EQ(errors_,
            "bf-lockdown: plain: nothing was denied; the program ended with exit status 7\n");
  Run("plain", {"/bin/sh", "-c", "kill -USR1 $$"});
  EXPECT_TRUE(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGUSR1) << status_;
  Run("box", {"/bin/sh", "-c", fmt::format("{} try ptrace; echo after $?", kProbe)});
  EXPECT_THAT(output_, testing::HasSubstr("after 137\n"));
  EXPECT_EQ(status_, 0);
  Run("plain", {"/no/such"});
  EXPECT_EQ(WEXITSTATUS(status_), 127);
  EXPECT_THAT(errors_, testing::HasSubstr("bf-lockdown: plain: /no/such: No such file"));
  fs::copy_file("/etc/passwd", file_, fs::copy_options::overwrite_existing);
  fs::permissions(file_, fs::perms::owner_all);
  Run("plain", {file_});
  EXPECT_EQ(WEXITSTATUS(status_), 126);
  EXPECT_THAT(errors_, testing::HasSubstr("start " + file_ + ": Exec format error"));
}

TEST_F(SandboxReport, TheProcessIsWhatTheProfileSays) {
  Run("box", {kProbe, "status"});
  EXPECT_THAT(output_, testing::HasSubstr("CapPrm:\t0000000000000400\n"));
  EXPECT_THAT(output_, testing::HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(output_, testing::Not(testing::HasSubstr("seccomp")));  // no listener of ours
  EXPECT_THAT(output_, testing::Not(testing::HasSubstr("socket:")));
}

// The terminal signals the program itself: it is not to hear of that twice.
TEST_F(SandboxReport, SignalsReachTheProgramOnce) {
  Started started(Words("plain", {kProbe, "signals"}), true);
  started.Until("ready");
  started.Type("\x03");
  started.Until("SIGINT");
  started.Send(SIGTERM);
  const std::string all = started.Output();
  EXPECT_THAT(all, testing::HasSubstr("ready\r\n^CSIGINT from the terminal\r\nSIGTERM from a "
                                      "process\r\n"));
  EXPECT_THAT(all, testing::HasSubstr("ended with exit status 5"));
  EXPECT_EQ(WEXITSTATUS(started.Wait()), 5);
}

TEST_F(SandboxReport, ControlCEndsBothAndTheReportIsSaid) {
  Started started(Words("box", {"/bin/sh", "-c", fmt::format("{} try clone3; read x", kProbe)}),
                  true);
  started.Until("ENOSYS\r\n");
  started.Type("\x03");
  const std::string all = started.Output();
  const int status = started.Wait();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << all;
  EXPECT_THAT(all, testing::HasSubstr("denied; the program was ended by SIGINT"));
  EXPECT_THAT(all, testing::HasSubstr("1 x "));
}

// Nobody is there to be asked: what is denied stays denied.
TEST_F(SandboxReport, KilledItLeavesTheProgramShutIn) {
  Started started(Words("box", {kProbe, "alone", "socket AF_PACKET"}), false);
  ASSERT_EQ(started.Until("ready\n"), "ready\n");
  started.Send(SIGKILL);
  EXPECT_EQ(started.Output(), "ready\nENOSYS\n");
}

TEST_F(SandboxReport, AFloodTakesNeitherMemoryNorTheJournal) {
  Run("box", {kProbe, "flood", "1"});
  const long usual = peak_kib_;
  const auto json = Report("box", {kProbe, "flood", "20000"});
  EXPECT_EQ(output_, "flooded\n");
  EXPECT_EQ(json["denied_calls"], 20000);
  EXPECT_LT(json["denied"].size(), 520u);
  EXPECT_GT(json["denied"].size(), 500u);
  EXPECT_EQ(json["denied"][0]["what"], "ioctl(...), with more arguments than are told apart");
  EXPECT_LT(peak_kib_ - usual, 4096) << usual;
  EXPECT_LT(std::count(errors_.begin(), errors_.end(), '\n'), 520);
}

TEST_F(SandboxReport, RefusesWhatItCannotDo) {
  Run("box", {"/bin/true"}, {"--dry-run"});
  EXPECT_EQ(WEXITSTATUS(status_), 64);
  Run("none", {"/bin/true"});
  EXPECT_EQ(WEXITSTATUS(status_), 65);
  // Before it runs: what it did would be known to nobody.
  Run("box", {"/bin/touch", file_}, {"--out", file_ + ".none/out"});
  EXPECT_EQ(WEXITSTATUS(status_), 64);
  EXPECT_THAT(errors_, testing::HasSubstr("there is no directory"));
  // A reader of JSON would get what the program wrote as well.
  Run("box", {"/bin/touch", file_}, {"--json"});
  EXPECT_EQ(WEXITSTATUS(status_), 64);
  EXPECT_THAT(errors_, testing::HasSubstr("--json needs --out"));
  EXPECT_EQ(output_, "");
  EXPECT_FALSE(fs::exists(file_));
  Started without({BF_LOCKDOWN, "exec", "--json", "box", "--", "/bin/true"}, false);
  EXPECT_EQ(WEXITSTATUS(without.Wait()), 64);
}

}  // namespace
}  // namespace bf::lockdown::sandbox
