// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/carry_out.h"

namespace bf::provision::reset {
namespace {

// What keeps a reset from being finished; the request then stays for the next boot.
Status Steps(const state::Policy& policy, const Request& request, Host& host, Outcome& outcome) {
  BF_ASSIGN(const Listing before, host.List());
  for (const auto& step : MakePlan(policy, before)) {
    const Remove* remove = std::get_if<Remove>(&step.action);
    if (remove == nullptr) continue;
    // One that cannot be removed must not keep the others' secrets.
    if (auto removed = host.RemovePath(remove->path); !removed) {
      outcome.problems.push_back("factory reset: " + removed.error().ToString());
    } else {
      outcome.done.push_back("factory reset: " + remove->Describe());
    }
  }
  BF_TRY(host.Flush());
  BF_ASSIGN(const Listing after, host.List());
  for (const auto& step : MakePlan(policy, after)) {
    if (std::holds_alternative<Finish>(step.action)) continue;
    return Fail("not finished: {} is still to be done, at the next boot",
                plan::Describe(step.action));
  }
  // The record first: after a cut between the two, the reset is done again and loses nothing.
  BF_TRY(host.WriteRecord(request));
  return host.ClearRequest();
}

}  // namespace

Outcome CarryOut(const state::Policy& policy, Host& host) {
  Outcome outcome;
  const auto request = host.ReadRequest();
  if (!request) {
    outcome.problems.push_back("factory reset: " + request.error().ToString());
    return outcome;
  }
  if (!request->has_value()) return outcome;
  outcome.requested = true;
  if (auto finished = Steps(policy, **request, host, outcome); !finished) {
    outcome.problems.push_back("factory reset: " + finished.error().ToString());
  } else {
    outcome.finished = true;
    outcome.done.push_back(
        fmt::format("factory reset: finished (asked for at {})", (*request)->requested));
  }
  return outcome;
}

}  // namespace bf::provision::reset
