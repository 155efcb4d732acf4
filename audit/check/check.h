// SPDX-License-Identifier: Apache-2.0
// What is wrong with a set of policies that are each valid: contradictions between files, grants
// nobody gave a reason for, dates that have passed, units that the policies do not hold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/set/policy_set.h"

namespace bf::audit {

struct Finding {
  SourceRef at;
  std::string_view lint;  // "expired"; a name of kLints, or "invalid" for what a reader reports
  std::string message;
};

struct Lint {
  std::string_view name;
  std::string_view what;
};
// All there are, as the man page has them.
extern const std::vector<Lint> kLints;

// One line of a unit file: "ExecStart" of [Service] and what stands behind the "=".
struct UnitLine {
  std::string section;
  std::string key;
  std::string value;
  SourceRef at;
};
struct Unit {
  std::string name;  // "bf-data.service"
  SourceRef at;
  std::vector<UnitLine> lines;

  // What "" says of a list: what was said of it before does not count.
  void Add(UnitLine line);
  const UnitLine* Find(std::string_view section, std::string_view key) const;
};
Unit ReadUnit(std::string name, std::string_view text, const std::string& file);
// A drop-in of it: its lines come after those that are there, and "ExecStart=" takes those back.
void AddDropIn(Unit& unit, std::string_view text, const std::string& file);

// `today` is "2026-11-24". Units are judged only where there are any.
std::vector<Finding> Check(const PolicySet& set, const std::vector<Unit>& units,
                           const std::string& today);

// The parts of it.
void CheckTogether(const PolicySet& set, std::vector<Finding>& findings);
void CheckGrants(const PolicySet& set, const std::string& today, std::vector<Finding>& findings);
void CheckUnits(const PolicySet& set, const std::vector<Unit>& units,
                std::vector<Finding>& findings);

}  // namespace bf::audit
