// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/verb.h"

#include <nlohmann/json.hpp>

#include "core/host/file.h"
#include "provision/reset/linux_reset.h"

namespace bf::provision::reset {
namespace {

using Json = nlohmann::ordered_json;

Status CheckStanding(const Standing& standing, const std::string& mount_point) {
  const auto refuse = [](const std::string& why) {
    return FailKind(ErrorKind::kRefused, "{}", why);
  };
  if (!standing.mounted) {
    return refuse(fmt::format("BF_DATA is not mounted at {}: there is nowhere to record a reset",
                              mount_point));
  }
  if (standing.is_volatile) {
    return refuse(
        "this boot is degraded: BF_DATA is kept aside, and a reset could not be recorded on it; "
        "see bf-provision status");
  }
  if (standing.read_only) return refuse("BF_DATA is mounted read-only: see bf-provision status");
  return {};
}

void Print(cli::Invocation& invocation, const state::Policy& policy, const std::string& what) {
  Json kept = Json::array();
  Json cleared = Json::array();
  for (const state::Entry& entry : policy.entries) {
    (entry.reset.value == state::OnReset::kKeep ? kept : cleared).push_back(entry.path.value);
  }
  if (invocation.json) {
    const Json json = {{"schema", 1}, {"request", what}, {"clears", cleared}, {"keeps", kept}};
    invocation.out() << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                     << "\n";
    return;
  }
  if (what == "none") {
    invocation.out() << "no factory reset is recorded\n";
    return;
  }
  if (what == "cancelled") {
    invocation.out() << "the recorded factory reset is withdrawn\n";
    return;
  }
  invocation.out() << (what == "recorded" ? "factory reset recorded; the next boot"
                                          : "would record a factory reset; the next boot")
                   << " removes everything on BF_DATA";
  if (!kept.empty()) invocation.out() << " except";
  invocation.out() << "\n";
  for (const auto& path : kept) {
    invocation.out() << "  " << path.get<std::string>() << "\n";
  }
  if (what == "recorded") {
    invocation.out() << "until then, `bf-provision reset --cancel` withdraws it\n";
  }
}

Status Run(cli::Invocation& invocation) {
  BF_ASSIGN(const state::Policy policy, state::LoadPolicy(invocation.policy_dir));
  BF_ASSIGN(const Standing standing, ObserveStanding(invocation.root, policy.mount_point));
  BF_TRY(CheckStanding(standing, policy.mount_point));
  if (invocation.dry_run) {
    Print(invocation, policy, invocation.Has("--cancel") ? "none" : "planned");
    return {};
  }
  BF_ASSIGN(LinuxHost host, LinuxHost::Open(host::Under(invocation.root, policy.mount_point)));
  if (!invocation.Has("--cancel")) {
    BF_TRY(host.WriteRequest(Request{NowUtc()}));
    Print(invocation, policy, "recorded");
    return {};
  }
  const auto request = host.ReadRequest();
  const bool there = !request || request->has_value();  // garbage goes, too
  if (there) BF_TRY(host.ClearRequest());
  Print(invocation, policy, there ? "cancelled" : "none");
  return {};
}

}  // namespace

cli::Verb ResetVerb() {
  cli::Verb verb;
  verb.name = "reset";
  verb.summary = "ask for a factory reset, carried out at the next boot";
  verb.options = {{"--cancel", "", "Withdraw a reset that was asked for.", false}};
  verb.run = Run;
  return verb;
}

}  // namespace bf::provision::reset
