// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "audit/check/check.h"

namespace bf::audit {
namespace {

// A sentence has more than one word; the readers see to it that there is one at all.
bool SaysNothing(std::string_view reason) {
  std::string words(reason);
  std::transform(words.begin(), words.end(), words.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view empty : {"todo", "tbd", "fixme", "xxx"}) {
    if (words.starts_with(empty)) return true;
  }
  return words.size() < 8 || words.find(' ') == words.npos;
}

class Reasons {
 public:
  explicit Reasons(std::vector<Finding>& findings) : findings_(findings) {}
  void Look(std::string_view reason, const SourceRef& at, std::string_view of) {
    if (SaysNothing(reason))
      findings_.push_back({at, "no-reason", fmt::format("\"{}\" is no reason for {}", reason, of)});
  }

 private:
  std::vector<Finding>& findings_;
};

void CheckReasons(const PolicySet& set, std::vector<Finding>& findings) {
  Reasons reasons(findings);
  if (set.input) {
    for (const auto& entry : set.input->allows) {
      reasons.Look(entry.reason.value, entry.reason.at, "a device");
      for (const auto& input : entry.inputs) {
        if (!input.can.empty())
          reasons.Look(input.because.value, input.because.at, "what a node can do");
      }
    }
    for (const auto& reason : set.input->console.reasons)
      reasons.Look(reason.text.value, reason.text.at, fmt::format("\"{}\"", reason.key));
    if (set.input->usb.hubs.value > 0)
      reasons.Look(set.input->usb.reason.value, set.input->usb.reason.at, "hubs");
    if (set.input->maintenance.window.value != lockdown::Window::kOff)
      reasons.Look(set.input->maintenance.reason.value, set.input->maintenance.reason.at,
                   "a maintenance window");
  }
  if (set.state) {
    for (const auto& entry : set.state->entries)
      reasons.Look(entry.reason, entry.at, "a persistent path");
  }
  if (set.overlays) {
    for (const auto& path : *set.overlays)
      reasons.Look(path.reason.value, path.reason.at, "a writable path");
  }
  for (const auto& [name, profile] : set.sandbox) {
    for (const auto& relax : profile.relaxes)
      reasons.Look(relax.because.value, relax.because.at, "a weakening");
  }
  for (const auto& accept : set.accepted)
    reasons.Look(accept.why.value, accept.why.at, "a loosening that was accepted");
}

}  // namespace

void CheckGrants(const PolicySet& set, const std::string& today, std::vector<Finding>& findings) {
  CheckReasons(set, findings);
  if (set.overlays) {
    for (const auto& path : *set.overlays) {
      if (path.exec.value)
        findings.push_back({path.exec.at, "writable-exec",
                            fmt::format("what is written below {} can be run", path.path.value)});
    }
  }
  for (const auto& [name, profile] : set.sandbox) {
    for (const auto& relax : profile.relaxes) {
      if (relax.expires.value.empty() || relax.expires.value >= today) continue;
      std::string what;
      for (const auto& one : relax.what) what += (what.empty() ? "" : ", ") + one.value;
      findings.push_back({relax.expires.at, "expired",
                          fmt::format("{} was to be relaxed until {}, and it is {}", what,
                                      relax.expires.value, today)});
    }
  }
  for (const auto& accept : set.accepted) {
    if (set.HashOf(accept.file.value) != accept.hash.value)
      findings.push_back({accept.hash.at, "accepted-stale",
                          fmt::format("the text of {} is another one: {}", accept.file.value,
                                      set.HashOf(accept.file.value))});
  }
}

}  // namespace bf::audit
