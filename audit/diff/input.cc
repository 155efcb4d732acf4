// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "audit/diff/devices.h"
#include "audit/diff/diff.h"
#include "lockdown/input/key_names.h"
#include "lockdown/judge/explain.h"

namespace bf::audit {
namespace {

using namespace lockdown;

// One change for each entry and kind: the first witness is enough.
class DeviceChanges {
 public:
  explicit DeviceChanges(Changes& changes) : changes_(changes) {}

  // `when`: shown, but no kind of its own; what holds at any time is asked first.
  void Add(Direction direction, const Allow* before, const Allow* after, std::string what,
           const std::string& witness, std::string_view when = "") {
    const Allow* shown = direction == Direction::kTightened && before != nullptr ? before
                         : after != nullptr                                      ? after
                                                                                 : before;
    const std::string subject = fmt::format("allow {}", shown->name.value);
    if (!seen_.insert(fmt::format("{} {} {}", static_cast<int>(direction), subject, what)).second)
      return;
    changes_.Add(direction, subject, std::move(what.append(when)), witness,
                 before != nullptr ? before->at : SourceRef{},
                 after != nullptr ? after->at : SourceRef{});
  }

 private:
  Changes& changes_;
  std::set<std::string> seen_;
};

std::set<std::uint16_t> KeysOf(const Filter& filter) {
  std::set<std::uint16_t> keys;
  for (const auto& key : filter.keys) keys.insert(key.value);
  return keys;
}

// Which of two filters gives on a key that the other does not; null is all of them.
void CompareFilters(const Outcome& was, const Outcome& is, const std::string& probe,
                    DeviceChanges& out) {
  if (was.filter == nullptr && is.filter == nullptr) return;
  if (is.filter == nullptr)
    return out.Add(Direction::kLoosened, was.entry, is.entry, "no filter any more",
                   fmt::format("every key of {} counts, not only those of a filter", probe));
  if (was.filter == nullptr)
    return out.Add(Direction::kTightened, was.entry, is.entry, "through a filter",
                   fmt::format("only keys of the filter count of {}", probe));
  const auto old_keys = KeysOf(*was.filter);
  const auto new_keys = KeysOf(*is.filter);
  for (const std::uint16_t key : new_keys) {
    if (old_keys.contains(key)) continue;
    out.Add(Direction::kLoosened, was.entry, is.entry,
            fmt::format("the filter gives on {}", input::KeyName(key)),
            fmt::format("{} typed on {}", input::KeyName(key), probe));
  }
  for (const std::uint16_t key : old_keys) {
    if (new_keys.contains(key)) continue;
    out.Add(Direction::kTightened, was.entry, is.entry,
            fmt::format("the filter no longer gives on {}", input::KeyName(key)),
            fmt::format("{} typed on {}", input::KeyName(key), probe));
  }
}

void CompareOutcomes(const Probe& probe, const Outcome& was, const Outcome& is,
                     DeviceChanges& out) {
  if (!was.allowed() && !is.allowed()) return;
  const std::string text = ToString(probe);
  const std::string_view when = probe.window ? " in a maintenance window" : "";
  if (!was.allowed())
    return out.Add(Direction::kLoosened, nullptr, is.entry, "denied → allowed", text, when);
  if (!is.allowed())
    return out.Add(Direction::kTightened, was.entry, nullptr, "allowed → denied", text, when);
  if (probe.gate != Gate::kInput) return;
  const std::string& old_group = was.entry->group.value;
  const std::string& new_group = is.entry->group.value;
  if (old_group != new_group) {
    if (!new_group.empty())
      out.Add(Direction::kLoosened, was.entry, is.entry,
              fmt::format("group \"{}\" may open its nodes", new_group),
              fmt::format("a process of group {} opens the event node of {}", new_group, text));
    if (!old_group.empty())
      out.Add(Direction::kTightened, was.entry, is.entry,
              fmt::format("group \"{}\" may no longer open its nodes", old_group),
              fmt::format("a process of group {} opens the event node of {}", old_group, text));
  }
  CompareFilters(was, is, text, out);
}

void CompareEntries(const Policy& before, const Policy& after, Changes& changes) {
  const Entries was(before);
  const Entries is(after);
  DeviceChanges out(changes);
  for (const Probe& probe : ProbesOf(was, is)) {
    const bool closed = before.maintenance.window.value == Window::kOff &&
                        after.maintenance.window.value == Window::kOff;
    if (probe.window && closed) continue;
    CompareOutcomes(probe, was.Decide(probe), is.Decide(probe), out);
  }
  // What a person is told of an entry that decides the same.
  for (const Allow& entry : after.allows) {
    const Allow* old = before.Find(entry.name.value);
    if (old == nullptr) continue;
    if (old->reason.value != entry.reason.value || old->owner.value != entry.owner.value)
      changes.Add(Direction::kNeutral, fmt::format("allow {}", entry.name.value),
                  fmt::format("\"{}\", {}", entry.reason.value, entry.owner.value), "", old->at,
                  entry.at);
  }
}

void CompareRecorded(const Policy& before, const Policy& after,
                     const std::vector<device::Device>& devices, Changes& changes) {
  for (const device::Device& device : devices) {
    std::set<Direction> told;
    for (const bool window : {false, true}) {
      const auto was = JudgeAll(before, {window, {}}, device);
      const auto is = JudgeAll(after, {window, {}}, device);
      for (std::size_t i = 0; i < was.size() && i < is.size(); ++i) {
        if (was[i].allowed() == is[i].allowed()) continue;
        const auto direction = is[i].allowed() ? Direction::kLoosened : Direction::kTightened;
        if (!told.insert(direction).second) continue;
        changes.Add(direction, fmt::format("recorded {}", Title(device)),
                    fmt::format("{} → {}{}", ToString(was[i].verdict), ToString(is[i].verdict),
                                window ? " in a maintenance window" : ""),
                    fmt::format("{}, {} at the {} gate: {}", Title(device), is[i].subject,
                                ToString(is[i].gate), is[i].explanation),
                    was[i].because, is[i].because);
      }
    }
  }
}

// The ways into the console, each with what somebody would do there.
class ConsoleDiff {
 public:
  explicit ConsoleDiff(Changes& changes) : changes_(changes) {}

  template <class T>
  void Rank(std::string_view key, const Located<T>& was, const Located<T>& is,
            std::string_view from, std::string_view to, std::string_view witness) {
    if (was.value == is.value) return;
    const bool open = static_cast<std::int64_t>(is.value) > static_cast<std::int64_t>(was.value);
    changes_.Add(open ? Direction::kLoosened : Direction::kTightened,
                 fmt::format("console {}", key), fmt::format("{} → {}", from, to),
                 fmt::format("{}{}", open ? "" : "no longer: ", witness), was.at, is.at);
  }
  void Bool(std::string_view key, const Located<bool>& was, const Located<bool>& is,
            std::string_view witness) {
    Rank(key, was, is, was.value ? "true" : "false", is.value ? "true" : "false", witness);
  }

 private:
  Changes& changes_;
};

// Documentation/admin-guide/sysrq.rst
struct SysrqBit {
  std::int64_t bit;
  std::string_view chord;
};
constexpr SysrqBit kSysrqBits[] = {
    {2, "Alt+SysRq+9 changes the log level"}, {4, "Alt+SysRq+r takes the keyboard"},
    {8, "Alt+SysRq+t dumps the tasks"},       {16, "Alt+SysRq+s syncs"},
    {32, "Alt+SysRq+u remounts read-only"},   {64, "Alt+SysRq+i kills all processes"},
    {128, "Alt+SysRq+b reboots at once"},     {256, "Alt+SysRq+n changes priorities"},
};

std::int64_t SysrqMask(std::int64_t value) { return value == 1 ? 510 : value & ~std::int64_t{1}; }

void CompareSysrq(const Located<std::int64_t>& was, const Located<std::int64_t>& is,
                  Changes& changes) {
  if (was.value == is.value) return;
  // 1 is everything, also what later kernels add.
  const bool more = (SysrqMask(is.value) & ~SysrqMask(was.value)) != 0 || is.value == 1;
  const bool less = (SysrqMask(was.value) & ~SysrqMask(is.value)) != 0 || was.value == 1;
  const auto witness = [](std::int64_t bits) {
    std::string_view best = "Alt+SysRq+h shows the help";
    for (const SysrqBit& one : kSysrqBits) {
      if ((bits & one.bit) != 0) best = one.chord;
    }
    return best;
  };
  const std::string what = fmt::format("{} → {}", was.value, is.value);
  if (more)
    changes.Add(Direction::kLoosened, "console sysrq", what,
                std::string(witness(SysrqMask(is.value) & ~SysrqMask(was.value))), was.at, is.at);
  if (less)
    changes.Add(Direction::kTightened, "console sysrq", what,
                fmt::format("no longer: {}", witness(SysrqMask(was.value) & ~SysrqMask(is.value))),
                was.at, is.at);
  if (!more && !less) changes.Add(Direction::kNeutral, "console sysrq", what, "", was.at, is.at);
}

std::string_view Text(Nodes nodes) { return nodes == Nodes::kOff ? "off" : "root"; }

void CompareConsole(const Console& was, const Console& is, Changes& changes) {
  ConsoleDiff diff(changes);
  CompareSysrq(was.sysrq, is.sysrq, changes);
  diff.Bool("vt_switch", was.vt_switch, is.vt_switch,
            "Ctrl+Alt+F2 on an allowed keyboard leaves the kiosk's screen");
  diff.Bool("ctrl_alt_del", was.ctrl_alt_del, is.ctrl_alt_del,
            "Ctrl+Alt+Del on an allowed keyboard restarts the device");
  diff.Rank("power_keys", was.power_keys, is.power_keys,
            was.power_keys.value == PowerKeys::kIgnore ? "ignore" : "poweroff",
            is.power_keys.value == PowerKeys::kIgnore ? "ignore" : "poweroff",
            "the power key of an allowed device turns the kiosk off");
  diff.Bool("emergency_shell", was.emergency_shell, is.emergency_shell,
            "a boot that fails ends at a prompt for the root password");
  diff.Bool("tiocsti", was.tiocsti, is.tiocsti,
            "a program types into the terminal it shares, with ioctl TIOCSTI");
  diff.Rank("uinput", was.uinput, is.uinput, Text(was.uinput.value), Text(is.uinput.value),
            "a program of root makes a keyboard with /dev/uinput");
  diff.Rank("uhid", was.uhid, is.uhid, Text(was.uhid.value), Text(is.uhid.value),
            "a program of root makes a HID device with /dev/uhid");
  const auto bluetooth = [](Bluetooth value) {
    return value == Bluetooth::kOff ? "off" : "bonded";
  };
  diff.Rank("bluetooth", was.bluetooth, is.bluetooth, bluetooth(was.bluetooth.value),
            bluetooth(is.bluetooth.value), "bluetoothd runs, and a bonded keyboard connects");
  diff.Bool("remotes", was.remotes, is.remotes, "an infrared remote's receiver gets a driver");
  diff.Bool("ps2", was.ps2, is.ps2, "a PS/2 keyboard gets a driver");
  diff.Bool("virtual_keyboards", was.virtual_keyboards, is.virtual_keyboards,
            "a client of the compositor types with zwp_virtual_keyboard_manager_v1");

  const auto compare_gettys = [&](const Console& one, const Console& other, Direction direction,
                                  std::string_view what, std::string_view shows) {
    for (const auto& terminal : one.gettys) {
      const bool there =
          std::any_of(other.gettys.begin(), other.gettys.end(),
                      [&](const auto& name) { return name.value == terminal.value; });
      if (!there)
        changes.Add(direction, fmt::format("console gettys {}", terminal.value), std::string(what),
                    fmt::format("{} {} for a login", terminal.value, shows), was.at, terminal.at);
    }
  };
  compare_gettys(is, was, Direction::kLoosened, "added", "asks");
  compare_gettys(was, is, Direction::kTightened, "removed", "no longer asks");

  for (const auto& reason : is.reasons) {
    for (const auto& old : was.reasons) {
      if (old.key == reason.key && old.text.value != reason.text.value)
        changes.Add(Direction::kNeutral, fmt::format("console reasons {}", reason.key),
                    fmt::format("\"{}\"", reason.text.value), "", old.text.at, reason.text.at);
    }
  }
}

void CompareUsb(const Usb& was, const Usb& is, Changes& changes) {
  if (is.hubs.value != was.hubs.value) {
    const bool more = is.hubs.value > was.hubs.value;
    std::string port = "1-1";
    for (std::int64_t i = 0; i < std::min(was.hubs.value, is.hubs.value); ++i) port += ".1";
    changes.Add(more ? Direction::kLoosened : Direction::kTightened, "usb hubs",
                fmt::format("{} → {}", was.hubs.value, is.hubs.value),
                fmt::format("a hub at {} {} a driver", port, more ? "gets" : "no longer gets"),
                was.hubs.at, is.hubs.at);
  }
  if (is.reason.value != was.reason.value)
    changes.Add(Direction::kNeutral, "usb reason", fmt::format("\"{}\"", is.reason.value), "",
                was.reason.at, is.reason.at);
}

void CompareMaintenance(const Maintenance& was, const Maintenance& is, Changes& changes) {
  const auto text = [](Window window) {
    return window == Window::kOff ? "off" : window == Window::kRoot ? "root" : "signed";
  };
  const auto opens = [](Window window) {
    return window == Window::kRoot ? "root on the device opens a maintenance window"
                                   : "whoever has the private key opens a maintenance window";
  };
  if (was.window.value != is.window.value) {
    const std::string what = fmt::format("{} → {}", text(was.window.value), text(is.window.value));
    // From root to signed and back, others than before can open it.
    if (is.window.value != Window::kOff)
      changes.Add(Direction::kLoosened, "maintenance window", what, opens(is.window.value),
                  was.window.at, is.window.at);
    if (was.window.value != Window::kOff)
      changes.Add(Direction::kTightened, "maintenance window", what,
                  fmt::format("no longer: {}", opens(was.window.value)), was.window.at,
                  is.window.at);
  } else if (is.window.value == Window::kSigned && was.key.value != is.key.value) {
    changes.Add(
        Direction::kLoosened, "maintenance key", "another key",
        fmt::format("a token signed with the private key of {} opens a window", is.key.value),
        was.key.at, is.key.at);
  }
  if (is.window.value != Window::kOff && was.window.value != Window::kOff &&
      was.longest_ms.value != is.longest_ms.value) {
    const bool more = is.longest_ms.value > was.longest_ms.value;
    changes.Add(more ? Direction::kLoosened : Direction::kTightened, "maintenance longest",
                fmt::format("{} s → {} s", was.longest_ms.value / 1000, is.longest_ms.value / 1000),
                fmt::format("a window {} open after {} s", more ? "is still" : "is no longer",
                            std::min(was.longest_ms.value, is.longest_ms.value) / 1000 + 1),
                was.longest_ms.at, is.longest_ms.at);
  }
  if (is.reason.value != was.reason.value)
    changes.Add(Direction::kNeutral, "maintenance reason", fmt::format("\"{}\"", is.reason.value),
                "", was.reason.at, is.reason.at);
}

}  // namespace

std::vector<Change> DiffInput(const Policy& before, const Policy& after,
                              const std::vector<device::Device>& recorded) {
  Changes changes("input.toml");
  CompareEntries(before, after, changes);
  CompareRecorded(before, after, recorded, changes);
  CompareUsb(before.usb, after.usb, changes);
  CompareConsole(before.console, after.console, changes);
  CompareMaintenance(before.maintenance, after.maintenance, changes);
  return std::move(changes).Take();
}

}  // namespace bf::audit
