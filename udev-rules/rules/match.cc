// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>

#include <algorithm>
#include <charconv>

#include "udev-rules/rules/format.h"
#include "udev-rules/rules/state.h"

namespace bf::udev_rules {
namespace {

bool Wanted(const Token& token) { return token.op == Op::kMatch; }

bool MatchText(const Token& token, const std::string& text) {
  return Matches(token.value, text) == Wanted(token);
}

bool MatchAnyOf(const Token& token, const auto& names) {
  const bool any = std::any_of(names.begin(), names.end(),
                               [&](const std::string& name) { return Matches(token.value, name); });
  return any == Wanted(token);
}

// An attribute that is not there matches neither == nor !=.
bool MatchAttribute(State& state, const Token& token, std::size_t index) {
  const std::string name = state.Formatted(token.attribute);
  std::optional<std::string> value;
  if (name.starts_with('[')) {
    const auto& others = state.event.answers.other_attributes;
    if (const auto found = others.find(name); found != others.end()) {
      value = found->second;
    } else {
      state.Unanswered(token, name);
    }
  } else {
    value = state.Attribute(index, name);
  }
  if (!value) return false;
  // White space at the end counts only if the rule has some there.
  const bool keep =
      !token.value.empty() && std::isspace(static_cast<unsigned char>(token.value.back())) != 0;
  if (!keep) value->erase(value->find_last_not_of(" \t\r\n") + 1);
  return MatchText(token, *value);
}

bool Exists(const State& state, const std::string& path) {
  const Answers& answers = state.event.answers;
  if (path.starts_with('/')) return answers.paths.contains(path);
  if (path.starts_with('[')) return answers.other_attributes.contains(path);
  const auto below = [&](const std::string& name) {
    const auto& attributes = state.device.attributes;
    const auto found = attributes.lower_bound(name);
    return found != attributes.end() &&
           (found->first == name || found->first.starts_with(name + "/"));
  };
  const std::size_t star = path.find("/*/");
  if (star == std::string::npos) return below(path);
  return std::any_of(state.device.attributes.begin(), state.device.attributes.end(),
                     [&](const auto& attribute) {
                       return ::fnmatch(path.c_str(), attribute.first.c_str(), FNM_PATHNAME) == 0;
                     });
}

unsigned Octal(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 8);
  return value;
}

bool MatchTest(State& state, const Token& token) {
  const std::string path = state.Formatted(token.value);
  bool matches = Exists(state, path);
  if (matches && !token.attribute.empty()) {
    // Of attributes the record has no modes.
    const auto known = state.event.answers.paths.find(path);
    if (known == state.event.answers.paths.end())
      state.Unanswered(token, path);
    else
      matches = (known->second & Octal(token.attribute)) != 0;
  }
  return matches == Wanted(token);
}

bool RunProgram(State& state, const Token& token, std::string& output) {
  const std::string command = state.Formatted(token.value);
  const auto found = state.event.answers.programs.find(command);
  if (found == state.event.answers.programs.end()) {
    state.Unanswered(token, command);
    return false;
  }
  output = found->second.output;
  return found->second.exit_code == 0;
}

bool MatchProgram(State& state, const Token& token) {
  state.result.clear();
  std::string output;
  if (!RunProgram(state, token, output)) return !Wanted(token);
  output.erase(output.find_last_not_of('\n') + 1);
  state.result = ReplaceUnsafe(output, kAllowedInput);
  return Wanted(token);
}

void Import(State& state, const Token& token, const Properties& properties) {
  for (const auto& [key, value] : properties) {
    state.SetProperty(key, value);
    state.outcome.properties[key] = {value, token.at, false};
  }
}

// "KEY=value" lines; quotes around the value go.
Properties ParseProperties(std::string_view text) {
  const auto trimmed = [](std::string_view part) {
    const std::size_t first = part.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return std::string_view();
    return part.substr(first, part.find_last_not_of(" \t\r") - first + 1);
  };
  Properties properties;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    std::string_view value = trimmed(line.substr(equals + 1));
    if (key.empty() || value.empty()) continue;
    if (value.front() == '"' || value.front() == '\'') {
      if (value.size() == 1 || value.back() != value.front()) continue;
      value = value.substr(1, value.size() - 2);
    }
    properties[std::string(key)] = value;
  }
  return properties;
}

// Nothing where the import fails.
std::optional<Properties> Imported(State& state, const Token& token) {
  const Answers& answers = state.event.answers;
  const std::string what = state.Formatted(token.value);
  if (token.attribute == "program") {
    std::string output;
    if (!RunProgram(state, token, output)) return std::nullopt;
    return ParseProperties(output);
  }
  if (token.attribute == "builtin") {
    const auto found = answers.builtins.find(what);
    if (found == answers.builtins.end()) {
      state.Unanswered(token, what);
      return std::nullopt;
    }
    return found->second;
  }
  if (token.attribute == "file") {
    const auto found = answers.files.find(what);
    if (found == answers.files.end()) return std::nullopt;
    return found->second;
  }
  if (token.attribute == "parent") {
    if (state.event.chain.size() < 2) return std::nullopt;
    Properties properties;
    for (const auto& [key, value] : state.event.chain[1].properties) {
      if (::fnmatch(what.c_str(), key.c_str(), 0) == 0) properties[key] = value;
    }
    return properties;
  }
  const Properties& from = token.attribute == "db" ? answers.database : answers.command_line;
  const auto found = from.find(what);
  if (found == from.end()) return std::nullopt;
  // A word of the command line without a value counts as "1".
  return Properties{{what, found->second.empty() ? "1" : found->second}};
}

bool MatchImport(State& state, const Token& token) {
  const auto properties = Imported(state, token);
  if (!properties) return !Wanted(token);
  Import(state, token, *properties);
  return Wanted(token);
}

bool MatchRecorded(State& state, const Token& token, const Properties& from) {
  const std::string name = state.Formatted(token.attribute);
  const auto found = from.find(name);
  if (found == from.end()) state.Unanswered(token, name);
  return MatchText(token, found == from.end() ? std::string() : found->second);
}

}  // namespace

bool Matches(std::string_view pattern, const std::string& text) {
  const auto alternatives = Alternatives(pattern);
  return std::any_of(alternatives.begin(), alternatives.end(), [&](std::string_view one) {
    return one.empty() ? text.empty() : ::fnmatch(std::string(one).c_str(), text.c_str(), 0) == 0;
  });
}

bool MatchToken(State& state, const Token& token, std::size_t index) {
  const Device& device = state.At(index);
  switch (token.key) {
    case Key::kMatchAction:
      return MatchText(token, state.event.action);
    case Key::kMatchDevpath:
      return MatchText(token, device.devpath);
    case Key::kMatchKernel:
    case Key::kMatchKernels:
      return MatchText(token, device.kernel);
    case Key::kMatchSymlink: {
      std::vector<std::string> links;
      for (const auto& [link, decided] : state.outcome.links) links.push_back(link);
      return MatchAnyOf(token, links);
    }
    case Key::kMatchName:
      return MatchText(token, state.name);
    case Key::kMatchEnv:
      return MatchText(token, state.Property(token.attribute));
    case Key::kMatchConst:
      return MatchRecorded(state, token, state.event.answers.constants);
    case Key::kMatchTag:
    case Key::kMatchTags:
      return MatchAnyOf(token, device.tags);
    case Key::kMatchSubsystem:
    case Key::kMatchSubsystems: {
      // Three words that udev takes for "any" here.
      const bool any = token.value == "subsystem" || token.value == "bus" || token.value == "class";
      constexpr std::string_view kThree = "subsystem|class|bus";
      return any ? Matches(kThree, device.subsystem) == Wanted(token)
                 : MatchText(token, device.subsystem);
    }
    case Key::kMatchDriver:
    case Key::kMatchDrivers:
      return MatchText(token, device.driver);
    case Key::kMatchAttr:
    case Key::kMatchAttrs:
      return MatchAttribute(state, token, index);
    case Key::kMatchSysctl:
      return MatchRecorded(state, token, state.event.answers.sysctl);
    case Key::kMatchTest:
      return MatchTest(state, token);
    case Key::kMatchProgram:
      return MatchProgram(state, token);
    case Key::kMatchImport:
      return MatchImport(state, token);
    case Key::kMatchResult:
      return MatchText(token, state.result);
    default:
      return true;
  }
}

}  // namespace bf::udev_rules
