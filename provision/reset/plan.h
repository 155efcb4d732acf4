// SPDX-License-Identifier: Apache-2.0
// What a factory reset removes. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/plan/plan.h"
#include "provision/state/policy.h"

namespace bf::provision::reset {

// The directories of BF_DATA that are looked into, with the names in each. A directory that is
// missing, or is not a directory, is not among them. "" is BF_DATA itself.
using Listing = std::map<std::string, std::vector<std::string>>;
// Which directories those are.
const std::vector<std::string>& Containers();

struct Remove {
  static constexpr std::string_view kName = "remove";
  std::string path;  // relative to BF_DATA; any bytes
  std::string Describe() const;
  bool operator==(const Remove&) const = default;
};
// Once all that was removed is seen to be gone: record the reset and clear the request.
struct Finish {
  static constexpr std::string_view kName = "finish";
  std::string Describe() const;
  bool operator==(const Finish&) const = default;
};
using Action = std::variant<Remove, Finish>;

// Everything that is not a container or kept by the policy, then Finish.
plan::Plan<Action> MakePlan(const state::Policy& policy, const Listing& listing);

// The sources that stay, and the entries they are of.
std::map<std::string, SourceRef> Kept(const state::Policy& policy);

// Names on BF_DATA are anybody's bytes: control characters as \xNN, so that a log line stays one.
std::string Printable(std::string_view name);

}  // namespace bf::provision::reset
