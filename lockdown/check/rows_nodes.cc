// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "lockdown/check/decisions.h"
#include "lockdown/check/row_tables.h"

namespace bf::lockdown::check {
namespace {

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string Permissions(const Node& node) {
  return fmt::format("{:04o} {}:{}{}", node.mode, node.uid, node.gid, node.acl ? " with ACL" : "");
}

bool Readable(const Node& node, Outcome& outcome) {
  if (node.problem.empty()) return true;
  Drift(outcome, "{}: {}", node.path, node.problem);
  return false;
}

// At most the bits in `mode`, and nobody else's: an owner could change the mode.
void MustHave(const Node& node, unsigned mode, unsigned gid, Outcome& outcome) {
  if (!Readable(node, outcome)) return;
  if ((node.mode & ~mode & 07777) == 0 && node.uid == 0 && node.gid == gid && !node.acl) return;
  outcome.evidence = node.path;
  Drift(outcome, "{} is {}, not {:04o} 0:{}", node.path, Permissions(node), mode, gid);
}

// Every node whose name starts so, and how many there were.
int ForNodes(const Context& context, std::initializer_list<std::string_view> prefixes,
             const std::function<void(const Node&)>& each) {
  int count = 0;
  for (const Node& node : context.facts.nodes.items) {
    const bool takes = std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
      return node.path.starts_with(prefix);
    });
    if (!takes) continue;
    ++count;
    each(node);
  }
  return count;
}

void JudgeShutNodes(const Context& context, Outcome& outcome, unsigned mode,
                    std::initializer_list<std::string_view> prefixes) {
  outcome.evidence = fmt::format("{}*", *prefixes.begin());
  if (!NeedAll(outcome, "device nodes", context.facts.nodes.problem)) return;
  const int count =
      ForNodes(context, prefixes, [&](const Node& node) { MustHave(node, mode, 0, outcome); });
  outcome.in_effect = count == 0 ? "no nodes" : fmt::format("{} nodes", count);
  if (!outcome.drifts.empty())
    outcome.in_effect += fmt::format(", {} not shut", outcome.drifts.size());
}

void JudgeEventNodes(const Context& context, Outcome& outcome) {
  outcome.wants = "0000, or what an entry says";
  outcome.because = context.policy.at;
  outcome.evidence = "/dev/input/event*";
  if (!NeedAll(outcome, "device nodes", context.facts.nodes.problem)) return;
  if (!NeedAll(outcome, "devices", context.facts.devices.problem)) return;
  const auto inputs = JudgeInputs(context);
  int released = 0;
  const int count = ForNodes(context, {"/dev/input/event"}, [&](const Node& node) {
    const auto owner = std::find_if(inputs.begin(), inputs.end(), [&](const auto& one) {
      const auto& handlers = one.node->handlers;
      return std::find(handlers.begin(), handlers.end(), BaseName(node.path)) != handlers.end();
    });
    const bool allowed =
        owner != inputs.end() && owner->decision.allowed() && !owner->decision.filtered;
    if (!allowed) return MustHave(node, 0, 0, outcome);
    ++released;
    const std::string& group = owner->decision.group;
    if (group.empty()) return MustHave(node, 0600, 0, outcome);
    const auto gid = context.facts.groups.find(group);
    if (gid == context.facts.groups.end())
      return Drift(outcome, "{}: the group {} of its entry is not known", node.path, group);
    // Shut is no way out, so it is no drift here.
    if (node.mode == 0 && node.gid == 0) return MustHave(node, 0, 0, outcome);
    MustHave(node, 0640, gid->second, outcome);
  });
  outcome.in_effect = fmt::format("{} nodes, {} for allowed devices", count, released);
  if (!outcome.drifts.empty())
    outcome.in_effect += fmt::format(", {} wrong", outcome.drifts.size());
}

void JudgeHidraw(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "0000");
  JudgeShutNodes(context, outcome, 0, {"/dev/hidraw", "/dev/usb/hiddev"});
}

void JudgePointers(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "0000");
  JudgeShutNodes(context, outcome, 0, {"/dev/input/mouse", "/dev/input/mice"});
}

void JudgeJoysticks(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "0000");
  JudgeShutNodes(context, outcome, 0, {"/dev/input/js"});
}

void JudgeUsbNodes(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "0600, root");
  JudgeShutNodes(context, outcome, 0600, {"/dev/bus/usb/"});
}

void JudgeRemotes(const Context& context, Outcome& outcome) {
  const auto& remotes = context.policy.console.remotes;
  Wants(context, outcome, remotes, "remotes", remotes.value ? "0600, root" : "0000");
  outcome.open = remotes.value;
  JudgeShutNodes(context, outcome, remotes.value ? 0600 : 0, {"/dev/cec", "/dev/lirc"});
}

bool Contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Devices that programs make: no module and a shut node, or root's only.
void JudgeMaker(const Context& context, Outcome& outcome, const policy::Located<Nodes>& wanted,
                std::string_view module) {
  const bool off = wanted.value == Nodes::kOff;
  Wants(context, outcome, wanted, module, off ? "no module, node shut" : "0600, root");
  outcome.open = !off;
  const std::string path = fmt::format("/dev/{}", module);
  outcome.evidence = path;
  if (!NeedAll(outcome, "device nodes", context.facts.nodes.problem)) return;
  if (!NeedAll(outcome, "modules", context.facts.modules.problem)) return;
  const bool loaded = Contains(context.facts.modules.loaded, module);
  if (off && loaded) {
    outcome.evidence = "/proc/modules";
    Drift(outcome, "{} is loaded or built in", module);
  }
  std::string node_text = "no node";
  for (const Node& node : context.facts.nodes.items) {
    if (node.path != path) continue;
    node_text = Permissions(node);
    MustHave(node, off ? 0 : 0600, 0, outcome);
  }
  outcome.in_effect = fmt::format("{}, {}", loaded ? "loaded" : "not loaded", node_text);
}

void JudgeUinput(const Context& context, Outcome& outcome) {
  JudgeMaker(context, outcome, context.policy.console.uinput, "uinput");
}

void JudgeUhid(const Context& context, Outcome& outcome) {
  JudgeMaker(context, outcome, context.policy.console.uhid, "uhid");
}

void JudgeTag(const Context& context, Outcome& outcome, std::string_view tag, bool power) {
  outcome.evidence = "/run/udev/data";
  if (!NeedAll(outcome, "device nodes", context.facts.nodes.problem)) return;
  std::vector<std::string> tagged;
  for (const Node& node : context.facts.nodes.items) {
    if (!Readable(node, outcome)) continue;
    if (Contains(node.tags, tag)) tagged.push_back(node.path);
  }
  outcome.in_effect = Listed(tagged);
  if (power) return;
  for (const auto& path : tagged) Drift(outcome, "{} has the tag {}", path, tag);
}

void JudgeUaccess(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no node");
  JudgeTag(context, outcome, "uaccess", false);
}

void JudgePowerSwitch(const Context& context, Outcome& outcome) {
  const auto& keys = context.policy.console.power_keys;
  const bool off = keys.value == PowerKeys::kPoweroff;
  Wants(context, outcome, keys, "power_keys", off ? "allowed devices" : "no node");
  outcome.open = off;
  JudgeTag(context, outcome, "power-switch", off);
  if (!off || !NeedAll(outcome, "devices", context.facts.devices.problem)) return;
  const auto inputs = JudgeInputs(context);
  for (const Node& node : context.facts.nodes.items) {
    if (!Contains(node.tags, "power-switch")) continue;
    const bool allowed = std::any_of(inputs.begin(), inputs.end(), [&](const auto& one) {
      return one.decision.allowed() && !one.decision.filtered &&
             Contains(one.node->handlers, BaseName(node.path));
    });
    if (!allowed) Drift(outcome, "{} has the tag power-switch, and no entry allows it", node.path);
  }
}

std::vector<std::string> DeniedByPolicy(const Context& context) {
  std::vector<ConfigFile> fragments;
  for (const auto& fragment : context.expected.fragments)
    if (fragment.path.find("/modprobe.d/") != std::string::npos)
      fragments.push_back({fragment.path, fragment.text});
  const auto refused = RefusedModules(fragments);
  return {refused.begin(), refused.end()};
}

void JudgeAutoload(const Context& context, Outcome& outcome) {
  const auto denied = DeniedByPolicy(context);
  WantsAlways(context, outcome, fmt::format("{} modules refused", denied.size()));
  outcome.evidence = "/etc/modprobe.d";
  if (!NeedAll(outcome, "modules", context.facts.modules.problem)) return;
  const auto refused = RefusedModules(context.facts.modules.modprobe);
  std::vector<std::string> missing;
  for (const auto& module : denied)
    if (!refused.contains(module)) missing.push_back(module);
  outcome.in_effect = missing.empty() ? outcome.wants : "not refused: " + Listed(missing);
  for (const auto& module : missing) Drift(outcome, "modprobe would load {}", module);
  const File& modprobe = context.facts.At(kModprobe);
  static constexpr std::string_view kGood[] = {"/sbin/modprobe", "/usr/sbin/modprobe"};
  if (!modprobe.read() ||
      std::find(std::begin(kGood), std::end(kGood), modprobe.text) == std::end(kGood))
    Drift(outcome, "{} is {}", kModprobe,
          modprobe.read() ? fmt::format("\"{}\"", modprobe.text) : "unknown: " + modprobe.problem);
}

// A driver of PS/2 ports that is built in cannot be refused, and brings nothing by itself: whether
// it has a port is what row ps2 reads, and cmdline-words whether the controller is kept from it.
bool IsSerioDriver(std::string_view module) {
  static constexpr std::string_view kDrivers[] = {"atkbd", "psmouse", "serio_raw", "serport",
                                                  "sermouse"};
  return std::find(std::begin(kDrivers), std::end(kDrivers), module) != std::end(kDrivers);
}

// uinput and uhid have rows of their own.
void JudgeLoaded(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "none of those refused");
  outcome.evidence = "/proc/modules";
  if (!NeedAll(outcome, "modules", context.facts.modules.problem)) return;
  std::vector<std::string> loaded;
  std::vector<std::string> idle;
  for (const auto& module : DeniedByPolicy(context)) {
    if (module == "uinput" || module == "uhid") continue;
    if (!Contains(context.facts.modules.loaded, module)) continue;
    const bool is_idle = IsSerioDriver(module) && Contains(context.facts.modules.built_in, module);
    (is_idle ? idle : loaded).push_back(module);
  }
  outcome.in_effect = Listed(loaded);
  if (!idle.empty()) outcome.in_effect += fmt::format("; built in, see ps2: {}", Listed(idle));
  for (const auto& module : loaded) Drift(outcome, "{} is loaded or built in", module);
}

// A file of ours that bluetoothd sees in place of its own.
struct Replaced {
  std::string_view path;
  std::string_view instead_of;
  std::array<std::pair<std::string_view, std::string_view>, 2> settings;
};
constexpr std::array<Replaced, 2> kBonded = {
    {{kBluetoothInput,
      "/etc/bluetooth/input.conf",
      {{{"ClassicBondedOnly", "true"}, {"LEAutoSecurity", "true"}}}},
     {kBluetoothMain,
      "/etc/bluetooth/main.conf",
      {{{"AlwaysPairable", "false"}, {"JustWorksRepairing", "never"}}}}}};

// "-/a:/b:rbind" is mounted at /b, "/a" at /a.
std::string_view DestinationOf(std::string_view bind) {
  bind.remove_prefix(std::min(bind.find_first_not_of('-'), bind.size()));
  const auto colon = bind.find(':');
  if (colon == bind.npos) return bind;
  bind.remove_prefix(colon + 1);
  return bind.substr(0, bind.find(':'));
}

// The path itself, or a directory above it.
bool Covers(std::string_view directory, std::string_view path) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  return path == directory ||
         (path.starts_with(directory) && path.substr(directory.size()).starts_with('/'));
}

void JudgeReplaced(const Context& context, const Unit& unit, const Replaced& replaced,
                   Outcome& outcome) {
  outcome.evidence = replaced.path;
  const File& file = context.facts.At(replaced.path);
  if (!file.read())
    return Drift(outcome, "{} {}", replaced.path, file.absent() ? "is not there" : file.problem);
  for (const auto& [key, value] : replaced.settings) {
    const auto set = FindSetting({{std::string(replaced.path), file.text}}, "General", key);
    if (!set || set->value != value) Drift(outcome, "{} is {}", key, set ? set->value : "not set");
  }
  // Of two that are bound to one place the last counts, and one above it hides it.
  bool bound = false;
  for (const std::string_view key : {"BindReadOnlyPaths", "BindPaths"}) {
    for (const auto& line : ListSetting(unit.files, "Service", key)) {
      for (const auto& bind : SplitWords(line.value)) {
        if (!Covers(DestinationOf(bind), replaced.instead_of)) continue;
        if (bind == fmt::format("{}:{}", replaced.path, replaced.instead_of))
          bound = true;
        else
          Drift(outcome, "{} is bound over {}", bind, replaced.instead_of);
      }
    }
  }
  if (!bound) Drift(outcome, "bluetooth.service does not get to see {}", replaced.path);
}

// Where it would not read /etc/bluetooth as it is seen from here.
void JudgeElsewhere(const Unit& unit, Outcome& outcome) {
  for (const auto& start : ListSetting(unit.files, "Service", "ExecStart")) {
    for (const auto& word : SplitWords(start.value))
      if (word.starts_with("-f") || word.starts_with("--configfile"))
        Drift(outcome, "bluetooth.service is started with {}: it reads another file", word);
  }
  for (const std::string_view key : {"RootDirectory", "RootImage", "TemporaryFileSystem"})
    if (const auto set = FindSetting(unit.files, "Service", key))
      Drift(outcome, "bluetooth.service has {}={}", key, set->value);
}

void JudgeBluetooth(const Context& context, Outcome& outcome) {
  const auto& wanted = context.policy.console.bluetooth;
  const bool off = wanted.value == Bluetooth::kOff;
  Wants(context, outcome, wanted, "bluetooth", off ? "masked" : "only bonded devices");
  outcome.open = !off;
  const Unit* unit = context.facts.FindUnit("bluetooth.service");
  outcome.evidence = "/etc/systemd/system/bluetooth.service";
  if (unit == nullptr) return Drift(outcome, "bluetooth.service: {}", kNotRead);
  outcome.in_effect = unit->masked ? "masked" : unit->path.empty() ? "no such unit" : "can start";
  if (!unit->path.empty()) outcome.evidence = unit->path;
  if (off) {
    if (!unit->running.empty())
      Drift(outcome, "bluetooth.service is running ({})", unit->running.front());
    if (!unit->masked && !unit->path.empty())
      Drift(outcome, "bluetooth.service is not masked ({})", unit->path);
    return;
  }
  for (const Replaced& one : kBonded) JudgeReplaced(context, *unit, one, outcome);
  JudgeElsewhere(*unit, outcome);
}

constexpr Row kRows[] = {
    {"event-nodes", "opening an event node", "mode 0000, or what the entry of the device says",
     "[[allow]]", "/dev/input/event*", Source::kKernel, JudgeEventNodes},
    {"hidraw-nodes", "reading HID reports past the input layer", "mode 0000, root", "built in",
     "/dev/hidraw*, /dev/usb/hiddev*", Source::kKernel, JudgeHidraw},
    {"mouse-nodes", "opening a mouse node", "mode 0000, root", "built in",
     "/dev/input/mouse*, /dev/input/mice", Source::kKernel, JudgePointers},
    {"joystick-nodes", "opening a joystick node", "mode 0000, root", "built in", "/dev/input/js*",
     Source::kKernel, JudgeJoysticks},
    {"usb-nodes", "USB transfers from a program", "mode 0600 at most, root", "built in",
     "/dev/bus/usb/*/*", Source::kKernel, JudgeUsbNodes},
    {"remotes", "HDMI-CEC and infrared remotes", "nodes 0000, or root's where policy says so",
     "[console] remotes", "/dev/cec*, /dev/lirc*", Source::kKernel, JudgeRemotes},
    {"uinput", "a keyboard made with uinput", "no module and a shut node, or root's node",
     "[console] uinput", "/dev/uinput, /proc/modules", Source::kKernel, JudgeUinput},
    {"uhid", "a HID device made with uhid", "no module and a shut node, or root's node",
     "[console] uhid", "/dev/uhid, /proc/modules", Source::kKernel, JudgeUhid},
    {"uaccess-tag", "a node given to whoever sits at the screen", "no input node has the tag",
     "built in", "/run/udev/data", Source::kFiles, JudgeUaccess},
    {"power-switch-tag", "a power key on a plugged device",
     "no node has the tag, or allowed ones where policy says so", "[console] power_keys",
     "/run/udev/data", Source::kFiles, JudgePowerSwitch},
    {"module-autoload", "loading a driver that policy refuses",
     "modprobe refuses each, and is the kernel's helper", "[console]",
     "/etc/modprobe.d, /proc/sys/kernel/modprobe", Source::kFiles, JudgeAutoload},
    {"module-loaded", "a driver that was loaded before",
     "none that policy refuses is loaded or built in; drivers of PS/2 that are built in count "
     "where "
     "they have a port, in the row ps2",
     "[console]", "/proc/modules", Source::kKernel, JudgeLoaded},
    {"bluetooth", "a Bluetooth keyboard",
     "bluetooth.service is masked, or takes bonded ones only and bonds through an agent only",
     "[console] bluetooth", "/etc/systemd/system/bluetooth.service", Source::kFiles,
     JudgeBluetooth},
};

}  // namespace

std::span<const Row> NodeRows() { return kRows; }

}  // namespace bf::lockdown::check
