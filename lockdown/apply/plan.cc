// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/plan.h"

#include <algorithm>

namespace bf::lockdown {
namespace {

constexpr std::uint8_t kHubClass = 0x09;

class Planner {
 public:
  Planner(const Policy& policy, bool readable, const Situation& situation, const Facts& facts)
      : policy_(policy), readable_(readable), situation_(situation), facts_(facts) {}

  Plan Run() {
    if (!facts_.only_one) Gates();
    for (const RootHub& hub : facts_.root_hubs) RootHubGates(hub);
    for (const device::Device& device : facts_.devices) PlanDevice(device);
    Plan plan = std::move(shut_);
    std::move(open_.begin(), open_.end(), std::back_inserter(plan));
    return plan;
  }

 private:
  void Shut(Action action, const SourceRef& because) {
    shut_.push_back({std::move(action), because});
  }
  void Open(Action action, const SourceRef& because) {
    open_.push_back({std::move(action), because});
  }

  void Gates() {
    if (!facts_.hid_bus)
      Shut(LoadModule{"hid", "its gate has to be shut before a device needs it"}, policy_.at);
    if (facts_.hid_autoprobe != "0") Shut(StopAutoprobe{}, policy_.at);
    if (!facts_.chords) return;
    const auto& vt_switch = policy_.console.vt_switch;
    const bool switches = !vt_switch.value && facts_.chords->switches > 0;
    if (switches || facts_.chords->attention > 0) Shut(DropChords{switches}, vt_switch.at);
  }

  void RootHubGates(const RootHub& hub) {
    if (!hub.InterfacesShut()) Shut(ShutInterfaces{hub.path}, policy_.usb.at);
    if (readable_) {
      if (hub.authorized_default != "1") Open(LetDevices{hub.path}, policy_.usb.at);
    } else if (hub.authorized_default != "0") {
      Shut(ShutDevices{hub.path}, {});
    }
  }

  // A device that waits since before its bus was opened. One that was shut later stays shut.
  void PlanWaiting(const device::UsbDevice& usb) {
    if (usb.authorized != false || !readable_) return;
    const std::string hub_path = LineageOf(usb.path).root_hub;
    const auto hub = std::find_if(facts_.root_hubs.begin(), facts_.root_hubs.end(),
                                  [&](const RootHub& one) { return one.path == hub_path; });
    if (hub == facts_.root_hubs.end()) return;
    if (facts_.only_one || hub->authorized_default != "1")
      Open(AuthorizeDevice{usb.path}, policy_.usb.at);
  }

  void PlanInterface(const device::UsbDevice& usb, const device::UsbInterface& interface) {
    const Decision decision = JudgeInterface(policy_, situation_, usb, interface);
    const std::string path = usb.path + "/" + interface.name;
    const std::string entry = interface.code.base == kHubClass ? "hub" : decision.entry;
    if (decision.allowed()) {
      if (interface.authorized != true) Open(AuthorizeInterface{path, entry}, decision.because);
    } else if (interface.authorized != false && !situation_.CarriesTheRoot(path)) {
      Shut(DeauthorizeInterface{path}, decision.because);
    }
  }

  void PlanHid(const device::UsbDevice* usb, const device::HidDevice& hid) {
    // The report descriptor reads empty until a driver is bound, and then counts.
    const bool bound = !hid.driver.empty();
    const Decision decision = bound ? JudgeReports(policy_, situation_, usb, hid)
                                    : JudgeBinding(policy_, situation_, usb, hid);
    if (decision.allowed()) {
      if (!bound) Open(BindHid{hid.path, decision.entry}, decision.because);
      return;
    }
    if (!bound) return;
    Shut(UnbindHid{hid.path, hid.driver}, decision.because);
    // It got past the USB gate, so it lied there: all of it goes.
    const Lineage lineage = LineageOf(hid.path);
    if (lineage.usb.empty()) return;
    Shut(DeauthorizeInterface{lineage.interface}, decision.because);
    Shut(DeauthorizeDevice{lineage.usb}, decision.because);
  }

  void PlanInput(const device::UsbDevice* usb, const device::HidDevice* hid,
                 const device::InputNode& input) {
    const Decision decision = JudgeInput(policy_, situation_, usb, hid, input);
    // The filter daemon releases what it has grabbed; until then its device is like any other.
    if (!decision.allowed()) {
      if (input.inhibited != true) Shut(InhibitInput{input.path}, decision.because);
      return;
    }
    if (decision.filtered || input.inhibited != true) return;
    const auto event = std::find_if(input.handlers.begin(), input.handlers.end(),
                                    [](const auto& name) { return name.starts_with("event"); });
    if (event != input.handlers.end())
      Open(ReleaseInput{input.path, *event, decision.entry}, decision.because);
    else
      Open(LoadModule{"evdev", "there is nothing else to drain " + input.name + " through"},
           decision.because);
  }

  void PlanDevice(const device::Device& device) {
    const device::UsbDevice* usb = device.usb ? &*device.usb : nullptr;
    if (usb != nullptr) {
      PlanWaiting(*usb);
      for (const auto& interface : usb->interfaces) PlanInterface(*usb, interface);
    }
    for (const auto& hid : device.hid) PlanHid(usb, hid);
    for (const auto& input : device.input) PlanInput(usb, HidParent(device, input.path), input);
  }

  const Policy& policy_;
  const bool readable_;
  const Situation& situation_;
  const Facts& facts_;
  Plan shut_;
  Plan open_;
};

}  // namespace

Plan MakePlan(const Policy* policy, const Situation& situation, const Facts& facts) {
  // A policy without entries denies everything.
  static const Policy nothing;
  return Planner(policy != nullptr ? *policy : nothing, policy != nullptr, situation, facts).Run();
}

std::vector<Decision> JudgeFacts(const Policy& policy, const Situation& situation,
                                 const Facts& facts) {
  std::vector<Decision> decisions;
  for (const device::Device& device : facts.devices) {
    auto some = JudgeAll(policy, situation, device);
    std::move(some.begin(), some.end(), std::back_inserter(decisions));
  }
  return decisions;
}

std::vector<std::string> FindOpenGates(const Facts& facts) {
  std::vector<std::string> open;
  if (facts.hid_bus && facts.hid_autoprobe != "0")
    open.push_back(
        fmt::format("/sys/bus/hid/drivers_autoprobe reads \"{}\", not 0: any HID device "
                    "gets a driver",
                    facts.hid_autoprobe));
  if (!facts.chords_problem.empty())
    open.push_back("the chords of the keymap are not known: " + facts.chords_problem);
  for (const RootHub& hub : facts.root_hubs) {
    const bool devices = hub.authorized_default == "0";
    if (!hub.InterfacesShut() && !devices)
      open.push_back(
          fmt::format("/sys{}/interface_authorized_default reads \"{}\", not 0: any "
                      "device gets its drivers",
                      hub.path, hub.interface_authorized_default));
    if (!devices && hub.authorized_default != "1")
      open.push_back(fmt::format("/sys{}/authorized_default reads \"{}\", which is neither 0 nor 1",
                                 hub.path, hub.authorized_default));
  }
  return open;
}

}  // namespace bf::lockdown
