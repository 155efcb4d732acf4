// SPDX-License-Identifier: Apache-2.0
// Each way out is opened by itself on a device that is otherwise shut, and each time exactly its
// row turns red. A row that no case can make red is not tested, and fails here.
#include <set>
#include <thread>

#include "tests/lockdown/check/clean_device.h"
#include "tests/support/golden.h"

namespace bf::lockdown::check {
namespace {

std::set<std::string> RedRows(const std::vector<RowResult>& results) {
  std::set<std::string> red;
  for (const auto& [row, outcome] : results)
    if (outcome.verdict() == Verdict::kDrift) red.emplace(row->name);
  return red;
}

std::string Drifts(const std::vector<RowResult>& results) {
  std::string text;
  for (const auto& [row, outcome] : results)
    for (const auto& one : outcome.drifts) text += fmt::format("{}: {}\n", row->name, one);
  return text;
}

struct Opening {
  std::string what;
  void (*open)(CleanDevice& device);
  std::set<std::string> red;
};

using D = CleanDevice;

// The command line with one word more.
std::string Words(const CleanDevice& device, const std::string& more) {
  const std::string words = device.tree.Read("proc/cmdline");
  return fmt::format("{} {}\n", words.substr(0, words.size() - 1), more);
}

constexpr const char* kPanelNode =
    "sys/devices/platform/axi/1f00074000.i2c/i2c-10/10-0038/input/input3";
constexpr const char* kInterface = "sys/devices/platform/usb/usb1/1-1/1-1:1.0";
constexpr const char* kHid = "sys/devices/platform/usb/usb1/1-1/1-1:1.0/0003:0627:0001.0001";

const std::vector<Opening>& Openings() {
  static const std::vector<Opening> kOpenings = {
      // SysRq, the kernel and its command line.
      {"sysctl kernel.sysrq=1 without a serial console",
       [](D& d) {
         d.Write("proc/sys/kernel/sysrq", "1\n");
         d.Write("proc/consoles", "tty0                 -WU (EC  p  )    4:1\n");
       },
       {"sysrq"}},
      {"sysctl kernel.sysrq=1 with one",
       [](D& d) { d.Write("proc/sys/kernel/sysrq", "1\n"); },
       {"sysrq", "serial-break"}},
      {"kernel.sysrq is gone",
       [](D& d) { d.Remove("proc/sys/kernel/sysrq"); },
       {"sysrq", "serial-break"}},
      {"consoles cannot be read", [](D& d) { d.Remove("proc/consoles"); }, {"serial-break"}},
      {"sysrq_always_enabled",
       [](D& d) { d.Write("proc/cmdline", Words(d, "sysrq_always_enabled")); },
       {"sysrq-always"}},
      {"a reset sequence",
       [](D& d) { d.Write("sys/module/sysrq/parameters/reset_seq", "42,54,30\n"); },
       {"sysrq-reset"}},
      {"a reset sequence in the device tree",
       [](D& d) { d.Write("proc/device-tree/chosen/linux,sysrq-reset-seq/keyset", "\x01"); },
       {"sysrq-reset"}},
      {"everybody writes sysrq-trigger",
       [](D& d) { d.Node("proc/sysrq-trigger", 0222); },
       {"sysrq-trigger"}},
      {"kgdboc on the command line",
       [](D& d) { d.Write("proc/cmdline", Words(d, "kgdboc=ttyS0")); },
       {"kernel-debugger"}},
      {"kgdboc at run time",
       [](D& d) { d.Write("sys/module/kgdboc/parameters/kgdboc", "ttyS0\n"); },
       {"kernel-debugger"}},
      {"hard Ctrl-Alt-Del",
       [](D& d) { d.Write("proc/sys/kernel/ctrl-alt-del", "1\n"); },
       {"ctrl-alt-del-hard"}},
      {"TIOCSTI", [](D& d) { d.Write("proc/sys/dev/tty/legacy_tiocsti", "1\n"); }, {"tiocsti"}},
      {"a kernel without that switch",
       [](D& d) { d.Remove("proc/sys/dev/tty/legacy_tiocsti"); },
       {"tiocsti"}},
      {"a later word lets all USB devices in",
       [](D& d) { d.Write("proc/cmdline", Words(d, "usbcore.authorized_default=1")); },
       {"cmdline-usb"}},
      {"authorized_default=3 for controllers to come",
       [](D& d) { d.Write("sys/module/usbcore/parameters/authorized_default", "3\n"); },
       {"usbcore-default"}},
      {"a word of the policy is missing",
       [](D& d) {
         d.Write("proc/cmdline", test::ReplaceAll(d.tree.Read("proc/cmdline"), "i8042.nokbd", ""));
       },
       {"cmdline-words"}},
      {"init=/bin/sh",
       [](D& d) { d.Write("proc/cmdline", Words(d, "init=/bin/sh")); },
       {"cmdline-shell"}},
      {"systemd.debug_shell",
       [](D& d) { d.Write("proc/cmdline", Words(d, "systemd.debug_shell")); },
       {"cmdline-shell"}},
      {"the command line cannot be read",
       [](D& d) { d.Remove("proc/cmdline"); },
       {"sysrq-always", "kernel-debugger", "cmdline-usb", "cmdline-words", "cmdline-shell"}},
      // The console.
      {"a keymap that cannot be read",
       [](D& d) {
         d.Write("sys/class/tty/tty0/dev", "4:0\n");
         d.Write("dev/tty0", "");
       },
       {"vt-switch", "secure-attention"}},
      {"logind keeps VTs",
       [](D& d) { d.Write("etc/systemd/logind.conf.d/zzz.conf", "[Login]\nNAutoVTs=6\n"); },
       {"auto-vts"}},
      {"autovt is unmasked",
       [](D& d) { d.Link("run/systemd/system.control/autovt@.service", "/usr/lib/x"); },
       {"autovt", "unit-files"}},
      {"Ctrl-Alt-Del is unmasked",
       [](D& d) { d.Remove("etc/systemd/system/ctrl-alt-del.target"); },
       {"ctrl-alt-del", "unit-files"}},
      {"the burst",
       [](D& d) {
         d.Write("etc/systemd/system.conf.d/zzz.conf",
                 "[Manager]\nCtrlAltDelBurstAction=reboot-force\n");
       },
       {"ctrl-alt-del-burst"}},
      {"the power key",
       [](D& d) {
         d.Write("run/systemd/logind.conf.d/zzz.conf", "[Login]\nHandlePowerKey = poweroff\n");
       },
       {"power-key"}},
      {"the restart key",
       [](D& d) { d.Write("etc/systemd/logind.conf.d/zzz.conf", "[Login]\nHandleRebootKey=\n"); },
       {"reboot-key"}},
      {"the suspend key",
       [](D& d) {
         d.Write("etc/systemd/logind.conf.d/zzz.conf", "[Login]\nHandleSuspendKey=suspend\n");
       },
       {"sleep-keys"}},
      {"the lid",
       [](D& d) {
         d.Write("etc/systemd/logind.conf.d/zzz.conf", "[Login]\nHandleLidSwitch=suspend\n");
       },
       {"lid-switch"}},
      {"a getty runs on tty2",
       [](D& d) {
         d.Write("sys/fs/cgroup/system.slice/system-getty.slice/getty@tty2.service/cgroup.procs",
                 "7\n");
       },
       {"getty-screen"}},
      {"a getty of its own name is enabled",
       [](D& d) {
         d.Write("run/systemd/system/getty@tty3.service", "[Service]\nExecStart=/sbin/agetty\n");
         d.Link("run/systemd/system/multi-user.target.wants/getty@tty3.service",
                "../getty@tty3.service");
       },
       {"getty-screen"}},
      {"a getty runs on the serial line",
       [](D& d) {
         d.Write(
             "sys/fs/cgroup/system.slice/system-serial\\x2dgetty.slice/"
             "serial-getty@ttyS0.service/cgroup.procs",
             "8\n");
       },
       {"getty-serial"}},
      {"nobody can say what runs",
       [](D& d) { d.Remove("sys/fs/cgroup/system.slice"); },
       {"getty-screen", "getty-serial", "sandbox-units", "sandbox-processes"}},
      {"the debug shell runs",
       [](D& d) { d.Write("sys/fs/cgroup/system.slice/debug-shell.service/cgroup.procs", "9\n"); },
       {"debug-shell"}},
      {"a later drop-in gives the emergency shell back",
       [](D& d) {
         d.Write("etc/systemd/system/emergency.service.d/99.conf",
                 "[Service]\nExecStart=\nExecStart=-/bin/sh\n");
       },
       {"emergency-shell"}},
      {"a later drop-in gives the rescue shell back",
       [](D& d) {
         d.Write("run/systemd/system/rescue.service.d/99.conf", "[Service]\nExecStart=/bin/bash\n");
       },
       {"rescue-shell"}},
      // Nodes and modules.
      {"an event node of a denied device",
       [](D& d) { d.Node("dev/input/event4", 0660); },
       {"event-nodes"}},
      {"more than the group may open the panel",
       [](D& d) { d.Node("dev/input/event3", 0644); },
       {"event-nodes"}},
      {"an event node of no device",
       [](D& d) { d.Node("dev/input/event9", 0600); },
       {"event-nodes", "uaccess-tag", "power-switch-tag"}},
      {"a hidraw node",
       [](D& d) {
         d.Node("dev/hidraw0", 0600);
         d.Write("sys/class/hidraw/hidraw0/dev", "240:0\n");
       },
       {"hidraw-nodes"}},
      {"the mice node",
       [](D& d) {
         d.Node("dev/input/mice", 0660);
         d.Write("sys/class/input/mice/dev", "13:63\n");
       },
       {"mouse-nodes"}},
      {"a joystick node",
       [](D& d) {
         d.Node("dev/input/js0", 0664);
         d.Write("sys/class/input/js0/dev", "13:0\n");
       },
       {"joystick-nodes"}},
      {"a USB node for everybody",
       [](D& d) { d.Node("dev/bus/usb/001/002", 0664); },
       {"usb-nodes"}},
      {"a CEC node", [](D& d) { d.Node("dev/cec0", 0660); }, {"remotes"}},
      {"an infrared node", [](D& d) { d.Node("dev/lirc0", 0600); }, {"remotes"}},
      {"uinput is loaded",
       [](D& d) { d.Append("proc/modules", "uinput 20480 0 - Live 0x0\n"); },
       {"uinput"}},
      {"root may open uhid", [](D& d) { d.Node("dev/uhid", 0600); }, {"uhid"}},
      {"uhid is built in",
       [](D& d) { d.Append("lib/modules/6.6.0/modules.builtin", "kernel/drivers/hid/uhid.ko\n"); },
       {"uhid"}},
      {"Bluetooth's keyboards are built in",
       [](D& d) {
         d.Append("lib/modules/6.6.0/modules.builtin", "kernel/net/bluetooth/hidp/hidp.ko\n");
       },
       {"module-loaded"}},
      {"a driver of PS/2 is built in, and has no port",
       [](D& d) {
         d.Append("lib/modules/6.6.0/modules.builtin", "kernel/drivers/input/keyboard/atkbd.ko\n");
       },
       {}},
      {"a driver of PS/2 is loaded, and has no port",
       [](D& d) { d.Append("proc/modules", "atkbd 45056 0 - Live 0x0\n"); },
       {"module-loaded"}},
      {"decide would judge by another policy",
       [](D& d) { d.Append("usr/share/betterframe/lockdown/input.policy", "x"); },
       {"compiled-files", "decide-policy"}},
      {"decide has no policy",
       [](D& d) { d.Remove("usr/share/betterframe/lockdown/input.policy"); },
       {"compiled-files", "decide-policy"}},
      {"a driver of PS/2 is built in, and has a port",
       [](D& d) {
         d.Append("lib/modules/6.6.0/modules.builtin", "kernel/drivers/input/keyboard/atkbd.ko\n");
         d.Link("sys/bus/serio/devices/serio0/driver", "../../drivers/atkbd");
       },
       {"ps2"}},
      {"a seat gets the keyboard",
       [](D& d) { d.Append("run/udev/data/c13:68", "G:uaccess\nQ:uaccess\n"); },
       {"uaccess-tag"}},
      {"logind watches the keyboard",
       [](D& d) { d.Append("run/udev/data/c13:68", "G:power-switch\nQ:power-switch\n"); },
       {"power-switch-tag"}},
      {"an earlier file loads bluetooth",
       [](D& d) {
         d.Write("etc/modprobe.d/aaa.conf", "install bluetooth /sbin/modprobe -i bluetooth\n");
       },
       {"module-autoload"}},
      {"another helper of the kernel",
       [](D& d) { d.Write("proc/sys/kernel/modprobe", "/tmp/x\n"); },
       {"module-autoload"}},
      {"btusb is loaded",
       [](D& d) { d.Append("proc/modules", "btusb 65536 0 - Live 0x0\n"); },
       {"module-loaded"}},
      {"bluetooth runs",
       [](D& d) { d.Write("sys/fs/cgroup/system.slice/bluetooth.service/cgroup.procs", "10\n"); },
       {"bluetooth"}},
      // The gates.
      {"a root hub authorizes by what the firmware says",
       [](D& d) { d.Write("sys/devices/platform/usb/usb1/authorized_default", "2\n"); },
       {"usb-default"}},
      {"a root hub with 3",
       [](D& d) { d.Write("sys/devices/platform/usb/usb1/authorized_default", "3\n"); },
       {"usb-default"}},
      {"interfaces are authorized by themselves",
       [](D& d) { d.Write("sys/devices/platform/usb/usb1/interface_authorized_default", "1\n"); },
       {"usb-interface-default"}},
      {"the gate of interfaces is not there",
       [](D& d) { d.Remove("sys/devices/platform/usb/usb1/interface_authorized_default"); },
       {"usb-interface-default"}},
      {"the interface of the keyboard is authorized",
       [](D& d) { d.Write(fmt::format("{}/authorized", kInterface), "1\n"); },
       {"usb-interfaces"}},
      {"it has a driver all the same",
       [](D& d) {
         d.Link(fmt::format("{}/driver", kInterface), "../../../../bus/usb/drivers/usbhid");
       },
       {"usb-interfaces"}},
      {"HID drivers bind by themselves",
       [](D& d) { d.Write("sys/bus/hid/drivers_autoprobe", "1\n"); },
       {"hid-autoprobe"}},
      {"the keyboard has a HID driver",
       [](D& d) {
         d.Link(fmt::format("{}/driver", kHid), "../../../../bus/hid/drivers/hid-generic");
       },
       {"hid-bindings"}},
      {"the keyboard is released",
       [](D& d) { d.Write(fmt::format("{}/input/input4/inhibited", kHid), "0\n"); },
       {"inhibited"}},
      {"the panel has a key more",
       [](D& d) { d.Write(fmt::format("{}/capabilities/key", kPanelNode), "400 0 0 0 0 2\n"); },
       {"inhibited"}},
      {"the panel is shut",
       [](D& d) { d.Write(fmt::format("{}/inhibited", kPanelNode), "1\n"); },
       {"inhibited"}},
      {"a serio port with a driver",
       [](D& d) { d.Link("sys/bus/serio/devices/serio0/driver", "../../drivers/atkbd"); },
       {"ps2"}},
      {"apply failed",
       [](D& d) {
         d.Write("run/betterframe/lockdown.json",
                 test::ReplaceAll(d.tree.Read("run/betterframe/lockdown.json"), "\"ok\"",
                                  "\"failed\""));
       },
       {"apply"}},
      {"apply has not run", [](D& d) { d.Remove("run/betterframe/lockdown.json"); }, {"apply"}},
      // Files.
      {"a same-named rules file in /etc",
       [](D& d) { d.Write("etc/udev/rules.d/10-betterframe-lockdown.rules", "# nothing\n"); },
       {"rules-files"}},
      {"our rules masked in /run",
       [](D& d) { d.Link("run/udev/rules.d/72-betterframe-lockdown.rules", "/dev/null"); },
       {"rules-files"}},
      {"our rules changed by a byte",
       [](D& d) { d.Append("usr/lib/udev/rules.d/10-betterframe-lockdown.rules", "\n"); },
       {"rules-files"}},
      {"a 99-zz rule writes inhibited=0",
       [](D& d) {
         d.Write("etc/udev/rules.d/99-zz.rules",
                 "SUBSYSTEM==\"input\", KERNEL==\"input[0-9]*\", ATTR{inhibited}=\"0\"\n");
       },
       {"foreign-rules"}},
      {"a 99-zz rule gives tags back",
       [](D& d) {
         d.Write("etc/udev/rules.d/99-zz.rules", "SUBSYSTEM==\"input\", TAG+=\"uaccess\"\n");
       },
       {"foreign-rules"}},
      {"a sysctl file of the same name",
       [](D& d) { d.Write("etc/sysctl.d/99-zz-betterframe-lockdown.conf", "kernel.sysrq = 1\n"); },
       {"sysctl-files"}},
      {"a logind file of ours is gone",
       [](D& d) {
         d.Append("usr/lib/systemd/logind.conf.d/zz-betterframe-lockdown.conf", "# changed\n");
       },
       {"logind-files"}},
      {"a system file of ours was changed",
       [](D& d) {
         d.Append("usr/lib/systemd/system.conf.d/zz-betterframe-lockdown.conf", "# changed\n");
       },
       {"system-files"}},
      {"a modprobe file of ours was changed",
       [](D& d) { d.Append("usr/lib/modprobe.d/betterframe-lockdown.conf", "# changed\n"); },
       {"modprobe-files"}},
      {"a mask is gone",
       [](D& d) { d.Remove("etc/systemd/system/kbrequest.target"); },
       {"unit-files"}},
      // The sandbox.
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
      {"a list was changed",
       [](D& d) { d.Append("usr/share/betterframe/lockdown/cmdline", "x\n"); },
       {"compiled-files"}},
  };
  return kOpenings;
}

TEST(EscapeMatrix, ADeviceAsThePolicyWantsItIsShut) {
  const CleanDevice device;
  const auto results = device.Checked();
  EXPECT_EQ(Drifts(results), "");
  EXPECT_EQ(results.size(), Rows().size());
}

TEST(EscapeMatrix, EachOpeningTurnsItsRowsRedAndNoOther) {
  for (const Opening& opening : Openings()) {
    CleanDevice device;
    opening.open(device);
    const auto results = device.Checked();
    EXPECT_EQ(RedRows(results), opening.red) << opening.what << "\n" << Drifts(results);
  }
}

// Rows that the tree cannot open; tests below do.
const std::set<std::string> kByFacts = {"maintenance"};

TEST(EscapeMatrix, EachRowHasAnOpening) {
  std::set<std::string> covered = kByFacts;
  for (const Opening& opening : Openings()) covered.insert(opening.red.begin(), opening.red.end());
  for (const Row& row : Rows())
    EXPECT_TRUE(covered.contains(std::string(row.name))) << row.name << " is never red";
  EXPECT_EQ(covered.size(), Rows().size());
}

TEST(EscapeMatrix, WhatIsNotReadIsDrift) {
  const CleanDevice device;
  const auto results = Check(device.policy, device.expected, Facts{});
  for (const auto& [row, outcome] : results)
    EXPECT_EQ(outcome.verdict(), Verdict::kDrift) << row->name;
}

TEST(EscapeMatrix, ARootWithNothingInItIsDriftInEveryRowThatReadsTheKernel) {
  const testing_support::TempTree empty;
  const CleanDevice device;
  const auto red =
      RedRows(Check(device.policy, device.expected, Observe(empty.path(), device.policy, {})));
  for (const char* row : {"sysrq", "cmdline-usb", "hid-autoprobe", "inhibited", "rules-files",
                          "event-nodes", "apply", "power-key", "getty-screen"})
    EXPECT_TRUE(red.contains(row)) << row;
}

TEST(EscapeMatrix, AWindowThatPolicyDoesNotHaveIsDrift) {
  const CleanDevice device;
  Facts facts = device.Observed();
  facts.maintenance = true;
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)),
            std::set<std::string>{"maintenance"});
}

// What a build for another architecture leaves to the default is no drift, but it is said.
TEST(EscapeMatrix, RulesThatTheDefaultStandsForAreCounted) {
  const auto in_effect = [](const CleanDevice& device) {
    for (const auto& [row, outcome] : device.Checked())
      if (row->name == "sandbox-files") return outcome.in_effect;
    return std::string();
  };
  CleanDevice device;
  EXPECT_EQ(in_effect(device), "each does what its text says");
  const auto arch = sandbox::NativeArch() == sandbox::Arch::kX86_64 ? sandbox::Arch::kAarch64
                                                                    : sandbox::Arch::kX86_64;
  const auto made = sandbox::CompileProfile(device.expected.profiles.back(), arch).value();
  device.Write("usr/lib/betterframe/sandbox/kiosk.filter",
               sandbox::Encode(sandbox::StoredFrom(made.profile, arch, made.program)));
  EXPECT_TRUE(in_effect(device).starts_with("each does what its text says, ")) << in_effect(device);
}

// What has just been started has no filter yet; what stays so is drift.
TEST(EscapeMatrix, AProcessThatIsBeingStartedIsLookedAtAgain) {
  CleanDevice device;
  const std::string status = device.tree.Read("proc/502/status");
  device.Replace("proc/502/status", "Name:\tservice", "Name:\tbf-lockdown-exe");
  device.Replace("proc/502/status", "Seccomp:\t2", "Seccomp:\t0");
  EXPECT_EQ(RedRows(device.Checked()), std::set<std::string>{"sandbox-processes"});
  std::thread starts([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    device.Write("proc/502/next", status);
    std::filesystem::rename(device.tree / "proc/502/next", device.tree / "proc/502/status");
  });
  const auto results = device.Checked();
  starts.join();
  EXPECT_EQ(Drifts(results), "");
}

// The keymap is read by ioctl, which a tree of files does not answer.
TEST(EscapeMatrix, ChordsCountWhenSomethingCanSendThem) {
  const CleanDevice device;
  Facts facts = device.Observed();
  facts.keymap = {true, 12, 1, ""};
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)), std::set<std::string>{});
  for (auto& one : facts.devices.items)
    for (auto& node : one.input) node.inhibited = false;
  const std::set<std::string> red = {"inhibited", "vt-switch", "secure-attention"};
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)), red);
}

TEST(EscapeMatrix, AnAclIsMoreThanTheModeSays) {
  const CleanDevice device;
  Facts facts = device.Observed();
  for (auto& node : facts.nodes.items) node.acl = node.path == "/dev/input/event4";
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)),
            std::set<std::string>{"event-nodes"});
}

TEST(EscapeMatrix, NodesOfOthersThanRootAreDrift) {
  const CleanDevice device;
  Facts facts = device.Observed();
  for (auto& node : facts.nodes.items) node.uid = 1000;
  const std::set<std::string> red = {"event-nodes", "usb-nodes", "remotes", "uinput", "uhid"};
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)), red);
}

}  // namespace
}  // namespace bf::lockdown::check
