// SPDX-License-Identifier: Apache-2.0
// Rules are text that anybody with a package may add: read, evaluated over a device and weighed.
#include <cstdint>

#include "udev-rules/rules/evaluate.h"
#include "udev-rules/rules/lint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::udev_rules;
  bf::policy::Diagnostics diagnostics;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const RuleSet set = BuildRuleSet({{"/etc/udev/rules.d", "10-a.rules", text}}, diagnostics);
  Event event;
  event.chain.resize(2);
  event.chain[0] = {"/devices/input3/event3", "event3", "input", "",
                    "/dev/input/event3",      {},       {},      {}};
  event.chain[1].attributes = {{"name", "x\", RUN+=\"/bin/sh\n*?["}};
  event.answers.programs = {{"x", {0, "A=1\n"}}};
  for (const RuleFile& file : set.files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const Line& line = file.lines[i];
      // A GOTO that led up would never end.
      if (line.goto_line != std::string::npos && line.goto_line <= i) __builtin_trap();
      if (line.at.line < 1 || line.at.column < 1) __builtin_trap();
    }
  }
  const Outcome outcome = Evaluate(set.files, event);
  for (const Write& write : outcome.writes) {
    if (write.at.line < 1) __builtin_trap();
  }
  const std::string ours[] = {"72-ours.rules"};
  if (Lint(set, ours).empty()) __builtin_trap();  // at least that ours is missing
  return 0;
}
