// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/reach.h"

#include "udev-rules/rules/evaluate.h"

namespace bf::udev_rules {
namespace {

Verdict HoldsFor(const Token& token, const DeviceKind& kind) {
  const std::string_view known = token.key == Key::kMatchSubsystem ? kind.subsystem
                                 : token.key == Key::kMatchKernel  ? kind.kernel
                                 : token.key == Key::kMatchAction  ? kind.action
                                                                   : std::string_view();
  if (known.empty()) return Verdict::kMaybe;
  const bool match = Matches(token.value, std::string(known));
  return match == (token.op == Op::kMatch) ? Verdict::kYes : Verdict::kNo;
}

}  // namespace

Verdict HoldsFor(const Line& line, const DeviceKind& kind) {
  Verdict verdict = Verdict::kYes;
  for (const Token& token : line.tokens) {
    if (!IsMatch(token.key)) continue;
    const Verdict one = HoldsFor(token, kind);
    if (one == Verdict::kNo) return Verdict::kNo;
    if (one == Verdict::kMaybe) verdict = Verdict::kMaybe;
  }
  return verdict;
}

std::vector<bool> Reachable(const RuleFile& file, const DeviceKind& kind) {
  std::vector<bool> reachable(file.lines.size(), false);
  if (reachable.empty()) return reachable;
  reachable[0] = true;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (!reachable[i]) continue;
    const Line& line = file.lines[i];
    const bool jumps = line.goto_line != std::string::npos;
    const Verdict verdict = jumps ? HoldsFor(line, kind) : Verdict::kNo;
    if (verdict != Verdict::kNo) reachable[line.goto_line] = true;
    if (verdict != Verdict::kYes && i + 1 < file.lines.size()) reachable[i + 1] = true;
  }
  return reachable;
}

}  // namespace bf::udev_rules
