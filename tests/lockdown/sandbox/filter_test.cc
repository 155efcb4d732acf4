// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "lockdown/sandbox/filter/linux_bounded.h"
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/filter/opcodes.h"
#include "tests/lockdown/sandbox/random_profile.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

using namespace std::chrono_literals;

Profile Good() {
  auto profile = ParseProfile(test::ReadOrDie(BF_TEST_DIR "/good.toml"), "good.toml", "good");
  EXPECT_TRUE(profile) << profile.error().ToString();
  return profile ? *profile : Profile{};
}

TEST(SandboxFilter, GoodProfileIsProvedOnBothArchitectures) {
  for (const Arch arch : kArches) {
    const auto compiled = CompileProfile(Good(), arch);
    ASSERT_TRUE(compiled) << compiled.error().ToString();
    EXPECT_GT(compiled->proof.calls, 10'000u);
    EXPECT_LT(compiled->proof.cost.worst, 200u);
    const auto again = CompileProfile(Good(), arch);
    ASSERT_TRUE(again);
    EXPECT_EQ(compiled->program, again->program);  // the same bytes from the same policy
  }
}

// Whether the kernel (since 5.11) notes in its bitmap, when the filter is loaded, that this number
// is allowed, and then does not run the filter for it. It looks for that with the number and the
// architecture only, and gives up at the first instruction that is not one of these: also at a
// load of an argument that decides nothing.
bool IsInBitmap(const Program& program, Arch arch, std::uint32_t number) {
  std::uint32_t a = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const Instruction& one = program[at];
    switch (one.code) {
      case op::kLd | op::kAbs:
        if (one.k > 4) return false;
        a = one.k == 0 ? number : AuditArch(arch);
        break;
      case op::kAlu | op::kAnd:
        a &= one.k;
        break;
      case op::kJmp | op::kJa:
        at += one.k;
        break;
      case op::kJmp | op::kJeq:
        at += a == one.k ? one.jump_true : one.jump_false;
        break;
      case op::kJmp | op::kJgt:
        at += a > one.k ? one.jump_true : one.jump_false;
        break;
      case op::kJmp | op::kJge:
        at += a >= one.k ? one.jump_true : one.jump_false;
        break;
      case op::kJmp | op::kJset:
        at += (a & one.k) != 0 ? one.jump_true : one.jump_false;
        break;
      case op::kRet | op::kReturnK:
        return one.k == ToReturn({ActionKind::kAllow});
      default:
        return false;
    }
  }
  return false;
}

TEST(SandboxFilter, TheBitmapAnswersWhatHasNoCondition) {
  const auto kiosk = LoadProfile(BF_SOURCE_DIR "/policies", "kiosk");
  ASSERT_TRUE(kiosk) << kiosk.error().ToString();
  for (const Arch arch : kArches) {
    const auto compiled = CompileProfile(*kiosk, arch);
    ASSERT_TRUE(compiled) << compiled.error().ToString();
    std::size_t inside = 0;
    std::size_t outside = 0;
    for (const Rule& rule : compiled->profile.rules) {
      const int number = rule.syscall->Number(arch);
      if (number < 0) continue;
      const bool wanted = rule.when.empty() && rule.action.kind == ActionKind::kAllow;
      EXPECT_EQ(IsInBitmap(compiled->program, arch, static_cast<std::uint32_t>(number)), wanted)
          << rule.syscall->name;
      ++(wanted ? inside : outside);
    }
    EXPECT_GT(inside, 150u);
    EXPECT_GT(outside, 50u);
  }
}

std::vector<Program> MutantsOf(const Program& program) {
  std::vector<Program> mutants;
  const auto add = [&](std::size_t at, const auto& change) {
    Program mutant = program;
    change(mutant[at]);
    if (mutant != program && CheckProgram(mutant)) mutants.push_back(std::move(mutant));
  };
  for (std::size_t at = 0; at < program.size(); ++at) {
    const auto kind = op::Class(program[at].code);
    if (kind == op::kJmp) {
      add(at, [](Instruction& one) { ++one.k; });
      add(at, [](Instruction& one) { one.k ^= 0x80000000U; });
      add(at, [](Instruction& one) { std::swap(one.jump_true, one.jump_false); });
      add(at, [](Instruction& one) { ++one.jump_false; });
    } else if (kind == op::kAlu) {
      add(at, [](Instruction& one) { one.k ^= 1U; });
      add(at, [](Instruction& one) { one.k ^= 0x80000000U; });
    } else if (kind == op::kLd) {
      add(at, [](Instruction& one) { one.k ^= 4U; });
    } else if (kind == op::kRet) {
      add(at, [](Instruction& one) { one.k = one.k == 0x7fff0000 ? 0x80000000 : 0x7fff0000; });
    }
  }
  return mutants;
}

// A call that two filters answer differently, without Prove: at every partition point of the
// profile, and with every number at and beside those that either of them compares with.
std::optional<Call> Difference(const Program& a, const Program& b,
                               const std::vector<Call>& points) {
  const auto differs = [&](const Call& call) {
    return sandbox::Run(a, call).result != sandbox::Run(b, call).result;
  };
  for (const Call& call : points)
    if (differs(call)) return call;
  for (const Program* program : {&a, &b}) {
    for (const Instruction& one : *program) {
      if (op::Class(one.code) != op::kJmp) continue;
      for (const std::uint32_t number : {one.k - 1, one.k, one.k + 1}) {
        const Call call{AuditArch(Arch::kX86_64), number, {}};
        if (differs(call)) return call;
      }
    }
  }
  return std::nullopt;
}

// A filter that is wrong in one place is noticed, unless it means the same: a comparison that an
// earlier one has already decided, or the load of a half that is then masked out whole.
TEST(SandboxFilter, OneWrongInstructionIsNoticed) {
  const Profile profile = Good();
  for (const Shape shape : {Shape::kLinear, Shape::kTree}) {
    const auto program = Build(profile, Arch::kX86_64, shape);
    ASSERT_TRUE(program) << program.error().ToString();
    const Oracle oracle(profile, Arch::kX86_64);
    const auto points = PartitionPoints(oracle);
    std::size_t tried = 0;
    std::size_t noticed = 0;
    const auto mutants = MutantsOf(*program);
    ASSERT_GT(mutants.size(), 500u);
    // A sample, another one for each shape: all of them take minutes.
    for (std::size_t i = shape == Shape::kTree ? 0 : 7; i < mutants.size(); i += 20) {
      const Program& mutant = mutants[i];
      const auto proof = Prove(mutant, oracle);
      ++tried;
      if (!proof || !proof->disagreements.empty()) {
        ++noticed;
        continue;
      }
      const auto difference = Difference(mutant, *program, points);
      EXPECT_FALSE(difference) << "not noticed: " << ToString(*difference) << "\n"
                               << Disassemble(mutant);
    }
    EXPECT_GE(noticed * 10, tried * 8) << noticed << " of " << tried;
  }
}

TEST(SandboxFilter, DisagreementIsShownWithAWitnessAndItsLine) {
  const Profile profile = Good();
  auto program = Build(profile, Arch::kX86_64, Shape::kLinear);
  ASSERT_TRUE(program);
  for (Instruction& one : *program) {
    if (op::Class(one.code) == op::kJmp && one.k == 0x5412) one.k = 0x5499;
  }
  const auto proof = Prove(*program, Oracle(profile, Arch::kX86_64));
  ASSERT_TRUE(proof);
  const auto status = RequireAgreement(*proof, profile);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kInternal);
  const std::string all = fmt::format("{}", fmt::join(status.error().also, "\n"));
  EXPECT_THAT(all, testing::HasSubstr("the filter says ENOSYS, good.toml:19:23 says kill"));
}

// What the width is there for: a filter that compares 64 bits of a 32-bit argument.
TEST(SandboxFilter, AComparisonOfTooManyBitsIsNoticed) {
  Profile narrow = Good();
  Profile wide = Good();
  for (Rule& rule : wide.rules) {
    for (Comparison& one : rule.when) {
      if (one.mask == 0xffffffff) one.mask = ~std::uint64_t{0};
    }
  }
  const auto program = Build(wide, Arch::kX86_64, Shape::kTree);
  ASSERT_TRUE(program);
  const auto proof = Prove(*program, Oracle(narrow, Arch::kX86_64));
  ASSERT_TRUE(proof);
  EXPECT_FALSE(proof->disagreements.empty());
}

TEST(SandboxFilter, NamesThatLibseccompLacks) {
  const std::string head = "schema = 1\ndescription = \"x\"\ngroups = 1\ndefault = \"ENOSYS\"\n";
  const std::string rule = "[[rule]]\naction = \"allow\"\nsyscalls = [\"execve\", \"mseal\"]\n";
  const Arch other = NativeArch() == Arch::kX86_64 ? Arch::kAarch64 : Arch::kX86_64;
  const auto strict = ParseProfile(head + rule, "p.toml", "p");
  ASSERT_TRUE(strict);
  EXPECT_TRUE(CompileProfile(*strict, NativeArch()));  // by its number
  const auto refused = CompileProfile(*strict, other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kPolicy);
  EXPECT_THAT(refused.error().ToString(),
              testing::HasSubstr("p.toml:7:23: this libseccomp cannot"));
  const auto lax = ParseProfile(head + "unknown_syscalls = \"default\"\n" + rule, "p.toml", "p");
  ASSERT_TRUE(lax);
  const auto compiled = CompileProfile(*lax, other);
  ASSERT_TRUE(compiled) << compiled.error().ToString();
  EXPECT_EQ(compiled->profile.notes.size(), 1u);
}

TEST(SandboxFilter, BuildingEndsInTime) {
  const auto start = std::chrono::steady_clock::now();
  const auto endless = RunBounded("x", 200ms, []() -> Result<std::string> {
    for (volatile bool on = true; on;) {
    }
    return "";
  });
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().ToString(), "x: it did not end in time");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  const auto crash = RunBounded("x", 60s, []() -> Result<std::string> { ::_exit(3); });
  EXPECT_EQ(crash.error().ToString(), "x: it crashed");
  // Half an answer is none. The pipe is the one that was not open before.
  const auto is_pipe = [](int fd) {
    struct stat stat {};
    return ::fstat(fd, &stat) == 0 && S_ISFIFO(stat.st_mode) &&
           (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
  };
  std::set<int> before;
  for (int fd = 0; fd < 256; ++fd)
    if (is_pipe(fd)) before.insert(fd);
  const auto cut = RunBounded("x", 60s, [&]() -> Result<std::string> {
    for (int fd = 0; fd < 256; ++fd) {
      if (!is_pipe(fd) || before.contains(fd)) continue;
      if (::write(fd, "=half", 5) == 5) ::raise(SIGKILL);
    }
    return "no pipe";
  });
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().ToString(), "x: it crashed");
  const auto error = RunBounded("x", 60s, []() -> Result<std::string> { return Fail("no"); });
  EXPECT_EQ(error.error().ToString(), "x: no");
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(RunBounded("x", 60s, [&]() -> Result<std::string> { return large; }), large);
}

// One random profile, and how it is compiled.
struct RandomCase {
  Profile profile;
  Arch arch;
  Shape shape;
};

RandomCase MakeCase(std::mt19937_64& random, int i) {
  RandomCase one{test::RandomProfile(random), i % 2 == 0 ? Arch::kX86_64 : Arch::kAarch64,
                 i % 4 < 2 ? Shape::kTree : Shape::kLinear};
  // mseal: what libseccomp has no name for stays out on the other architecture.
  if (one.arch != NativeArch())
    std::erase_if(one.profile.rules,
                  [](const Rule& rule) { return rule.syscall->name == "mseal"; });
  return one;
}

TEST(SandboxFilter, RandomProfilesCompileToWhatTheySay) {
  const char* wanted = std::getenv("BF_SANDBOX_POLICIES");
  const int count = wanted == nullptr ? 200 : std::atoi(wanted);
  const char* seed = std::getenv("BF_SANDBOX_SEED");
  std::mt19937_64 random(seed == nullptr ? 20261124 : std::strtoull(seed, nullptr, 10));
  std::size_t rules = 0;
  std::size_t conditional = 0;
  std::size_t calls = 0;
  constexpr int kTogether = 50;  // in one child of Build
  for (int start = 0; start < count; start += kTogether) {
    std::vector<RandomCase> cases;
    for (int i = start; i < std::min(start + kTogether, count); ++i)
      cases.push_back(MakeCase(random, i));
    std::vector<Wanted> all;
    for (const RandomCase& one : cases) all.push_back({&one.profile, one.arch, one.shape});
    const auto programs = Build(all);
    ASSERT_TRUE(programs) << "from " << start << ": " << programs.error().ToString();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const auto& [profile, arch, shape] = cases[i];
      SCOPED_TRACE(static_cast<std::size_t>(start) + i);
      rules += profile.rules.size();
      for (const Rule& one : profile.rules) conditional += one.when.empty() ? 0U : 1U;
      const auto proof = Prove((*programs)[i], Oracle(profile, arch));
      ASSERT_TRUE(proof) << proof.error().ToString();
      calls += proof->calls;
      const auto agreed = RequireAgreement(*proof, profile);
      ASSERT_TRUE(agreed) << fmt::format("{}", fmt::join(agreed.error().also, "\n"));
    }
  }
  EXPECT_GT(rules, static_cast<std::size_t>(count));
  EXPECT_GT(conditional * 2, rules);
  // The points of each number, and what the filters themselves ask.
  EXPECT_GT(calls, static_cast<std::size_t>(count) * 10'000);
}

}  // namespace
}  // namespace bf::lockdown::sandbox
