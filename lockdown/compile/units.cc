// SPDX-License-Identifier: Apache-2.0
// Units: what is masked, and what starts only where the policy names it.
#include <algorithm>

#include "lockdown/compile/compile.h"
#include "lockdown/compile/header.h"

namespace bf::lockdown {
namespace {

// In /etc, because /usr/lib has the real unit, which is another package's.
OutputFile Mask(std::string_view unit) {
  return {fmt::format("etc/systemd/system/{}", unit), "", "/dev/null"};
}

OutputFile DropIn(std::string_view unit, std::string text) {
  return {fmt::format("usr/lib/systemd/system/{}.d/50-betterframe-lockdown.conf", unit),
          std::move(text), ""};
}

bool IsVt(std::string_view terminal) {
  return terminal.substr(3).find_first_not_of("0123456789") == std::string_view::npos;
}

// Masked, or started only for the terminals that have a file of their name.
void Gettys(const Policy& policy, std::string_view unit, bool vts, std::vector<OutputFile>& files) {
  const auto& gettys = policy.console.gettys;
  const auto first = std::find_if(gettys.begin(), gettys.end(),
                                  [&](const auto& one) { return IsVt(one.value) == vts; });
  if (first == gettys.end()) {
    files.push_back(Mask(unit));
    return;
  }
  files.push_back(DropIn(unit, fmt::format("{}# {}\n[Unit]\nConditionPathExists=/{}/gettys/%i\n",
                                           Header(policy), ShortRef(first->at), kCompiledDir)));
}

std::string Reboots(const Policy& policy, const SourceRef& at) {
  return fmt::format(
      "{}# {}\n[Service]\nExecStartPre=\nExecStartPre=/usr/bin/sleep 10\nExecStart=\n"
      "ExecStart=-/usr/bin/systemctl --no-block reboot\nStandardInput=null\n",
      Header(policy), ShortRef(at));
}

// What bluetoothd would otherwise read in /etc/bluetooth: its own defaults, but /etc can say
// something else. Pairing takes an agent; without a bond there is no input; and who lost a bond
// does not get it again by asking.
void BondedOnly(const Policy& policy, std::vector<OutputFile>& files) {
  const std::string head =
      fmt::format("{}# {}\n", Header(policy), ShortRef(policy.console.bluetooth.at));
  std::string binds = head + "[Service]\n";
  const auto replace = [&](std::string_view name, std::string_view settings) {
    files.push_back({fmt::format("{}/bluetooth-{}", kCompiledDir, name),
                     fmt::format("{}[General]\n{}", head, settings), ""});
    binds += fmt::format("BindReadOnlyPaths=/{0}/bluetooth-{1}:/etc/bluetooth/{1}\n", kCompiledDir,
                         name);
  };
  replace("input.conf", "ClassicBondedOnly=true\nLEAutoSecurity=true\n");
  replace("main.conf", "AlwaysPairable=false\nJustWorksRepairing=never\n");
  files.push_back(DropIn("bluetooth.service", std::move(binds)));
}

}  // namespace

std::vector<OutputFile> CompileUnits(const Policy& policy) {
  const Console& console = policy.console;
  std::vector<OutputFile> files;
  if (!console.ctrl_alt_del.value) files.push_back(Mask("ctrl-alt-del.target"));
  // Alt+Up asks for one more login.
  files.push_back(Mask("kbrequest.target"));
  files.push_back(Mask("autovt@.service"));
  files.push_back(Mask("console-getty.service"));
  files.push_back(Mask("container-getty@.service"));
  files.push_back(Mask("debug-shell.service"));
  // They load a keymap, with all the chords that apply has taken out.
  for (const char* unit :
       {"systemd-vconsole-setup.service", "keyboard-setup.service", "console-setup.service"})
    files.push_back(Mask(unit));
  Gettys(policy, "getty@.service", true, files);
  Gettys(policy, "serial-getty@.service", false, files);
  for (const auto& terminal : console.gettys)
    files.push_back({fmt::format("{}/gettys/{}", kCompiledDir, terminal.value),
                     fmt::format("{}# {}\n", Header(policy), ShortRef(terminal.at)), ""});
  if (!console.emergency_shell.value) {
    for (const char* unit : {"emergency.service", "rescue.service"})
      files.push_back(DropIn(unit, Reboots(policy, console.emergency_shell.at)));
  }
  if (console.bluetooth.value == Bluetooth::kOff)
    files.push_back(Mask("bluetooth.service"));
  else
    BondedOnly(policy, files);
  return files;
}

}  // namespace bf::lockdown
