// SPDX-License-Identifier: Apache-2.0
// How actions read.
#include "overlays/plan.h"

namespace bf::overlays {
namespace {

std::string Limits(std::uint64_t size, std::uint64_t inodes) {
  return fmt::format("{}, {} files", policy::FormatSize(size), inodes);
}

std::string Numbers(const std::vector<unsigned>& generations,
                    const std::vector<std::string>& leftovers) {
  std::string text;
  for (const unsigned number : generations)
    text += (text.empty() ? "" : ", ") + GenerationName(number);
  for (const auto& leftover : leftovers) text += (text.empty() ? "" : ", ") + leftover;
  return text;
}

}  // namespace

std::string SetAside::Describe() const {
  return fmt::format("set aside {} in place of the store of {}", what, name);
}
std::string SecureStore::Describe() const {
  return fmt::format("close the store of {} to everyone but root", name);
}
std::string BuildGeneration::Describe() const {
  if (from == 0)
    return fmt::format("make an empty upper directory, generation {}, for {} on {}", number, path,
                       os.ToString());
  std::map<std::string_view, unsigned> counts;
  for (const auto& decision : decisions) ++counts[ToString(decision.outcome)];
  std::string summary;
  for (const auto& [outcome, count] : counts) summary += fmt::format(", {} {}", count, outcome);
  return fmt::format("{} the changes of {} for {}: generation {} from {}{}",
                     how == "drop"   ? "drop"
                     : how == "keep" ? "keep"
                                     : "merge",
                     path, os.ToString(), number, from, summary);
}
std::string RestoreGeneration::Describe() const {
  return fmt::format("give {} back what {} left behind: generation {} becomes {}", name,
                     os.ToString(), from, number);
}
std::string RepairUpper::Describe() const {
  return fmt::format("set the upper directory of {} to {:04o} {}:{}", name, mode, uid, gid);
}
std::string RepairWork::Describe() const {
  return fmt::format("make the work directory of {} anew: it was {}", name, why);
}
std::string Retire::Describe() const {
  return fmt::format("remove {} of {}", Numbers(generations, leftovers), name);
}
std::string MountTmpfs::Describe() const {
  return fmt::format("mount a tmpfs on {} ({}, mode {:04o})", path, Limits(size, inodes), mode);
}
std::string AdjustTmpfs::Describe() const {
  return fmt::format("set the tmpfs on {} to {}: {}", to.path, Limits(to.size, to.inodes), why);
}
std::string MountOverlay::Describe() const {
  std::string text = generation == 0
                         ? fmt::format("mount an overlay on {}, changes in a tmpfs ({})", path,
                                       Limits(size, inodes))
                         : fmt::format("mount an overlay on {}, changes on BF_DATA (generation {})",
                                       path, generation);
  if (lowers.size() > 1) text += ", over the old changes";
  if (!carry.empty()) {
    text += ", taking along";
    for (const auto& target : carry) text += " " + target;
  }
  return text;
}

const std::string& NameOf(const Action& action) {
  return std::visit(
      [](const auto& one) -> const std::string& {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, AdjustTmpfs>)
          return one.to.name;
        else
          return one.name;
      },
      action);
}

std::string PlanToText(const OverlayPlan& plan) {
  std::string text;
  for (const auto& step : plan.steps) {
    text += fmt::format("{}  ({})\n", plan::Describe(step.action), step.because.ToString());
    if (const auto* build = std::get_if<BuildGeneration>(&step.action)) {
      for (const auto& decision : build->decisions)
        text += fmt::format("  {}: {}, {}\n", Printable(decision.path), ToString(decision.outcome),
                            decision.why);
    }
  }
  return text.empty() ? "nothing to do\n" : text;
}

}  // namespace bf::overlays
