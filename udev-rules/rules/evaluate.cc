// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/evaluate.h"

#include <algorithm>

#include "udev-rules/rules/state.h"

namespace bf::udev_rules {
namespace {

// SYMLINK is for devices with a node; a line that writes nothing else is passed over without one.
bool Applies(const State& state, const Line& line) {
  if (!line.goto_label.empty()) return true;
  return std::any_of(line.tokens.begin(), line.tokens.end(), [&](const Token& token) {
    if (token.key == Key::kSymlink) return !state.device.node.empty();
    if (token.key == Key::kName) return !state.Property("IFINDEX").empty();
    return !IsMatch(token.key) || token.key == Key::kMatchProgram || token.key == Key::kMatchImport;
  });
}

// The first device of the chain that matches all of KERNELS, SUBSYSTEMS, DRIVERS, ATTRS and TAGS.
bool MatchParents(State& state, std::span<const Token> tokens) {
  for (std::size_t index = 0; index < state.event.chain.size(); ++index) {
    state.parent = index;
    if (std::all_of(tokens.begin(), tokens.end(), [&](const Token& token) {
          return !IsParentMatch(token.key) || MatchToken(state, token, index);
        })) {
      return true;
    }
  }
  state.parent = 0;
  return false;
}

// False if a match of the line failed.
bool RunLine(State& state, const Line& line) {
  state.escape = false;
  bool parents_done = false;
  for (const Token& token : line.tokens) {
    if (IsParentMatch(token.key)) {
      if (!parents_done && !MatchParents(state, line.tokens)) return false;
      parents_done = true;
    } else if (IsMatch(token.key)) {
      if (!MatchToken(state, token, 0)) return false;
    } else {
      ApplyToken(state, token);
    }
  }
  return true;
}

}  // namespace

Outcome Evaluate(std::span<const RuleFile> files, const Event& event) {
  State state(event);
  for (const RuleFile& file : files) {
    for (std::size_t i = 0; i < file.lines.size();) {
      const Line& line = file.lines[i];
      const bool went = Applies(state, line) && RunLine(state, line);
      // Labels lie below, so this ends.
      i = went && line.goto_line != std::string::npos ? line.goto_line : i + 1;
    }
  }
  return std::move(state.outcome);
}

const Decided* Outcome::Find(std::string_view what) const {
  const auto slot = [](const std::optional<Decided>& decided) {
    return decided ? &*decided : nullptr;
  };
  if (what == "MODE") return slot(mode);
  if (what == "OWNER") return slot(owner);
  if (what == "GROUP") return slot(group);
  if (what == "NAME") return slot(name);
  const std::size_t brace = what.find('{');
  if (brace == std::string_view::npos || !what.ends_with('}')) return nullptr;
  const std::string inner(what.substr(brace + 1, what.size() - brace - 2));
  const std::string_view key = what.substr(0, brace);
  const std::map<std::string, Decided>* from = key == "ATTR"      ? &attributes
                                               : key == "ENV"     ? &properties
                                               : key == "TAG"     ? &tags
                                               : key == "SYMLINK" ? &links
                                                                  : nullptr;
  if (from == nullptr) return nullptr;
  const auto found = from->find(inner);
  return found == from->end() ? nullptr : &found->second;
}

}  // namespace bf::udev_rules
