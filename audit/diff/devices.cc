// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/devices.h"

#include <algorithm>
#include <set>

#include "lockdown/device/hex.h"
#include "lockdown/judge/text.h"

namespace bf::audit {
namespace {

using namespace lockdown;

constexpr std::uint8_t kHidClass = 0x03;

std::string Ids(const Allow& entry) {
  return fmt::format("{} {:04x}:{:04x} {:04x} {}", ToString(entry.bus.value), entry.vendor.value,
                     entry.product.value, entry.version.value, entry.device_name.value);
}

bool SameInterfaces(const Allow& a, const Allow& b) {
  return std::equal(
      a.interfaces.begin(), a.interfaces.end(), b.interfaces.begin(), b.interfaces.end(),
      [](const auto& one, const auto& other) { return one.value.code == other.value.code; });
}

// The report descriptor that an entry wants behind an interface, or null.
const std::string* ReportOf(const Allow& entry, std::optional<std::size_t> interface) {
  std::size_t index = 0;
  for (std::size_t i = 0; interface && i < *interface; ++i) {
    const auto& one = entry.interfaces[i].value;
    index += one.bound && one.code.base == kHidClass ? 1 : 0;
  }
  return index < entry.report_descriptors.size() ? &entry.report_descriptors[index].value : nullptr;
}

bool IsHid(const Probe& probe) {
  return probe.interface ? probe.like->interfaces[*probe.interface].value.code.base == kHidClass
                         : probe.like->has_hid();
}

bool PhysFits(const std::string& policy, std::string_view phys) {
  if (policy.empty()) return true;
  if (policy.starts_with('*')) return phys.ends_with(std::string_view(policy).substr(1));
  return phys == policy;
}

bool InputFits(const AllowInput& entry, const Probe& probe) {
  return entry.name.value == probe.input->name.value && entry.id.value == probe.input->id.value &&
         PhysFits(entry.phys.value, probe.phys) &&
         entry.capabilities.value == probe.input->capabilities.value;
}

bool Fits(const Allow& entry, const Probe& probe) {
  const Allow& like = *probe.like;
  if (entry.maintenance.value && !probe.window) return false;
  if (like.bus.value == Bus::kUsb) {
    if (entry.serial && entry.serial->value != probe.serial) return false;
    if (!entry.port.value.empty() && entry.port.value != probe.port) return false;
    if (entry.descriptors.value != like.descriptors.value || !SameInterfaces(entry, like) ||
        !entry.interfaces[*probe.interface].value.bound)
      return false;
  } else if (entry.has_hid() != like.has_hid()) {
    return false;
  }
  if (probe.gate == Gate::kUsb) return true;
  if (IsHid(probe)) {
    const std::string* wanted = ReportOf(entry, probe.interface);
    const std::string* has = ReportOf(like, probe.interface);
    if (wanted == nullptr || has == nullptr || *wanted != *has) return false;
  }
  if (probe.gate == Gate::kHid) return true;
  return std::any_of(entry.inputs.begin(), entry.inputs.end(),
                     [&](const AllowInput& one) { return InputFits(one, probe); });
}

// What entries name, and a value that none of them does.
std::vector<std::string> Values(std::set<std::string> named, std::string_view fresh) {
  std::string other(fresh);
  while (named.contains(other)) other += "x";
  named.insert(other);
  return {named.begin(), named.end()};
}

// A port with as many dots as need be, that nobody names.
std::vector<std::string> Ports(std::set<std::string> named) {
  for (int port = 1;; ++port) {
    const std::string other = fmt::format("1-{}", port);
    if (named.insert(other).second) break;
  }
  return {named.begin(), named.end()};
}

class ProbeMaker {
 public:
  ProbeMaker(const Entries& before, const Entries& after) : both_{&before, &after} {
    for (const Entries* entries : both_) {
      for (const Allow& entry : entries->policy().allows) Add(entry);
    }
  }
  std::vector<Probe> Take() && { return std::move(probes_); }

 private:
  void Add(const Allow& entry) {
    std::set<std::string> serials;
    std::set<std::string> ports;
    std::vector<const Allow*> others;
    for (const Entries* entries : both_) {
      for (const Allow* other : entries->Like(entry)) {
        others.push_back(other);
        if (other->serial) serials.insert(other->serial->value);
        if (!other->port.value.empty()) ports.insert(other->port.value);
      }
    }
    const auto all_serials =
        entry.serial ? std::vector{entry.serial->value} : Values(std::move(serials), "another");
    const auto all_ports =
        entry.port.value.empty() ? Ports(std::move(ports)) : std::vector{entry.port.value};
    const bool usb = entry.bus.value == Bus::kUsb;
    for (const bool window : {false, true}) {
      for (const std::string& serial : usb ? all_serials : std::vector<std::string>{""}) {
        for (const std::string& port : usb ? all_ports : std::vector<std::string>{""}) {
          Probe probe{&entry, Gate::kUsb, std::nullopt, serial, port, nullptr, "", window};
          if (!usb) {
            AddParts(probe, others);
            continue;
          }
          for (std::size_t i = 0; i < entry.interfaces.size(); ++i) {
            if (!entry.interfaces[i].value.bound) continue;
            probe.interface = i;
            probe.gate = Gate::kUsb;
            probes_.push_back(probe);
            AddParts(probe, others);
          }
        }
      }
    }
  }

  void AddParts(Probe probe, const std::vector<const Allow*>& others) {
    if (IsHid(probe)) {
      probe.gate = Gate::kHid;
      probes_.push_back(probe);
    }
    probe.gate = Gate::kInput;
    for (const AllowInput& input : probe.like->inputs) {
      probe.input = &input;
      for (std::string& phys : Places(input, others)) {
        probe.phys = std::move(phys);
        probes_.push_back(probe);
      }
    }
  }

  // Each way that an entry of either tells places apart, if `input` leaves it open.
  static std::vector<std::string> Places(const AllowInput& input,
                                         const std::vector<const Allow*>& others) {
    const std::string& own = input.phys.value;
    if (!own.empty() && !own.starts_with('*')) return {own};
    std::set<std::string> places;
    for (const Allow* other : others) {
      for (const AllowInput& one : other->inputs) {
        std::string place = one.phys.value;
        if (place.starts_with('*')) place = "somewhere" + place.substr(1);
        if (!place.empty() && PhysFits(own, place)) places.insert(place);
      }
    }
    const std::string end = own.empty() ? "/elsewhere" : own.substr(1);
    std::string fresh = "anywhere" + end;
    while (places.contains(fresh)) fresh = "x" + fresh;
    places.insert(fresh);
    return {places.begin(), places.end()};
  }

  std::vector<const Entries*> both_;
  std::vector<Probe> probes_;
};

}  // namespace

Entries::Entries(const Policy& policy) : policy_(&policy) {
  for (const Allow& entry : policy.allows) by_ids_[Ids(entry)].push_back(&entry);
}

std::vector<const Allow*> Entries::Like(const Allow& entry) const {
  const auto found = by_ids_.find(Ids(entry));
  return found == by_ids_.end() ? std::vector<const Allow*>{} : found->second;
}

Outcome Entries::Decide(const Probe& probe) const {
  const auto found = by_ids_.find(Ids(*probe.like));
  if (found == by_ids_.end()) return {};
  for (const Allow* entry : found->second) {
    if (Fits(*entry, probe)) return {entry, policy_->FilterOf(*entry)};
  }
  return {};
}

std::vector<Probe> ProbesOf(const Entries& before, const Entries& after) {
  return ProbeMaker(before, after).Take();
}

std::string ToString(const Probe& probe) {
  const Allow& like = *probe.like;
  std::string text = fmt::format("{} device", ToString(like.bus.value));
  if (like.bus.value == Bus::kUsb || like.has_hid())
    text += fmt::format(" {:04x}:{:04x} {}", like.vendor.value, like.product.value,
                        Shown(like.device_name.value));
  if (like.bus.value == Bus::kUsb) {
    text += fmt::format(" version {:04x}", like.version.value);
    if (!probe.serial.empty()) text += fmt::format(" serial {}", Shown(probe.serial));
    text += fmt::format(" at port {}", probe.port);
    if (probe.gate != Gate::kInput)
      text += fmt::format(", interface {} ({})", *probe.interface,
                          device::ToString(like.interfaces[*probe.interface].value.code));
  }
  if (probe.input != nullptr) {
    const auto& capabilities = probe.input->capabilities.value;
    text += fmt::format(", input node {} {} at {}", Shown(probe.input->name.value),
                        device::ToString(probe.input->id.value), Shown(probe.phys));
    text += fmt::format(", ev {} key {}", input::ToString(capabilities.ev),
                        input::ToString(capabilities.key));
    for (const Power power : PowersOf(capabilities))
      text += fmt::format(", can \"{}\"", ToString(power));
  }
  return fmt::format("{}{}, at the {} gate", text,
                     probe.window ? ", while a maintenance window is open" : "",
                     ToString(probe.gate));
}

}  // namespace bf::audit
