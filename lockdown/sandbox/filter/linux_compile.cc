// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/filter/linux_compile.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "core/host/fd.h"
#include "core/host/file.h"
#include "lockdown/sandbox/filter/linux_bounded.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::chrono::seconds kLimit{20};

struct Release {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

std::uint32_t Token(Arch arch) {
  return arch == Arch::kX86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
}

Status Set(void* context, scmp_filter_attr attribute, std::uint32_t value, std::string_view name) {
  const int code = ::seccomp_attr_set(context, attribute, value);
  if (code != 0) return FailErrno(-code, "libseccomp: {}", name);
  return {};
}

// The number by which libseccomp knows a system call: that of this machine, or a negative one of
// its own. One that it does not know has its plain number here, and none for another architecture.
std::optional<int> NumberFor(const Syscall& syscall, Arch arch) {
  const int number = ::seccomp_syscall_resolve_name(std::string(syscall.name).c_str());
  if (number != __NR_SCMP_ERROR) return number;
  if (arch == NativeArch()) return syscall.Number(arch);
  return std::nullopt;
}

scmp_arg_cmp Convert(const Comparison& one) {
  scmp_arg_cmp compare{};
  compare.arg = one.argument;
  compare.op = one.mask == ~std::uint64_t{0} ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ;
  compare.datum_a = compare.op == SCMP_CMP_EQ ? one.value : one.mask;
  compare.datum_b = compare.op == SCMP_CMP_EQ ? 0 : one.value;
  return compare;
}

Status AddRule(void* context, const Rule& rule, Arch arch) {
  const auto number = NumberFor(*rule.syscall, arch);
  if (!number) return Fail("libseccomp does not know \"{}\"", rule.syscall->name);
  std::vector<scmp_arg_cmp> compares;
  for (const Comparison& one : rule.when) compares.push_back(Convert(one));
  const int code =
      ::seccomp_rule_add_array(context, ToReturn(rule.action), *number,
                               static_cast<unsigned>(compares.size()), compares.data());
  if (code != 0) return FailErrno(-code, "libseccomp: rule for \"{}\"", rule.syscall->name);
  return {};
}

Result<Context> MakeContext(const Profile& profile, Arch arch, Shape shape) {
  // Otherwise what can be built depends on the kernel of the machine that builds.
  if (const int code = ::seccomp_api_set(3); code != 0)
    return FailErrno(-code, "libseccomp: level");
  Context context(::seccomp_init(ToReturn(profile.fallback.value)));
  if (context == nullptr) return Fail("libseccomp: no context");
  BF_TRY(Set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS, "action of others"));
  BF_TRY(Set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, shape == Shape::kTree ? 2 : 1, "shape"));
  if (arch != NativeArch()) {
    if (const int code = ::seccomp_arch_add(context.get(), Token(arch)); code != 0)
      return FailErrno(-code, "libseccomp: add {}", ToString(arch));
    if (const int code = ::seccomp_arch_remove(context.get(), SCMP_ARCH_NATIVE); code != 0)
      return FailErrno(-code, "libseccomp: remove {}", ToString(NativeArch()));
  }
  for (const Rule& rule : profile.rules) {
    // libseccomp takes no rule that says what the default says.
    if (rule.syscall->Number(arch) < 0 || rule.action == profile.fallback.value) continue;
    BF_TRY(AddRule(context.get(), rule, arch));
  }
  return context;
}

Result<std::string> Export(void* context, int (*how)(const scmp_filter_ctx, int)) {
  host::UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file.valid()) return FailErrno(errno, "memfd_create");
  if (const int code = how(context, file.get()); code != 0)
    return FailErrno(-code, "libseccomp: export");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return FailErrno(errno, "lseek");
  return host::ReadAll(file.get(), "filter");
}

// The texts of all, in a child, each after its length.
Result<std::string> BuildTexts(const std::vector<Wanted>& all,
                               int (*how)(const scmp_filter_ctx, int)) {
  const Wanted& first = all.front();
  return RunBounded(fmt::format("compile {} for {}", first.profile->name, ToString(first.arch)),
                    kLimit, [&]() -> Result<std::string> {
                      std::string texts;
                      for (const Wanted& one : all) {
                        BF_ASSIGN(const Context context,
                                  MakeContext(*one.profile, one.arch, one.shape));
                        BF_ASSIGN(const std::string text, Export(context.get(), how));
                        texts += fmt::format("{:08x}", text.size()) + text;
                      }
                      return texts;
                    });
}

// Takes the next text off.
std::string_view NextText(std::string_view& texts) {
  std::size_t size = 0;
  std::from_chars(texts.data(), texts.data() + 8, size, 16);
  const std::string_view text = texts.substr(8, size);
  texts.remove_prefix(8 + text.size());
  return text;
}

// The choice of the profile about names also is that about names libseccomp does not have.
Status LeaveOutUnsupported(Profile& profile, Arch arch) {
  policy::Diagnostics diagnostics;
  std::erase_if(profile.rules, [&](const Rule& rule) {
    if (rule.syscall->Number(arch) < 0 || NumberFor(*rule.syscall, arch)) return false;
    const std::string problem =
        fmt::format("this libseccomp cannot put \"{}\" into a filter for {} on {}",
                    rule.syscall->name, ToString(arch), ToString(NativeArch()));
    // What was to be denied is denied by the default as well.
    const bool denied = !rule.action.allows() && !profile.fallback.value.allows();
    if (profile.unknown.value == Unknown::kRefuse && !denied)
      diagnostics.Add(rule.at, "{}; unknown_syscalls = \"default\" would leave it at \"{}\"",
                      problem, ToString(profile.fallback.value));
    else
      profile.notes.push_back({fmt::format("{}: it gets the default action, {}", problem,
                                           ToString(profile.fallback.value)),
                               rule.at});
    return true;
  });
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return {};
}

bool Cheaper(const Cost& a, const Cost& b) {
  if (a.conditional != b.conditional) return a.conditional < b.conditional;
  if (a.mean != b.mean) return a.mean < b.mean;
  return a.instructions < b.instructions;
}

}  // namespace

Result<std::vector<Program>> Build(const std::vector<Wanted>& all) {
  if (all.empty()) return std::vector<Program>{};
  BF_ASSIGN(const std::string texts, BuildTexts(all, ::seccomp_export_bpf));
  std::vector<Program> programs;
  for (std::string_view rest = texts; programs.size() < all.size();) {
    BF_ASSIGN(Program program, FromBytes(NextText(rest)));
    programs.push_back(std::move(program));
  }
  return programs;
}

Result<Program> Build(const Profile& profile, Arch arch, Shape shape) {
  BF_ASSIGN(std::vector<Program> programs, Build({{&profile, arch, shape}}));
  return std::move(programs.front());
}

Result<std::string> BuildPfc(const Profile& profile, Arch arch, Shape shape) {
  BF_ASSIGN(const std::string texts, BuildTexts({{&profile, arch, shape}}, ::seccomp_export_pfc));
  std::string_view rest = texts;
  return std::string(NextText(rest));
}

bool HasName(const Syscall& syscall) {
  return ::seccomp_syscall_resolve_name(std::string(syscall.name).c_str()) != __NR_SCMP_ERROR;
}

Result<Compiled> CompileProfile(Profile profile, Arch arch) {
  BF_TRY(LeaveOutUnsupported(profile, arch));
  Compiled compiled{std::move(profile), arch, Shape::kTree, {}, {}};
  const Oracle oracle(compiled.profile, arch);
  constexpr Shape kShapes[] = {Shape::kTree, Shape::kLinear};
  std::vector<Wanted> wanted;
  for (const Shape shape : kShapes) wanted.push_back({&compiled.profile, arch, shape});
  BF_ASSIGN(std::vector<Program> programs, Build(wanted));
  bool first = true;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    BF_ASSIGN(Proof proof, Prove(programs[i], oracle));
    BF_TRY(RequireAgreement(proof, compiled.profile));
    if (!first && !Cheaper(proof.cost, compiled.proof.cost)) continue;
    first = false;
    compiled.shape = kShapes[i];
    compiled.program = std::move(programs[i]);
    compiled.proof = std::move(proof);
  }
  return compiled;
}

}  // namespace bf::lockdown::sandbox
