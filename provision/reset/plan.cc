// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/plan.h"

#include <algorithm>

#include "provision/reset/request.h"

namespace bf::provision::reset {
namespace {

std::string Joined(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

}  // namespace

const std::vector<std::string>& Containers() {
  static const std::vector<std::string> kContainers = {
      "",      "control",      "lost+found",   "overlay",
      "state", "state/shared", "state/slot-a", "state/slot-b"};
  return kContainers;
}

std::map<std::string, SourceRef> Kept(const state::Policy& policy) {
  std::map<std::string, SourceRef> kept;
  for (const state::Entry& entry : policy.entries) {
    if (entry.reset.value != state::OnReset::kKeep) continue;
    // Of both slots, whichever runs: the other one is where a fallback goes.
    for (const char* slot : {"a", "b"}) kept[state::SourcePath(entry, slot)] = entry.reset.at;
  }
  return kept;
}

plan::Plan<Action> MakePlan(const state::Policy& policy, const Listing& listing) {
  const std::map<std::string, SourceRef> kept = Kept(policy);
  plan::Plan<Action> steps;
  for (const auto& [directory, names] : listing) {
    std::vector<std::string> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    for (const std::string& name : sorted) {
      const std::string path = Joined(directory, name);
      if (kept.count(path) != 0 || listing.count(path) != 0) continue;
      if (path == kRequest || path == kRecord || path == kUsedTokens || path == kBootRecord) {
        continue;
      }
      steps.push_back({Remove{path}, {}});
    }
  }
  steps.push_back({Finish{}, {}});
  return steps;
}

std::string Printable(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\') {
      text += fmt::format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

std::string Remove::Describe() const { return fmt::format("remove {}", Printable(path)); }

std::string Finish::Describe() const {
  return "see that it is gone, record the reset, clear the request";
}

}  // namespace bf::provision::reset
