// SPDX-License-Identifier: Apache-2.0
// Settings: sysctl, logind, the manager, and modules.
#include <initializer_list>

#include "lockdown/compile/compile.h"
#include "lockdown/compile/header.h"

namespace bf::lockdown {
namespace {

// "# input.toml:12" and the lines.
std::string Lines(const SourceRef& at, std::initializer_list<std::string> lines) {
  std::string text = fmt::format("# {}\n", ShortRef(at));
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string Sysctl(const Policy& policy) {
  const Console& console = policy.console;
  return Header(policy) +
         Lines(console.sysrq.at, {fmt::format("kernel.sysrq = {}", console.sysrq.value)}) +
         Lines(console.ctrl_alt_del.at, {"kernel.ctrl-alt-del = 0"}) +
         // Linux before 6.2 does not have it, hence the "-".
         Lines(console.tiocsti.at,
               {fmt::format("-dev.tty.legacy_tiocsti = {}", console.tiocsti.value ? 1 : 0)});
}

std::string Logind(const Policy& policy) {
  const Console& console = policy.console;
  const bool off = console.power_keys.value == PowerKeys::kIgnore;
  return Header(policy) + "[Login]\n" + Lines(console.vt_switch.at, {"NAutoVTs=0", "ReserveVT=0"}) +
         Lines(console.power_keys.at,
               {off ? "HandlePowerKey=ignore" : "HandlePowerKey=poweroff",
                off ? "HandlePowerKeyLongPress=ignore" : "HandlePowerKeyLongPress=poweroff",
                "HandleRebootKey=ignore", "HandleRebootKeyLongPress=ignore",
                "HandleSuspendKey=ignore", "HandleSuspendKeyLongPress=ignore",
                "HandleHibernateKey=ignore", "HandleHibernateKeyLongPress=ignore",
                "HandleLidSwitch=ignore", "HandleLidSwitchExternalPower=ignore",
                "HandleLidSwitchDocked=ignore"});
}

std::string Manager(const Policy& policy) {
  return Header(policy) + "[Manager]\n" +
         Lines(policy.console.ctrl_alt_del.at, {"CtrlAltDelBurstAction=none"});
}

// "install" holds for every way a module is asked for; "blacklist" only for aliases.
std::string Modprobe(const Policy& policy) {
  std::string text = Header(policy);
  const auto shut = [&](bool off, const SourceRef& at,
                        std::initializer_list<std::string_view> modules) {
    if (!off) return;
    text += fmt::format("# {}\n", ShortRef(at));
    for (const auto module : modules) text += fmt::format("install {} /usr/bin/false\n", module);
  };
  const Console& console = policy.console;
  shut(console.uinput.value == Nodes::kOff, console.uinput.at, {"uinput"});
  shut(console.uhid.value == Nodes::kOff, console.uhid.at, {"uhid"});
  shut(console.bluetooth.value == Bluetooth::kOff, console.bluetooth.at,
       {"bluetooth", "btusb", "hci_uart", "hidp"});
  // Not rc_core and not cec: display drivers need them. Their nodes stay shut instead.
  shut(!console.remotes.value, console.remotes.at,
       {"gpio_ir_recv", "ite_cir", "mceusb", "nuvoton_cir", "streamzap"});
  shut(!console.ps2.value, console.ps2.at,
       {"atkbd", "psmouse", "serio_raw", "serport", "sermouse"});
  return text;
}

}  // namespace

std::vector<OutputFile> CompileConsole(const Policy& policy) {
  // Of two files the one that sorts last counts, in whatever directory it lies.
  return {{"usr/lib/sysctl.d/99-zz-betterframe-lockdown.conf", Sysctl(policy), ""},
          {"usr/lib/systemd/logind.conf.d/zz-betterframe-lockdown.conf", Logind(policy), ""},
          {"usr/lib/systemd/system.conf.d/zz-betterframe-lockdown.conf", Manager(policy), ""},
          {"usr/lib/modprobe.d/betterframe-lockdown.conf", Modprobe(policy), ""}};
}

}  // namespace bf::lockdown
