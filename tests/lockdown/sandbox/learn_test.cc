// SPDX-License-Identifier: Apache-2.0
// bf-lockdown learn for real: what is proposed for a program runs that program.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "lockdown/sandbox/policy/decide.h"
#include "lockdown/sandbox/start/stored.h"
#include "tests/lockdown/sandbox/started.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

namespace fs = std::filesystem;
using test::Started;

constexpr const char* kProbe = BF_PROBE;

struct Done {
  int status = 0;
  std::string output;
  std::string errors;
};

class SandboxLearn : public testing::Test {
 protected:
  SandboxLearn() {
    fs::create_directories(dir_ + "/sandbox");
    fs::create_directories(dir_ + std::string(kStoredDir));
    for (fs::path at = dir_ + std::string(kStoredDir); at != fs::path(dir_).parent_path();
         at = at.parent_path())
      fs::permissions(at, fs::perms::owner_all);
  }
  ~SandboxLearn() override { fs::remove_all(dir_); }

  static Done Run(std::vector<std::string> argv) {
    Started started(std::move(argv), false);
    Done done;
    done.output = started.Output();
    done.errors = started.Errors();
    done.status = started.Wait();
    return done;
  }
  static Done Learn(std::vector<std::string> words) {
    words.insert(words.begin(), {BF_LOCKDOWN, "learn"});
    return Run(std::move(words));
  }
  // A proposal with its answers, as an author would give them.
  static std::string Answered(const std::string& proposal) {
    const std::string because =
        std::regex_replace(proposal, std::regex("because = \"\""), "because = \"it has to\"");
    return std::regex_replace(because, std::regex("owner = \"\""), "owner = \"tests\"");
  }
  // Runs it under exactly that.
  Done Exec(const std::string& text, std::vector<std::string> command) {
    std::ofstream(dir_ + "/sandbox/learned.toml") << text;
    const std::string out = dir_ + std::string(kStoredDir);
    const Done made = Run({BF_LOCKDOWN, "filter", "learned", "--policy", dir_, "--out", out});
    EXPECT_EQ(made.status, 0) << made.errors << text;
    command.insert(command.begin(), {BF_EXEC, "--root", dir_, "learned", "--"});
    return Run(std::move(command));
  }

  const std::string dir_ = fmt::format("{}learn-{}", testing::TempDir(), ::getpid());
  const std::string toml_ = dir_ + "/proposal";
};

TEST_F(SandboxLearn, WhatWasLearnedRunsTheProgram) {
  const std::vector<std::vector<std::string>> programs = {
      {"/bin/true"},
      {kProbe, "ordinary"},
      {"/bin/sh", "-c", "ls /etc | sort -r | head -n 3 | tr a-z A-Z; (exit 3) || echo $?"},
      {"/bin/bash", "-c", "for i in 1 2 3; do true & done; wait; printf '%s\\n' \"${i/3/x}\""},
      {"/usr/bin/python3", "-c",
       "import threading, subprocess, socket, json, tempfile\n"
       "n = []\n"
       "ts = [threading.Thread(target=lambda: [n.append(i) for i in range(999)]) for _ in "
       "range(8)]\n"
       "[t.start() for t in ts]; [t.join() for t in ts]\n"
       "a, b = socket.socketpair(); a.send(b'hello')\n"
       "with tempfile.TemporaryFile() as f: f.write(b'x' * 100000)\n"
       "print(len(n), b.recv(9), subprocess.run(['/bin/echo', 'child'], "
       "capture_output=True).stdout)"},
      {"/usr/bin/perl", "-e", "print join(',', sort { $a <=> $b } map { $_ * 2 } 1 .. 5), \"\\n\""},
      {"/usr/bin/gst-launch-1.0", "-q", "videotestsrc", "num-buffers=3", "!", "videoconvert", "!",
       "queue", "!", "fakesink"},
      {"/bin/tar", "-C", BF_SOURCE_DIR, "-cf", "/dev/null", "docs"},
  };
  for (const auto& program : programs) {
    auto words = program;
    words.insert(words.begin(), {"--out", toml_, "--"});
    const Done learned = Learn(words);
    ASSERT_EQ(learned.status, 0) << learned.errors;
    EXPECT_EQ(learned.errors, "");
    const std::string proposal = test::ReadOrDie(toml_);
    // More than once: threads and children do not fall the same way each time.
    for (int i = 0; i < 3; ++i) {
      const Done done = Exec(Answered(proposal), program);
      EXPECT_EQ(done.status, 0) << proposal << done.errors;
      EXPECT_EQ(done.output, learned.output) << proposal;
      EXPECT_EQ(done.errors, "");
    }
  }
}

// The other direction: what the program did not do then, it cannot do now.
TEST_F(SandboxLearn, NothingElseIsAllowed) {
  const Done learned = Learn({"--", kProbe, "status"});
  ASSERT_EQ(learned.status, 0) << learned.errors;
  const auto head = learned.output.find("# Proposed");
  ASSERT_NE(head, std::string::npos);
  const std::string text = Answered(learned.output.substr(head));
  const std::string status = Exec(text, {kProbe, "status"}).output;
  EXPECT_THAT(status, testing::HasSubstr("CapPrm:\t0000000000000000\n"));
  EXPECT_THAT(status, testing::HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_EQ(Exec(text, {kProbe, "try", "socket AF_PACKET"}).output, "ENOSYS\n");
  EXPECT_EQ(Exec(text, {kProbe, "try", "mmap W+X"}).output, "ENOSYS\n");
  EXPECT_EQ(Exec(text, {kProbe, "try", "getpid"}).output, "ENOSYS\n");
  EXPECT_EQ(Exec(text, {kProbe, "try", "clone user"}).output, "ENOSYS\n");
  EXPECT_TRUE(WIFSIGNALED(Exec(text, {kProbe, "try", "ptrace"}).status));
}

TEST_F(SandboxLearn, AWeakeningIsRefusedUntilItIsAnswered) {
  const Done learned = Learn({"--out", toml_, "--", kProbe, "try", "mmap W+X"});
  ASSERT_EQ(learned.status, 0) << learned.errors;
  const std::string proposal = test::ReadOrDie(toml_);
  EXPECT_THAT(proposal,
              testing::HasSubstr("# maps memory that is writable and executable. Why does it need "
                                 "to? Without an answer this profile is refused.\n"
                                 "what = [\"mmap PROT_WRITE|PROT_EXEC\"]\n"
                                 "because = \"\"\nowner = \"\"\n"));
  const auto refused = ParseProfile(proposal, "p.toml", "p");
  ASSERT_FALSE(refused);
  std::string why = refused.error().ToString();
  // Nothing but that: two lines, for `because` and for `owner`.
  EXPECT_EQ(std::count(why.begin(), why.end(), '\n'), 1) << why;
  EXPECT_THAT(why, testing::HasSubstr("because"));
  EXPECT_THAT(why, testing::HasSubstr("owner"));
  EXPECT_TRUE(ParseProfile(Answered(proposal), "p.toml", "p"));
  EXPECT_EQ(Exec(Answered(proposal), {kProbe, "try", "mmap W+X"}).output, "done\n");
}

TEST_F(SandboxLearn, RunsAreMerged) {
  const std::string one = dir_ + "/one.json";
  const std::string two = dir_ + "/two.json";
  ASSERT_EQ(Learn({"--json", "--out", one, "--", kProbe, "try", "getpid"}).status, 0);
  ASSERT_EQ(Learn({"--json", "--out", two, "--", kProbe, "try", "EVIOCGRAB"}).status, 0);
  const auto json = nlohmann::json::parse(test::ReadOrDie(one));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["calls"]["getpid"], 1);
  EXPECT_FALSE(json["calls"].contains("ioctl.cmd == EVIOCGRAB"));
  const Done merged = Learn({"--merge", one, two});
  ASSERT_EQ(merged.status, 0) << merged.errors;
  EXPECT_THAT(merged.output, testing::HasSubstr("  \"getpid\",  # 1\n"));
  EXPECT_THAT(merged.output, testing::HasSubstr("  \"ioctl.cmd == EVIOCGRAB\",  # 1\n"));
  EXPECT_THAT(merged.output, testing::HasSubstr("  \"execve\",  # 2\n"));
  EXPECT_EQ(Exec(Answered(merged.output), {kProbe, "try", "getpid"}).output, "done\n");
}

TEST_F(SandboxLearn, CapabilitiesAreThoseItHad) {
  const Done learned =
      Learn({"--capabilities", "CAP_KILL,CAP_CHOWN", "--out", toml_, "--", kProbe, "status"});
  ASSERT_EQ(learned.status, 0) << learned.errors;
  EXPECT_THAT(learned.output, testing::HasSubstr("CapPrm:\t0000000000000021\n"));
  const std::string proposal = test::ReadOrDie(toml_);
  EXPECT_THAT(proposal, testing::HasSubstr("ambient = [\"CAP_CHOWN\", \"CAP_KILL\"]\n"));
  EXPECT_THAT(proposal, testing::HasSubstr("what = [\"CAP_CHOWN\"]\n"));
  EXPECT_THAT(Exec(Answered(proposal), {kProbe, "status"}).output,
              testing::HasSubstr("CapPrm:\t0000000000000021\n"));
  EXPECT_EQ(WEXITSTATUS(Learn({"--capabilities", "CAP_NO", "--", "/bin/true"}).status), 64);
}

// A shell that has gone before its child: the child's calls are in it as well.
TEST_F(SandboxLearn, WhatIsLeftBehindIsSeen) {
  const std::string said = dir_ + "/said";
  const std::string late =
      fmt::format("{0} alone getpid >{1} & until grep -q ready {1}; do :; done", kProbe, said);
  const Done learned = Learn({"--json", "--out", toml_, "--", "/bin/sh", "-c", late});
  ASSERT_EQ(learned.status, 0) << learned.errors;
  EXPECT_EQ(test::ReadOrDie(said), "ready\ndone\n");
  EXPECT_EQ(nlohmann::json::parse(test::ReadOrDie(toml_))["calls"].count("getpid"), 1u);
}

TEST_F(SandboxLearn, SaysWhatItCannotDo) {
  EXPECT_EQ(WEXITSTATUS(Learn({}).status), 64);
  EXPECT_EQ(WEXITSTATUS(Learn({"--merge"}).status), 64);
  EXPECT_EQ(WEXITSTATUS(Learn({"--dry-run", "--", "/bin/true"}).status), 64);
  EXPECT_EQ(WEXITSTATUS(Learn({"--", "/no/such"}).status), 127);
  std::ofstream(toml_) << "{\"schema\": 1";
  const Done broken = Learn({"--merge", toml_});
  EXPECT_EQ(WEXITSTATUS(broken.status), 65);
  EXPECT_THAT(broken.errors, testing::HasSubstr(toml_ + ":1:13: it is no recording of "));
  EXPECT_THAT(broken.errors, testing::HasSubstr("it ends too soon"));
  EXPECT_THAT(broken.errors, testing::Not(testing::HasSubstr("json.exception")));
  std::ofstream(toml_) << "{\"schema\": 1,\n  \"calls\" {}}";
  EXPECT_THAT(Learn({"--merge", toml_}).errors, testing::HasSubstr(toml_ + ":2:11: it is no rec"));
  std::ofstream(toml_) << "{\"schema\": 1}";
  EXPECT_EQ(WEXITSTATUS(Learn({"--merge", toml_}).status), 65);
  // Both before anything runs.
  const std::string touched = dir_ + "/touched";
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--json"}, {"--out", dir_ + "/none/out"}, {"--out", dir_}}) {
    std::vector<std::string> words = options;
    words.insert(words.end(), {"--", "/bin/touch", touched});
    EXPECT_EQ(WEXITSTATUS(Learn(words).status), 64) << options.front();
  }
  EXPECT_FALSE(fs::exists(touched));
  const Done failed = Learn({"--out", toml_, "--", "/bin/sh", "-c", "exit 3"});
  EXPECT_EQ(failed.status, 0);
  EXPECT_THAT(failed.errors, testing::HasSubstr("the program ended with exit status 3"));
}

}  // namespace
}  // namespace bf::lockdown::sandbox
