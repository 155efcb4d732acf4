// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/compile.h"

#include "lockdown/compile/header.h"
#include "lockdown/device/hex.h"
#include "udev-rules/value.h"

namespace bf::udev_rules {
namespace {

using lockdown::Allow;
using lockdown::AllowInput;
using lockdown::Bus;
using lockdown::Nodes;
using lockdown::Policy;

class Writer {
 public:
  explicit Writer(const Policy& policy) : text_(lockdown::Header(policy)) {}

  void Section(std::string_view title) { text_ += fmt::format("\n# {}\n", title); }
  void Rule(std::string_view rule) { text_ += fmt::format("{}\n", rule); }
  void Because(const SourceRef& at, std::string_view what, std::string_view rule) {
    text_ += fmt::format("# {} {}\n{}\n", lockdown::ShortRef(at), what, rule);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// ", KEY==value", or nothing: policies cannot hold text that udev could not match, and a rule
// that asks decide too often is still right.
std::string Match(std::string_view key, std::string_view text) {
  const auto value = Literal(text);
  if (text.empty() || !value) return "";
  return fmt::format(", {}=={}", key, *value);
}

void UsbEntry(Writer& out, const Allow& entry) {
  std::string rule = fmt::format(
      R"(ATTRS{{idVendor}}=="{}", ATTRS{{idProduct}}=="{}", ATTRS{{bcdDevice}}=="{}")",
      lockdown::device::Hex16(entry.vendor.value), lockdown::device::Hex16(entry.product.value),
      lockdown::device::Hex16(entry.version.value));
  rule += Match("ATTRS{product}", entry.device_name.value);
  if (entry.serial) rule += Match("ATTRS{serial}", entry.serial->value);
  if (!entry.port.value.empty()) rule += fmt::format(R"(, KERNELS=="{}")", entry.port.value);
  out.Because(entry.at, entry.name.value, rule + R"(, ENV{.BF_ENTRY}="1")");
}

void HidEntry(Writer& out, const Allow& entry) {
  // The bus number is the driver's claim; decide goes by the path.
  std::string rule = fmt::format(R"(ENV{{HID_ID}}=="*:0000{:04X}:0000{:04X}")", entry.vendor.value,
                                 entry.product.value);
  if (entry.bus.value != Bus::kUsb) rule += Match("ENV{HID_NAME}", entry.device_name.value);
  out.Because(entry.at, entry.name.value, rule + R"(, ENV{.BF_ENTRY}="1")");
}

void InputEntry(Writer& out, const Allow& entry, const AllowInput& input) {
  const auto& id = input.id.value;
  std::string rule = fmt::format(
      R"(ATTR{{id/bustype}}=="{:04x}", ATTR{{id/vendor}}=="{:04x}", ATTR{{id/product}}=="{:04x}", ATTR{{id/version}}=="{:04x}")",
      id.bus, id.vendor, id.product, id.version);
  rule += Match("ATTR{name}", input.name.value);
  for (const auto& field : lockdown::input::kCapabilityFields)
    rule += fmt::format(R"(, ATTR{{{}}}=="{}")", field.attribute,
                        lockdown::input::ToString(input.capabilities.value.*field.bits));
  out.Because(input.at, entry.name.value, rule + R"(, ENV{.BF_ENTRY}="1")");
}

// What no entry names is shut without asking anybody. Afterwards decide puts it into the journal.
void Tell(Writer& out, std::string_view gate) {
  out.Rule(fmt::format(
      R"(ENV{{.BF_ENTRY}}!="1", ACTION=="add", RUN+="/usr/libexec/betterframe/bf-lockdown-decide {} $devpath")",
      gate));
  out.Rule(R"(ENV{.BF_ENTRY}!="1", GOTO="bf_end")");
}

void UsbGate(Writer& out, const Policy& policy) {
  out.Section("Gate 1, USB interfaces: no driver, unless decide authorizes this one.");
  out.Rule(R"(LABEL="bf_usb")");
  out.Rule(R"(ACTION!="add|change", GOTO="bf_end")");
  out.Rule(R"(KERNEL=="[0-9]*-0:1.0", GOTO="bf_end")");  // root hubs: the board's own
  if (policy.usb.hubs.value > 0)
    out.Because(policy.usb.hubs.at, "hubs", R"(ATTR{bInterfaceClass}=="09", ENV{.BF_ENTRY}="1")");
  for (const Allow& entry : policy.allows) {
    if (entry.bus.value == Bus::kUsb) UsbEntry(out, entry);
  }
  // A disk that has its driver had it before the gates: decide tells whether the root is on it.
  out.Rule(R"(ENV{.BF_ENTRY}!="1", DRIVER!="usb-storage|uas", ATTR{authorized}="0")");
  Tell(out, "usb");
  out.Rule(
      R"(PROGRAM=="/usr/libexec/betterframe/bf-lockdown-decide usb $devpath", RESULT=="deny", ATTR{authorized}="0")");
  out.Rule(R"(GOTO="bf_end")");
}

// A bus that comes after bf-lockdown.service, such as one of a controller that was bound again, has
// its interfaces open by the kernel's default; its devices wait, by the kernel command line.
void UsbDevices(Writer& out) {
  out.Section("USB buses and devices: their gates shut, before any device is configured.");
  out.Rule(R"(LABEL="bf_usb_device")");
  out.Rule(R"(OWNER:="root", GROUP:="root", MODE:="0600")");
  out.Rule(R"(ACTION!="add|change", GOTO="bf_end")");
  out.Rule(R"(KERNEL=="usb[0-9]*", ATTR{interface_authorized_default}="0")");
  out.Rule(
      R"(ATTR{authorized}=="0", PROGRAM=="/usr/libexec/betterframe/bf-lockdown-decide usb $devpath")");
  out.Rule(
      R"(KERNEL=="usb[0-9]*", ATTR{authorized_default}!="1", PROGRAM=="/usr/libexec/betterframe/bf-lockdown-decide usb $devpath")");
  out.Rule(R"(GOTO="bf_end")");
}

void HidGate(Writer& out, const Policy& policy) {
  out.Section("Gate 2, HID devices of any bus: no driver, unless decide binds one.");
  out.Rule(R"(LABEL="bf_hid")");
  out.Rule(R"(ACTION!="add|change", GOTO="bf_end")");
  for (const Allow& entry : policy.allows) {
    if (entry.has_hid()) HidEntry(out, entry);
  }
  out.Rule(R"(ENV{.BF_ENTRY}!="1", DRIVER=="?*", ATTR{driver/unbind}="$kernel")");
  Tell(out, "hid");
  // Two rules: udev compares DRIVER before it runs PROGRAM, and there is none before decide binds
  // one.
  out.Rule(R"(PROGRAM!="/usr/libexec/betterframe/bf-lockdown-decide hid $devpath", GOTO="bf_end")");
  out.Rule(R"(RESULT=="deny", DRIVER=="?*", ATTR{driver/unbind}="$kernel")");
  out.Rule(R"(GOTO="bf_end")");
}

void InputGate(Writer& out, const Policy& policy) {
  out.Section("Gate 3, input devices: inhibited, unless decide releases this one.");
  out.Rule(R"(LABEL="bf_input")");
  // A device that is in use is not stopped by an event for it that changes nothing.
  out.Rule(R"(IMPORT{db}="BF_LOCKDOWN")");
  out.Rule(R"(IMPORT{db}="BF_LOCKDOWN_ENTRY")");
  out.Rule(R"(ENV{BF_LOCKDOWN}!="allow|filter", ATTR{inhibited}="1")");
  for (const Allow& entry : policy.allows) {
    for (const AllowInput& input : entry.inputs) InputEntry(out, entry, input);
  }
  for (const auto& filter : policy.filters)
    out.Because(filter.at, filter.device.value,
                fmt::format(R"(DEVPATH=="/devices/virtual/input/*"{}, ENV{{.BF_ENTRY}}="1")",
                            Match("ATTR{name}", lockdown::FilterOutputName(filter))));
  out.Rule(R"(ENV{.BF_ENTRY}!="1", ENV{BF_LOCKDOWN}="deny", ATTR{inhibited}="1")");
  Tell(out, "input");
  out.Rule(
      R"(PROGRAM!="/usr/libexec/betterframe/bf-lockdown-decide input $devpath", GOTO="bf_end")");
  out.Rule(R"(RESULT=="allow *", ENV{BF_LOCKDOWN}="allow", ENV{BF_LOCKDOWN_ENTRY}="%c{2}")");
  out.Rule(R"(RESULT=="filter *", ENV{BF_LOCKDOWN}="filter", ENV{BF_LOCKDOWN_ENTRY}="%c{2}")");
  out.Rule(
      R"(RESULT!="allow *|filter *", ENV{BF_LOCKDOWN}="deny", ENV{BF_LOCKDOWN_ENTRY}="", ATTR{inhibited}="1")");
  out.Rule(R"(GOTO="bf_end")");
}

void InputNodes(Writer& out, const Policy& policy) {
  out.Section("Device nodes of input: shut, but the event nodes of what was released.");
  out.Rule(R"(LABEL="bf_node")");
  out.Rule(R"(IMPORT{parent}="BF_LOCKDOWN*")");
  for (const Allow& entry : policy.allows) {
    if (entry.group.value.empty()) continue;
    out.Because(
        entry.group.at, entry.name.value,
        fmt::format(
            R"(KERNEL=="event[0-9]*", ENV{{BF_LOCKDOWN}}=="allow", ENV{{BF_LOCKDOWN_ENTRY}}=="{}", OWNER:="root", GROUP:="{}", MODE:="0640", GOTO="bf_end")",
            entry.name.value, entry.group.value));
  }
  out.Rule(
      R"(KERNEL=="event[0-9]*", ENV{BF_LOCKDOWN}=="allow", OWNER:="root", GROUP:="root", MODE:="0600", GOTO="bf_end")");
  // By the name of the input device, which no later one gets: "event3" comes again with another.
  if (!policy.filters.empty())
    out.Because(
        policy.filters.front().at, "its daemon",
        R"(KERNEL=="event[0-9]*", ENV{BF_LOCKDOWN}=="filter", KERNELS=="input[0-9]*", TAG+="systemd", ENV{SYSTEMD_WANTS}+="bf-input-filter@$id.service")");
  out.Rule(R"(OWNER:="root", GROUP:="root", MODE:="0000")");
  out.Rule(R"(GOTO="bf_end")");
}

// A node that root may open, or nobody.
std::string NodeMode(Nodes nodes) {
  return fmt::format(R"(OWNER:="root", GROUP:="root", MODE:="{}")",
                     nodes == Nodes::kRoot ? "0600" : "0000");
}

std::string Gates(const Policy& policy) {
  Writer out(policy);
  const auto& console = policy.console;
  out.Rule(R"(ACTION=="remove", GOTO="bf_end")");
  // All that udev says of a PROGRAM that is not there is that it did not match; what it cannot RUN,
  // it puts into the journal, word for word.
  out.Rule(
      R"(SUBSYSTEM=="usb|hid|input", ACTION=="add", TEST!="/usr/libexec/betterframe/bf-lockdown-decide", RUN+="/usr/libexec/betterframe/bf-lockdown-decide is missing")");
  out.Rule(R"(SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_interface", GOTO="bf_usb")");
  out.Rule(R"(SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", GOTO="bf_usb_device")");
  out.Rule(R"(SUBSYSTEM=="hid", GOTO="bf_hid")");
  out.Rule(R"(SUBSYSTEM=="input", KERNEL=="input[0-9]*", GOTO="bf_input")");
  out.Rule(R"(SUBSYSTEM=="input", GOTO="bf_node")");
  out.Section("Ways around the input layer: the bytes of HID devices, and remotes.");
  out.Rule(R"(SUBSYSTEM=="hidraw", OWNER:="root", GROUP:="root", MODE:="0000")");
  out.Rule(R"(KERNEL=="hiddev[0-9]*", OWNER:="root", GROUP:="root", MODE:="0000")");
  out.Because(console.remotes.at, "remotes",
              fmt::format(R"(SUBSYSTEM=="cec|lirc", {})",
                          NodeMode(console.remotes.value ? Nodes::kRoot : Nodes::kOff)));
  out.Section("No program of another rule loads a keymap with chords into a console.");
  out.Rule(R"(SUBSYSTEM=="vtconsole", RUN:="/usr/bin/true")");
  out.Section("Devices that programs make.");
  out.Because(
      console.uinput.at, "uinput",
      fmt::format(R"(KERNEL=="uinput", SUBSYSTEM=="misc", {}, OPTIONS+="static_node=uinput")",
                  NodeMode(console.uinput.value)));
  out.Because(console.uhid.at, "uhid",
              fmt::format(R"(KERNEL=="uhid", SUBSYSTEM=="misc", {}, OPTIONS+="static_node=uhid")",
                          NodeMode(console.uhid.value)));
  out.Rule(R"(GOTO="bf_end")");
  UsbDevices(out);
  UsbGate(out, policy);
  HidGate(out, policy);
  InputGate(out, policy);
  InputNodes(out, policy);
  out.Rule("");
  out.Rule(R"(LABEL="bf_end")");
  return out.Take();
}

std::string Tags(const Policy& policy) {
  Writer out(policy);
  const auto& console = policy.console;
  out.Rule(R"(ACTION=="remove", GOTO="bf_tags_end")");
  out.Section("Nobody gets a node of these by sitting at the screen.");
  out.Rule(R"(SUBSYSTEM=="input|hidraw|usb|usbmisc|cec|lirc", TAG-="uaccess")");
  out.Rule(R"(KERNEL=="uinput|uhid", SUBSYSTEM=="misc", TAG-="uaccess")");
  out.Section("logind does not look at what was not released.");
  out.Rule(R"(SUBSYSTEM=="input", ENV{BF_LOCKDOWN}!="allow", TAG-="seat", TAG-="master-of-seat")");
  out.Because(console.power_keys.at, "power_keys",
              console.power_keys.value == lockdown::PowerKeys::kIgnore
                  ? R"(SUBSYSTEM=="input", TAG-="power-switch")"
                  : R"(SUBSYSTEM=="input", ENV{BF_LOCKDOWN}!="allow", TAG-="power-switch")");
  out.Rule("");
  out.Rule(R"(LABEL="bf_tags_end")");
  return out.Take();
}

}  // namespace

std::vector<RulesFile> Compile(const Policy& policy) {
  return {{std::string(kGatesFile), Gates(policy)}, {std::string(kTagsFile), Tags(policy)}};
}

}  // namespace bf::udev_rules
