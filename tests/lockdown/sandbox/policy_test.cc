// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/policy.h"

#include <filesystem>
#include <set>

#include "lockdown/sandbox/policy/date.h"
#include "lockdown/sandbox/policy/decide.h"
#include "lockdown/sandbox/policy/groups.h"
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/policy/weaken.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

namespace fs = std::filesystem;

Profile Good() {
  auto profile = ParseProfile(test::ReadOrDie(BF_TEST_DIR "/good.toml"), "good.toml", "good");
  EXPECT_TRUE(profile) << profile.error().ToString();
  return profile ? *profile : Profile{};
}

Call Make(Arch arch, std::string_view name, std::array<std::uint64_t, 6> arguments = {}) {
  return {AuditArch(arch), static_cast<std::uint32_t>(FindSyscall(name)->Number(arch)), arguments};
}

constexpr Action kAllow{ActionKind::kAllow};
constexpr Action kKill{ActionKind::kKill};
Action Errno(int error) { return {ActionKind::kError, error}; }

TEST(SandboxPolicy, BadProfilesAreReportedWhole) {
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(BF_TEST_DIR "/bad")) {
    if (entry.path().extension() != ".toml") continue;
    ++cases;
    SCOPED_TRACE(entry.path());
    const auto profile =
        ParseProfile(test::ReadOrDie(entry.path()), entry.path().filename(), "bad");
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().kind, ErrorKind::kPolicy);
    test::ExpectGolden(fs::path(entry.path()).replace_extension(".expected"),
                       profile.error().ToString() + "\n");
  }
  EXPECT_GE(cases, 11u);
}

TEST(SandboxPolicy, ADateIsADayThatThereIs) {
  for (const char* date : {"2026-01-31", "2026-02-28", "2028-02-29", "2026-12-31"})
    EXPECT_TRUE(IsDate(date)) << date;
  for (const char* date : {"2026-02-29", "2026-02-31", "2026-04-31", "2100-02-29", "2026-13-01",
                           "2026-00-10", "2026-10-00", "2026-1-001", "2026/01/31", "", "tomorrow"})
    EXPECT_FALSE(IsDate(date)) << date;
}

TEST(SandboxPolicy, ManyRulesAndOddBytesAreRefused) {
  const std::string head = "schema = 1\ndescription = \"x\"\ngroups = 1\ndefault = \"EPERM\"\n";
  std::string many = head + "[[rule]]\naction = \"allow\"\nsyscalls = [\"execve\"";
  for (int i = 0; i < 100'000; ++i) many += ",\"read\"";
  for (const std::string& bad :
       {many + "]\n", head + std::string(1, '\0'), "\xff\xfe" + head, std::string(2 << 20, '#')}) {
    const auto profile = ParseProfile(bad, "p.toml", "p");
    ASSERT_FALSE(profile);
    EXPECT_TRUE(profile.error().ToString().starts_with("p.toml:")) << profile.error().ToString();
  }
  EXPECT_EQ(LoadProfile(BF_TEST_DIR, "../good").error().kind, ErrorKind::kUsage);
}

TEST(SandboxPolicy, TheOracleSaysWhatTheFileSays) {
  const Profile profile = Good();
  for (const Arch arch : kArches) {
    SCOPED_TRACE(ToString(arch));
    const Oracle oracle(profile, arch);
    const auto ask = [&](std::string_view name, std::array<std::uint64_t, 6> arguments = {}) {
      return oracle.Decide(Make(arch, name, arguments)).action;
    };
    EXPECT_EQ(ask("read"), kAllow);
    EXPECT_EQ(ask("clone3"), Errno(ENOSYS));
    EXPECT_EQ(ask("openat2"), Errno(ENOSYS));
    EXPECT_EQ(ask("personality"), Errno(EPERM));
    EXPECT_EQ(ask("io_uring_setup"), kKill);
    EXPECT_EQ(ask("mount"), kAllow);  // named: beats @never
    EXPECT_EQ(ask("umount2"), kKill);
    EXPECT_EQ(ask("sched_setaffinity"), Errno(EPERM));  // named: beats @process
    EXPECT_EQ(ask("ioctl", {0, 0x5401}), kAllow);
    EXPECT_EQ(ask("ioctl", {0, 0x5412}), kKill);
    // The kernel takes 32 bits of the command, and so must whoever looks at it.
    EXPECT_EQ(ask("ioctl", {0, 0x5412 | std::uint64_t{1} << 32U}), kKill);
    EXPECT_EQ(ask("ioctl", {0, 0x5413 | std::uint64_t{1} << 63U}), kAllow);
    EXPECT_EQ(ask("ioctl", {0, 0x541b + 1}), Errno(ENOSYS));
    EXPECT_EQ(ask("socket", {1}), kAllow);
    EXPECT_EQ(ask("socket", {2}), Errno(EPERM));
    EXPECT_EQ(ask("socket", {3}), Errno(ENOSYS));
    EXPECT_EQ(ask("kill", {1, 0xffffffff}), kKill);
    EXPECT_EQ(ask("kill", {1, ~std::uint64_t{0}}), kKill);
    EXPECT_EQ(ask("mmap", {0, 0, 7}), Errno(ENOSYS));
    EXPECT_EQ(ask("mmap", {0, 0, 5}), kAllow);
    EXPECT_EQ(ask("mprotect", {0, 0, 5}), Errno(EPERM));
    EXPECT_EQ(ask("clone", {0x3d0f00}), kAllow);
    EXPECT_EQ(ask("clone", {0x10000000}), Errno(ENOSYS));
    Call call = Make(arch, "read");
    call.arch = 0x40000003;  // int 0x80
    EXPECT_EQ(oracle.Decide(call).action, kKill);
    call = Make(arch, "read");
    call.number |= kX32Bit;
    EXPECT_EQ(oracle.Decide(call).action, arch == Arch::kX86_64 ? kKill : Errno(ENOSYS));
    call.number = 0xffffffff;
    EXPECT_EQ(oracle.Decide(call).action, Errno(ENOSYS));
  }
}

TEST(SandboxPolicy, EveryDecisionKnowsItsLine) {
  const Profile profile = Good();
  const Oracle oracle(profile, Arch::kX86_64);
  const auto verdict = oracle.Decide(Make(Arch::kX86_64, "ioctl", {0, 0x5412}));
  ASSERT_NE(verdict.rule, nullptr);
  EXPECT_EQ(verdict.rule->at.ToString(), "good.toml:19:23");
  EXPECT_EQ(oracle.Decide(Make(Arch::kX86_64, "clone3")).rule, nullptr);
}

TEST(SandboxPolicy, UnknownNamesGetTheDefaultOnlyWhereThatIsSaid) {
  const Profile profile = Good();
  ASSERT_EQ(profile.notes.size(), 2u);
  EXPECT_THAT(profile.notes[0].value, testing::HasSubstr("\"no_such_call_yet\""));
  EXPECT_THAT(profile.notes[0].value, testing::HasSubstr("ENOSYS"));
}

TEST(SandboxPolicy, EnvironmentDescriptorsAndCapabilities) {
  const Profile profile = Good();
  EXPECT_FALSE(profile.descriptors.stdio[0]);
  EXPECT_TRUE(profile.descriptors.stdio[1] && profile.descriptors.activation);
  EXPECT_EQ(profile.environment.set.at("HOME").value, "/");
  EXPECT_EQ(CapabilityNames(profile.capabilities.bounding.value), "CAP_KILL CAP_SYS_ADMIN");
  EXPECT_TRUE(profile.capabilities.root_is_nobody());
  std::set<std::string> weak;
  for (const auto& one : WeakeningsOf(profile)) weak.insert(one.what);
  EXPECT_THAT(weak, testing::ElementsAre("CAP_SYS_ADMIN", "mount"));
}

// The points tell every rule from its neighbours, on both sides, in either half of a register.
TEST(SandboxPolicy, PartitionPointsMeetEveryRuleAndMissIt) {
  const Profile profile = Good();
  for (const Arch arch : kArches) {
    const Oracle oracle(profile, arch);
    std::set<const Rule*> met;
    std::set<std::uint32_t> numbers;
    bool x32 = false;
    bool foreign = false;
    for (const Call& call : PartitionPoints(oracle)) {
      met.insert(oracle.Decide(call).rule);
      numbers.insert(call.number);
      x32 = x32 || (call.number & kX32Bit) != 0;
      foreign = foreign || call.arch != AuditArch(arch);
    }
    for (const Rule& rule : profile.rules) {
      if (rule.syscall->Number(arch) >= 0) {
        EXPECT_TRUE(met.contains(&rule)) << rule.syscall->name;
      }
    }
    EXPECT_TRUE(met.contains(nullptr));
    EXPECT_TRUE(x32 && foreign && numbers.contains(0xffffffff) && numbers.contains(kMostNumber));
  }
}

// Everything in a group is known, once, and safe by itself unless it is one of those to deny.
TEST(SandboxGroups, HoldWhatExists) {
  const std::set<std::string_view> denied = {"@never", "@mount",      "@modules", "@clock",
                                             "@spy",   "@namespaces", "@identity"};
  for (const Group& group : Groups()) {
    SCOPED_TRACE(group.name);
    std::set<std::string_view> seen;
    for (const std::string_view entry : group.entries)
      EXPECT_TRUE(seen.insert(entry).second) << entry;
    const auto profile = ParseProfile(
        fmt::format("schema = 1\ndescription = \"x\"\ngroups = 1\ndefault = \"EPERM\"\n"
                    "[[rule]]\naction = \"allow\"\nsyscalls = [\"@runtime\", \"{}\"]\n",
                    group.name),
        "p.toml", "p");
    EXPECT_EQ(profile.has_value(), !denied.contains(group.name))
        << (profile ? "" : profile.error().ToString());
    if (!profile) {
      EXPECT_THAT(profile.error().ToString(), testing::Not(testing::HasSubstr("there is no")));
    }
  }
}

TEST(SandboxSyscalls, TheTableIsInOrder) {
  const auto table = Syscalls();
  EXPECT_GE(table.size(), 375u);
  for (std::size_t i = 1; i < table.size(); ++i) EXPECT_LT(table[i - 1].name, table[i].name);
  for (const Arch arch : kArches) {
    std::set<int> numbers;
    for (const Syscall& one : table) {
      if (one.Number(arch) >= 0) {
        EXPECT_TRUE(numbers.insert(one.Number(arch)).second) << one.name;
      }
    }
  }
}

}  // namespace
}  // namespace bf::lockdown::sandbox
