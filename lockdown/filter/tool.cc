// SPDX-License-Identifier: Apache-2.0
#include "lockdown/filter/tool.h"

#include <algorithm>

#include "core/host/file.h"
#include "lockdown/apply/decide.h"
#include "lockdown/apply/facts.h"
#include "lockdown/apply/linux_kernel.h"
#include "lockdown/filter/linux_notify.h"
#include "lockdown/filter/linux_output.h"
#include "lockdown/filter/linux_source.h"
#include "lockdown/maintenance/linux_maintenance.h"

namespace bf::lockdown::filter {
namespace {

// "input12": the kernel gives each number once per boot, so that what is called so is this device
// and no later one. "event3" comes again with another device.
Status CheckName(const std::string& name) {
  constexpr std::string_view kPrefix = "input";
  const bool good = name.starts_with(kPrefix) && name.size() > kPrefix.size() && name.size() < 20 &&
                    std::all_of(name.begin() + kPrefix.size(), name.end(),
                                [](char c) { return c >= '0' && c <= '9'; });
  if (good) return {};
  return FailKind(ErrorKind::kUsage, "an input device is called input and a number");
}

Result<std::string> DevicePath(Sysfs& sysfs, const std::string& name) {
  BF_ASSIGN(const std::string link, sysfs.Link("/class/input", name));
  const auto at = link.find("/devices/");
  if (at == link.npos) return Fail("/sys/class/input/{} leads nowhere", name);
  return link.substr(at);
}

struct Wanted {
  std::string path;   // of inputN, below /sys
  std::string event;  // "event3"
  std::string output;
  std::set<std::uint16_t> keys;
};

// Only what the judge lets in for a filter; its word is asked for here again.
Result<Wanted> Judge(cli::Invocation& invocation, const Policy& policy, LinuxSysfs& sysfs) {
  const std::string& name = invocation.positionals.front();
  Wanted wanted;
  BF_ASSIGN(wanted.path, DevicePath(sysfs, name));
  BF_ASSIGN(const Situation situation, ReadSituation(invocation.root, policy));
  WholePolicy whole(policy);
  BF_ASSIGN(const Answer answer,
            Decide(whole, situation, sysfs, nullptr, Gate::kInput, wanted.path));
  const Decision* decision = answer.decisions.empty() ? nullptr : &answer.decisions.back();
  if (decision == nullptr || !decision->allowed() || !decision->filtered)
    return FailKind(ErrorKind::kRefused, "{} is not for a filter: {}", name,
                    decision == nullptr ? answer.line : decision->explanation);
  const Allow* entry = policy.Find(decision->entry);
  const Filter* filter = entry == nullptr ? nullptr : policy.FilterOf(*entry);
  if (filter == nullptr) return FailKind(ErrorKind::kInternal, "{} has no filter", decision->entry);
  for (const auto& key : filter->keys) wanted.keys.insert(key.value);
  wanted.output = FilterOutputName(*filter);
  BF_ASSIGN(const auto children, sysfs.List(wanted.path));
  const auto event = std::find_if(children.begin(), children.end(),
                                  [](const auto& child) { return child.starts_with("event"); });
  if (event == children.end()) return Fail("{} has no event node", name);
  wanted.event = *event;
  return wanted;
}

Status Loop(Source& source, Output& output, KeyFilter& filter) {
  BF_ASSIGN(Waiter waiter, Waiter::Make());
  BF_TRY(source.Release());
  BF_TRY(NotifyReady());
  for (;;) {
    BF_ASSIGN(const Woken woken, waiter.Wait(source.fd()));
    if (woken == Woken::kEnd) return {};
    BF_ASSIGN(const auto events, source.Read());
    for (const Event& event : events) BF_TRY(output.Write(filter.Feed(event)));
  }
}

std::string InhibitedPath(const cli::Invocation& invocation, const std::string& device) {
  return host::Under(invocation.root, "/sys" + device + "/inhibited");
}

Status Run(cli::Invocation& invocation) {
  BF_TRY(CheckName(invocation.positionals.front()));
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  LinuxSysfs sysfs(invocation.root);
  BF_ASSIGN(const Wanted wanted, Judge(invocation, policy, sysfs));
  if (invocation.dry_run) {
    invocation.out() << fmt::format("would give {} keys of {} on as \"{}\"\n", wanted.keys.size(),
                                    wanted.event, wanted.output);
    return {};
  }
  BF_ASSIGN(const std::string number, ReadAttribute(sysfs, wanted.path, wanted.event + "/dev"));
  BF_ASSIGN(Source source, Source::Hold(host::Under(invocation.root, "/dev/input/" + wanted.event),
                                        number, InhibitedPath(invocation, wanted.path)));
  // The number may have gone to another device between the two; then this one has no such node.
  sysfs.Forget();
  BF_ASSIGN(const std::string again, ReadAttribute(sysfs, wanted.path, wanted.event + "/dev"));
  if (again != number) return Fail("{} is another device now", wanted.event);
  BF_ASSIGN(Output output,
            Output::Make(host::Under(invocation.root, "/dev/uinput"), wanted.output, wanted.keys));
  BF_TRY(DropCapabilities());
  KeyFilter filter(wanted.keys);
  Status ended = Loop(source, output, filter);
  const Status inhibited = source.Inhibit();
  (void)output.Write(filter.ReleaseAll());
  // Unplugged: nothing is left to be done.
  const bool gone = !ended && IsGone(ended.error());
  if (gone) invocation.Say(cli::Level::kInfo, "the device is gone");
  if (!gone) BF_TRY(inhibited);
  return gone ? Status() : ended;
}

Status Mute(cli::Invocation& invocation) {
  const std::string& name = invocation.positionals.front();
  BF_TRY(CheckName(name));
  if (invocation.dry_run) return {};
  auto muted = host::WriteAttribute(
      host::Under(invocation.root, "/sys/class/input/" + name + "/inhibited"), "1");
  if (!muted && IsGone(muted.error())) return {};
  return muted;
}

}  // namespace

cli::Tool FilterTool() {
  return {"bf-input-filter",
          "Gives on the keys of an input device that a [[filter]] lists, and nothing else",
          {{"run", "filter one device until it is unplugged", {}, {"INPUT"}, Run},
           {"mute", "inhibit one device", {}, {"INPUT"}, Mute}}};
}

}  // namespace bf::lockdown::filter
