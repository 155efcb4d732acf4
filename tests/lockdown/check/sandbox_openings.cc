// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "tests/lockdown/check/openings.h"

namespace bf::lockdown::check {
namespace {

using D = CleanDevice;

}  // namespace

const std::vector<Opening>& SandboxOpenings() {
  static const std::vector<Opening> kOpenings = {
      {"a compiled profile is changed by a byte",
       [](D& d) { d.Append("usr/lib/betterframe/sandbox/kiosk.filter", "x"); },
       {"sandbox-files"}},
      {"a compiled profile is gone",
       [](D& d) { d.Remove("usr/lib/betterframe/sandbox/kiosk.filter"); },
       {"sandbox-files"}},
      {"there are no compiled profiles",
       [](D& d) { d.Remove("usr/lib/betterframe/sandbox"); },
       {"sandbox-files"}},
      {"a compiled profile is another's",
       [](D& d) {
         d.Write("usr/lib/betterframe/sandbox/kiosk.filter",
                 d.tree.Read("usr/lib/betterframe/sandbox/bf-lockdown.filter"));
       },
       {"sandbox-files"}},
      {"a compiled profile of no text",
       [](D& d) { d.Write("usr/lib/betterframe/sandbox/other.filter", "x"); },
       {"sandbox-files"}},
      {"everybody writes a compiled profile",
       [](D& d) { ::chmod((d.tree / "usr/lib/betterframe/sandbox/kiosk.filter").c_str(), 0666); },
       {"sandbox-files"}},
      {"everybody writes their directory",
       [](D& d) { ::chmod((d.tree / "usr/lib/betterframe").c_str(), 0777); },
       {"sandbox-files"}},
      {"a compiled profile is a link",
       [](D& d) {
         const std::string filters = "usr/lib/betterframe/sandbox/";
         d.Write("usr/lib/kiosk", d.tree.Read(filters + "kiosk.filter"));
         d.Link(filters + "kiosk.filter", "../../kiosk");
       },
       {"sandbox-files"}},
      {"the profile was compiled from another text",
       [](D& d) { d.Reseal("kiosk", [](auto& one) { one.policy_hash[0] ^= 1; }); },
       {"sandbox-files"}},
      {"the compiled profile keeps a capability",
       [](D& d) { d.Reseal("kiosk", [](auto& one) { one.bounding = 1; }); },
       {"sandbox-files"}},
      {"the filter allows what the text kills",
       [](D& d) {
         d.Reseal("kiosk", [](auto& one) {
           for (auto& instruction : one.program)
             if (instruction.k == 0x5412) instruction.k = 0x5413;
         });
       },
       {"sandbox-files"}},
      {"a drop-in starts the kiosk outside",
       [](D& d) {
         d.Write("run/systemd/system/betterframe-kiosk.service.d/99.conf",
                 "[Service]\nExecStart=\nExecStart=/usr/bin/x\n");
       },
       {"sandbox-units"}},
      {"a command more runs as the service manager",
       [](D& d) {
         d.Write("etc/systemd/system/bf-lockdown.service.d/99.conf",
                 "[Service]\nExecStartPre=+/usr/libexec/betterframe/bf-lockdown-exec bf-lockdown "
                 "-- /usr/bin/x\n");
       },
       {"sandbox-units"}},
      {"one instance of the key filter has a wider profile",
       [](D& d) {
         d.Write("run/systemd/system/bf-input-filter@input4.service.d/99.conf",
                 "[Service]\nExecStopPost=/usr/libexec/betterframe/bf-lockdown-exec kiosk -- "
                 "/usr/bin/x\n");
       },
       {"sandbox-units"}},
      {"a drop-in of another name of the kiosk",
       [](D& d) {
         d.tree.Link("etc/systemd/system/kiosk.service",
                     "/lib/systemd/system/betterframe-kiosk.service");
         d.tree.Link("run/systemd/system/front.service",
                     "../../../etc/systemd/system/kiosk.service");
         d.Write("etc/systemd/system/front.service.d/x.conf", "[Service]\nExecStartPre=/bin/sh\n");
       },
       {"sandbox-units"}},
      {"a drop-in of another name of a template",
       [](D& d) {
         d.tree.Link("etc/systemd/system/filter@.service",
                     "/usr/lib/systemd/system/bf-input-filter@.service");
         d.Write("run/systemd/system/filter@.service.d/x.conf",
                 "[Service]\nExecStartPre=/bin/sh\n");
       },
       {"sandbox-units"}},
      {"a link to elsewhere is another unit, and no name of the kiosk",
       [](D& d) {
         d.tree.Link("etc/systemd/system/kiosk.service", "/opt/betterframe-kiosk.service");
         d.Write("etc/systemd/system/kiosk.service.d/x.conf", "[Service]\nExecStartPre=/bin/sh\n");
       },
       {}},
      {"a drop-in of another name, which one of the kiosk's own hides",
       [](D& d) {
         d.tree.Link("etc/systemd/system/kiosk.service",
                     "/usr/lib/systemd/system/betterframe-kiosk.service");
         d.Write("etc/systemd/system/kiosk.service.d/x.conf", "[Service]\nExecStartPre=/bin/sh\n");
         d.Write("usr/lib/systemd/system/betterframe-kiosk.service.d/x.conf", "[Service]\n");
       },
       {}},
      {"a drop-in of all services",
       [](D& d) {
         d.Write("etc/systemd/system/service.d/x.conf", "[Service]\nExecStart=/bin/sh\n");
       },
       {"sandbox-units", "emergency-shell", "rescue-shell"}},
      {"a drop-in of all services that begin alike",
       [](D& d) {
         d.Write("etc/systemd/system/bf-.service.d/x.conf", "[Service]\nExecStartPre=/bin/sh\n");
       },
       {"sandbox-units"}},
      {"a drop-in of all instances that begin alike",
       [](D& d) {
         d.Write("etc/systemd/system/bf-input-@input4.service.d/x.conf",
                 "[Service]\nExecStartPre=/bin/sh\n");
       },
       {"sandbox-units"}},
      {"what a drop-in of all services says, one of the unit takes back",
       [](D& d) {
         d.Write("etc/systemd/system/service.d/x.conf", "[Service]\nExecStartPre=/bin/sh\n");
         for (const char* unit : {"emergency", "rescue", "bf-", "betterframe-kiosk"})
           d.Write(fmt::format("usr/lib/systemd/system/{}.service.d/x.conf", unit), "[Service]\n");
       },
       {}},
      {"a drop-in hides a command behind a backslash that is not the last character",
       [](D& d) {
         d.Write("etc/systemd/system/bf-lockdown.service.d/x.conf",
                 "[Service]\nEnvironment=A=b \\ \nExecStartPre=/bin/sh\n");
       },
       {"sandbox-units"}},
      {"a second command in the line",
       [](D& d) {
         d.Append("usr/lib/systemd/system/bf-lockdown.service",
                  "ExecReload=/usr/libexec/betterframe/bf-lockdown-exec bf-lockdown -- /bin/true ; "
                  "/bin/sh -c evil\n");
       },
       {"sandbox-units"}},
      {"no service of ours is there",
       [](D& d) {
         for (const char* name : {"bf-lockdown", "bf-input-filter@", "betterframe-kiosk"})
           d.Remove(fmt::format("usr/lib/systemd/system/{}.service", name));
       },
       {"sandbox-units"}},
      {"the kiosk has a capability",
       [](D& d) { d.Run("betterframe-kiosk.service", "502", "0000000000000002"); },
       {"sandbox-processes"}},
      {"a child in a group of its own has no filter",
       [](D& d) {
         d.Run("betterframe-kiosk.service/below", "503", "0000000000000000");
         d.Replace("proc/503/status", "Seccomp:\t2", "Seccomp:\t0");
       },
       {"sandbox-processes"}},
      {"a service in a slice of a slice",
       [](D& d) {
         d.Run("a.slice/a-b.slice/a-b-c.slice/bf-state.service", "503", "0000000000000000");
         d.Replace("proc/503/status", "Seccomp:\t2", "Seccomp:\t0");
       },
       {"sandbox-processes"}},
      {"a service in no slice of the system's",
       [](D& d) {
         d.Run("../my.slice/betterframe-kiosk.service", "503", "0000000000000000");
         d.Replace("proc/503/status", "Seccomp:\t2", "Seccomp:\t0");
       },
       {"sandbox-processes"}},
      {"a getty in a slice of another",
       [](D& d) {
         d.Write("sys/fs/cgroup/my.slice/my-own.slice/getty@tty3.service/cgroup.procs", "503\n");
       },
       {"getty-screen"}},
      {"a PAM session takes the processes elsewhere",
       [](D& d) {
         d.Write("etc/systemd/system/betterframe-kiosk.service.d/x.conf",
                 "[Service]\nPAMName=login\n");
       },
       {"sandbox-units"}},
      {"the processes of a group cannot be read",
       [](D& d) {
         d.Remove("sys/fs/cgroup/system.slice/betterframe-kiosk.service/cgroup.procs");
         d.Write("sys/fs/cgroup/system.slice/betterframe-kiosk.service/cgroup.procs/x", "");
       },
       {"sandbox-processes"}},
      {"the first thread has ended, and another runs outside",
       [](D& d) {
         const std::string alive = d.tree.Read("proc/502/status");
         d.Replace("proc/502/status", "S (sleeping)", "Z (zombie)");
         d.Write("proc/502/task/502/status", d.tree.Read("proc/502/status"));
         d.Write("proc/502/task/505/status", alive);
         d.Replace("proc/502/task/505/status", "Seccomp:\t2", "Seccomp:\t0");
       },
       {"sandbox-processes"}},
      {"the filters of the key filter are none",
       [](D& d) { d.Replace("proc/501/status", "Seccomp_filters:\t1", "Seccomp_filters:\t0"); },
       {"sandbox-processes"}},
      {"the kiosk may get new privileges",
       [](D& d) { d.Replace("proc/502/status", "NoNewPrivs:\t1", "NoNewPrivs:\t0"); },
       {"sandbox-processes"}},
      {"a capability that could be raised",
       [](D& d) {
         d.Replace("proc/502/status", "CapPrm:\t0000000000000000", "CapPrm:\t0000000000000002");
       },
       {"sandbox-processes"}},
      {"a capability that a file could give",
       [](D& d) {
         d.Replace("proc/502/status", "CapBnd:\t0000000000000000", "CapBnd:\t0000000000000002");
       },
       {"sandbox-processes"}},
      {"an ambient capability",
       [](D& d) {
         d.Replace("proc/501/status", "CapAmb:\t0000000000000000", "CapAmb:\t0000000000000002");
       },
       {"sandbox-processes"}},
      {"a process that cannot be looked at",
       [](D& d) { d.Write("proc/502/status", "Name:\tservice\n"); },
       {"sandbox-processes"}},
      {"a filter that the kernel refuses",
       [](D& d) { d.Reseal("kiosk", [](auto& one) { one.program.pop_back(); }); },
       {"sandbox-files"}},
      {"what kills is only denied",
       [](D& d) {
         d.Reseal("kiosk", [&](auto& one) {
           auto profile = d.expected.profiles.back();
           std::erase_if(profile.rules,
                         [](const auto& rule) { return rule.syscall->name == "keyctl"; });
           one.program = sandbox::CompileProfile(profile, sandbox::NativeArch()).value().program;
         });
       },
       {"sandbox-files"}},
      {"the image is for another architecture, on which what libseccomp lacks has the default",
       [](D& d) {
         const auto arch = sandbox::NativeArch() == sandbox::Arch::kX86_64 ? sandbox::Arch::kAarch64
                                                                           : sandbox::Arch::kX86_64;
         const auto made = sandbox::CompileProfile(d.expected.profiles.back(), arch).value();
         EXPECT_FALSE(made.profile.notes.empty());
         d.Write("usr/lib/betterframe/sandbox/kiosk.filter",
                 sandbox::Encode(sandbox::StoredFrom(made.profile, arch, made.program)));
       },
       {}},
      // Not drift: what was given up, and what has ended.
      {"the key filter has given its capability up",
       [](D& d) { d.Run(kFilterGroup, "501", "0000000000000000"); },
       {}},
      {"a process has ended", [](D& d) { d.Remove("proc/502"); }, {}},
      {"a process waits to be told of",
       [](D& d) {
         d.Replace("proc/502/status", "Seccomp:\t2", "Seccomp:\t0");
         d.Replace("proc/502/status", "S (sleeping)", "Z (zombie)");
         d.Write("proc/502/task/502/status", d.tree.Read("proc/502/status"));
       },
       {}},
  };
  return kOpenings;
}

}  // namespace bf::lockdown::check
