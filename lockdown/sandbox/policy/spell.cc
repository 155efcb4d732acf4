// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/spell.h"

#include <algorithm>
#include <array>

#include "lockdown/sandbox/policy/names.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::uint64_t kFull = ~std::uint64_t{0};
constexpr std::uint64_t kNewNamespaces = 0x7e020000;

// How the values of one argument are written, and which of its bits make a kind of its own.
struct Meaning {
  std::string_view syscall;
  unsigned argument;
  std::string_view prefix;  // of the names of its values; "": whatever no other one has
  std::uint64_t listed;     // these bits are one value; the others are flags
  std::uint64_t kind;       // 0: no kind
};

constexpr auto kMeanings = std::to_array<Meaning>({
    {"ioctl", 1, "", kFull, kFull},
    {"socket", 0, "AF_", kFull, kFull},
    {"socket", 1, "SOCK_", 0xf, 0xf},
    {"socket", 2, "NETLINK_", kFull, kFull},
    {"socketpair", 0, "AF_", kFull, kFull},
    {"socketpair", 1, "SOCK_", 0xf, 0},
    {"mmap", 2, "PROT_", 0, 6},
    {"mprotect", 2, "PROT_", 0, 4},
    {"pkey_mprotect", 2, "PROT_", 0, 4},
    {"clone", 0, "CLONE_", 0, kNewNamespaces},
    {"unshare", 0, "CLONE_", 0, 0},
    {"prctl", 0, "PR_", kFull, kFull},
    {"personality", 0, "READ_", 0, kFull},
    {"fcntl", 1, "F_", kFull, 0},
    {"mount", 3, "MS_", 0, 0},
    {"seccomp", 0, "SECCOMP_", kFull, 0},
});
// Of names that are no commands of ioctl(2).
constexpr std::string_view kOtherPrefixes[] = {
    "AF_",   "SOCK_",    "PROT_", "MAP_", "CLONE_",  "F_",  "PR_",    "PER_",    "READ_",
    "ADDR_", "NETLINK_", "MS_",   "MNT_", "UMOUNT_", "SIG", "FUTEX_", "SECCOMP_"};

constexpr std::uint64_t kUnix = 1, kNetlink = 16;

const Meaning* MeaningOf(const Syscall& syscall, unsigned argument) {
  for (const Meaning& one : kMeanings) {
    if (one.syscall == syscall.name && one.argument == argument) return &one;
  }
  return nullptr;
}

bool Fits(std::string_view name, std::string_view prefix) {
  if (!prefix.empty()) return name.starts_with(prefix);
  return std::none_of(std::begin(kOtherPrefixes), std::end(kOtherPrefixes),
                      [&](std::string_view other) { return name.starts_with(other); });
}

std::string_view NameWith(std::string_view prefix, std::uint64_t value) {
  for (const Named& one : Constants()) {
    if (one.value == value && Fits(one.name, prefix)) return one.name;
  }
  return "";
}

std::string Number(std::uint64_t value) {
  return value < 10 ? fmt::format("{}", value) : fmt::format("{:#x}", value);
}

void Append(std::string& text, std::string_view more) {
  text += text.empty() ? "" : "|";
  text += more;
}

std::uint64_t MaskOf(const Argument& argument) {
  return argument.width == Width::k32 ? 0xffffffffU : kFull;
}

// For a socket the type counts for what reaches a network, the protocol for the kernel's own.
bool Counts(const Meaning& meaning, const Call& call) {
  if (meaning.kind == 0) return false;
  if (meaning.syscall != "socket" || meaning.argument == 0) return true;
  const std::uint64_t domain = call.arguments[0] & 0xffffffffU;
  if (meaning.argument == 2) return domain == kNetlink;
  return domain != kNetlink && domain != kUnix;
}

}  // namespace

std::string Spell(const Syscall& syscall, unsigned argument, std::uint64_t value) {
  const Meaning* meaning = MeaningOf(syscall, argument);
  if (meaning == nullptr) return Number(value);
  std::string text;
  std::uint64_t rest = value;
  if (meaning->listed != 0) {
    const auto name = NameWith(meaning->prefix, value & meaning->listed);
    if (name.empty() && meaning->listed == kFull) return Number(value);
    Append(text, name.empty() ? Number(value & meaning->listed) : std::string(name));
    rest &= ~meaning->listed;
  }
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t flag = std::uint64_t{1} << bit;
    const auto name = (rest & flag) == 0 ? std::string_view() : NameWith(meaning->prefix, flag);
    if (name.empty()) continue;
    Append(text, name);
    rest &= ~flag;
  }
  if (rest != 0 || text.empty()) Append(text, Number(rest));
  return text;
}

std::vector<Comparison> KindOf(const Syscall& syscall, const Call& call) {
  std::vector<Comparison> kind;
  const auto arguments = ArgumentsOf(syscall);
  for (const Meaning& one : kMeanings) {
    if (one.syscall != syscall.name || !Counts(one, call)) continue;
    const std::uint64_t mask = one.kind & MaskOf(arguments[one.argument]);
    kind.push_back({one.argument, mask, call.arguments[one.argument] & mask});
  }
  return kind;
}

std::string SpellConditions(const Syscall& syscall, const std::vector<Comparison>& when) {
  const auto arguments = ArgumentsOf(syscall);
  std::string text;
  for (const Comparison& one : when) {
    const Argument& argument = arguments[one.argument];
    std::string mask;
    if (one.mask != MaskOf(argument)) {
      mask = Spell(syscall, one.argument, one.mask);
      // The bits of a list have no names one by one.
      const Meaning* meaning = MeaningOf(syscall, one.argument);
      if (meaning != nullptr && meaning->listed != 0) mask = fmt::format("{:#x}", one.mask);
      if (mask.find('|') != mask.npos) mask = "(" + mask + ")";
      mask = " & " + mask;
    }
    text += fmt::format("{}{}.{}{} == {}", text.empty() ? "" : " && ", syscall.name, argument.name,
                        mask, Spell(syscall, one.argument, one.value));
  }
  return text;
}

Told Tell(const Call& call, const Oracle& oracle) {
  Told told{{call.arch, call.number, {}}, {}, {}};
  if (call.arch != AuditArch(oracle.arch())) {
    told.text = fmt::format("system call {} of architecture {:#x}", call.number, call.arch);
    return told;
  }
  const Syscall* syscall = FindSyscall(oracle.arch(), call.number);
  if (syscall == nullptr) {
    const bool x32 =
        oracle.arch() == Arch::kX86_64 && (call.number & kX32Bit) != 0 && call.number < 2 * kX32Bit;
    told.text = x32 ? fmt::format("system call {} of x32", call.number & ~kX32Bit)
                    : fmt::format("system call {}", static_cast<std::int32_t>(call.number));
    return told;
  }
  std::array<bool, 6> wanted{};
  for (const Comparison& one : KindOf(*syscall, call)) wanted[one.argument] = true;
  for (const Rule* rule : oracle.RulesFor(call.number)) {
    for (const Comparison& one : rule->when) wanted[one.argument] = true;
  }
  const auto arguments = ArgumentsOf(*syscall);
  std::string shown;
  for (unsigned i = 0; i < arguments.size(); ++i) {
    if (!wanted[i]) continue;
    told.call.arguments[i] = call.arguments[i] & MaskOf(arguments[i]);
    std::string value = Spell(*syscall, i, told.call.arguments[i]);
    shown += fmt::format("{}{} = {}", shown.empty() ? "" : ", ", arguments[i].name, value);
    told.arguments.emplace(arguments[i].name, std::move(value));
  }
  told.text = fmt::format("{}({})", syscall->name, shown);
  return told;
}

}  // namespace bf::lockdown::sandbox
