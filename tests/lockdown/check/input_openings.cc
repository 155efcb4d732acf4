// SPDX-License-Identifier: Apache-2.0
#include "tests/lockdown/check/openings.h"
#include "tests/support/golden.h"

namespace bf::lockdown::check {
namespace {

using D = CleanDevice;

// The command line with one word more.
std::string Words(const CleanDevice& device, const std::string& more) {
  const std::string words = device.tree.Read("proc/cmdline");
  return fmt::format("{} {}\n", words.substr(0, words.size() - 1), more);
}

// A line of /proc/net/unix.
std::string Listening(std::string_view path) {
  return fmt::format("0000000033333333: 00000002 00000000 00010000 0001 01 103 {}\n", path);
}

constexpr const char* kPanelNode =
    "sys/devices/platform/axi/1f00074000.i2c/i2c-10/10-0038/input/input3";
constexpr const char* kInterface = "sys/devices/platform/usb/usb1/1-1/1-1:1.0";
constexpr const char* kHid = "sys/devices/platform/usb/usb1/1-1/1-1:1.0/0003:0627:0001.0001";

}  // namespace

const std::vector<Opening>& InputOpenings() {
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
      // Compositors.
      {"the table of sockets is gone",
       [](D& d) { d.Remove("proc/self/net/unix"); },
       {"virtual-keyboard"}},
      {"a socket has a name of two lines",
       [](D& d) { d.Append("proc/self/net/unix", Listening("/tmp/a\nwayland-0")); },
       {"virtual-keyboard"}},
      {"a compositor that cannot be seen from here",
       [](D& d) { d.Append("proc/self/net/unix", Listening("/run/user/990/wayland-0")); },
       {"virtual-keyboard"}},
      {"a compositor without a path",
       [](D& d) { d.Append("proc/self/net/unix", Listening("@wayland-0")); },
       {"virtual-keyboard"}},
      {"a compositor in a network namespace of its own",
       [](D& d) {
         d.tree.Link("proc/700/ns/net", "net:[4026532001]");
         d.Write("proc/700/net/unix",
                 d.tree.Read("proc/self/net/unix") + Listening("/run/user/990/wayland-0"));
       },
       {"virtual-keyboard"}},
      {"a network namespace that cannot be read",
       [](D& d) { d.tree.Link("proc/700/ns/net", "net:[4026532001]"); },
       {"virtual-keyboard"}},
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
      {"a list was changed",
       [](D& d) { d.Append("usr/share/betterframe/lockdown/cmdline", "x\n"); },
       {"compiled-files"}},
  };
  return kOpenings;
}

}  // namespace bf::lockdown::check
