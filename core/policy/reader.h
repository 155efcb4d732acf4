// SPDX-License-Identifier: Apache-2.0
// Typed reading of a policy table. Each getter reports a wrong type or a missing key itself and
// then returns a default, so that a schema reads as a list of fields and *all* diagnostics come
// out in one go. Finish() reports the keys nobody asked for, with "did you mean".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/policy/diagnostics.h"
#include "core/policy/value.h"

namespace bf::policy {

// A value and where it was written. For a key that is absent, `at` is the table's position.
template <class T>
struct Located {
  T value{};
  SourceRef at;
};

template <class E>
struct Choice {
  std::string_view name;
  E value;
};

class Reader {
 public:
  Reader(const Table& table, SourceRef at, Diagnostics& diagnostics);

  const SourceRef& at() const { return at_; }
  Diagnostics& diagnostics() { return *diagnostics_; }
  bool Has(std::string_view key) const;
  // Every key that was written, in the order written.
  std::vector<std::string> Keys() const;
  // Where `key`'s value was written, or the table's position.
  SourceRef At(std::string_view key) const;

  Located<std::string> String(std::string_view key);  // required, and not empty
  Located<std::string> String(std::string_view key, std::string fallback);
  Located<std::int64_t> Integer(std::string_view key, std::int64_t min, std::int64_t max);
  Located<std::int64_t> Integer(std::string_view key, std::int64_t min, std::int64_t max,
                                std::int64_t fallback);
  Located<bool> Bool(std::string_view key, bool fallback);
  std::vector<Located<std::string>> Strings(std::string_view key);  // [] when absent

  // Bytes, written as an integer or as "64KiB", "1.5GiB"… (binary units only).
  Located<std::uint64_t> Size(std::string_view key);
  Located<std::uint64_t> Size(std::string_view key, std::uint64_t fallback);
  // Octal permission bits as a string, "0755".
  Located<unsigned> Mode(std::string_view key, unsigned fallback);
  // Seconds, written as "90s", "5min", "1h" or "500ms"; in milliseconds.
  Located<std::int64_t> Milliseconds(std::string_view key, std::int64_t fallback);
  // An absolute path without "//", "." or ".." parts and without a slash at the end.
  Located<std::string> AbsolutePath(std::string_view key);
  Located<std::string> AbsolutePath(std::string_view key, std::string fallback);
  // A relative path under the same rules.
  Located<std::string> RelativePath(std::string_view key);
  Located<std::string> RelativePath(std::string_view key, std::string fallback);

  template <class E>
  Located<E> Enum(std::string_view key, std::initializer_list<Choice<E>> choices,
                  std::optional<E> fallback = std::nullopt) {
    std::vector<std::string_view> names;
    for (const auto& choice : choices) names.push_back(choice.name);
    const auto index = EnumIndex(key, names, fallback.has_value());
    Located<E> result{fallback.value_or(choices.begin()->value), At(key)};
    if (index) result.value = (choices.begin() + *index)->value;
    return result;
  }

  // Calls `read` with a Reader of the sub-table; an absent key is not an error here.
  void SubTable(std::string_view key, const std::function<void(Reader&)>& read);
  // Calls `read` for each element of an array of tables ([[key]]).
  void Tables(std::string_view key, const std::function<void(Reader&)>& read);

  // A key that has no place here for a reason worth telling: reported with that reason instead of
  // as unknown.
  void Refuse(std::string_view key, std::string_view why);

  // Every policy file starts with `schema = 1`.
  void Schema(std::int64_t expected);

  // Reports keys that no getter asked for. SubTable and Tables call it for their own.
  void Finish();

 private:
  const Value* Find(std::string_view key);
  const Value* Require(std::string_view key);
  template <class T>
  const T* As(const Value& value, std::string_view key, std::string_view wanted);
  std::optional<std::size_t> EnumIndex(std::string_view key,
                                       std::span<const std::string_view> names, bool optional);
  Located<std::string> Path(std::string_view key, const Value* value, bool absolute,
                            std::string fallback);

  const Table* table_;
  SourceRef at_;
  Diagnostics* diagnostics_;
  std::set<std::string, std::less<>> asked_;
};

// The candidate closest to `word` within a third of its length, or "".
std::string_view ClosestMatch(std::string_view word, std::span<const std::string_view> candidates);

// Parses "64KiB" and the like; an empty optional if it is not a size.
std::optional<std::uint64_t> ParseSize(std::string_view text);
// "90s", "5min", "1h" or "500ms" in milliseconds; nothing for anything else.
std::optional<std::int64_t> ParseMilliseconds(std::string_view text);
// "64 MiB", "1.5 GiB": the shortest exact-enough form, for people.
std::string FormatSize(std::uint64_t bytes);

// Reads and parses DIR/name. A missing or unreadable file is an error of kind kPolicy.
Result<Document> LoadPolicyFile(const std::string& dir, std::string_view name,
                                Diagnostics& diagnostics);

}  // namespace bf::policy
