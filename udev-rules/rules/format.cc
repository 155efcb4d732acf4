// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace bf::udev_rules {
namespace {

enum class Argument { kNone, kOptional, kNeeded };

struct Name {
  std::string_view name;
  char letter;
  Substitution meaning;
  Argument argument = Argument::kNone;
};

// Longer names before those they begin with.
constexpr Name kNames[] = {
    {"devnode", 'N', Substitution::kDevnode},
    {"tempnode", 'N', Substitution::kDevnode},
    {"attr", 's', Substitution::kAttr, Argument::kNeeded},
    {"sysfs", 's', Substitution::kAttr, Argument::kNeeded},
    {"env", 'E', Substitution::kEnv, Argument::kNeeded},
    {"kernel", 'k', Substitution::kKernel},
    {"number", 'n', Substitution::kNumber},
    {"driver", 'd', Substitution::kDriver},
    {"devpath", 'p', Substitution::kDevpath},
    {"id", 'b', Substitution::kId},
    {"major", 'M', Substitution::kMajor},
    {"minor", 'm', Substitution::kMinor},
    {"result", 'c', Substitution::kResult, Argument::kOptional},
    {"parent", 'P', Substitution::kParent},
    {"name", 'D', Substitution::kName},
    {"links", 'L', Substitution::kLinks},
    {"root", 'r', Substitution::kRoot},
    {"sys", 'S', Substitution::kSys},
};

struct Found {
  const Name* name = nullptr;
  std::string_view argument;
};

// The substitution at the start of `text`, which begins with $ or %; advances over it. Nothing and
// a message if it is none.
std::optional<Found> Take(std::string_view& text, std::string& wrong) {
  const bool letters = text[0] == '%';
  const auto name = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& candidate) {
    return letters ? text.size() > 1 && text[1] == candidate.letter
                   : text.substr(1).starts_with(candidate.name);
  });
  if (name == std::end(kNames)) {
    wrong = fmt::format("\"{}\" is no substitution", text.substr(0, 16));
    return std::nullopt;
  }
  text.remove_prefix(letters ? 2 : 1 + name->name.size());
  Found found{name, {}};
  if (name->argument != Argument::kNone && text.starts_with('{')) {
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) {
      wrong = fmt::format("no \"}}\" follows ${}{{", name->name);
      return std::nullopt;
    }
    found.argument = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
  }
  if (name->argument == Argument::kNeeded && found.argument.empty()) {
    wrong = fmt::format("${} needs something in braces", name->name);
    return std::nullopt;
  }
  return found;
}

constexpr bool IsMarker(char c) { return c == '$' || c == '%'; }

// Length of the UTF-8 character that `text` begins with, or 0.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0xc2   ? 0
                             : byte(0) < 0xe0 ? 2
                             : byte(0) < 0xf0 ? 3
                             : byte(0) < 0xf5 ? 4
                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool bad = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f) ||
                   (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f);
  return bad ? 0 : length;
}

}  // namespace

std::optional<std::string> CheckFormat(std::string_view text) {
  while (!text.empty()) {
    if (!IsMarker(text[0])) {
      text.remove_prefix(1);
    } else if (text.size() > 1 && text[1] == text[0]) {
      text.remove_prefix(2);
    } else if (std::string wrong; !Take(text, wrong)) {
      return wrong;
    }
  }
  return std::nullopt;
}

std::string Format(std::string_view text, const Lookup& lookup) {
  std::string result;
  while (!text.empty()) {
    if (!IsMarker(text[0])) {
      result += text[0];
      text.remove_prefix(1);
      continue;
    }
    if (text.size() > 1 && text[1] == text[0]) {
      result += text[0];
      text.remove_prefix(2);
      continue;
    }
    std::string wrong;
    const std::string_view rest = text;
    const auto found = Take(text, wrong);
    if (!found) return result + std::string(rest);
    result += lookup(found->name->meaning, found->argument);
  }
  return result;
}

std::string ReplaceUnsafe(std::string_view text, std::string_view also_allowed) {
  std::string result;
  while (!text.empty()) {
    const char c = text.front();
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("#+-.:=@_").find(c) != std::string_view::npos ||
                       also_allowed.find(c) != std::string_view::npos;
    // "\x20" as udev itself escapes.
    const std::size_t length = plain ? 1 : text.starts_with("\\x") ? 2 : Utf8Length(text);
    if (length == 0) {
      const bool blank = c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
      result += blank && also_allowed.find(' ') != std::string_view::npos ? ' ' : '_';
      text.remove_prefix(1);
      continue;
    }
    result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace bf::udev_rules
