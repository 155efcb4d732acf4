// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/weaken.h"

#include <algorithm>
#include <array>
#include <set>

#include "lockdown/sandbox/policy/groups.h"
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/policy/read.h"

namespace bf::lockdown::sandbox {
namespace {

// A call with these arguments is one to answer for.
struct Danger {
  std::string_view what;
  std::string_view syscall;
  Comparison call;
  std::string_view why;
};

constexpr std::uint64_t k32 = 0xffffffff;
constexpr std::string_view kTypes = "types into a terminal";
constexpr std::string_view kKeys = "makes or changes keys";
constexpr std::string_view kScreen = "takes the screen or its keymap";
constexpr std::string_view kNamespace = "makes a namespace, in which it is root";
constexpr std::string_view kBoth = "maps memory that is writable and executable";

constexpr auto kDangers = std::to_array<Danger>({
    {"ioctl TIOCSTI", "ioctl", {1, k32, 0x5412}, kTypes},
    {"ioctl TIOCLINUX", "ioctl", {1, k32, 0x541c}, kTypes},
    {"ioctl TIOCCONS", "ioctl", {1, k32, 0x541d}, "takes what the kernel prints"},
    {"ioctl TIOCSETD", "ioctl", {1, k32, 0x5423}, "loads a line discipline"},
    {"ioctl UI_DEV_CREATE", "ioctl", {1, k32, 0x5501}, kKeys},
    {"ioctl EVIOCSKEYCODE", "ioctl", {1, k32, 0x40084504}, kKeys},
    {"ioctl EVIOCSKEYCODE_V2", "ioctl", {1, k32, 0x40284504}, kKeys},
    {"ioctl EVIOCGRAB", "ioctl", {1, k32, 0x40044590}, "takes an input device from all others"},
    {"ioctl KDSKBENT", "ioctl", {1, k32, 0x4b47}, kKeys},
    {"ioctl KDSKBSENT", "ioctl", {1, k32, 0x4b49}, kKeys},
    {"ioctl KDSKBMODE", "ioctl", {1, k32, 0x4b45}, kScreen},
    {"ioctl KDSETMODE", "ioctl", {1, k32, 0x4b3a}, kScreen},
    {"ioctl VT_ACTIVATE", "ioctl", {1, k32, 0x5606}, kScreen},
    {"ioctl VT_UNLOCKSWITCH", "ioctl", {1, k32, 0x560c}, kScreen},
    {"clone CLONE_NEWUSER", "clone", {0, 0x10000000, 0x10000000}, kNamespace},
    {"clone CLONE_NEWNS", "clone", {0, 0x00020000, 0x00020000}, kNamespace},
    {"clone CLONE_NEWNET", "clone", {0, 0x40000000, 0x40000000}, kNamespace},
    {"clone CLONE_NEWPID", "clone", {0, 0x20000000, 0x20000000}, kNamespace},
    {"mmap PROT_WRITE|PROT_EXEC", "mmap", {2, 6, 6}, kBoth},
    {"mprotect PROT_EXEC", "mprotect", {2, 4, 4}, kBoth},
    {"pkey_mprotect PROT_EXEC", "pkey_mprotect", {2, 4, 4}, kBoth},
    {"prctl PR_CAP_AMBIENT", "prctl", {0, k32, 47}, "changes capabilities"},
    {"prctl PR_SET_SECCOMP", "prctl", {0, k32, 22}, "loads a filter of its own"},
    {"personality READ_IMPLIES_EXEC", "personality", {0, 0x0400000, 0x0400000}, kBoth},
    {"socket AF_PACKET", "socket", {0, k32, 17}, "sees and makes raw packets"},
    {"socket AF_NETLINK", "socket", {0, k32, 16}, "talks to the kernel's configuration"},
    {"socket AF_ALG", "socket", {0, k32, 38}, "reaches rarely used kernel code"},
    {"socket AF_VSOCK", "socket", {0, k32, 40}, "reaches the host of a virtual machine"},
    {"socket AF_BLUETOOTH", "socket", {0, k32, 31}, "pairs and drives Bluetooth devices"},
});

// Without any condition these are one weakening, not each of theirs.
constexpr std::string_view kSensitive[] = {"ioctl",         "clone",       "mmap",  "mprotect",
                                           "pkey_mprotect", "personality", "prctl", "socket"};

constexpr std::string_view kOneByOne[] = {"mknod", "mknodat", "capset", "chroot", "seccomp"};

struct Heavy {
  std::string_view name;
  std::string_view why;
};
constexpr Heavy kHeavy[] = {
    {"CAP_DAC_OVERRIDE", "writes any file"},
    {"CAP_DAC_READ_SEARCH", "reads any file"},
    {"CAP_SYS_ADMIN", "mounts, and much else"},
    {"CAP_SYS_MODULE", "loads code into the kernel"},
    {"CAP_SYS_RAWIO", "reaches hardware past its driver"},
    {"CAP_SYS_PTRACE", "looks into other processes"},
    {"CAP_SYS_BOOT", "reboots"},
    {"CAP_SYS_TIME", "sets the clock"},
    {"CAP_SYS_TTY_CONFIG", "configures terminals"},
    {"CAP_NET_ADMIN", "configures the network"},
    {"CAP_NET_RAW", "makes raw packets"},
    {"CAP_SETUID", "becomes any user"},
    {"CAP_SETGID", "becomes any group"},
    {"CAP_SETPCAP", "changes capabilities"},
    {"CAP_SETFCAP", "gives capabilities to files"},
    {"CAP_MKNOD", "makes device nodes"},
    {"CAP_CHOWN", "takes any file"},
    {"CAP_FOWNER", "acts as the owner of any file"},
    {"CAP_BPF", "loads programs into the kernel"},
    {"CAP_PERFMON", "watches all processes"},
    {"CAP_MAC_ADMIN", "changes mandatory access control"},
    {"CAP_MAC_OVERRIDE", "ignores mandatory access control"},
    {"CAP_SYS_CHROOT", "changes its root"},
    {"CAP_LINUX_IMMUTABLE", "changes what is marked immutable"},
};

template <class Range>
bool In(const Range& range, std::string_view name) {
  return std::find(std::begin(range), std::end(range), name) != std::end(range);
}

bool IsNever(std::string_view syscall) {
  return In(FindGroup("@never")->entries, syscall) || In(kOneByOne, syscall);
}

class Collector {
 public:
  std::vector<Weakening> Take() && { return std::move(found_); }
  void Add(std::string_view what, std::string_view why, const SourceRef& at) {
    if (seen_.emplace(what).second) found_.push_back({std::string(what), std::string(why), at});
  }
  void AddRule(const Rule& rule) {
    const auto name = rule.syscall->name;
    if (IsNever(name)) return Add(name, "no ordinary program asks for it", rule.at);
    if (rule.when.empty() && In(kSensitive, name))
      return Add(name, "it is allowed with whatever arguments", rule.at);
    for (const Danger& danger : kDangers) {
      if (danger.syscall == name && Overlap(rule.when, {danger.call}))
        Add(danger.what, danger.why, rule.at);
    }
  }

 private:
  std::set<std::string, std::less<>> seen_;
  std::vector<Weakening> found_;
};

}  // namespace

std::vector<Weakening> WeakeningsOf(const Profile& profile) {
  Collector all;
  if (profile.fallback.value.allows())
    all.Add("default", "what nobody thought of is allowed", profile.fallback.at);
  if (!profile.no_new_privs.value)
    all.Add("no_new_privs", "a setuid program gives it back what it gave up",
            profile.no_new_privs.at);
  for (const Rule& rule : profile.rules) {
    if (rule.action.allows()) all.AddRule(rule);
  }
  for (const Heavy& heavy : kHeavy) {
    const auto number = Lookup(Capabilities(), heavy.name);
    if (number && (profile.capabilities.bounding.value >> *number & 1U) != 0)
      all.Add(heavy.name, heavy.why, profile.capabilities.bounding.at);
  }
  return std::move(all).Take();
}

void CheckRelaxes(const Profile& profile, policy::Diagnostics& diagnostics) {
  std::map<std::string, int, std::less<>> relaxed;
  for (const Relax& relax : profile.relaxes) {
    for (const auto& what : relax.what) {
      if (!relaxed.emplace(what.value, 0).second)
        diagnostics.Add(what.at, "\"{}\" is relaxed twice", what.value);
    }
  }
  for (const Weakening& one : WeakeningsOf(profile)) {
    const auto found = relaxed.find(one.what);
    if (found == relaxed.end())
      diagnostics.Add(one.at,
                      "\"{}\" weakens the sandbox: {}; a [[relax]] has to name it, and say "
                      "why and who answers for it",
                      one.what, one.why);
    else
      ++found->second;
  }
  for (const Relax& relax : profile.relaxes) {
    for (const auto& what : relax.what) {
      if (relaxed[what.value] == 0)
        diagnostics.Add(what.at, "nothing here needs \"{}\" to be relaxed", what.value);
    }
  }
}

}  // namespace bf::lockdown::sandbox
