// SPDX-License-Identifier: Apache-2.0
// The root of a device on which everything is as the policy wants it, as files; and ways to undo
// one thing at a time.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "lockdown/check/check.h"
#include "lockdown/check/linux_facts.h"
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/start/stored.h"
#include "tests/support/temp_tree.h"

namespace bf::lockdown::check {

inline const std::string kPolicyDir = BF_TEST_DIR "/policy";

inline const std::string kFilterGroup =
    "system-bf\\x2dinput\\x2dfilter.slice/bf-input-filter@input4.service";

class CleanDevice {
 public:
  explicit CleanDevice(const std::string& policy_dir = kPolicyDir) {
    auto loaded = LoadPolicy(policy_dir);
    if (!loaded) throw std::runtime_error(loaded.error().ToString());
    policy = *std::move(loaded);
    auto profiles = sandbox::LoadProfiles(kPolicyDir);
    if (!profiles) throw std::runtime_error(profiles.error().ToString());
    expected = ExpectedOf(policy, *std::move(profiles));
    Fragments();
    Sandbox();
    Kernel();
    Systemd();
    Panel();
    Keyboard();
    Node("dev/bus/usb/001/002", 0600);
    Node("dev/uinput", 0);
    Node("dev/uhid", 0);
    Node("dev/cec0", 0);
  }

  // A file with a mode; what it replaces may be one that cannot be written to.
  void Node(const std::string& path, unsigned mode) {
    std::filesystem::remove(tree / path);
    tree.Write(path, "");
    ::chmod((tree / path).c_str(), mode);
  }
  void Write(const std::string& path, const std::string& text) { tree.Write(path, text); }
  void Replace(const std::string& path, const std::string& from, const std::string& to) {
    std::string text = tree.Read(path);
    text.replace(text.find(from), from.size(), to);
    tree.Write(path, text);
  }
  // A compiled profile with something in it changed, and sealed again.
  template <class Change>
  void Reseal(const std::string& profile, const Change& change) {
    const std::string path = fmt::format("usr/lib/betterframe/sandbox/{}.filter", profile);
    auto stored = sandbox::Decode(tree.Read(path)).value();
    change(stored);
    tree.Write(path, sandbox::Encode(stored));
  }
  // A process in the control group of a service.
  void Run(const std::string& group, const std::string& pid, const std::string& capability) {
    Write(fmt::format("sys/fs/cgroup/system.slice/{}/cgroup.procs", group), pid + "\n");
    std::string status = "Name:\tservice\nState:\tS (sleeping)\n";
    for (const char* set : {"Inh", "Prm", "Eff", "Bnd", "Amb"})
      status += fmt::format(
          "Cap{}:\t{}\n", set,
          set == std::string("Inh") || set == std::string("Amb") ? "0000000000000000" : capability);
    Write(fmt::format("proc/{}/status", pid),
          status + "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n");
  }
  void Link(const std::string& path, const std::string& target) {
    std::filesystem::remove(tree / path);
    tree.Link(path, target);
  }
  void Remove(const std::string& path) { std::filesystem::remove_all(tree / path); }
  void Append(const std::string& path, const std::string& text) {
    tree.Write(path, tree.Read(path) + text);
  }

  Facts Observed() const {
    Facts facts = Observe(tree.path(), policy, expected);
    // Whoever runs the tests plays root.
    const auto as_root = [](check::Node& node) {
      if (node.uid == ::geteuid()) node.uid = 0;
      if (node.gid == ::getegid()) node.gid = 0;
    };
    for (auto& node : facts.nodes.items) as_root(node);
    as_root(facts.sysrq_trigger);
    return facts;
  }
  std::vector<RowResult> Checked() const { return Check(policy, expected, Observed()); }

  testing_support::TempTree tree;
  Policy policy;
  Expected expected;

 private:
  void Fragments() {
    for (const auto& fragment : expected.fragments) {
      if (fragment.link)
        tree.Link(fragment.path.substr(1), fragment.text);
      else
        tree.Write(fragment.path.substr(1), fragment.text);
    }
  }

  // Compiled once: each test has a device, some more than a hundred.
  const std::map<std::string, std::string>& Compiled() const {
    static const auto kFiles = [this] {
      std::map<std::string, std::string> files;
      for (const auto& profile : expected.profiles) {
        const auto compiled = sandbox::CompileProfile(profile, sandbox::NativeArch());
        if (!compiled) throw std::runtime_error(compiled.error().ToString());
        files[profile.name] = sandbox::Encode(
            sandbox::StoredFrom(compiled->profile, compiled->arch, compiled->program));
      }
      return files;
    }();
    return kFiles;
  }

  void Sandbox() {
    for (const auto& [name, bytes] : Compiled())
      Write(fmt::format("usr/lib/betterframe/sandbox/{}.filter", name), bytes);
    const auto service = [&](const std::string& name, const std::string& profile) {
      Write("usr/lib/systemd/system/" + name,
            fmt::format("[Service]\n"
                        "ExecStart=/usr/libexec/betterframe/bf-lockdown-exec {} -- /usr/bin/x\n",
                        profile));
    };
    service("bf-lockdown.service", "bf-lockdown");
    service("bf-input-filter@.service", "bf-input-filter");
    service("betterframe-kiosk.service", "kiosk");
    Run(kFilterGroup, "501", "0000000000000002");
    Run("betterframe-kiosk.service", "502", "0000000000000000");
  }

  void Kernel() {
    std::string words = "console=ttyS0 ro rauc.slot=A";
    for (const auto& word : expected.words) words += " " + word;
    Write("proc/cmdline", words + "\n");
    Write("proc/consoles", "ttyS0                -W- (EC  p a)    4:64\n");
    Write("proc/sys/kernel/sysrq", "0\n");
    Write("proc/sys/kernel/ctrl-alt-del", "0\n");
    Write("proc/sys/kernel/modprobe", "/sbin/modprobe\n");
    Write("proc/sys/kernel/osrelease", "6.6.0\n");
    Write("proc/sys/dev/tty/legacy_tiocsti", "0\n");
    Write("proc/modules", "usbhid 65536 0 - Live 0x0\nhid 163840 1 usbhid, Live 0x0\n");
    Write("lib/modules/6.6.0/modules.builtin", "kernel/drivers/usb/core/usbcore.ko\n");
    Node("proc/sysrq-trigger", 0200);
    Write("sys/module/sysrq/parameters/reset_seq", "\n");
    Write("sys/module/usbcore/parameters/authorized_default", "0\n");
    Write("sys/bus/hid/drivers_autoprobe", "0\n");
    Write("etc/group", "root:x:0:\nkiosk:x:990:\n");
    Write("proc/self/net/unix",
          "Num       RefCount Protocol Flags    Type St Inode Path\n"
          "0000000011111111: 00000002 00000000 00010000 0001 01 101 /run/systemd/journal/stdout\n"
          "0000000022222222: 00000003 00000000 00000000 0001 03 102\n");
  }

  void Systemd() {
    Write("usr/lib/systemd/system/getty@.service", "[Service]\nExecStart=-/sbin/agetty - $TERM\n");
    Write("usr/lib/systemd/system/serial-getty@.service", "[Service]\nExecStart=-/sbin/agetty\n");
    tree.Link("usr/lib/systemd/system/autovt@.service", "getty@.service");
    Write("usr/lib/systemd/system/debug-shell.service", "[Service]\nExecStart=/bin/sh\n");
    Write("usr/lib/systemd/system/ctrl-alt-del.target", "[Unit]\n");
    for (const char* unit : {"emergency", "rescue"})
      Write(fmt::format("usr/lib/systemd/system/{}.service", unit),
            fmt::format("[Service]\nExecStartPre=-plymouth quit\n"
                        "ExecStart=-/lib/systemd/systemd-sulogin-shell {}\n",
                        unit));
    Write("etc/systemd/logind.conf", "[Login]\n#NAutoVTs=6\n");
    Write("etc/systemd/system.conf", "[Manager]\n#CtrlAltDelBurstAction=reboot-force\n");
    // Debian enables it; the mask counts.
    Link("etc/systemd/system/getty.target.wants/getty@tty1.service",
         "/lib/systemd/system/getty@.service");
    Write("sys/fs/cgroup/system.slice/systemd-logind.service/cgroup.procs", "400\n");
    Write("run/betterframe/lockdown.json",
          R"({"schema": 1, "stage": "lockdown", "result": "ok", "reason": "", "done": [],)"
          R"( "problems": [], "started_us": 1, "took_us": 1, "cpu_us": 1, "details": {}})");
  }

  void Input(const std::string& path, const std::string& name, const std::string& id,
             const std::string& key, const std::string& inhibited, const std::string& event) {
    const std::string directory = "sys" + path + "/";
    const auto base = path.substr(path.rfind('/') + 1);
    Write(directory + "name", name + "\n");
    Write(directory + "phys", "\n");
    Write(directory + "uniq", "\n");
    Write(directory + "properties", (name == "generic ft5x06 (79)" ? "2\n" : "0\n"));
    const bool touch = name == "generic ft5x06 (79)";
    const char* fields[] = {"bustype", "vendor", "product", "version"};
    for (std::size_t i = 0; i < 4; ++i)
      Write(directory + "id/" + fields[i], id.substr(i * 5, 4) + "\n");
    for (const char* field : {"rel", "msc", "led", "snd", "ff", "sw"})
      Write(directory + "capabilities/" + field, "0\n");
    Write(directory + "capabilities/ev", touch ? "b\n" : "3\n");
    Write(directory + "capabilities/abs", touch ? "260800000000003\n" : "0\n");
    Write(directory + "capabilities/key", key + "\n");
    Write(directory + "inhibited", inhibited + "\n");
    const std::string number = event.substr(5);
    Write(directory + event + "/dev", fmt::format("13:{}\n", 64 + std::stoi(number)));
    Link("sys/class/input/" + base, "../.." + path);
    Link("sys/class/input/" + event, "../.." + path + "/" + event);
    Write(fmt::format("run/udev/data/c13:{}", 64 + std::stoi(number)), "I:1\nV:1\n");
    Node("dev/input/" + event, 0);
  }

  // What the policy allows, released.
  void Panel() {
    Input("/devices/platform/axi/1f00074000.i2c/i2c-10/10-0038/input/input3", "generic ft5x06 (79)",
          "0018:0000:0000:0000", "400 0 0 0 0 0", "0", "event3");
  }

  // What it denies: a USB keyboard that waits at each of the gates.
  void Keyboard() {
    const std::string hub = "/devices/platform/usb/usb1";
    const std::string usb = hub + "/1-1";
    const std::string interface = usb + "/1-1:1.0";
    const std::string hid = interface + "/0003:0627:0001.0001";
    Write("sys" + hub + "/authorized_default", "1\n");
    Write("sys" + hub + "/interface_authorized_default", "0\n");
    Link("sys/bus/usb/devices/usb1", "../../.." + hub);
    const std::vector<std::pair<std::string, std::string>> device = {
        {"idVendor", "0627"},    {"idProduct", "0001"},       {"bcdDevice", "0000"},
        {"bDeviceClass", "00"},  {"bDeviceSubClass", "00"},   {"bDeviceProtocol", "00"},
        {"product", "Keyboard"}, {"manufacturer", "Whoever"}, {"authorized", "1"}};
    for (const auto& [name, text] : device) Write("sys" + usb + "/" + name, text + "\n");
    Write("sys" + usb + "/descriptors", "");
    Link("sys/bus/usb/devices/1-1", "../../.." + usb);
    const std::vector<std::pair<std::string, std::string>> parts = {{"bInterfaceNumber", "00"},
                                                                    {"bInterfaceClass", "03"},
                                                                    {"bInterfaceSubClass", "01"},
                                                                    {"bInterfaceProtocol", "01"},
                                                                    {"authorized", "0"}};
    for (const auto& [name, text] : parts) Write("sys" + interface + "/" + name, text + "\n");
    Link("sys/bus/usb/devices/1-1:1.0", "../../.." + interface);
    Write("sys" + hid + "/uevent",
          "HID_ID=0003:00000627:00000001\nHID_NAME=Keyboard\nHID_PHYS=usb-1/input0\nHID_UNIQ=\n"
          "MODALIAS=hid:b0003g0001v00000627p00000001\n");
    Write("sys" + hid + "/report_descriptor", "");
    Link("sys/bus/hid/devices/0003:0627:0001.0001", "../../.." + hid);
    Input(hid + "/input/input4", "Keyboard", "0003:0627:0001:0111", "ffffffff fffffffffffffffe",
          "1", "event4");
  }
};

}  // namespace bf::lockdown::check
