// SPDX-License-Identifier: Apache-2.0
// What udev would do with a recorded device under a set of rules, and which line decided each part
// of it. Nothing is run: commands and builtins answer from the record.
#pragma once

#include <span>

#include "udev-rules/rules/device.h"
#include "udev-rules/rules/syntax.h"

namespace bf::udev_rules {

// What a line wrote, in the order in which udev came to it.
struct Write {
  std::string what;  // "MODE", "ATTR{inhibited}", "TAG", "RUN{builtin}"
  Op op = Op::kAssign;
  std::string value;  // substitutions done
  SourceRef at;
  bool had_effect = true;  // false where an earlier := had made it final

  bool operator==(const Write&) const = default;
};

struct Decided {
  std::string value;
  SourceRef at;
  bool final = false;

  bool operator==(const Decided&) const = default;
};

struct Outcome {
  std::optional<Decided> owner;
  std::optional<Decided> group;
  std::optional<Decided> mode;
  std::optional<Decided> name;
  std::map<std::string, Decided> attributes;  // written, by name; the last writer
  std::map<std::string, Decided> properties;  // set or changed by rules
  std::map<std::string, Decided> tags;        // current ones that rules set
  std::map<std::string, Decided> links;
  std::vector<Write> run;     // what is run in the end
  std::vector<Write> writes;  // all of them
  // Questions to the machine that the record has no answer to; taken as failed.
  std::vector<Write> unanswered;

  // "MODE", "OWNER", "ATTR{x}", "ENV{x}", "TAG{x}": who decided it, or nullptr.
  const Decided* Find(std::string_view what) const;
};

Outcome Evaluate(std::span<const RuleFile> files, const Event& event);

// fnmatch(3) without flags for any alternative of `pattern`.
bool Matches(std::string_view pattern, const std::string& text);

}  // namespace bf::udev_rules
