// SPDX-License-Identifier: Apache-2.0
// The interpreter against the kernel: the same programs, the same calls, each really made.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/filter/opcodes.h"
#include "tests/lockdown/sandbox/random_profile.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::uint32_t kMagic = 0x00b47a11;  // as exit code: the one call that goes through
constexpr std::uint32_t kAllowed = 3001, kLogged = 3002, kKilled = 3003;

// What the kernel would do, as an error number: everything can be asked, and nothing happens.
std::uint32_t AsError(std::uint32_t result) {
  if (result == SECCOMP_RET_ALLOW) return SECCOMP_RET_ERRNO | kAllowed;
  if (result == SECCOMP_RET_LOG) return SECCOMP_RET_ERRNO | kLogged;
  if (result == SECCOMP_RET_KILL_PROCESS) return SECCOMP_RET_ERRNO | kKilled;
  return result;
}

Program Harmless(const Program& program) {
  Program harmless = {
      {op::kLd | op::kAbs, 0, 0, 0},       {op::kJmp | op::kJeq, 0, 3, __NR_exit_group},
      {op::kLd | op::kAbs, 0, 0, 16},      {op::kJmp | op::kJeq, 0, 1, kMagic},
      {op::kRet, 0, 0, SECCOMP_RET_ALLOW}, {op::kLd | op::kImm, 0, 0, 0}};
  for (Instruction one : program) {
    if (op::Class(one.code) == op::kRet && op::Returned(one.code) == op::kReturnK)
      one.k = AsError(one.k);
    harmless.push_back(one);
  }
  return harmless;
}

int Load(const Program& program) {
  static_assert(sizeof(Instruction) == sizeof(sock_filter));
  std::vector<sock_filter> raw(program.size());
  std::memcpy(raw.data(), program.data(), program.size() * sizeof(sock_filter));
  const sock_fprog prog{static_cast<unsigned short>(raw.size()), raw.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0 ? 0 : errno;
}

// Loads the program in a child and makes each call there. The error numbers, or nothing and the
// error of loading.
std::vector<int> Ask(const Program& program, const std::vector<Call>& calls, int& load_error) {
  const std::size_t bytes = (calls.size() + 1) * sizeof(int);
  auto* shared = static_cast<int*>(
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  EXPECT_NE(shared, MAP_FAILED);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    shared[0] = Load(program);
    if (shared[0] != 0) ::_exit(0);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const auto& a = calls[i].arguments;
      const long got = ::syscall(static_cast<long>(static_cast<std::int32_t>(calls[i].number)),
                                 a[0], a[1], a[2], a[3], a[4], a[5]);
      shared[i + 1] = got == -1 ? errno : static_cast<int>(got);  // error 0 comes as success
    }
    for (;;) ::syscall(__NR_exit_group, kMagic);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  load_error = shared[0];
  std::vector<int> errors(shared + 1, shared + 1 + calls.size());
  ::munmap(shared, bytes);
  return errors;
}

// Newer kernels ask no filter about uretprobe and uprobe on x86_64: those two end a process that
// has no such probe, or fail.
bool IsExempt(const Call& call) {
  return NativeArch() == Arch::kX86_64 && (call.number == 335 || call.number == 336);
}

std::vector<Call> Native(const Oracle& oracle) {
  auto calls = PartitionPoints(oracle);
  std::erase_if(calls, [](const Call& one) {
    // int 0x80 is asked in the guest: not every kernel has it.
    return one.arch != AuditArch(NativeArch()) || one.number == __NR_exit_group || IsExempt(one);
  });
  return calls;
}

void ExpectSame(const Program& program, const std::vector<Call>& calls) {
  const Program harmless = Harmless(program);
  ASSERT_TRUE(CheckProgram(harmless));
  int load_error = 0;
  const auto errors = Ask(harmless, calls, load_error);
  ASSERT_EQ(load_error, 0);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < calls.size() && wrong < 5; ++i) {
    const std::uint32_t ours = Run(harmless, calls[i]).result;
    if (ours == (SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(errors[i]))) continue;
    ++wrong;
    ADD_FAILURE() << ToString(calls[i]) << ": the kernel says " << errors[i] << ", we say "
                  << (ours & 0xffffU) << "\n"
                  << Disassemble(harmless);
  }
}

TEST(SandboxKernel, GoodProfileAtAllPoints) {
  auto profile = ParseProfile(test::ReadOrDie(BF_TEST_DIR "/good.toml"), "good.toml", "good");
  ASSERT_TRUE(profile);
  for (const Shape shape : {Shape::kLinear, Shape::kTree}) {
    const auto program = Build(*profile, NativeArch(), shape);
    ASSERT_TRUE(program);
    const auto calls = Native(Oracle(*profile, NativeArch()));
    EXPECT_GT(calls.size(), 5000u);
    ExpectSame(*program, calls);
  }
}

TEST(SandboxKernel, RandomProfiles) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100; ++i) {
    const Profile profile = test::RandomProfile(random);
    const auto program = Build(profile, NativeArch(), i % 2 == 0 ? Shape::kLinear : Shape::kTree);
    ASSERT_TRUE(program);
    ExpectSame(*program, Native(Oracle(profile, NativeArch())));
    if (HasFailure()) return;
  }
}

// Any instruction that there is, and some that there are not.
Instruction RandomInstruction(std::mt19937_64& random, std::size_t left, bool wild) {
  static constexpr op::Code kCodes[] = {op::kLd | op::kAbs,
                                        op::kLd | op::kImm,
                                        op::kLd | op::kMem,
                                        op::kLd | op::kLen,
                                        op::kLdx | op::kImm,
                                        op::kLdx | op::kMem,
                                        op::kLdx | op::kLen,
                                        op::kSt,
                                        op::kStx,
                                        op::kMisc | op::kTax,
                                        op::kMisc | op::kTxa,
                                        op::kAlu | op::kAdd,
                                        op::kAlu | op::kSub | op::kX,
                                        op::kAlu | op::kMul,
                                        op::kAlu | op::kDiv,
                                        op::kAlu | op::kDiv | op::kX,
                                        op::kAlu | op::kOr,
                                        op::kAlu | op::kAnd,
                                        op::kAlu | op::kAnd | op::kX,
                                        op::kAlu | op::kXor | op::kX,
                                        op::kAlu | op::kLsh,
                                        op::kAlu | op::kLsh | op::kX,
                                        op::kAlu | op::kRsh | op::kX,
                                        op::kAlu | op::kNeg,
                                        op::kJmp | op::kJa,
                                        op::kJmp | op::kJeq,
                                        op::kJmp | op::kJgt,
                                        op::kJmp | op::kJge | op::kX,
                                        op::kJmp | op::kJset,
                                        op::kJmp | op::kJeq | op::kX};
  Instruction one{kCodes[random() % std::size(kCodes)], 0, 0,
                  static_cast<std::uint32_t>(random() >> (random() % 33))};
  const std::size_t reach = std::max<std::size_t>(1, std::min<std::size_t>(left, 200));
  switch (op::Class(one.code)) {
    case op::kLd:
      if (op::Mode(one.code) == op::kAbs) {
        // Not the instruction pointer, which we do not know.
        static constexpr std::uint32_t kOffsets[] = {0, 4, 16, 20, 24, 28, 32, 44, 56, 60};
        one.k = kOffsets[random() % std::size(kOffsets)];
      }
      [[fallthrough]];
    case op::kLdx:
      if (op::Mode(one.code) == op::kMem) one.k %= 4;
      break;
    case op::kSt:
    case op::kStx:
      one.k %= 4;
      break;
    case op::kAlu:
      if (op::Operation(one.code) == op::kLsh || op::Operation(one.code) == op::kRsh) one.k %= 32;
      if (op::Operation(one.code) == op::kDiv && one.k == 0) one.k = 3;
      break;
    case op::kJmp:
      if (op::Operation(one.code) == op::kJa) one.k = static_cast<std::uint32_t>(random() % reach);
      one.jump_true = static_cast<std::uint8_t>(random() % reach);
      one.jump_false = static_cast<std::uint8_t>(random() % reach);
      break;
    default:
      break;
  }
  if (wild && random() % 12 == 0) one.code = static_cast<op::Code>(random() % 0x120);
  if (wild && random() % 12 == 0) one.k = static_cast<std::uint32_t>(random() % 70);
  return one;
}

Program RandomProgram(std::mt19937_64& random, bool wild) {
  Program program;
  if (!wild) {
    for (std::uint32_t i = 0; i < 4; ++i) program.push_back({op::kSt, 0, 0, i});
  }
  const std::size_t length = 2 + random() % 40;
  for (std::size_t i = 0; i < length; ++i)
    program.push_back(RandomInstruction(random, length - i, wild));
  // The result as an error number.
  program.push_back({op::kAlu | op::kAnd, 0, 0, 0x7ff});
  program.push_back({op::kAlu | op::kOr, 0, 0, SECCOMP_RET_ERRNO});
  program.push_back({op::kRet | op::kReturnA, 0, 0, 0});
  return program;
}

TEST(SandboxKernel, RandomProgramsRunTheSame) {
  std::mt19937_64 random(11);
  std::vector<Call> calls;
  for (int i = 0; i < 24; ++i) {
    Call call{AuditArch(NativeArch()), static_cast<std::uint32_t>(random() % 400), {}};
    for (auto& one : call.arguments) one = random() >> (random() % 64);
    if (call.number != __NR_exit_group && !IsExempt(call)) calls.push_back(call);
  }
  int ran = 0;
  for (int i = 0; i < 400; ++i) {
    const Program program = RandomProgram(random, false);
    const Program harmless = Harmless(program);
    if (!CheckProgram(harmless)) continue;
    // A division by zero kills the thread: not something to be asked.
    const bool deadly = std::any_of(calls.begin(), calls.end(), [&](const Call& call) {
      return sandbox::Run(harmless, call).result == 0;
    });
    if (deadly) continue;
    ++ran;
    ExpectSame(program, calls);
    if (HasFailure()) return;
  }
  EXPECT_GT(ran, 200);
}

TEST(SandboxKernel, WhatTheKernelRefusesWeRefuse) {
  std::mt19937_64 random(13);
  int refused = 0;
  int taken = 0;
  for (int i = 0; i < 400; ++i) {
    const Program program = Harmless(RandomProgram(random, true));
    int load_error = 0;
    (void)Ask(program, {}, load_error);
    const bool ours = CheckProgram(program).has_value();
    EXPECT_EQ(ours, load_error == 0) << (ours ? "" : CheckProgram(program).error().ToString())
                                     << " kernel: " << load_error << "\n"
                                     << Disassemble(program);
    if (HasFailure()) return;
    ++(ours ? taken : refused);
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(taken, 30);
  EXPECT_FALSE(CheckProgram({}));
  EXPECT_FALSE(CheckProgram(Program(4097, {op::kRet, 0, 0, 0})));
  EXPECT_FALSE(CheckProgram({{op::kLd | op::kAbs, 0, 0, 0}}));
}

// Our table of numbers and libseccomp's were made from different sources.
TEST(SandboxSyscalls, NumbersAreThoseOfLibseccomp) {
  std::size_t missing = 0;
  for (const Syscall& one : Syscalls()) {
    const std::string name(one.name);
    const int x86 = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name.c_str());
    const int arm = ::seccomp_syscall_resolve_name_arch(SCMP_ARCH_AARCH64, name.c_str());
    if (x86 == __NR_SCMP_ERROR) {
      ++missing;  // newer than this libseccomp
      continue;
    }
    EXPECT_EQ(std::max(x86, -1), one.x86_64) << name;
    EXPECT_EQ(std::max(arm, -1), one.aarch64) << name;
  }
  EXPECT_LT(missing, 20u);
  for (int number = 0; number < 470; ++number) {
    for (const auto& [token, arch] : {std::pair{SCMP_ARCH_X86_64, Arch::kX86_64},
                                      std::pair{SCMP_ARCH_AARCH64, Arch::kAarch64}}) {
      char* name = ::seccomp_syscall_resolve_num_arch(token, number);
      if (name == nullptr) continue;
      EXPECT_NE(FindSyscall(name), nullptr) << name;
      std::free(name);
    }
  }
}

}  // namespace
}  // namespace bf::lockdown::sandbox
