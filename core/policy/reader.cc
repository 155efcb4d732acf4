// SPDX-License-Identifier: Apache-2.0
#include "core/policy/reader.h"

#include <charconv>
#include <limits>

namespace bf::policy {
namespace {

std::string List(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += fmt::format("\"{}\"", names[i]);
  }
  return text;
}

// What is wrong with `path` as a clean path, or "".
std::string_view PathProblem(std::string_view path, bool absolute) {
  if (path.empty()) return "a path cannot be empty";
  if (path.find('\0') != std::string_view::npos) return "a path cannot hold a NUL";
  if (path.size() >= 4096) return "a path is at most 4095 bytes long";
  if (absolute && !path.starts_with('/')) return "the path must start with a slash";
  if (!absolute && path.starts_with('/')) return "the path must not start with a slash";
  if (path == "/") return "";
  if (path.ends_with('/')) return "the path must not end with a slash";
  std::string_view rest = absolute ? path.substr(1) : path;
  while (true) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.empty()) return "the path has a double slash";
    if (part == "." || part == "..") return "the path must not have \".\" or \"..\" in it";
    if (part.size() > 255) return "a part of the path is longer than 255 bytes";
    if (end == rest.size()) return "";
    rest.remove_prefix(end + 1);
  }
}

struct TimeUnit {
  std::string_view suffix;
  std::int64_t milliseconds;
};
constexpr std::array<TimeUnit, 4> kTimeUnits = {
    TimeUnit{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}};

}  // namespace

Reader::Reader(const Table& table, SourceRef at, Diagnostics& diagnostics)
    : table_(&table), at_(std::move(at)), diagnostics_(&diagnostics) {}

const Value* Reader::Find(std::string_view key) {
  asked_.emplace(key);
  for (const Member& member : table_->members) {
    if (member.key == key) return &member.value.front();
  }
  return nullptr;
}

const Value* Reader::Require(std::string_view key) {
  const Value* value = Find(key);
  if (value == nullptr) diagnostics_->Add(at_, "the key \"{}\" is missing", key);
  return value;
}

bool Reader::Has(std::string_view key) const {
  return std::any_of(table_->members.begin(), table_->members.end(),
                     [&](const Member& member) { return member.key == key; });
}

std::vector<std::string> Reader::Keys() const {
  std::vector<std::string> keys;
  for (const Member& member : table_->members) keys.push_back(member.key);
  return keys;
}

void Reader::Refuse(std::string_view key, std::string_view why) {
  for (const Member& member : table_->members) {
    if (member.key != key) continue;
    asked_.emplace(key);
    diagnostics_->Add(member.key_at, "\"{}\": {}", key, why);
  }
}

SourceRef Reader::At(std::string_view key) const {
  for (const Member& member : table_->members) {
    if (member.key == key) return member.value.front().at;
  }
  return at_;
}

template <class T>
const T* Reader::As(const Value& value, std::string_view key, std::string_view wanted) {
  const T* typed = std::get_if<T>(&value.data);
  if (typed == nullptr) {
    diagnostics_->Add(value.at, "\"{}\" must be {}, not {}", key, wanted, value.TypeName());
  }
  return typed;
}

Located<std::string> Reader::String(std::string_view key) {
  const Value* value = Require(key);
  if (value == nullptr) return {{}, at_};
  const auto* text = As<std::string>(*value, key, "a string");
  if (text == nullptr) return {{}, value->at};
  if (text->empty()) diagnostics_->Add(value->at, "\"{}\" must not be empty", key);
  return {*text, value->at};
}

Located<std::string> Reader::String(std::string_view key, std::string fallback) {
  const Value* value = Find(key);
  if (value == nullptr) return {std::move(fallback), at_};
  const auto* text = As<std::string>(*value, key, "a string");
  if (text == nullptr) return {std::move(fallback), value->at};
  return {*text, value->at};
}

Located<std::int64_t> Reader::Integer(std::string_view key, std::int64_t min, std::int64_t max) {
  if (Require(key) == nullptr) return {min, at_};
  return Integer(key, min, max, min);
}

Located<std::int64_t> Reader::Integer(std::string_view key, std::int64_t min, std::int64_t max,
                                      std::int64_t fallback) {
  const Value* value = Find(key);
  if (value == nullptr) return {fallback, at_};
  const auto* number = As<std::int64_t>(*value, key, "an integer");
  if (number == nullptr) return {fallback, value->at};
  if (*number < min || *number > max) {
    diagnostics_->Add(value->at, "\"{}\" must be between {} and {}, not {}", key, min, max,
                      *number);
    return {fallback, value->at};
  }
  return {*number, value->at};
}

Located<bool> Reader::Bool(std::string_view key, bool fallback) {
  const Value* value = Find(key);
  if (value == nullptr) return {fallback, at_};
  const auto* flag = As<bool>(*value, key, "true or false");
  return {flag == nullptr ? fallback : *flag, value->at};
}

std::vector<Located<std::string>> Reader::Strings(std::string_view key) {
  std::vector<Located<std::string>> result;
  const Value* value = Find(key);
  if (value == nullptr) return result;
  const auto* array = As<Array>(*value, key, "an array of strings");
  if (array == nullptr) return result;
  for (const Value& element : *array) {
    const auto* text = std::get_if<std::string>(&element.data);
    if (text == nullptr) {
      diagnostics_->Add(element.at, "\"{}\" must hold strings, not {}", key, element.TypeName());
    } else {
      result.push_back({*text, element.at});
    }
  }
  return result;
}

Located<std::uint64_t> Reader::Size(std::string_view key) {
  if (Require(key) == nullptr) return {0, at_};
  return Size(key, 0);
}

Located<std::uint64_t> Reader::Size(std::string_view key, std::uint64_t fallback) {
  const Value* value = Find(key);
  if (value == nullptr) return {fallback, at_};
  if (const auto* number = std::get_if<std::int64_t>(&value->data)) {
    if (*number >= 0) return {static_cast<std::uint64_t>(*number), value->at};
    diagnostics_->Add(value->at, "\"{}\" must not be negative", key);
    return {fallback, value->at};
  }
  const auto* text = As<std::string>(*value, key, "a size such as \"64MiB\" or a number of bytes");
  if (text == nullptr) return {fallback, value->at};
  const auto size = ParseSize(*text);
  if (!size) {
    diagnostics_->Add(value->at, "\"{}\" is not a size; write a number and B, KiB, MiB, GiB or TiB",
                      *text);
  }
  return {size.value_or(fallback), value->at};
}

Located<unsigned> Reader::Mode(std::string_view key, unsigned fallback) {
  const Value* value = Find(key);
  if (value == nullptr) return {fallback, at_};
  const auto* text = As<std::string>(*value, key, "permission bits as a string such as \"0755\"");
  if (text == nullptr) return {fallback, value->at};
  unsigned mode = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (code != std::errc() || end != text->data() + text->size() || mode > 07777 ||
      text->size() < 3) {
    diagnostics_->Add(value->at, "\"{}\" is not an octal mode such as \"0755\"", *text);
    return {fallback, value->at};
  }
  return {mode, value->at};
}

std::optional<std::int64_t> ParseMilliseconds(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || number < 0 || number > 1'000'000'000) return std::nullopt;
  const std::string_view suffix(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  for (const TimeUnit& unit : kTimeUnits) {
    if (suffix == unit.suffix) return number * unit.milliseconds;
  }
  return std::nullopt;
}

Located<std::int64_t> Reader::Milliseconds(std::string_view key, std::int64_t fallback) {
  const Value* value = Find(key);
  if (value == nullptr) return {fallback, at_};
  const auto* text = As<std::string>(*value, key, "a time such as \"90s\"");
  if (text == nullptr) return {fallback, value->at};
  if (const auto milliseconds = ParseMilliseconds(*text)) return {*milliseconds, value->at};
  diagnostics_->Add(value->at, "\"{}\" is not a time; write a number and ms, s, min or h", *text);
  return {fallback, value->at};
}

Located<std::string> Reader::Path(std::string_view key, const Value* value, bool absolute,
                                  std::string fallback) {
  if (value == nullptr) return {std::move(fallback), at_};
  const auto* text = As<std::string>(*value, key, "a path");
  if (text == nullptr) return {std::move(fallback), value->at};
  if (const auto problem = PathProblem(*text, absolute); !problem.empty()) {
    diagnostics_->Add(value->at, "{}: \"{}\"", problem, *text);
    return {std::move(fallback), value->at};
  }
  return {*text, value->at};
}

Located<std::string> Reader::AbsolutePath(std::string_view key) {
  return Path(key, Require(key), true, {});
}
Located<std::string> Reader::AbsolutePath(std::string_view key, std::string fallback) {
  return Path(key, Find(key), true, std::move(fallback));
}
Located<std::string> Reader::RelativePath(std::string_view key) {
  return Path(key, Require(key), false, {});
}
Located<std::string> Reader::RelativePath(std::string_view key, std::string fallback) {
  return Path(key, Find(key), false, std::move(fallback));
}

std::optional<std::size_t> Reader::EnumIndex(std::string_view key,
                                             std::span<const std::string_view> names,
                                             bool optional) {
  const Value* value = optional ? Find(key) : Require(key);
  if (value == nullptr) return std::nullopt;
  const auto* text = As<std::string>(*value, key, List(names));
  if (text == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *text) return i;
  }
  diagnostics_->Add(value->at, "\"{}\" must be {}, not \"{}\"", key, List(names), *text);
  return std::nullopt;
}

void Reader::SubTable(std::string_view key, const std::function<void(Reader&)>& read) {
  const Value* value = Find(key);
  if (value == nullptr) return;
  const auto* table = As<Table>(*value, key, "a table");
  if (table == nullptr) return;
  Reader reader(*table, value->at, *diagnostics_);
  read(reader);
  reader.Finish();
}

void Reader::Tables(std::string_view key, const std::function<void(Reader&)>& read) {
  const Value* value = Find(key);
  if (value == nullptr) return;
  const auto* array = As<Array>(*value, key, "an array of tables");
  if (array == nullptr) return;
  for (const Value& element : *array) {
    const auto* table = std::get_if<Table>(&element.data);
    if (table == nullptr) {
      diagnostics_->Add(element.at, "\"{}\" must hold tables, not {}", key, element.TypeName());
      continue;
    }
    Reader reader(*table, element.at, *diagnostics_);
    read(reader);
    reader.Finish();
  }
}

void Reader::Schema(std::int64_t expected) {
  const Value* value = Require("schema");
  if (value == nullptr) return;
  const auto* number = As<std::int64_t>(*value, "schema", "an integer");
  if (number != nullptr && *number != expected) {
    diagnostics_->Add(value->at, "schema {} is not known here; this version reads schema {}",
                      *number, expected);
  }
}

void Reader::Finish() {
  for (const Member& member : table_->members) {
    if (asked_.contains(member.key)) continue;
    // Only what is not there already can have been meant.
    std::vector<std::string_view> candidates;
    for (const std::string& key : asked_) {
      if (!Has(key)) candidates.push_back(key);
    }
    const std::string_view closest = ClosestMatch(member.key, candidates);
    if (closest.empty()) {
      diagnostics_->Add(member.key_at, "unknown key \"{}\"", member.key);
    } else {
      diagnostics_->Add(member.key_at, "unknown key \"{}\" (did you mean \"{}\"?)", member.key,
                        closest);
    }
  }
}

}  // namespace bf::policy
