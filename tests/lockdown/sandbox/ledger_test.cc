// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/ledger.h"

#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/watch/notifying.h"
#include "lockdown/sandbox/watch/report.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kText = R"(schema = 1
description = "x"
groups = 1
default = "ENOSYS"
[[rule]]
action = "allow"
syscalls = ["execve", "fcntl.cmd == F_GETFD"]
[[rule]]
action = "kill"
syscalls = ["@spy", "ioctl.cmd == TIOCSTI"]
)";

class SandboxLedger : public testing::Test {
 protected:
  SandboxLedger() : profile_(*ParseProfile(kText, "p.toml", "p")), oracle_(profile_, kArch) {}
  static Call Make(std::string_view name, std::array<std::uint64_t, 6> arguments = {}) {
    return {AuditArch(kArch), static_cast<std::uint32_t>(FindSyscall(name)->Number(kArch)),
            arguments};
  }
  void Deny(const Call& call) {
    ledger_.Add(call, oracle_.Decide(call), [&] {
      ++asked_;
      return Who{12, "sh"};
    });
  }
  static constexpr Arch kArch = Arch::kX86_64;
  const Profile profile_;
  const Oracle oracle_;
  Ledger ledger_{oracle_};
  int asked_ = 0;
  const Ledger::Clock::time_point start_ = Ledger::Clock::now();
};

TEST_F(SandboxLedger, ArgumentsAreNamedAsConditionsName) {
  const auto spell = [](std::string_view name, unsigned argument, std::uint64_t value) {
    return Spell(*FindSyscall(name), argument, value);
  };
  EXPECT_EQ(spell("ioctl", 1, 0x5412), "TIOCSTI");
  EXPECT_EQ(spell("ioctl", 1, 1), "1");  // neither AF_UNIX nor PROT_READ
  EXPECT_EQ(spell("ioctl", 1, 0x7777), "0x7777");
  EXPECT_EQ(spell("socket", 0, 0), "AF_UNSPEC");
  EXPECT_EQ(spell("socket", 0, 0x30), "0x30");
  EXPECT_EQ(spell("socket", 1, 0x80802), "SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC");
  EXPECT_EQ(spell("socket", 1, 0x80), "0|0x80");
  EXPECT_EQ(spell("mmap", 2, 0), "0");
  EXPECT_EQ(spell("mmap", 2, 7), "PROT_READ|PROT_WRITE|PROT_EXEC");
  EXPECT_EQ(spell("clone", 0, 0x10000011), "CLONE_NEWUSER|0x11");
  EXPECT_EQ(spell("prctl", 0, 22), "PR_SET_SECCOMP");
  EXPECT_EQ(spell("close", 0, 3), "3");
  // And a condition reads them back.
  for (const std::uint64_t value : {0x80802U, 0x80U, 5U, 0x30U}) {
    const std::vector<Comparison> when = {{1, 0xffffffff, value}};
    const auto parsed = ParseCondition(SpellConditions(*FindSyscall("socket"), when));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->alternatives.front(), when);
  }
}

TEST_F(SandboxLedger, EachKindIsOneHoweverOften) {
  Deny(Make("ioctl", {3, 0x5412, 99}));
  Deny(Make("ioctl", {4, 0x5412 | std::uint64_t{1} << 32U, 98}));
  Deny(Make("ioctl", {3, 0x5413}));
  Deny(Make("fcntl", {0, 1030}));
  Deny(Make("ptrace", {16}));
  Deny(Make("ptrace", {17}));
  Deny({AuditArch(kArch), 1000, {}});
  Deny({AuditArch(kArch), 0xffffffff, {}});
  Deny({AuditArch(kArch), kX32Bit | 39, {}});
  Deny({0x40000003, 20, {}});
  EXPECT_EQ(ledger_.count(), 10u);
  std::string lines;
  for (const Denied& one : ledger_.all()) lines += fmt::format("{} {}\n", one.count, LineOf(one));
  EXPECT_EQ(
      lines,
      "2 p.toml:10:21: kill: ioctl(cmd = TIOCSTI), asked for by sh[12]\n"
      "1 p.toml:4:11: ENOSYS: ioctl(cmd = TIOCGWINSZ), asked for by sh[12] (the default)\n"
      "1 p.toml:4:11: ENOSYS: fcntl(cmd = F_DUPFD_CLOEXEC), asked for by sh[12] (the default)\n"
      "2 p.toml:10:13: kill: ptrace(), asked for by sh[12] (@spy)\n"
      "1 p.toml:4:11: ENOSYS: system call 1000, asked for by sh[12] (the default)\n"
      "1 p.toml:4:11: ENOSYS: system call -1, asked for by sh[12] (the default)\n"
      "1 p.toml: kill: system call 39 of x32, asked for by sh[12] (not of this machine's own "
      "table of system calls)\n"
      "1 p.toml: kill: system call 20 of architecture 0x40000003, asked for by sh[12] (not of "
      "this machine's own table of system calls)\n");
  EXPECT_EQ(asked_, 8);
}

// A flood of one kind of call must not hide another that comes after it.
TEST_F(SandboxLedger, ItsSizeIsBoundedAndNothingIsHidden) {
  for (std::uint64_t i = 0; i < 5000; ++i) Deny(Make("ioctl", {0, 0x10000 + i}));
  for (std::uint32_t i = 0; i < 5000; ++i) Deny({AuditArch(kArch), 2000 + i, {}});
  for (std::uint32_t i = 0; i < 5000; ++i) Deny({0x40000003, i, {}});
  Deny(Make("ioctl", {0, 0x10000}));
  Deny(Make("ptrace"));
  Deny(Make("mount"));
  EXPECT_EQ(ledger_.count(), 15003u);
  EXPECT_EQ(ledger_.all().size(), Ledger::kMostKinds + 5);
  EXPECT_EQ(ledger_.all().front().count, 2u);
  std::vector<std::string> more;
  for (std::size_t i = Ledger::kMostKinds; i < ledger_.all().size(); ++i)
    more.push_back(ToString(ledger_.all()[i].action) + " " + ledger_.all()[i].what);
  EXPECT_THAT(more, testing::ElementsAre(
                        "ENOSYS ioctl(...), with more arguments than are told apart",
                        "ENOSYS more numbers of system calls", "kill more numbers of system calls",
                        "kill ptrace(...), with more arguments than are told apart",
                        "ENOSYS mount(...), with more arguments than are told apart"));
}

TEST_F(SandboxLedger, LinesAreLimited) {
  for (std::uint64_t i = 0; i < Ledger::kBurst + 2; ++i) Deny(Make("ioctl", {0, 0x10000 + i}));
  EXPECT_EQ(ledger_.Wait(start_), 0ms);
  for (unsigned i = 0; i < Ledger::kBurst; ++i) ASSERT_NE(ledger_.Next(start_), nullptr);
  EXPECT_EQ(ledger_.Next(start_), nullptr);
  EXPECT_EQ(ledger_.Wait(start_ + 1s), Ledger::kBurst * Ledger::kInterval - 1s);
  const auto later = start_ + Ledger::kBurst * Ledger::kInterval;
  EXPECT_EQ(ledger_.Next(later), &ledger_.all()[Ledger::kBurst]);
  EXPECT_NE(ledger_.Next(later), nullptr);
  EXPECT_EQ(ledger_.Next(later), nullptr);
  EXPECT_EQ(ledger_.Wait(later), std::nullopt);
}

// Wherever the filter denies it asks, and nowhere else.
TEST_F(SandboxLedger, OnlyWhatIsDeniedIsAskedAbout) {
  const auto ret = [](std::uint32_t k) { return Instruction{0x06, 0, 0, k}; };
  const Program program = {ret(0x7fff0000), ret(0x7ffc0000), ret(0x00050001), ret(0x80000000),
                           ret(0),          ret(0x7ff00000), {0x16, 0, 0, 5}, {0x20, 0, 0, 4}};
  const Program asks = NotifyingDenials(program);
  const Instruction ask = ret(0x7fc00000);
  EXPECT_EQ(asks, (Program{program[0], program[1], ask, ask, ask, ask, ask, program[7]}));
}

}  // namespace
}  // namespace bf::lockdown::sandbox
