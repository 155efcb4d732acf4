// SPDX-License-Identifier: Apache-2.0
// bf-lockdown-exec for real: what is started in a profile makes each call that it must not, and
// each that it needs. As root, as a unit would start it.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/host/spawn.h"
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/start/privileges.h"
#include "lockdown/sandbox/start/stored.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProbe = BF_PROBE;

struct Ended {
  int code = -1;
  int signal = 0;
  std::string output;
};

class SandboxExec : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(::geteuid(), 0U) << "these tests drop capabilities, and so need root";
    root_ = fmt::format("{}exec-{}", testing::TempDir(), ::getpid());
    fs::create_directories(root_ + std::string(kStoredDir));
    for (fs::path dir = root_ + std::string(kStoredDir); dir != fs::path(root_).parent_path();
         dir = dir.parent_path())
      ASSERT_EQ(::chmod(dir.c_str(), 0755), 0);
    for (const char* name : {"box", "plain", "kiosk", "descriptors", "root"}) Install(name);
  }
  static void TearDownTestSuite() { fs::remove_all(root_); }

  static void Install(const std::string& name) {
    const bool shipped =
        fs::exists(fmt::format("{}/policies/sandbox/{}.toml", BF_SOURCE_DIR, name));
    auto profile = LoadProfile(shipped ? BF_SOURCE_DIR "/policies" : BF_TEST_DIR "/live", name);
    ASSERT_TRUE(profile) << profile.error().ToString();
    const auto compiled = CompileProfile(*profile, NativeArch());
    ASSERT_TRUE(compiled) << compiled.error().ToString();
    Put(name, Encode(StoredFrom(compiled->profile, compiled->arch, compiled->program)));
    stored_[name] = StoredFrom(compiled->profile, compiled->arch, compiled->program);
  }
  static std::string FileOf(const std::string& name) {
    return fmt::format("{}{}/{}{}", root_, kStoredDir, name, kStoredSuffix);
  }
  static void Put(const std::string& name, const std::string& bytes) {
    std::ofstream(FileOf(name), std::ios::binary | std::ios::trunc) << bytes;
    ASSERT_EQ(::chmod(FileOf(name).c_str(), 0644), 0);
  }

  static Ended Run(std::vector<std::string> argv, std::vector<std::string> environment = {}) {
    const auto done = host::Run({.argv = std::move(argv), .environment = std::move(environment)});
    EXPECT_TRUE(done) << done.error().ToString();
    return {done->exit_code, done->signal, done->output};
  }
  static Ended Exec(const std::string& profile, std::vector<std::string> command,
                    std::vector<std::string> environment = {}) {
    std::vector<std::string> argv = {BF_EXEC, "--root", root_, profile, "--"};
    argv.insert(argv.end(), command.begin(), command.end());
    return Run(std::move(argv), std::move(environment));
  }
  static Ended Try(const std::string& profile, const std::string& attack) {
    return Exec(profile, {kProbe, "try", attack});
  }
  static void ExpectKilled(const std::string& profile, const std::string& attack) {
    const Ended ended = Try(profile, attack);
    EXPECT_EQ(ended.signal, SIGSYS) << profile << ": " << attack << ": " << ended.output;
  }
  static void ExpectSays(const std::string& profile, const std::string& attack,
                         const std::string& how) {
    const Ended ended = Try(profile, attack);
    EXPECT_EQ(ended.output, how + "\n") << profile << ": " << attack << ", signal " << ended.signal;
  }

  static inline std::string root_;
  static inline std::map<std::string, Stored> stored_;
};

// Otherwise a call that fails by itself would pass for one that was denied.
TEST_F(SandboxExec, TheAttacksWorkWithoutASandbox) {
  for (const char* attack : {"getpid", "openat2", "mmap W+X", "mprotect W to X",
                             "pkey_mprotect W to X", "personality", "unshare user", "clone user"})
    EXPECT_NE(Run({kProbe, "try", attack}).output, "ENOSYS\n") << attack;
  EXPECT_EQ(Run({kProbe, "try", "mmap W+X"}).output, "done\n");
  EXPECT_EQ(Run({kProbe, "try", "mprotect W to X"}).output, "done\n");
  EXPECT_EQ(Run({kProbe, "try", "personality"}).output, "done\n");
  EXPECT_EQ(Run({kProbe, "try", "clone3"}).output, "EINVAL\n");
  EXPECT_EQ(Run({kProbe, "try", "setns"}).output, "done\n");
  EXPECT_EQ(Run({kProbe, "try", "capset"}).output, "done\n");
}

TEST_F(SandboxExec, TypingIntoATerminalKills) {
  for (const char* profile : {"box", "kiosk"}) {
    for (const char* attack : {"TIOCSTI", "TIOCSTI|1<<32", "TIOCSTI|1<<63", "TIOCLINUX",
                               "TIOCLINUX|1<<32", "EVIOCSKEYCODE", "UI_DEV_CREATE"})
      ExpectKilled(profile, attack);
  }
  for (const char* attack : {"VT_ACTIVATE", "KDSKBENT"}) ExpectKilled("kiosk", attack);
  ExpectSays("kiosk", "EVIOCGRAB", "EPERM");
}

#ifdef __x86_64__
TEST_F(SandboxExec, OtherTablesOfSystemCallsKill) {
  for (const char* profile : {"box", "kiosk"}) {
    ExpectKilled(profile, "x32 getpid");
    ExpectKilled(profile, "x32 ioctl TIOCSTI");
  }
}
#endif

TEST_F(SandboxExec, WhatGoesPastAFilterKills) {
  for (const char* profile : {"box", "kiosk"}) {
    for (const char* attack :
         {"io_uring_setup", "io_uring_enter", "ptrace", "process_vm_writev", "pidfd_getfd", "mount",
          "bpf", "kexec_load", "keyctl", "userfaultfd", "unshare user", "setns"})
      ExpectKilled(profile, attack);
  }
}

TEST_F(SandboxExec, WhatLibrariesTryFirstDoesNotExist) {
  for (const char* profile : {"box", "kiosk"}) {
    const std::string denied = profile == std::string("box") ? "EACCES" : "ENOSYS";
    ExpectSays(profile, "clone3", "ENOSYS");
    ExpectSays(profile, "openat2", "ENOSYS");
    ExpectSays(profile, "clone user", denied);
    ExpectSays(profile, "number -1", denied);
    ExpectSays(profile, "socket AF_PACKET", denied);
    ExpectSays(profile, "socket AF_VSOCK", denied);
    ExpectSays(profile, "PR_CAP_AMBIENT_RAISE", denied);
    ExpectSays(profile, "PR_SET_SECUREBITS", denied);
    ExpectSays(profile, "capset", denied);
  }
}

TEST_F(SandboxExec, ThreadsNamesLocalesAndChildrenWork) {
  for (const char* profile : {"box", "kiosk"}) {
    const Ended ended = Exec(profile, {kProbe, "ordinary"});
    EXPECT_EQ(ended.output, "ordinary\n") << profile << " " << ended.code << " " << ended.signal;
  }
}

TEST_F(SandboxExec, MemoryIsNeverWritableAndThenExecutable) {
  for (const char* attack :
       {"mmap W+X", "mprotect W to X", "pkey_mprotect W to X", "memfd fexecve", "personality"})
    ExpectSays("box", attack, "EACCES");
  // The kiosk's relaxed ones, and no other.
  ExpectSays("kiosk", "mmap W+X", "done");
  ExpectSays("kiosk", "personality", "EPERM");
  ExpectSays("kiosk", "pkey_mprotect W to X", "ENOSYS");
}

// Numbers that newer kernels will have. Without a sandbox these all are ENOSYS, so that EACCES
// tells whose word it is.
TEST_F(SandboxExec, UnknownNumbersGetTheDefault) {
  EXPECT_EQ(Exec("box", {kProbe, "numbers", "470", "1100"}).output, "EACCES 631\n");
  EXPECT_EQ(Exec("kiosk", {kProbe, "numbers", "470", "1100"}).output, "ENOSYS 631\n");
}

TEST_F(SandboxExec, TheProcessIsWhatTheProfileSays) {
  for (const char* profile : {"box", "plain", "kiosk", "root"}) {
    const Ended ended = Exec(profile, {kProbe, "status"});
    const auto is = ReadStatus("\n" + ended.output);
    ASSERT_TRUE(is) << profile << ": " << ended.output;
    EXPECT_EQ(*is, WantedOf(stored_[profile])) << profile << ": " << ended.output;
    EXPECT_THAT(ended.output, testing::HasSubstr("Seccomp:\t2\n")) << profile;
  }
  EXPECT_NE(WantedOf(stored_["box"]), WantedOf(stored_["plain"]));
  EXPECT_NE(WantedOf(stored_["root"]).permitted, 0U);
}

// User 0 without a capability stays so, whatever it starts.
TEST_F(SandboxExec, ChildrenHaveNoMore) {
  for (const char* profile : {"plain", "root"}) {
    const Ended ended =
        Exec(profile, {"/bin/sh", "-c", fmt::format("/bin/sh -c '{} status'; :", kProbe)});
    const auto is = ReadStatus("\n" + ended.output);
    ASSERT_TRUE(is) << ended.output;
    EXPECT_EQ(*is, WantedOf(stored_[profile])) << profile;
  }
}

TEST_F(SandboxExec, ASetuidProgramIsAnOrdinaryOne) {
  const std::string program = root_ + "/setuid";
  fs::copy_file(kProbe, program, fs::copy_options::overwrite_existing);
  ASSERT_EQ(::chmod(program.c_str(), 04755), 0);
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  const std::vector<std::string> as_nobody = {"/usr/bin/setpriv", "--reuid=65534",
                                              "--clear-groups",   "--bounding-set=-all",
                                              "--inh-caps=-all",  "--"};
  auto without = as_nobody;
  without.insert(without.end(), {program, "whoami"});
  ASSERT_EQ(Run(without).output, "0\n") << "setuid has to work here";
  auto with = as_nobody;
  with.insert(with.end(), {BF_EXEC, "--root", root_, "kiosk", "--", kProbe, "setuid", program});
  EXPECT_EQ(Run(with).output, "65534\n");
}

TEST_F(SandboxExec, EnvironmentAndDescriptorsAreThoseOfTheProfile) {
  const int extra = ::open("/etc/passwd", O_RDONLY);  // without O_CLOEXEC, as a mistake would
  ASSERT_GE(extra, 3);
  const Ended ended = Exec("descriptors", {kProbe, "status"}, {"LANG=C.UTF-8", "SECRET=1"});
  ::close(extra);
  EXPECT_THAT(ended.output, testing::HasSubstr("env LANG=C.UTF-8\nfd"));
  EXPECT_THAT(ended.output, testing::HasSubstr("env HOME=/\n"));
  EXPECT_THAT(ended.output, testing::Not(testing::HasSubstr("SECRET")));
  EXPECT_THAT(ended.output, testing::HasSubstr("fd 0 /dev/null\nfd 1 "));
  EXPECT_THAT(ended.output, testing::HasSubstr("fd 2 /dev/null\n"));
  EXPECT_THAT(ended.output, testing::Not(testing::HasSubstr("fd 3")));
  EXPECT_THAT(ended.output, testing::Not(testing::HasSubstr("/etc/passwd")));
}

void ExpectRefused(const Ended& ended, const std::string& why) {
  EXPECT_EQ(ended.code, 77) << ended.output;
  EXPECT_THAT(ended.output, testing::HasSubstr(why));
  EXPECT_THAT(ended.output, testing::Not(testing::HasSubstr("started\n")));
}

TEST_F(SandboxExec, ATamperedFileStartsNothing) {
  const std::string good = test::ReadOrDie(FileOf("plain"));
  const std::vector<std::string> echo = {"/bin/echo", "started"};
  ASSERT_EQ(Exec("plain", echo).output, "started\n");
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  Put("plain", flipped);
  ExpectRefused(Exec("plain", echo), "digest");
  Put("plain", good.substr(0, good.size() - 8));
  ExpectRefused(Exec("plain", echo), "it is cut");
  Put("plain", "");
  ExpectRefused(Exec("plain", echo), "it is not a compiled profile");
  Stored other = *Decode(good);
  other.arch = AuditArch(NativeArch() == Arch::kX86_64 ? Arch::kAarch64 : Arch::kX86_64);
  Put("plain", Encode(other));
  ExpectRefused(Exec("plain", echo), "another architecture");
  Put("plain", test::ReadOrDie(FileOf("box")));
  ExpectRefused(Exec("plain", echo), "it is the profile \"box\"");
  Put("plain", good);
  ASSERT_EQ(::chmod(FileOf("plain").c_str(), 0664), 0);
  ExpectRefused(Exec("plain", echo), "writable by others");
  ASSERT_EQ(::chmod(FileOf("plain").c_str(), 0644), 0);
  ASSERT_EQ(::chown(FileOf("plain").c_str(), 65534, 0), 0);
  ExpectRefused(Exec("plain", echo), "belongs to user 65534");
  ASSERT_EQ(::chown(FileOf("plain").c_str(), 0, 0), 0);
  fs::rename(FileOf("plain"), FileOf("moved"));
  fs::create_symlink("moved.filter", FileOf("plain"));
  ExpectRefused(Exec("plain", echo), "is a symlink");
  fs::rename(FileOf("moved"), FileOf("plain"));
  const std::string dir = root_ + std::string(kStoredDir);
  ASSERT_EQ(::chmod(dir.c_str(), 01777), 0);
  ExpectRefused(Exec("plain", echo), "writable by others");
  ASSERT_EQ(::chmod(dir.c_str(), 0755), 0);
  EXPECT_EQ(Exec("plain", echo).output, "started\n");
}

TEST_F(SandboxExec, WithoutThePowerToGiveUpNothingIsStarted) {
  const std::vector<std::string> exec = {BF_EXEC, "--root",    root_,    "plain",
                                         "--",    "/bin/echo", "started"};
  auto as_nobody = std::vector<std::string>{"/usr/bin/setpriv", "--reuid=65534", "--clear-groups",
                                            "--inh-caps=-all", "--"};
  as_nobody.insert(as_nobody.end(), exec.begin(), exec.end());
  ExpectRefused(Run(as_nobody), "without CAP_SETPCAP that stays");
  auto poor =
      std::vector<std::string>{"/usr/bin/setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"};
  poor.insert(poor.end(), exec.begin(), exec.end());
  std::replace(poor.begin(), poor.end(), std::string("plain"), std::string("root"));
  ExpectRefused(Run(poor), "which this process has not got");
}

// Each of these would start with more than it ends with, or would have nothing: none is started.
TEST_F(SandboxExec, AProcessThatWouldNotBeWhatTheProfileSaysIsNotStarted) {
  const auto as = [](std::vector<std::string> how, const std::string& profile) {
    how.insert(how.begin(), "/usr/bin/setpriv");
    how.insert(how.end(), {"--", BF_EXEC, "--root", root_, profile, "--", "/bin/echo", "started"});
    return Run(how);
  };
  ExpectRefused(as({"--bounding-set=-kill"}, "box"), "the bounding set lacks CAP_KILL");
  ExpectRefused(as({"--bounding-set=-all"}, "plain"), "user 0 would have the whole bounding set");
  const std::string set = "-all,+kill,+sys_nice";
  ExpectRefused(as({"--reuid=65534", "--clear-groups", "--bounding-set=" + set, "--inh-caps=" + set,
                    "--ambient-caps=" + set},
                   "root"),
                "the profile gives user 0 its bounding set");
  // What cannot be given up or taken back is seen in /proc/self/status.
  Stored lax = stored_["plain"];
  lax.profile = "lax";
  lax.no_new_privs = false;
  Put("lax", Encode(lax));
  ExpectRefused(as({"--no-new-privs"}, "lax"), "no_new_privs is set");
}

// Without no_new_privs nothing but the locked securebits keeps user 0 from having its bounding set
// again at the next execve(2).
TEST_F(SandboxExec, UserZeroStaysWorthNothingWithoutNoNewPrivsToo) {
  constexpr std::uint64_t kAdmin = std::uint64_t{1} << 21U;  // loads a filter without no_new_privs
  Stored admin = stored_["box"];
  admin.profile = "admin";
  admin.no_new_privs = false;
  admin.permitted = admin.ambient = kAdmin;
  admin.bounding |= kAdmin;
  Put("admin", Encode(admin));
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {kProbe, "status"}, {"/bin/sh", "-c", fmt::format("{} status; :", kProbe)}}) {
    const Ended ended = Exec("admin", command);
    const auto is = ReadStatus("\n" + ended.output);
    ASSERT_TRUE(is) << ended.output;
    EXPECT_EQ(*is, WantedOf(admin)) << ended.output;
  }
}

TEST_F(SandboxExec, StandardDescriptorsThatAreClosedAreNotTheNextFile) {
  const Ended ended =
      Run({"/bin/sh", "-c",
           fmt::format("exec {} --root {} plain -- {} status <&- 2>&-", BF_EXEC, root_, kProbe)});
  EXPECT_THAT(ended.output, testing::HasSubstr("fd 0 /dev/null\nfd 1 "));
  EXPECT_THAT(ended.output, testing::HasSubstr("fd 2 /dev/null\n"));
}

TEST_F(SandboxExec, SaysWhatIsWrongWithTheRequest) {
  EXPECT_EQ(Run({BF_EXEC}).code, 64);
  EXPECT_EQ(Run({BF_EXEC, "plain", "--"}).code, 64);
  EXPECT_EQ(Run({BF_EXEC, "plain", "/bin/true", "--"}).code, 64);
  EXPECT_EQ(Run({BF_EXEC, "../plain", "--", "/bin/true"}).code, 64);
  EXPECT_EQ(Exec("none", {"/bin/true"}).code, 1);
  EXPECT_THAT(Exec("plain", {"/no/such"}).output,
              testing::HasSubstr("bf-lockdown-exec: plain: /no/such: No such file"));
  EXPECT_EQ(Exec("plain", {"echo", "found"}).output, "found\n");
  EXPECT_THAT(Exec("plain", {"no-such-program"}).output, testing::HasSubstr("there is no program"));
  // As shells and systemd have it.
  for (const char* missing : {"/no/such", "/etc/passwd/x", "no-such-program"})
    EXPECT_EQ(Exec("plain", {missing}).code, 127) << missing;
  for (const char* no_program : {"/etc/passwd", "/etc"})
    EXPECT_EQ(Exec("plain", {no_program}).code, 126) << no_program;
  // A directory that depends on where it is started is none to look in.
  Stored relative = stored_["plain"];
  relative.profile = "relative";
  relative.set = {"PATH=."};
  Put("relative", Encode(relative));
  EXPECT_THAT(Run({"/bin/sh", "-c",
                   fmt::format("cd / && ln -sf /bin/echo {0}/program && cd {0} && "
                               "exec {1} --root {0} relative -- program ran",
                               root_, BF_EXEC)})
                  .output,
              testing::HasSubstr("there is no program \"program\""));
}

// The same, by the tool: in one process, and refused in the same way.
TEST_F(SandboxExec, TheVerbStartsIt) {
  const std::vector<std::string> verb = {BF_LOCKDOWN, "exec", "--root", root_};
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.begin(), verb.begin(), verb.end());
    return Run(words);
  };
  EXPECT_EQ(with({"plain", "--", "/bin/echo", "--json", "--", "words"}).output,
            "--json -- words\n");
  const Ended status = with({"box", "--", kProbe, "status"});
  const auto is = ReadStatus("\n" + status.output);
  ASSERT_TRUE(is) << status.output;
  EXPECT_EQ(*is, WantedOf(stored_["box"]));
  EXPECT_THAT(status.output, testing::Not(testing::HasSubstr("fd 3 ")));
  EXPECT_EQ(with({"box", "--", kProbe, "try", "TIOCSTI"}).signal, SIGSYS);
  EXPECT_EQ(with({"../plain", "--", "/bin/true"}).code, 64);
  const std::string good = test::ReadOrDie(FileOf("plain"));
  Put("plain", good.substr(0, good.size() - 8));
  ExpectRefused(with({"plain", "--", "/bin/echo", "started"}), "bf-lockdown: plain: ");
  Put("plain", good);
}

}  // namespace
}  // namespace bf::lockdown::sandbox
