// SPDX-License-Identifier: Apache-2.0
// The only file that sees toml++: its exceptions and its types end here.
//
// Its assertions are about its own parser, which does not meet them with every text; what it goes
// on to do then is to report an error, as Debian's build of it does.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include <exception>

#include "core/policy/foreign.h"
#include "core/policy/value.h"

namespace bf::policy {
namespace {

class Converter {
 public:
  Converter(const std::string& file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  Table Convert(const toml::table& table) const {
    // toml++ sorts by key; people read from top to bottom.
    std::vector<std::pair<const toml::key*, const toml::node*>> as_written;
    as_written.reserve(table.size());
    for (const auto& [key, node] : table) as_written.emplace_back(&key, &node);
    std::stable_sort(as_written.begin(), as_written.end(), [](const auto& a, const auto& b) {
      const toml::source_position& left = a.first->source().begin;
      const toml::source_position& right = b.first->source().begin;
      return std::pair(left.line, left.column) < std::pair(right.line, right.column);
    });
    Table result;
    result.members.reserve(as_written.size());
    for (const auto& [key, node] : as_written) {
      auto value = Convert(*node);
      if (!value) continue;
      Member member{std::string(key->str()), At(key->source()), {}};
      member.value.push_back(std::move(*value));
      result.members.push_back(std::move(member));
    }
    return result;
  }

  SourceRef At(const toml::source_region& source) const {
    return {file_, static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)};
  }

 private:
  std::optional<Value> Convert(const toml::node& node) const {
    const SourceRef at = At(node.source());
    if (const auto* text = node.as_string()) return Value{text->get(), at};
    if (const auto* integer = node.as_integer()) return Value{integer->get(), at};
    if (const auto* number = node.as_floating_point()) return Value{number->get(), at};
    if (const auto* boolean = node.as_boolean()) return Value{boolean->get(), at};
    if (const auto* array = node.as_array()) {
      Array list;
      list.reserve(array->size());
      for (const toml::node& element : *array) {
        if (auto value = Convert(element)) list.push_back(std::move(*value));
      }
      return Value{std::move(list), at};
    }
    if (const auto* table = node.as_table()) return Value{Convert(*table), at};
    diagnostics_.Add(at, "dates and times are not used in policies; write a string");
    return std::nullopt;
  }

  const std::string& file_;
  Diagnostics& diagnostics_;
};

}  // namespace

Document ParseToml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  Document document;
  document.at = SourceRef{file, 1, 1};
  if (text.size() > kMaxPolicyBytes) {
    diagnostics.Add(document.at, "the file is longer than {} bytes", kMaxPolicyBytes);
    return document;
  }
  if (const auto foreign = FindForeign(text, file)) {
    diagnostics.Add(foreign->at, "{}", foreign->why);
    return document;
  }
  const Converter converter(file, diagnostics);
  try {
    const toml::table table = toml::parse(text, std::string_view(file));
    document.root = converter.Convert(table);
  } catch (const toml::parse_error& error) {
    diagnostics.Add(converter.At(error.source()), "{}", error.description());
  } catch (const std::exception& error) {
    diagnostics.Add(document.at, "cannot be parsed: {}", error.what());
  }
  return document;
}

}  // namespace bf::policy
