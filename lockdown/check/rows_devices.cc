// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/decisions.h"
#include "lockdown/check/row_tables.h"
#include "lockdown/judge/text.h"

namespace bf::lockdown::check {
namespace {

void JudgeHidAutoprobe(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "0");
  outcome.because = context.policy.at;
  const std::string* value = Need(context, outcome, kHidAutoprobe);
  if (value != nullptr && *value != "0")
    Drift(outcome, "{} is {}: drivers bind new HID devices by themselves", kHidAutoprobe, *value);
}

void JudgeHubs(const Context& context, Outcome& outcome, File RootHub::*file,
               std::string_view attribute, std::initializer_list<std::string_view> good) {
  outcome.because = context.policy.usb.at ? context.policy.usb.at : context.policy.at;
  outcome.evidence = fmt::format("/sys/bus/usb/devices/usb*/{}", attribute);
  if (!NeedAll(outcome, "root hubs", context.facts.root_hubs.problem)) return;
  std::vector<std::string> values;
  for (const RootHub& hub : context.facts.root_hubs.items) {
    const File& value = hub.*file;
    values.push_back(fmt::format("{}: {}", hub.name, value.read() ? value.text : "unknown"));
    if (value.read() && std::find(good.begin(), good.end(), value.text) != good.end()) continue;
    outcome.evidence = fmt::format("/sys/bus/usb/devices/{}/{}", hub.name, attribute);
    Drift(outcome, "{} of {} is {}, not {}", attribute, hub.name,
          value.read() ? value.text : "unknown", outcome.wants);
  }
  outcome.in_effect = values.empty() ? "no USB" : Listed(values);
}

// 1 lets a device be configured, and its interfaces wait: that is the gate. 0 is shut altogether,
// 2 goes by what the firmware says of a port, and anything else is not ours.
void JudgeUsbDefault(const Context& context, Outcome& outcome) {
  outcome.wants = "1 or 0";
  JudgeHubs(context, outcome, &RootHub::authorized_default, "authorized_default", {"1", "0"});
}

void JudgeInterfaceDefault(const Context& context, Outcome& outcome) {
  outcome.wants = "0";
  JudgeHubs(context, outcome, &RootHub::interface_authorized_default,
            "interface_authorized_default", {"0"});
}

// Sets what rows of devices have in common; false where the devices are not known.
bool NeedDevices(const Context& context, Outcome& outcome, std::string_view evidence) {
  outcome.wants = "what [[allow]] lists";
  outcome.because = context.policy.at;
  outcome.evidence = evidence;
  if (context.facts.maintenance) outcome.wants += ", maintenance";
  return NeedAll(outcome, "devices", context.facts.devices.problem);
}

void NotAllowed(Outcome& outcome, const std::string& path, std::string_view what,
                const Decision& decision) {
  outcome.evidence = "/sys" + path;
  Drift(outcome, "{} {}: {}{}", decision.subject, what, decision.explanation,
        decision.because ? fmt::format(" ({})", decision.because.ToString()) : "");
}

void JudgeUsbInterfaces(const Context& context, Outcome& outcome) {
  if (!NeedDevices(context, outcome, "/sys/bus/usb/devices/*/authorized")) return;
  int count = 0;
  int open = 0;
  for (const auto& device : context.facts.devices.items) {
    if (!device.usb) continue;
    for (const auto& interface : device.usb->interfaces) {
      ++count;
      const auto decision =
          JudgeInterface(context.policy, SituationOf(context.facts), *device.usb, interface);
      if (decision.allowed()) {
        ++open;
        continue;
      }
      const std::string path = fmt::format("{}/{}", device.usb->path, interface.name);
      if (interface.authorized != false)
        NotAllowed(outcome, path, interface.authorized ? "is authorized" : "may be authorized",
                   decision);
      else if (!interface.driver.empty())
        NotAllowed(outcome, path, fmt::format("has the driver {}", Shown(interface.driver)),
                   decision);
    }
  }
  outcome.in_effect = fmt::format("{} interfaces, {} allowed", count, open);
}

void JudgeHidBindings(const Context& context, Outcome& outcome) {
  if (!NeedDevices(context, outcome, "/sys/bus/hid/devices/*/driver")) return;
  int count = 0;
  int bound = 0;
  for (const auto& device : context.facts.devices.items) {
    const device::UsbDevice* usb = device.usb ? &*device.usb : nullptr;
    for (const auto& hid : device.hid) {
      ++count;
      if (hid.driver.empty()) continue;
      ++bound;
      const Situation situation = SituationOf(context.facts);
      auto decision = JudgeBinding(context.policy, situation, usb, hid);
      if (decision.allowed()) decision = JudgeReports(context.policy, situation, usb, hid);
      if (!decision.allowed())
        NotAllowed(outcome, hid.path, fmt::format("has the driver {}", Shown(hid.driver)),
                   decision);
    }
  }
  outcome.in_effect = fmt::format("{} HID devices, {} bound", count, bound);
}

void JudgeInhibited(const Context& context, Outcome& outcome) {
  if (!NeedDevices(context, outcome, "/sys/class/input/input*/inhibited")) return;
  int released = 0;
  const auto inputs = JudgeInputs(context);
  for (const auto& [node, decision] : inputs) {
    if (node->inhibited == false) ++released;
    if (!decision.allowed() && node->inhibited != true)
      NotAllowed(outcome, node->path, node->inhibited ? "is released" : "may be released",
                 decision);
    if (decision.allowed() && node->inhibited != false) {
      outcome.evidence = "/sys" + node->path;
      Drift(outcome, "{} is inhibited, and {} allows it ({})", decision.subject, decision.entry,
            decision.because.ToString());
    }
  }
  outcome.in_effect = fmt::format("{} nodes, {} released", inputs.size(), released);
}

void JudgePs2(const Context& context, Outcome& outcome) {
  const auto& ps2 = context.policy.console.ps2;
  Wants(context, outcome, ps2, "ps2", ps2.value ? "allowed" : "no driver");
  outcome.open = ps2.value;
  outcome.evidence = "/sys/bus/serio/devices";
  if (!NeedAll(outcome, "serio ports", context.facts.serio.problem)) return;
  std::vector<std::string> bound;
  for (const auto& port : context.facts.serio.items)
    if (!port.driver.empty()) bound.push_back(fmt::format("{}: {}", port.name, port.driver));
  outcome.in_effect =
      fmt::format("{} ports, bound: {}", context.facts.serio.items.size(), Listed(bound));
  if (ps2.value) return;
  for (const auto& one : bound) Drift(outcome, "{} has a driver", one);
}

void JudgeStage(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "ok");
  outcome.because = context.policy.at;
  outcome.evidence = kStageFile;
  const File& stage = context.facts.stage;
  if (!stage.read()) {
    outcome.in_effect = "unknown";
    return Drift(outcome, "bf-lockdown apply left no result at this boot: {}",
                 stage.absent() ? "it has not run" : stage.problem);
  }
  outcome.in_effect = stage.text;
  if (stage.text != "ok") Drift(outcome, "bf-lockdown apply ended {}", stage.text);
}

void JudgeMaintenance(const Context& context, Outcome& outcome) {
  const auto& window = context.policy.maintenance.window;
  outcome.wants = window.value == Window::kOff ? "no window" : "closed, but when one is opened";
  outcome.because = window.at ? window.at : context.policy.at;
  outcome.reason = context.policy.maintenance.reason.value;
  outcome.evidence = "/run/betterframe";
  if (!NeedAll(outcome, "the maintenance window", context.facts.maintenance_problem)) return;
  outcome.in_effect = context.facts.maintenance ? "a window is open" : "no window is open";
  outcome.open = context.facts.maintenance;
  if (context.facts.maintenance && window.value == Window::kOff)
    Drift(outcome, "a maintenance window is open, and policy has none");
}

constexpr Row kRows[] = {
    {"usb-default", "a USB device plugged in", "authorized_default of each root hub is 1 or 0",
     "built in", "/sys/bus/usb/devices/usb*/authorized_default", Source::kKernel, JudgeUsbDefault},
    {"usb-interface-default", "a driver for whatever is plugged in",
     "interface_authorized_default of each root hub is 0", "built in",
     "/sys/bus/usb/devices/usb*/interface_authorized_default", Source::kKernel,
     JudgeInterfaceDefault},
    {"usb-interfaces", "an interface that has a driver", "each that is authorized is allowed",
     "[[allow]], [usb] hubs", "/sys/bus/usb/devices/*/authorized", Source::kKernel,
     JudgeUsbInterfaces},
    {"hid-autoprobe", "drivers that bind HID devices by themselves",
     "drivers_autoprobe of the hid bus is 0", "built in", kHidAutoprobe, Source::kKernel,
     JudgeHidAutoprobe},
    {"hid-bindings", "a HID device that has a driver", "each that is bound is allowed", "[[allow]]",
     "/sys/bus/hid/devices/*/driver", Source::kKernel, JudgeHidBindings},
    {"inhibited", "events of an input node", "inhibited is 0 for what is allowed, else 1",
     "[[allow.input]]", "/sys/class/input/input*/inhibited", Source::kKernel, JudgeInhibited},
    {"ps2", "a PS/2 keyboard or mouse", "no serio port has a driver", "[console] ps2",
     "/sys/bus/serio/devices", Source::kKernel, JudgePs2},
    {"apply", "a boot at which the gates were not set", "bf-lockdown apply ended ok", "built in",
     kStageFile, Source::kFiles, JudgeStage},
    {"maintenance", "a maintenance window", "none is open", "[maintenance] window",
     "/run/betterframe", Source::kFiles, JudgeMaintenance},
};

}  // namespace

std::span<const Row> DeviceRows() { return kRows; }

}  // namespace bf::lockdown::check
