// SPDX-License-Identifier: Apache-2.0
#include "lockdown/judge/judge.h"

#include <algorithm>

#include "lockdown/judge/explain.h"
#include "lockdown/judge/match.h"
#include "lockdown/judge/text.h"
#include "lockdown/usb/descriptors.h"

namespace bf::lockdown {
namespace {

Decision Deny(Gate gate, const std::string& subject, std::string why) {
  Decision decision;
  decision.gate = gate;
  decision.subject = subject;
  decision.explanation = std::move(why);
  return decision;
}

// The first entry that fits, or the one that comes closest.
Decision JudgeEntries(const Policy& policy, const Situation& situation, Candidate& candidate,
                      Gate gate, const std::string& subject) {
  if (!candidate.problem().empty()) return Deny(gate, subject, candidate.problem());
  Decision decision = Deny(gate, subject, "");
  const Allow* closest = nullptr;
  Step furthest = Step::kIds;  // who differs there is nobody's near miss
  const KeyRange keys = candidate.Keys();
  for (const Allow& entry : policy.allows) {
    if (!keys.Contains(KeyOf(entry))) continue;
    Step step = candidate.FirstDifference(entry);
    if (step == Step::kNone && entry.maintenance.value && !situation.maintenance)
      step = Step::kMaintenance;
    if (step <= furthest) continue;
    closest = &entry;
    furthest = step;
    if (step == Step::kNone) break;
  }
  if (closest == nullptr) {
    decision.explanation =
        Joined({"no entry names ", candidate.Identity(), " on bus ", ToString(*candidate.bus())});
    return decision;
  }
  decision.entry = closest->name.value;
  decision.because = closest->at;
  if (furthest != Step::kNone) {
    decision.explanation = candidate.Explain(*closest, furthest);
    return decision;
  }
  decision.verdict = Verdict::kAllow;
  decision.explanation = closest->reason.value;
  decision.group = closest->group.value;
  decision.filtered = policy.FilterOf(*closest) != nullptr;
  return decision;
}

Decision Allowed(Decision decision, std::string why, const SourceRef& because) {
  decision.verdict = Verdict::kAllow;
  decision.explanation = std::move(why);
  decision.because = because;
  return decision;
}

// How many hubs a hub would put between a root port and a device: "1-1" one, "1-1.2" two.
Decision JudgeHub(const Policy& policy, const device::UsbDevice& usb, Decision decision) {
  const auto level = 1 + std::count(usb.name.begin(), usb.name.end(), '.');
  if (level <= policy.usb.hubs.value)
    return Allowed(std::move(decision), policy.usb.reason.value, policy.usb.hubs.at);
  decision.because = policy.usb.hubs.at ? policy.usb.hubs.at : policy.usb.at;
  decision.explanation =
      fmt::format("a hub at level {}: [usb] allows {}", level, policy.usb.hubs.value);
  return decision;
}

// The daemon's own device: what it gives on has been through the filter.
const Filter* FilterOutput(const Policy& policy, const device::InputNode& input) {
  for (const Filter& filter : policy.filters) {
    if (input.device_name != FilterOutputName(filter) || input.id != kFilterOutputId) continue;
    input::Capabilities wanted;
    wanted.ev.Set(0);
    wanted.ev.Set(1);
    for (const auto& key : filter.keys) wanted.key.Set(key.value);
    const bool exact = std::all_of(
        input::kCapabilityFields.begin(), input::kCapabilityFields.end(), [&](const auto& field) {
          const auto index = static_cast<std::size_t>(&field - input::kCapabilityFields.data());
          const std::string& words = input.capabilities.*device::kCapabilityFields[index].second;
          const auto bits = input::ParseBitmap(words.empty() ? "0" : words, field.max_words);
          return bits && *bits == wanted.*field.bits;
        });
    if (exact) return &filter;
  }
  return nullptr;
}

}  // namespace

std::string_view ToString(Gate gate) {
  return gate == Gate::kUsb ? "usb" : gate == Gate::kHid ? "hid" : "input";
}
std::string_view ToString(Verdict verdict) { return verdict == Verdict::kAllow ? "allow" : "deny"; }

Decision JudgeInterface(const Policy& policy, const Situation& situation,
                        const device::UsbDevice& usb, const device::UsbInterface& interface) {
  Candidate candidate(&usb, nullptr, nullptr);
  candidate.Interface(interface);
  if (candidate.problem().empty() && candidate.IsHub())
    return JudgeHub(policy, usb, Deny(Gate::kUsb, interface.name, ""));
  return JudgeEntries(policy, situation, candidate, Gate::kUsb, interface.name);
}

Decision JudgeBinding(const Policy& policy, const Situation& situation,
                      const device::UsbDevice* usb, const device::HidDevice& hid) {
  Candidate candidate(usb, &hid, nullptr);
  return JudgeEntries(policy, situation, candidate, Gate::kHid, hid.name);
}

Decision JudgeReports(const Policy& policy, const Situation& situation,
                      const device::UsbDevice* usb, const device::HidDevice& hid) {
  Candidate candidate(usb, &hid, nullptr);
  candidate.WithReports();
  return JudgeEntries(policy, situation, candidate, Gate::kHid, hid.name);
}

Decision JudgeInput(const Policy& policy, const Situation& situation, const device::UsbDevice* usb,
                    const device::HidDevice* hid, const device::InputNode& input) {
  Candidate candidate(usb, hid, &input);
  candidate.WithReports();
  if (candidate.problem().empty() && candidate.bus() == Bus::kUinput && hid == nullptr) {
    if (const Filter* filter = FilterOutput(policy, input)) {
      Decision decision = Deny(Gate::kInput, input.name, "");
      decision.entry = filter->device.value;
      if (const Allow* entry = policy.Find(filter->device.value))
        decision.group = entry->group.value;
      return Allowed(std::move(decision), filter->reason.value, filter->at);
    }
  }
  return JudgeEntries(policy, situation, candidate, Gate::kInput, input.name);
}

std::vector<device::UsbInterface> InterfacesOf(const device::UsbDevice& usb) {
  if (!usb.interfaces.empty()) return usb.interfaces;
  const auto* bytes = reinterpret_cast<const std::byte*>(usb.descriptors.data());
  const auto read = usb::ParseDescriptors({bytes, usb.descriptors.size()});
  if (!read || read->configurations == 0) return {{usb.name + ":?", 0, {}, std::nullopt, ""}};
  std::vector<device::UsbInterface> interfaces;
  for (const auto& [number, code] : read->interfaces) {
    interfaces.push_back(
        {fmt::format("{}:{}.{}", usb.name, read->value, number), number, code, std::nullopt, ""});
  }
  return interfaces;
}

std::vector<Decision> JudgeAll(const Policy& policy, const Situation& situation,
                               const device::Device& device) {
  std::vector<Decision> decisions;
  const device::UsbDevice* usb = device.usb ? &*device.usb : nullptr;
  if (usb != nullptr) {
    for (const auto& interface : InterfacesOf(*usb))
      decisions.push_back(JudgeInterface(policy, situation, *usb, interface));
  }
  for (const auto& hid : device.hid)
    decisions.push_back(hid.report_descriptor.empty() ? JudgeBinding(policy, situation, usb, hid)
                                                      : JudgeReports(policy, situation, usb, hid));
  for (const auto& input : device.input)
    decisions.push_back(JudgeInput(policy, situation, usb, HidParent(device, input.path), input));
  return decisions;
}

bool IsInUse(const device::Device& device) {
  return std::any_of(device.input.begin(), device.input.end(), [](const auto& input) {
    input::Capabilities bits;
    const bool events = std::any_of(input.handlers.begin(), input.handlers.end(),
                                    [](const auto& name) { return name.starts_with("event"); });
    // A kernel without `inhibited` holds nothing back.
    return events && input.inhibited != true &&
           ReadCapabilities(input.capabilities, bits).empty() && input::Points(bits);
  });
}

std::vector<LockOut> FindLockOuts(const Policy& policy, const Situation& situation,
                                  const std::vector<device::Device>& devices) {
  std::vector<LockOut> found;
  for (const device::Device& device : devices) {
    if (!device.in_use) continue;
    const std::string name = device.note.empty() ? Title(device) : device.note;
    // What input goes through has to be open: the node, its HID device and its interface.
    for (Decision& decision : JudgeAll(policy, situation, device)) {
      const bool matters =
          device.input.empty() ||
          std::any_of(device.input.begin(), device.input.end(), [&](const auto& input) {
            const auto* hid = HidParent(device, input.path);
            return input.name == decision.subject ||
                   InterfaceName(input.path) == decision.subject ||
                   (hid != nullptr && hid->name == decision.subject);
          });
      if (matters && !decision.allowed()) found.push_back({name, std::move(decision)});
    }
  }
  return found;
}

std::string ToString(const LockOut& one) {
  std::string text = fmt::format("{}: {} gate, {}: {}", one.device, ToString(one.decision.gate),
                                 one.decision.subject, one.decision.explanation);
  if (one.decision.because) text += fmt::format(" ({})", one.decision.because.ToString());
  return text;
}

}  // namespace bf::lockdown
