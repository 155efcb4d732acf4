// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/decide.h"

#include <set>

#include "lockdown/apply/act.h"
#include "lockdown/apply/plan.h"

namespace bf::lockdown {
namespace {

// Authorize or bind; judge what that shows, and perhaps take it back; see that nothing is left.
constexpr int kMostRounds = 4;
constexpr std::uint8_t kHubClass = 0x09;

enum class Kind { kRootHub, kUsb, kInterface, kHid, kInput, kNode, kOther };

struct Subject {
  Kind kind = Kind::kOther;
  Lineage lineage;
};

Subject SubjectOf(std::string_view devpath) {
  Subject subject{Kind::kOther, LineageOf(devpath)};
  const Lineage& lineage = subject.lineage;
  const auto node = lineage.input + "/" + lineage.node;
  if (!lineage.node.empty())
    subject.kind = !lineage.input.empty() && node == devpath ? Kind::kNode : Kind::kOther;
  else if (lineage.input == devpath)
    subject.kind = Kind::kInput;
  else if (lineage.hid == devpath)
    subject.kind = Kind::kHid;
  else if (lineage.interface == devpath)
    subject.kind = lineage.usb.empty() ? Kind::kOther : Kind::kInterface;
  else if (lineage.usb == devpath)
    subject.kind = Kind::kUsb;
  else if (lineage.root_hub == devpath)
    subject.kind = Kind::kRootHub;
  // As the kernel prints it: no other way to write the same path.
  const bool plain = devpath.starts_with("/devices/") && devpath.find("//") == devpath.npos &&
                     devpath.find("/.") == devpath.npos && devpath.size() < 2048;
  if (!plain) subject.kind = Kind::kOther;
  return subject;
}

Gate GateOf(Kind kind) {
  if (kind == Kind::kHid) return Gate::kHid;
  return kind == Kind::kInput || kind == Kind::kNode ? Gate::kInput : Gate::kUsb;
}

// The device and its parents, and no more than what is asked about.
Result<Facts> Look(Sysfs& sysfs, const Subject& subject) {
  const Lineage& lineage = subject.lineage;
  Facts facts;
  facts.only_one = true;
  if (subject.kind == Kind::kRootHub || subject.kind == Kind::kUsb) {
    BF_ASSIGN(RootHub hub, ReadRootHub(sysfs, lineage.root_hub));
    facts.root_hubs.push_back(std::move(hub));
  }
  if (subject.kind == Kind::kRootHub) return facts;
  device::Device device;
  if (!lineage.usb.empty()) {
    BF_ASSIGN(device.usb, ReadUsbDevice(sysfs, lineage.usb));
  }
  if (subject.kind == Kind::kInterface) {
    BF_ASSIGN(auto interface, ReadInterface(sysfs, lineage.interface));
    device.usb->interfaces.push_back(std::move(interface));
  }
  if (!lineage.hid.empty()) {
    BF_ASSIGN(auto hid, ReadHidDevice(sysfs, lineage.hid));
    device.hid.push_back(std::move(hid));
  }
  if (!lineage.input.empty()) {
    BF_ASSIGN(auto input, ReadInputNode(sysfs, lineage.input));
    device.input.push_back(std::move(input));
  }
  facts.devices.push_back(std::move(device));
  return facts;
}

// What the rules are told: of all that was judged, the subject itself.
Decision DecisionOf(const Policy& policy, const Situation& situation, const Subject& subject,
                    const Facts& facts) {
  const device::Device& device = facts.devices.front();
  const device::UsbDevice* usb = device.usb ? &*device.usb : nullptr;
  const device::HidDevice* hid = device.hid.empty() ? nullptr : &device.hid.front();
  switch (subject.kind) {
    case Kind::kInterface:
      return JudgeInterface(policy, situation, *usb, usb->interfaces.front());
    case Kind::kHid:
      return hid->driver.empty() ? JudgeBinding(policy, situation, usb, *hid)
                                 : JudgeReports(policy, situation, usb, *hid);
    default:
      return JudgeInput(policy, situation, usb, hid, device.input.front());
  }
}

std::string LineOf(const Subject& subject, const Decision& decision, const Facts& facts) {
  if (!decision.allowed()) return "deny";
  if (subject.kind == Kind::kInterface &&
      facts.devices.front().usb->interfaces.front().code.base == kHubClass)
    return "allow hub";
  return fmt::format("{} {}", decision.filtered ? "filter" : "allow", decision.entry);
}

std::string IdsOf(const device::Device& device) {
  const auto ids = [](std::uint16_t vendor, std::uint16_t product) {
    return fmt::format("{:04x}:{:04x}", vendor, product);
  };
  if (device.usb) return ids(device.usb->vendor, device.usb->product);
  if (!device.hid.empty()) return ids(device.hid.front().vendor, device.hid.front().product);
  return ids(device.input.front().id.vendor, device.input.front().id.product);
}

class Decider {
 public:
  Decider(PolicySource& policies, const Situation& situation, Sysfs& sysfs, Kernel* kernel)
      : policies_(policies), situation_(situation), sysfs_(sysfs), kernel_(kernel) {}

  Result<Answer> Run(Gate gate, std::string_view devpath) {
    const Subject subject = SubjectOf(devpath);
    if (subject.kind == Kind::kOther || GateOf(subject.kind) != gate)
      return FailKind(ErrorKind::kUsage, "{} is nothing that the {} gate judges",
                      Printable(devpath), ToString(gate));
    for (int round = 0; round < kMostRounds; ++round) {
      auto facts = Look(sysfs_, subject);
      // Taken away by ourselves, or by whoever pulled the plug: nothing is left to be let in.
      if (!facts && round > 0 && IsGone(facts.error())) {
        answer_.line = "deny";
        return std::move(answer_);
      }
      if (!facts) return Failure(std::move(facts).error());
      BF_ASSIGN(const Policy* policy,
                facts->devices.empty() ? policies_.Head() : policies_.For(facts->devices.front()));
      Judge(*policy, subject, *facts);
      if (kernel_ == nullptr || subject.kind == Kind::kNode) break;
      BF_ASSIGN(const bool any, Act(MakePlan(policy, situation_, *facts)));
      if (!any) break;
    }
    BF_TRY(std::move(problem_));
    return std::move(answer_);
  }

 private:
  static std::string Printable(std::string_view text) {
    std::string printable;
    for (const char c : text.substr(0, 256)) printable += c < 0x20 || c > 0x7e ? '?' : c;
    return printable;
  }

  void Judge(const Policy& policy, const Subject& subject, const Facts& facts) {
    if (subject.kind == Kind::kRootHub || subject.kind == Kind::kUsb) {
      answer_.line = "gate";
      return;
    }
    answer_.ids = IdsOf(facts.devices.front());
    answer_.audit = subject.kind != Kind::kNode;
    Decision decision = DecisionOf(policy, situation_, subject, facts);
    // A lie that was found stays the answer.
    if (answer_.line == "deny" && !answer_.decisions.empty()) return;
    answer_.line = LineOf(subject, decision, facts);
    if (answer_.decisions.empty() || answer_.decisions.back() != decision)
      answer_.decisions.push_back(std::move(decision));
  }

  // Whether there was anything new to do. After a failure only what shuts is done.
  Result<bool> Act(const Plan& plan) {
    bool any = false;
    for (const auto& step : plan) {
      const std::string what = plan::Describe(step.action);
      if ((!problem_ && Opens(step.action)) || !tried_.insert(what).second) continue;
      any = true;
      auto done = lockdown::Act(*kernel_, step.action);
      if (done) {
        answer_.done.push_back(what);
        continue;
      }
      if (IsGone(done.error()) && !std::holds_alternative<ShutInterfaces>(step.action)) continue;
      if (problem_) problem_ = Failure(std::move(done).error().Context(what));
      TakeBack(step.action);
    }
    return any;
  }

  // A step that did not take as it was asked for must not be half there.
  void TakeBack(const Action& action) {
    const std::string path = PathOf(action);
    if (LineageOf(path).root_hub == path) (void)lockdown::Act(*kernel_, ShutDevices{path});
    if (std::holds_alternative<AuthorizeInterface>(action))
      (void)lockdown::Act(*kernel_, DeauthorizeInterface{path});
    if (std::holds_alternative<ReleaseInput>(action))
      (void)lockdown::Act(*kernel_, InhibitInput{path});
  }

  PolicySource& policies_;
  const Situation& situation_;
  Sysfs& sysfs_;
  Kernel* kernel_;
  Answer answer_;
  Status problem_;
  std::set<std::string> tried_;
};

}  // namespace

Result<Answer> Decide(PolicySource& policies, const Situation& situation, Sysfs& sysfs,
                      Kernel* kernel, Gate gate, std::string_view devpath) {
  return Decider(policies, situation, sysfs, kernel).Run(gate, devpath);
}

}  // namespace bf::lockdown
