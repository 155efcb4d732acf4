// SPDX-License-Identifier: Apache-2.0
#include "lockdown/tool.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/host/file.h"
#include "lockdown/apply/facts.h"
#include "lockdown/apply/umockdev.h"
#include "lockdown/apply/verbs.h"
#include "lockdown/check/verb.h"
#include "lockdown/compile/compile.h"
#include "lockdown/device/record.h"
#include "lockdown/input/key_names.h"
#include "lockdown/judge/explain.h"
#include "lockdown/judge/judge.h"
#include "lockdown/judge/propose.h"
#include "lockdown/maintenance/verb.h"
#include "lockdown/sandbox/verbs/verbs.h"

namespace bf::lockdown {
namespace {

constexpr std::string_view kUmockdev = ".umockdev";

Result<std::vector<device::Device>> LoadRecord(const std::string& path) {
  BF_ASSIGN(const std::string text, host::ReadFile(path, device::kMaxRecordBytes));
  if (!path.ends_with(kUmockdev)) return device::ReadRecord(text, path);
  BF_ASSIGN(UmockdevSysfs sysfs, UmockdevSysfs::Parse(text, path));
  BF_ASSIGN(Facts facts, Observe(sysfs));
  if (facts.devices.empty()) return Fail("{}: there is no USB, HID or input device in it", path);
  for (device::Device& device : facts.devices) device.in_use = IsInUse(device);
  return std::move(facts.devices);
}

// A recording is named by a path; a device is called as `devices` calls it, such as "1-1.2".
bool IsRecording(std::string_view name) {
  return name.find('/') != name.npos || name.ends_with(".json") || name.ends_with(kUmockdev);
}

// A policy that shuts out what the product cannot do without is not one to ship.
Status CheckLockOut(cli::Invocation& invocation, const Policy& policy) {
  if (!invocation.Has("--recorded")) return {};
  BF_ASSIGN(const auto devices, LoadRecord(invocation.Get("--recorded")));
  // Or a recording of nothing would pass for a proof.
  if (std::none_of(devices.begin(), devices.end(), [](const auto& one) { return one.in_use; }))
    return FailKind(ErrorKind::kRefused,
                    "{}: no device in it is in use, so there is nothing to check; record it where "
                    "the panel works{}",
                    invocation.Get("--recorded"),
                    invocation.Get("--recorded").ends_with(kUmockdev)
                        ? ""
                        : ", or mark it with \"in_use\": true");
  const auto found = FindLockOuts(policy, {}, devices);
  for (const LockOut& one : found) invocation.Say(cli::Level::kError, ToString(one));
  if (found.empty()) return {};
  return FailKind(ErrorKind::kRefused,
                  "this policy would block a device that {} says is in use; nothing is written",
                  invocation.Get("--recorded"));
}

Status CompileVerb(cli::Invocation& invocation) {
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  BF_TRY(CheckLockOut(invocation, policy));
  const auto files = Compile(policy);
  if (!invocation.dry_run) {
    if (!invocation.Has("--out")) return FailKind(ErrorKind::kUsage, "compile: --out is missing");
    BF_TRY(WriteOutput(invocation.Get("--out"), files));
  }
  for (const OutputFile& file : files) {
    if (invocation.json && file.path == kManifestPath) invocation.out() << file.text;
    if (!invocation.json)
      invocation.out() << file.path << (file.link.empty() ? "" : " -> " + file.link) << "\n";
  }
  return {};
}

Status ExplainVerb(cli::Invocation& invocation) {
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  std::optional<unsigned> key;
  if (invocation.Has("--key")) {
    key = input::KeyCode(invocation.Get("--key"));
    if (!key)
      return FailKind(ErrorKind::kUsage,
                      "there is no key \"{}\"; names are those of KEY_* and BTN_*",
                      invocation.Get("--key"));
  }
  const std::string& what = invocation.positionals.front();
  BF_ASSIGN(const auto devices,
            IsRecording(what) ? LoadRecord(what) : PresentDevices(invocation.root, what));
  if (invocation.Has("--propose")) {
    for (const auto& device : devices) {
      BF_ASSIGN(const std::string entry, ProposeEntry(device));
      invocation.out() << entry << "\n";
    }
    return {};
  }
  const Situation situation{invocation.Has("--maintenance")};
  const auto explanations = Explain(policy, situation, devices, key);
  invocation.out() << (invocation.json ? device::ToText(ExplanationToJson(explanations))
                                       : ExplanationToText(explanations));
  return {};
}

}  // namespace

cli::Tool LockdownTool() {
  return {"bf-lockdown",
          "Local input and consoles, shut but for what input.toml lists",
          {{"compile",
            "make udev rules and settings from input.toml, all of them or none",
            {{"--out", "DIR", "where to put them; what an earlier run put there goes"},
             {"--recorded", "FILE",
              "refuse a policy that blocks a device in use recorded there, as .json or .umockdev"}},
            {},
            CompileVerb},
           {"explain",
            "show which gate stops a device, here or recorded, or which line lets it in",
            {{"--key", "KEY", "and what becomes of this key, such as KEY_A"},
             {"--maintenance", "", "as in an open maintenance window"},
             {"--propose", "", "print an [[allow]] entry for it instead, to be completed"}},
            {"DEVICE|FILE.json|FILE.umockdev"},
            ExplainVerb},
           ApplyVerb(),
           DecideVerb(),
           DevicesVerb(),
           CheckVerb(),
           maintenance::MaintenanceVerb(),
           sandbox::ExecVerb(),
           sandbox::FilterVerb(),
           sandbox::GroupsVerb(),
           sandbox::LearnVerb()}};
}

}  // namespace bf::lockdown
