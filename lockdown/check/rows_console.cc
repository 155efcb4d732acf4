// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "lockdown/check/decisions.h"
#include "lockdown/check/row_tables.h"

namespace bf::lockdown::check {
namespace {

// What logind and systemd do when no file says anything.
struct Key {
  std::string_view name;
  std::string_view unset;
};

void JudgeSettings(const Seen<ConfigFile>& files, std::string_view section,
                   std::span<const Key> keys, std::initializer_list<std::string_view> good,
                   std::string_view directory, Outcome& outcome) {
  outcome.evidence = directory;
  if (!NeedAll(outcome, directory, files.problem)) return;
  std::vector<std::string> values;
  for (const Key& key : keys) {
    const auto setting = FindSetting(files.items, section, key.name);
    const std::string value = setting ? setting->value : std::string(key.unset);
    values.push_back(fmt::format("{}={}", key.name, value));
    if (setting && std::find(good.begin(), good.end(), value) == good.end())
      outcome.evidence = setting->at;
    if (std::find(good.begin(), good.end(), value) == good.end())
      Drift(outcome, "{} is {} ({})", key.name, value, setting ? setting->at : "its default");
  }
  outcome.in_effect = Listed(values);
}

constexpr std::string_view kLogind = "/etc/systemd/logind.conf";
constexpr std::string_view kSystem = "/etc/systemd/system.conf";

void JudgeKeys(const Context& context, std::span<const Key> keys, bool power, Outcome& outcome) {
  const auto& wanted = context.policy.console.power_keys;
  const bool off = power && wanted.value == PowerKeys::kPoweroff;
  Wants(context, outcome, wanted, "power_keys", off ? "poweroff or ignore" : "ignore");
  outcome.open = off;
  if (off)
    JudgeSettings(context.facts.logind, "Login", keys, {"ignore", "poweroff"}, kLogind, outcome);
  else
    JudgeSettings(context.facts.logind, "Login", keys, {"ignore"}, kLogind, outcome);
}

void JudgePowerKey(const Context& context, Outcome& outcome) {
  static constexpr Key kKeys[] = {{"HandlePowerKey", "poweroff"},
                                  {"HandlePowerKeyLongPress", "ignore"}};
  JudgeKeys(context, kKeys, true, outcome);
}

void JudgeRebootKey(const Context& context, Outcome& outcome) {
  static constexpr Key kKeys[] = {{"HandleRebootKey", "reboot"},
                                  {"HandleRebootKeyLongPress", "poweroff"}};
  JudgeKeys(context, kKeys, false, outcome);
}

void JudgeSleepKeys(const Context& context, Outcome& outcome) {
  static constexpr Key kKeys[] = {{"HandleSuspendKey", "suspend"},
                                  {"HandleSuspendKeyLongPress", "hibernate"},
                                  {"HandleHibernateKey", "hibernate"},
                                  {"HandleHibernateKeyLongPress", "ignore"}};
  JudgeKeys(context, kKeys, false, outcome);
}

void JudgeLid(const Context& context, Outcome& outcome) {
  // Unset, external power does what the switch does.
  static constexpr Key kKeys[] = {{"HandleLidSwitch", "suspend"},
                                  {"HandleLidSwitchExternalPower", "ignore"},
                                  {"HandleLidSwitchDocked", "ignore"}};
  JudgeKeys(context, kKeys, false, outcome);
}

void JudgeAutoVts(const Context& context, Outcome& outcome) {
  static constexpr Key kKeys[] = {{"NAutoVTs", "6"}, {"ReserveVT", "6"}};
  WantsAlways(context, outcome, "0");
  JudgeSettings(context.facts.logind, "Login", kKeys, {"0"}, kLogind, outcome);
}

void JudgeBurst(const Context& context, Outcome& outcome) {
  static constexpr Key kKeys[] = {{"CtrlAltDelBurstAction", "reboot-force"}};
  const auto& wanted = context.policy.console.ctrl_alt_del;
  Wants(context, outcome, wanted, "ctrl_alt_del", wanted.value ? "any" : "none");
  if (wanted.value) {
    outcome.open = true;
    outcome.in_effect = "left alone";
    outcome.evidence = kSystem;
    return;
  }
  JudgeSettings(context.facts.system, "Manager", kKeys, {"none"}, kSystem, outcome);
}

std::string Describe(const Unit& unit) {
  std::string text = unit.masked ? "masked" : unit.path.empty() ? "no such unit" : "can be started";
  if (!unit.running.empty()) text += ", running";
  return text;
}

// A unit that must not be startable.
const Unit* NeedUnit(const Context& context, Outcome& outcome, std::string_view name) {
  const Unit* unit = context.facts.FindUnit(name);
  outcome.evidence = fmt::format("/etc/systemd/system/{}", name);
  if (unit == nullptr) {
    outcome.in_effect = "unknown";
    Drift(outcome, "{}: {}", name, kNotRead);
    return nullptr;
  }
  if (!unit->path.empty()) outcome.evidence = unit->path;
  outcome.in_effect = Describe(*unit);
  return unit;
}

void MustBeShut(const Unit& unit, Outcome& outcome) {
  if (!unit.running.empty()) Drift(outcome, "{} is running ({})", unit.name, unit.running.front());
  if (!unit.masked && !unit.path.empty())
    Drift(outcome, "{} is not masked ({})", unit.name, unit.path);
}

void JudgeCtrlAltDel(const Context& context, Outcome& outcome) {
  const auto& wanted = context.policy.console.ctrl_alt_del;
  Wants(context, outcome, wanted, "ctrl_alt_del", wanted.value ? "reboots" : "masked");
  outcome.open = wanted.value;
  const Unit* unit = NeedUnit(context, outcome, "ctrl-alt-del.target");
  if (unit != nullptr && !wanted.value) MustBeShut(*unit, outcome);
}

void JudgeAutovt(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "masked");
  if (const Unit* unit = NeedUnit(context, outcome, "autovt@.service")) MustBeShut(*unit, outcome);
}

void JudgeDebugShell(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "masked");
  if (const Unit* unit = NeedUnit(context, outcome, "debug-shell.service"))
    MustBeShut(*unit, outcome);
}

// A command that asks nobody anything, such as a restart, may stand in a unit that is reached when
// a boot fails; a shell may not.
bool StartsShell(std::string_view command) {
  for (const std::string_view shell : {"sulogin", "/sh", "bash", "agetty", "getty", "/login"})
    if (command.find(shell) != command.npos) return true;
  return false;
}

void JudgeShellUnit(const Context& context, Outcome& outcome, std::string_view name) {
  const auto& wanted = context.policy.console.emergency_shell;
  Wants(context, outcome, wanted, "emergency_shell", wanted.value ? "may run" : "no shell");
  outcome.open = wanted.value;
  const Unit* unit = NeedUnit(context, outcome, name);
  if (unit == nullptr || wanted.value) return;
  if (unit->masked || unit->path.empty()) return;
  if (!unit->running.empty()) Drift(outcome, "{} is running ({})", name, unit->running.front());
  bool shell = false;
  for (const std::string_view key :
       {"ExecStart", "ExecStartPre", "ExecStartPost", "ExecStopPost"}) {
    for (const auto& command : ListSetting(unit->files, "Service", key)) {
      if (!StartsShell(command.value)) continue;
      shell = true;
      Drift(outcome, "{} runs {} ({})", name, command.value, command.at);
    }
  }
  outcome.in_effect = shell ? "runs a shell" : "runs no shell";
}

void JudgeEmergency(const Context& context, Outcome& outcome) {
  JudgeShellUnit(context, outcome, "emergency.service");
}

void JudgeRescue(const Context& context, Outcome& outcome) {
  JudgeShellUnit(context, outcome, "rescue.service");
}

// "getty@tty1.service" → "tty1"; console-getty.service sits on /dev/console.
std::string TerminalOf(std::string_view unit) {
  const auto at = unit.find('@');
  if (at == unit.npos) return "console";
  const auto end = unit.rfind(".service");
  return std::string(unit.substr(at + 1, end == unit.npos ? end : end - at - 1));
}

bool OnScreen(std::string_view terminal) {
  return terminal.starts_with("tty") && terminal.size() > 3 && terminal[3] >= '0' &&
         terminal[3] <= '9';
}

void JudgeGettys(const Context& context, Outcome& outcome, bool screen) {
  const auto& wanted = context.policy.console.gettys;
  std::vector<std::string> allowed;
  for (const auto& one : wanted)
    if (OnScreen(one.value) == screen) allowed.push_back(one.value);
  if (wanted.empty())
    WantsAlways(context, outcome, "none");
  else
    Wants(context, outcome, wanted.front(), "gettys", Listed(allowed));
  outcome.open = !allowed.empty();
  outcome.evidence = "/etc/systemd/system/getty.target.wants";
  if (!NeedAll(outcome, "gettys", context.facts.gettys.problem)) return;
  std::vector<std::string> found;
  for (const Unit& unit : context.facts.gettys.items) {
    const std::string terminal = TerminalOf(unit.name);
    if (OnScreen(terminal) != screen) continue;
    const bool starts = !unit.wanted_by.empty() && !unit.masked && !unit.path.empty();
    if (!starts && unit.running.empty()) continue;
    found.push_back(terminal);
    if (std::find(allowed.begin(), allowed.end(), terminal) != allowed.end()) continue;
    outcome.evidence = unit.running.empty() ? unit.wanted_by.front() : unit.running.front();
    Drift(outcome, "{} {} ({})", unit.name,
          unit.running.empty() ? "is started at boot" : "is running", outcome.evidence);
  }
  outcome.in_effect = Listed(found);
}

void JudgeGettyScreen(const Context& context, Outcome& outcome) {
  JudgeGettys(context, outcome, true);
}

void JudgeGettySerial(const Context& context, Outcome& outcome) {
  JudgeGettys(context, outcome, false);
}

bool NeedKeymap(const Context& context, Outcome& outcome) {
  outcome.evidence = "/dev/tty0";
  const Keymap& keymap = context.facts.keymap;
  if (!NeedAll(outcome, "the keymap of the kernel", keymap.problem)) return false;
  if (keymap.present) return true;
  outcome.in_effect = "no virtual terminals";
  return false;
}

// A chord is shut when the keymap does not have it, or when nothing that could send it is released.
void JudgeChords(const Context& context, Outcome& outcome, unsigned chords, bool alt, bool shut) {
  outcome.in_effect = fmt::format("{} chords in the keymap", chords);
  if (chords == 0 || !shut) return;
  if (!NeedAll(outcome, "devices", context.facts.devices.problem)) return;
  const auto keyboards = ReleasedKeyboards(context.facts, alt);
  outcome.in_effect +=
      keyboards.empty() ? ", nothing sends them" : ", sent by " + Listed(keyboards);
  for (const auto& name : keyboards)
    Drift(outcome, "{} is released and can send one of {} chords of the kernel's keymap", name,
          chords);
}

void JudgeVtSwitch(const Context& context, Outcome& outcome) {
  const auto& wanted = context.policy.console.vt_switch;
  Wants(context, outcome, wanted, "vt_switch", wanted.value ? "allowed" : "no chord switches");
  outcome.open = wanted.value;
  if (!NeedKeymap(context, outcome)) return;
  JudgeChords(context, outcome, context.facts.keymap.switches, true, !wanted.value);
}

void JudgeAttention(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no chord");
  if (!NeedKeymap(context, outcome)) return;
  JudgeChords(context, outcome, context.facts.keymap.attention, false, true);
}

constexpr Row kRows[] = {
    {"vt-switch", "Ctrl+Alt+F1 and Alt+Left",
     "the keymap has no such chord, or no released device sends it", "[console] vt_switch",
     "/dev/tty0", Source::kKernel, JudgeVtSwitch},
    {"secure-attention", "the secure attention key (SAK)",
     "the keymap has no such chord, or no released device sends it", "built in", "/dev/tty0",
     Source::kKernel, JudgeAttention},
    {"auto-vts", "a login that logind starts on an empty VT", "NAutoVTs=0 and ReserveVT=0",
     "built in", kLogind, Source::kFiles, JudgeAutoVts},
    {"autovt", "autovt@.service", "it is masked", "built in", "/etc/systemd/system/autovt@.service",
     Source::kFiles, JudgeAutovt},
    {"ctrl-alt-del", "Ctrl-Alt-Del", "ctrl-alt-del.target is masked", "[console] ctrl_alt_del",
     "/etc/systemd/system/ctrl-alt-del.target", Source::kFiles, JudgeCtrlAltDel},
    {"ctrl-alt-del-burst", "Ctrl-Alt-Del seven times in two seconds", "CtrlAltDelBurstAction=none",
     "[console] ctrl_alt_del", kSystem, Source::kFiles, JudgeBurst},
    {"power-key", "the power key of whatever device", "HandlePowerKey… is ignore",
     "[console] power_keys", kLogind, Source::kFiles, JudgePowerKey},
    {"reboot-key", "the restart key", "HandleRebootKey… is ignore", "[console] power_keys", kLogind,
     Source::kFiles, JudgeRebootKey},
    {"sleep-keys", "the suspend and hibernate keys",
     "HandleSuspendKey… and HandleHibernateKey… are ignore", "[console] power_keys", kLogind,
     Source::kFiles, JudgeSleepKeys},
    {"lid-switch", "a lid switch", "HandleLidSwitch… is ignore", "[console] power_keys", kLogind,
     Source::kFiles, JudgeLid},
    {"getty-screen", "a login on a virtual terminal", "none is started or running but those listed",
     "[console] gettys", "/etc/systemd/system/getty.target.wants, /sys/fs/cgroup", Source::kFiles,
     JudgeGettyScreen},
    {"getty-serial", "a login on a serial line or the console",
     "none is started or running but those listed", "[console] gettys",
     "/run/systemd/generator, /sys/fs/cgroup", Source::kFiles, JudgeGettySerial},
    {"debug-shell", "the debug shell on tty9", "debug-shell.service is masked and not running",
     "built in", "/etc/systemd/system/debug-shell.service", Source::kFiles, JudgeDebugShell},
    {"emergency-shell", "the shell of a boot that failed", "emergency.service runs no shell",
     "[console] emergency_shell", "/etc/systemd/system/emergency.service", Source::kFiles,
     JudgeEmergency},
    {"rescue-shell", "the rescue shell", "rescue.service runs no shell",
     "[console] emergency_shell", "/etc/systemd/system/rescue.service", Source::kFiles,
     JudgeRescue},
};

}  // namespace

std::span<const Row> ConsoleRows() { return kRows; }

}  // namespace bf::lockdown::check
