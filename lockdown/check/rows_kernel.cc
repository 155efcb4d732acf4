// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "lockdown/check/row_tables.h"

namespace bf::lockdown::check {
namespace {

void WantSysrq(const Context& context, Outcome& outcome) {
  const auto& sysrq = context.policy.console.sysrq;
  Wants(context, outcome, sysrq, "sysrq", fmt::format("{}", sysrq.value));
  outcome.open = sysrq.value != 0;
}

void JudgeSysrq(const Context& context, Outcome& outcome) {
  WantSysrq(context, outcome);
  const std::string* value = Need(context, outcome, kSysrq);
  if (value != nullptr && *value != outcome.wants)
    Drift(outcome, "kernel.sysrq is {}, and policy wants {}", *value, outcome.wants);
}

// The kernel takes a BREAK only on ports that are consoles.
void JudgeSerialBreak(const Context& context, Outcome& outcome) {
  WantSysrq(context, outcome);
  const std::string* consoles = Need(context, outcome, kConsoles);
  if (consoles == nullptr) return;
  std::vector<std::string> serial;
  for (std::string_view rest = *consoles; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto words = SplitWords(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // "tty0" is the screen; ttyS0, ttyAMA10 and the like are lines.
    if (!words.empty() && words[0].starts_with("tty") && words[0].size() > 3 &&
        (words[0][3] < '0' || words[0][3] > '9'))
      serial.push_back(words[0]);
  }
  if (serial.empty()) {
    outcome.in_effect = "no serial console";
    outcome.open = false;
    return;
  }
  const File& sysrq = context.facts.At(kSysrq);
  outcome.in_effect = fmt::format("{}, sysrq {}", Listed(serial), sysrq.read() ? sysrq.text : "?");
  if (!sysrq.read() || sysrq.text != outcome.wants)
    Drift(outcome, "a BREAK and a letter on {} is SysRq, and kernel.sysrq is {}, not {}",
          Listed(serial), sysrq.read() ? sysrq.text : "unknown", outcome.wants);
}

void JudgeSysrqAlways(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no sysrq_always_enabled");
  const auto words = CommandLineWords(context, outcome);
  if (!outcome.drifts.empty()) return;
  const bool set = LastValue(words, "sysrq_always_enabled").has_value();
  outcome.in_effect = set ? "set" : "not set";
  if (set) Drift(outcome, "sysrq_always_enabled on the command line overrides kernel.sysrq");
}

// A sequence of keys that restarts the machine, apart from Alt+SysRq+B.
void JudgeSysrqReset(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no reset sequence");
  outcome.evidence = kSysrqReset;
  const File& sequence = context.facts.At(kSysrqReset);
  const File& tree = context.facts.At(kSysrqResetTree);
  std::vector<std::string> found;
  if (!sequence.read() && !(sequence.absent() && context.facts.At(kSysrq).absent()))
    Drift(outcome, "{} {}", kSysrqReset, sequence.absent() ? "is not there" : sequence.problem);
  // Unset it reads as nothing; zeros are KEY_RESERVED, which no device sends.
  if (sequence.read() && sequence.text.find_first_not_of("0, ") != std::string::npos)
    found.push_back(fmt::format("sysrq.reset_seq {}", sequence.text));
  if (tree.read()) found.push_back("the device tree has linux,sysrq-reset-seq");
  if (!tree.read() && !tree.absent())
    Drift(outcome, "{} cannot be read: {}", kSysrqResetTree, tree.problem);
  outcome.in_effect = Listed(found);
  for (const auto& one : found) Drift(outcome, "{}: keys that restart the device", one);
}

void JudgeSysrqTrigger(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "root only");
  const Node& trigger = context.facts.sysrq_trigger;
  outcome.evidence = trigger.path.empty() ? "/proc/sysrq-trigger" : trigger.path;
  if (!context.facts.sysrq_trigger_present) {
    outcome.in_effect = "not there";
    return;
  }
  if (trigger.path.empty() || !trigger.problem.empty()) {
    outcome.in_effect = "unknown";
    return Drift(outcome, "{} cannot be read: {}", outcome.evidence,
                 trigger.path.empty() ? std::string(kNotRead) : trigger.problem);
  }
  outcome.in_effect = fmt::format("mode {:04o}, uid {}", trigger.mode, trigger.uid);
  if ((trigger.mode & 077) != 0 || trigger.uid != 0 || trigger.acl)
    Drift(outcome, "{}: others than root may write to it ({})", trigger.path, outcome.in_effect);
}

void JudgeKgdb(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no kernel debugger");
  const auto words = CommandLineWords(context, outcome);
  if (!outcome.drifts.empty()) return;
  std::vector<std::string> found;
  for (const std::string_view key : {"kgdboc", "kgdbwait", "kgdbcon", "kgdboe", "ekgdboc"})
    if (LastValue(words, key)) found.emplace_back(key);
  const File& parameter = context.facts.At(kKgdb);
  if (parameter.read() && !parameter.text.empty() && parameter.text != "(null)") {
    found.push_back(fmt::format("kgdboc {}", parameter.text));
    outcome.evidence = kKgdb;
  } else if (!parameter.read() && !parameter.absent()) {
    Drift(outcome, "{} cannot be read: {}", kKgdb, parameter.problem);
  }
  outcome.in_effect = Listed(found);
  for (const auto& one : found) Drift(outcome, "{}: the debugger listens on a console", one);
}

void JudgeCtrlAltDelHard(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "0: systemd decides");
  const std::string* value = Need(context, outcome, kCtrlAltDel);
  if (value != nullptr && *value != "0")
    Drift(outcome, "kernel.ctrl-alt-del is {}: the kernel restarts at once, nobody is asked",
          *value);
}

void JudgeTiocsti(const Context& context, Outcome& outcome) {
  const auto& tiocsti = context.policy.console.tiocsti;
  Wants(context, outcome, tiocsti, "tiocsti", tiocsti.value ? "allowed" : "0");
  outcome.evidence = kTiocsti;
  outcome.open = tiocsti.value;
  const File& file = context.facts.At(kTiocsti);
  if (file.absent()) {
    outcome.in_effect = "no such switch";
    if (!tiocsti.value)
      Drift(outcome, "this kernel has no {} (Linux 6.2 does): TIOCSTI is open", kTiocsti);
    return;
  }
  const std::string* value = Need(context, outcome, kTiocsti);
  if (value == nullptr || *value == "0") return;
  if (!tiocsti.value)
    Drift(outcome, "dev.tty.legacy_tiocsti is {}: a program can type into its terminal", *value);
}

void JudgeCommandLineUsb(const Context& context, Outcome& outcome) {
  outcome.wants = "usbcore.authorized_default=0";
  outcome.because = context.policy.usb.at ? context.policy.usb.at : context.policy.at;
  const auto words = CommandLineWords(context, outcome);
  if (!outcome.drifts.empty()) return;
  const auto value = LastValue(words, "usbcore.authorized_default");
  outcome.in_effect = value ? *value : "not set";
  if (value != "0")
    Drift(outcome,
          "usbcore.authorized_default is {} on the command line: devices that are there at "
          "power-on get drivers",
          outcome.in_effect);
}

// Controllers that come later take their default from here.
void JudgeUsbcoreDefault(const Context& context, Outcome& outcome) {
  outcome.wants = "0";
  outcome.because = context.policy.usb.at ? context.policy.usb.at : context.policy.at;
  const std::string* value = Need(context, outcome, kUsbDefault);
  if (value != nullptr && *value != "0")
    Drift(outcome, "usbcore's authorized_default is {}: a controller that comes later lets all in",
          *value);
}

void JudgeCommandLineWords(const Context& context, Outcome& outcome) {
  outcome.wants = Listed(context.expected.words);
  outcome.because = context.policy.at;
  const auto words = CommandLineWords(context, outcome);
  if (!outcome.drifts.empty()) return;
  std::vector<std::string> missing;
  for (const auto& wanted : context.expected.words) {
    if (std::find(words.begin(), words.end(), wanted) == words.end()) missing.push_back(wanted);
  }
  outcome.in_effect = missing.empty() ? "all there" : "missing: " + Listed(missing);
  for (const auto& word : missing) Drift(outcome, "{} is not on the command line", word);
}

// Words that start a shell, or something else than the product, in place of systemd's default.
void JudgeCommandLineShell(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no word starts a shell");
  const auto words = CommandLineWords(context, outcome);
  if (!outcome.drifts.empty()) return;
  static constexpr std::array<std::string_view, 8> kAlone = {
      "single", "s", "S", "1", "emergency", "-b", "rescue", "rd.shell"};
  static constexpr std::array<std::string_view, 7> kKeys = {
      "init",         "rdinit",       "break", "rd.break", "systemd.debug_shell",
      "systemd.unit", "systemd.wants"};
  std::vector<std::string> found;
  for (const auto& word : words) {
    if (std::find(kAlone.begin(), kAlone.end(), word) != kAlone.end()) found.push_back(word);
  }
  for (const auto key : kKeys) {
    const auto value = LastValue(words, key);
    if (!value || *value == "0" || *value == "no") continue;
    // What would be started anyway; named, a kernel that does not find it starts no shell instead.
    if (key == "init" && *value == "/sbin/init") continue;
    found.push_back(value->empty() ? std::string(key) : fmt::format("{}={}", key, *value));
  }
  outcome.in_effect = Listed(found);
  for (const auto& word : found) Drift(outcome, "{} on the kernel command line", word);
}

constexpr Row kRows[] = {
    {"sysrq", "SysRq chords on a keyboard", "kernel.sysrq is what policy says", "[console] sysrq",
     kSysrq, Source::kKernel, JudgeSysrq},
    {"serial-break", "BREAK and a letter on a serial console",
     "no serial console, or kernel.sysrq is what policy says", "[console] sysrq", kConsoles,
     Source::kKernel, JudgeSerialBreak},
    {"sysrq-always", "SysRq whatever the sysctl says",
     "sysrq_always_enabled is not on the command line", "built in", kCommandLine, Source::kKernel,
     JudgeSysrqAlways},
    {"sysrq-reset", "the reset sequence of SysRq",
     "no sequence is set, by parameter or device tree", "built in", kSysrqReset, Source::kKernel,
     JudgeSysrqReset},
    {"sysrq-trigger", "/proc/sysrq-trigger", "only root may write to it", "built in",
     "/proc/sysrq-trigger", Source::kKernel, JudgeSysrqTrigger},
    {"kernel-debugger", "kgdb on a console", "no kgdb word and no kgdboc parameter", "built in",
     kCommandLine, Source::kKernel, JudgeKgdb},
    {"ctrl-alt-del-hard", "Ctrl-Alt-Del past systemd", "kernel.ctrl-alt-del is 0", "built in",
     kCtrlAltDel, Source::kKernel, JudgeCtrlAltDelHard},
    {"tiocsti", "typing into a terminal from a program", "dev.tty.legacy_tiocsti is 0",
     "[console] tiocsti", kTiocsti, Source::kKernel, JudgeTiocsti},
    {"cmdline-usb", "USB devices that are there at power-on",
     "usbcore.authorized_default=0 is on the command line, and nothing after it says otherwise",
     "built in", kCommandLine, Source::kKernel, JudgeCommandLineUsb},
    {"usbcore-default", "USB controllers that come later", "usbcore's parameter is 0", "built in",
     kUsbDefault, Source::kKernel, JudgeUsbcoreDefault},
    {"cmdline-words", "a boot without the words of the policy",
     "every word that the policy compiles to is on the command line", "all of it", kCommandLine,
     Source::kKernel, JudgeCommandLineWords},
    {"cmdline-shell", "a shell from the kernel command line",
     "no word asks for a shell, another init or another target", "built in", kCommandLine,
     Source::kKernel, JudgeCommandLineShell},
};

}  // namespace

std::span<const Row> KernelRows() { return kRows; }

}  // namespace bf::lockdown::check
