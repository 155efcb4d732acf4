// SPDX-License-Identifier: Apache-2.0
// Holds a compiled filter against the profile it was made of.
#pragma once

#include <string>
#include <vector>

#include "lockdown/sandbox/filter/bpf.h"

namespace bf::lockdown::sandbox {

struct Disagreement {
  Call call;
  std::uint32_t filter = 0;  // what the filter returns
  Verdict policy;
};
std::string ToString(const Disagreement& one, const Profile& profile);

struct Cost {
  std::size_t instructions = 0;
  unsigned worst = 0;      // instructions on the longest way that was met
  double mean = 0;         // over one matching call for each rule that allows
  double conditional = 0;  // the same over rules with a condition, which no bitmap answers
};

struct Proof {
  std::size_t calls = 0;  // that were evaluated
  Cost cost;
  std::vector<Disagreement> disagreements;  // the first few
};

// Evaluates the filter at every partition point of the profile, and from there on each side of
// every comparison that the filter itself makes on the way.
Result<Proof> Prove(const Program& program, const Oracle& oracle);
// An error of kind kInternal with witnesses unless they agree.
Status RequireAgreement(const Proof& proof, const Profile& profile);

}  // namespace bf::lockdown::sandbox
