// SPDX-License-Identifier: Apache-2.0
// The escape matrix as data: one row for each way out. docs/escape-matrix.md is printed from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lockdown/check/expected.h"
#include "lockdown/check/facts.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown::check {

struct Context {
  const Policy& policy;
  const Expected& expected;
  const Facts& facts;
};

// Where the evidence of a row comes from.
enum class Source {
  kKernel,      // the kernel's own state, now
  kFiles,       // files in effect: what systemd, udev or modprobe made of them is inferred
  kCompositor,  // what a compositor answers
};
std::string_view ToString(Source source);

enum class Verdict { kClosed, kOpen, kDrift };
std::string_view ToString(Verdict verdict);

// Filled by the judge of a row. Whatever adds to `drifts` makes it drift.
struct Outcome {
  std::string wants;
  SourceRef because;      // the policy's line
  std::string reason;     // why policy opens it
  std::string in_effect;  // one line
  std::string evidence;   // the path looked at
  bool open = false;      // by policy
  std::vector<std::string> drifts;

  Verdict verdict() const;
};

struct Row {
  std::string_view name;  // "sysrq"
  std::string_view way;   // what somebody would do
  std::string_view closed_when;
  std::string_view policy;  // the key that decides, "[console] sysrq"; "built in" where none does
  std::string_view evidence;
  Source source;
  void (*judge)(const Context& context, Outcome& outcome);
};

// All rows, in the order in which they are printed.
const std::vector<Row>& Rows();

}  // namespace bf::lockdown::check
