// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/act.h"

#include "lockdown/apply/facts.h"

namespace bf::lockdown {
namespace {

Status MustRead(Kernel& kernel, const std::string& directory, const std::string& attribute,
                const std::string& value) {
  const auto now = ReadAttribute(kernel, directory, attribute);
  if (!now) return Failure(now.error());
  if (*now == value) return {};
  return Fail("/sys{}/{} reads \"{}\", and not \"{}\"", directory, attribute, *now, value);
}

// The kernel reads some numbers in its own way (authorized_default: any above 2 is "all"), so what
// counts is what it says afterwards.
Status WriteExactly(Kernel& kernel, const std::string& directory, const std::string& attribute,
                    const std::string& value) {
  BF_TRY(kernel.Write(directory, attribute, value));
  return MustRead(kernel, directory, attribute, value);
}

class Actor {
 public:
  explicit Actor(Kernel& kernel) : kernel_(kernel) {}

  Status operator()(const LoadModule& module) { return kernel_.LoadModule(module.name); }
  Status operator()(const StopAutoprobe&) {
    return WriteExactly(kernel_, "/bus/hid", "drivers_autoprobe", "0");
  }
  Status operator()(const ShutInterfaces& hub) {
    return WriteExactly(kernel_, hub.path, "interface_authorized_default", "0");
  }

  Status operator()(const LetDevices& hub) {
    // Whoever asked for this may have been wrong about the other gate.
    BF_TRY(MustRead(kernel_, hub.path, "interface_authorized_default", "0"));
    return WriteExactly(kernel_, hub.path, "authorized_default", "1");
  }
  Status operator()(const ShutDevices& hub) {
    return WriteExactly(kernel_, hub.path, "authorized_default", "0");
  }

  Status operator()(const DropChords& chords) { return kernel_.DropChords(chords.switches); }

  Status operator()(const AuthorizeDevice& device) {
    BF_TRY(MustRead(kernel_, LineageOf(device.path).root_hub, "interface_authorized_default", "0"));
    return WriteExactly(kernel_, device.path, "authorized", "1");
  }
  Status operator()(const DeauthorizeDevice& device) {
    return WriteExactly(kernel_, device.path, "authorized", "0");
  }

  Status operator()(const AuthorizeInterface& interface) {
    BF_TRY(WriteExactly(kernel_, interface.path, "authorized", "1"));
    // No driver yet is well: the interface is authorized, and one that comes may bind.
    if (auto probed =
            kernel_.Write("/bus/usb", "drivers_probe", std::string(BaseName(interface.path)));
        !probed && !IsGone(probed.error()))
      return probed;
    return {};
  }
  Status operator()(const DeauthorizeInterface& interface) {
    return WriteExactly(kernel_, interface.path, "authorized", "0");
  }

  Status operator()(const BindHid& hid) {
    BF_TRY(Probe(hid.path));
    if (kernel_.Link(hid.path, "driver")) return {};
    // udev loads modules only after its rules have run, and a rule is what waits for us.
    const auto alias = ReadAttribute(kernel_, hid.path, "modalias");
    if (!alias) return Failure(alias.error());
    BF_TRY(kernel_.LoadModule(*alias));
    return Probe(hid.path);
  }
  Status operator()(const UnbindHid& hid) {
    return kernel_.Write("/bus/hid/drivers/" + hid.driver, "unbind",
                         std::string(BaseName(hid.path)));
  }

  Status operator()(const InhibitInput& input) {
    return WriteExactly(kernel_, input.path, "inhibited", "1");
  }
  Status operator()(const ReleaseInput& input) {
    BF_TRY(kernel_.ReleaseInput(input.path, input.event));
    return MustRead(kernel_, input.path, "inhibited", "0");
  }

 private:
  // Its nodes are shut before anything is judged: nobody waits for udev here.
  Status Probe(const std::string& hid) {
    auto probed = kernel_.Write("/bus/hid", "drivers_probe", std::string(BaseName(hid)));
    Status inhibited = InhibitAllOf(hid);
    BF_TRY(std::move(probed));
    return inhibited;
  }

  Status InhibitAllOf(const std::string& hid) {
    const auto names = kernel_.List(hid + "/input");
    if (!names) return {};  // no driver, or one that makes no input
    Status first;
    for (const std::string& name : *names) {
      if (!name.starts_with("input")) continue;
      auto done = WriteExactly(kernel_, hid + "/input/" + name, "inhibited", "1");
      if (!done && first && !IsGone(done.error())) first = std::move(done);
    }
    return first;
  }

  Kernel& kernel_;
};

}  // namespace

Status Act(Kernel& kernel, const Action& action) { return std::visit(Actor(kernel), action); }

}  // namespace bf::lockdown
