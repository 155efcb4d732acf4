// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "udev-rules/rules/format.h"
#include "udev-rules/rules/state.h"

namespace bf::udev_rules {
namespace {

void Note(State& state, const Token& token, const std::string& value, bool had_effect) {
  state.outcome.writes.push_back({token.Shown(), token.op, value, token.at, had_effect});
}

void Decide(State& state, const Token& token, std::optional<Decided>& slot, std::string value) {
  const bool open = !slot || !slot->final;
  Note(state, token, value, open);
  if (open) slot = Decided{std::move(value), token.at, token.op == Op::kFinal};
}

void ApplyTag(State& state, const Token& token) {
  const std::string tag = state.Formatted(token.value);
  const bool valid = !tag.empty() && tag.find_first_of(": ") == std::string::npos;
  Note(state, token, tag, valid);
  if (!valid) return;
  if (token.op == Op::kAssign) {
    state.device.tags.clear();
    state.outcome.tags.clear();
  }
  if (token.op == Op::kRemove) {
    state.device.tags.erase(tag);
    state.outcome.tags.erase(tag);
    return;
  }
  state.device.tags.insert(tag);
  state.outcome.tags[tag] = {tag, token.at, false};
}

void ApplyEnv(State& state, const Token& token) {
  std::string value = state.Formatted(token.value);
  const bool nothing = value.empty() && token.op == Op::kAdd;
  Note(state, token, value, !nothing);
  if (nothing) return;
  const std::string before = state.Property(token.attribute);
  if (token.op == Op::kAdd && !before.empty()) value = before + " " + value;
  if (state.escape) value = ReplaceUnsafe(value, "");
  state.SetProperty(token.attribute, value);
  state.outcome.properties[token.attribute] = {value, token.at, false};
}

void ApplyLinks(State& state, const Token& token) {
  std::map<std::string, Decided>& links = state.outcome.links;
  const bool closed =
      std::any_of(links.begin(), links.end(), [](const auto& link) { return link.second.final; });
  const std::string all = ReplaceUnsafe(state.Formatted(token.value), "/ ");
  Note(state, token, all, !closed);
  if (closed) return;
  if (token.op == Op::kAssign || token.op == Op::kFinal) links.clear();
  std::string_view rest = all;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    std::string link(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (link.starts_with("/dev/")) link.erase(0, 5);
    if (link.empty()) continue;
    if (token.op == Op::kRemove) {
      links.erase(link);
    } else {
      links[link] = {link, token.at, token.op == Op::kFinal};
    }
  }
}

void ApplyAttribute(State& state, const Token& token) {
  const std::string value = state.Formatted(token.value);
  Note(state, token, value, true);
  const std::string name = state.Formatted(token.attribute);
  state.outcome.attributes[name] = {value, token.at, false};
  state.WriteAttribute(name, value);
}

void ApplyRun(State& state, const Token& token) {
  std::vector<Write>& run = state.outcome.run;
  const bool closed = !run.empty() && run.back().op == Op::kFinal;
  // Its substitutions are done when it is run; the event is over by then, and they mean the same.
  const std::string command = state.Formatted(token.value);
  Note(state, token, command, !closed);
  if (closed) return;
  if (token.op == Op::kAssign || token.op == Op::kFinal) run.clear();
  run.push_back(state.outcome.writes.back());
}

void ApplyOption(State& state, const Token& token) {
  Note(state, token, token.value, true);
  if (token.value == "string_escape=replace") state.escape = true;
  if (token.value == "string_escape=none") state.escape = false;
}

}  // namespace

void ApplyToken(State& state, const Token& token) {
  Outcome& outcome = state.outcome;
  switch (token.key) {
    case Key::kOwner:
      return Decide(state, token, outcome.owner, state.Formatted(token.value));
    case Key::kGroup:
      return Decide(state, token, outcome.group, state.Formatted(token.value));
    case Key::kMode:
      return Decide(state, token, outcome.mode, state.Formatted(token.value));
    case Key::kName:
      Decide(state, token, outcome.name, ReplaceUnsafe(state.Formatted(token.value), ""));
      state.name = outcome.name->value;
      return;
    case Key::kTag:
      return ApplyTag(state, token);
    case Key::kEnv:
      return ApplyEnv(state, token);
    case Key::kSymlink:
      return ApplyLinks(state, token);
    case Key::kAttr:
      return ApplyAttribute(state, token);
    case Key::kRun:
      return ApplyRun(state, token);
    case Key::kOptions:
      return ApplyOption(state, token);
    default:  // SECLABEL and SYSCTL: written down, and nothing here depends on them
      return Note(state, token, state.Formatted(token.value), true);
  }
}

}  // namespace bf::udev_rules
