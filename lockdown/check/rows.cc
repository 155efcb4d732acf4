// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/rows.h"

#include "lockdown/check/row_tables.h"

namespace bf::lockdown::check {

std::string_view ToString(Source source) {
  switch (source) {
    case Source::kKernel:
      return "kernel";
    case Source::kFiles:
      return "files";
    case Source::kCompositor:
      return "compositor";
  }
  return "";
}

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kClosed:
      return "closed";
    case Verdict::kOpen:
      return "open";
    case Verdict::kDrift:
      return "DRIFT";
  }
  return "";
}

Verdict Outcome::verdict() const {
  if (!drifts.empty()) return Verdict::kDrift;
  return open ? Verdict::kOpen : Verdict::kClosed;
}

void WantsAlways(const Context& context, Outcome& outcome, std::string wants) {
  outcome.wants = std::move(wants);
  outcome.because = context.policy.console.at;
}

const std::string* Need(const Context& context, Outcome& outcome, std::string_view path) {
  outcome.evidence = path;
  const File& file = context.facts.At(path);
  if (file.read()) {
    if (outcome.in_effect.empty()) outcome.in_effect = file.text;
    return &file.text;
  }
  outcome.in_effect = "unknown";
  Drift(outcome, "{} {}", path, file.absent() ? "is not there" : "cannot be read: " + file.problem);
  return nullptr;
}

std::vector<std::string> CommandLineWords(const Context& context, Outcome& outcome) {
  outcome.evidence = kCommandLine;
  const File& file = context.facts.At(kCommandLine);
  if (file.read()) return SplitWords(file.text);
  outcome.in_effect = "unknown";
  Drift(outcome, "{} cannot be read: {}", kCommandLine,
        file.absent() ? "it is not there" : file.problem);
  return {};
}

bool NeedAll(Outcome& outcome, std::string_view what, const std::string& problem) {
  if (problem.empty()) return true;
  outcome.in_effect = "unknown";
  Drift(outcome, "{}: {}", what, problem);
  return false;
}

std::string Listed(const std::vector<std::string>& items) {
  constexpr std::size_t kMost = 4;
  if (items.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < kMost; ++i)
    text += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > kMost) text += fmt::format(" and {} more", items.size() - kMost);
  return text;
}

const std::vector<Row>& Rows() {
  static const std::vector<Row> kRows = [] {
    std::vector<Row> rows;
    for (const auto part : {KernelRows(), ConsoleRows(), NodeRows(), CompositorRows(), DeviceRows(),
                            FileRows(), SandboxRows()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return kRows;
}

const File& Facts::At(std::string_view path) const {
  static const File kNobodyRead;
  const auto found = attributes.find(path);
  return found == attributes.end() ? kNobodyRead : found->second;
}

const Unit* Facts::FindUnit(std::string_view name) const {
  const auto found = units.find(name);
  return found == units.end() ? nullptr : &found->second;
}

}  // namespace bf::lockdown::check
