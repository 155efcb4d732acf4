// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/report.h"

#include <nlohmann/json.hpp>

#include "core/hash/sha256.h"
#include "lockdown/device/record.h"
#include "lockdown/judge/explain.h"
#include "lockdown/judge/propose.h"
#include "lockdown/judge/text.h"
#include "lockdown/usb/descriptors.h"

namespace bf::lockdown {
namespace {

// What a decision was about, as one would look for it on the machine.
std::string Fingerprint(const device::Device& device, const std::string& subject) {
  for (const auto& hid : device.hid) {
    if (hid.name == subject)
      return hid.report_descriptor.empty()
                 ? "no driver"
                 : "reports sha256:" + hash::HashOf(hid.report_descriptor);
  }
  for (const auto& input : device.input) {
    if (input.name != subject) continue;
    std::string text = Shown(input.device_name);
    for (const auto& handler : input.handlers) text += " " + handler;
    return text + (input.inhibited == true ? ", inhibited" : ", NOT inhibited");
  }
  if (!device.usb) return {};
  for (const auto& interface : device.usb->interfaces) {
    if (interface.name != subject) continue;
    return fmt::format("{:02x}/{:02x}/{:02x}{}{}", interface.code.base, interface.code.subclass,
                       interface.code.protocol, interface.driver.empty() ? ", no driver" : ", ",
                       interface.driver);
  }
  return "not configured";
}

std::string Printable(std::string_view text) {
  std::string printable;
  for (const char c : text) printable += c < 0x20 || c > 0x7e ? '?' : c;
  return printable;
}

bool CouldBringInput(const device::Device& device) {
  if (!device.hid.empty() || !device.input.empty()) return true;
  if (!device.usb) return false;
  const auto interfaces = InterfacesOf(*device.usb);
  return std::any_of(interfaces.begin(), interfaces.end(),
                     [](const auto& one) { return one.code.base == usb::kClassHid; });
}

bool Denied(const std::vector<Decision>& decisions) {
  return std::any_of(decisions.begin(), decisions.end(),
                     [](const Decision& decision) { return !decision.allowed(); });
}

}  // namespace

facts::StageResult StageOf(const Applied& applied, const std::vector<Decision>& decisions) {
  facts::StageResult stage;
  stage.stage = "lockdown";
  stage.result = applied.result();
  stage.done = applied.done;
  for (const Problem& problem : applied.problems) {
    stage.problems.push_back(problem.text);
    const bool counts =
        problem.severity == (stage.result == "failed" ? Severity::kFailed : Severity::kDegraded);
    if (counts && stage.reason.empty() && stage.result != "ok") stage.reason = problem.text;
  }
  Json gates = {{"hid_autoprobe", applied.after.hid_autoprobe}, {"usb", Json::array()}};
  for (const RootHub& hub : applied.after.root_hubs)
    gates["usb"].push_back({{"bus", hub.name},
                            {"authorized_default", hub.authorized_default},
                            {"interface_authorized_default", hub.interface_authorized_default}});
  stage.details["gates"] = std::move(gates);
  Json list = Json::array();
  for (const Decision& decision : decisions) list.push_back(DecisionToJson(decision));
  stage.details["decisions"] = std::move(list);
  return stage;
}

std::string DevicesToText(const Policy& policy, const Situation& situation,
                          const std::vector<device::Device>& devices) {
  std::string text;
  std::vector<device::Device> denied;
  for (const device::Device& device : devices) {
    const auto decisions = JudgeAll(policy, situation, device);
    text += Title(device) + "\n";
    if (device.usb)
      text += fmt::format("  descriptors sha256:{}\n", hash::HashOf(device.usb->descriptors));
    for (const Decision& decision : decisions) {
      text += fmt::format("  {:<5}  {:<5}  {}  {}\n", ToString(decision.gate),
                          decision.filtered ? "keys" : ToString(decision.verdict), decision.subject,
                          Fingerprint(device, decision.subject));
      text += fmt::format("                {}", Printable(decision.explanation));
      if (decision.because) text += fmt::format("  ({})", decision.because.ToString());
      text += '\n';
    }
    if (Denied(decisions)) denied.push_back(device);
  }
  if (devices.empty()) text += "no device brings input, and nothing is on USB\n";
  return text + EntriesFor(denied);
}

Json DevicesToJson(const Policy& policy, const Situation& situation,
                   const std::vector<device::Device>& devices) {
  Json json = device::ToJson(devices);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    Json list = Json::array();
    for (const Decision& decision : JudgeAll(policy, situation, devices[i]))
      list.push_back(DecisionToJson(decision));
    json["devices"][i]["decisions"] = std::move(list);
    if (auto entry = ProposeEntry(devices[i])) json["devices"][i]["entry"] = *std::move(entry);
  }
  return json;
}

Json LockOutsToJson(const std::vector<LockOut>& found) {
  Json list = Json::array();
  for (const LockOut& one : found)
    list.push_back({{"device", one.device}, {"decision", DecisionToJson(one.decision)}});
  return list;
}

std::string EntriesFor(const std::vector<device::Device>& devices) {
  std::string text;
  for (const device::Device& device : devices) {
    if (!CouldBringInput(device)) continue;
    const auto entry = ProposeEntry(device);
    text += entry ? fmt::format("\n# To allow {}:\n{}", Title(device), *entry)
                  : fmt::format("\n# {} cannot be allowed as it is: {}\n", Title(device),
                                Printable(entry.error().message));
  }
  return text;
}

std::string AuditLine(const Decision& decision, const std::string& ids, std::string_view path) {
  std::string line = fmt::format(
      "{} {} {} {} at {}: {}", decision.filtered ? "filter" : ToString(decision.verdict),
      ToString(decision.gate), decision.subject, ids, path, decision.explanation);
  if (!decision.entry.empty()) line += fmt::format(" \"{}\"", decision.entry);
  if (decision.because) line += fmt::format(" ({})", decision.because.ToString());
  return Printable(line);
}

}  // namespace bf::lockdown
