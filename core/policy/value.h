// SPDX-License-Identifier: Apache-2.0
// A parsed TOML document in which every key and every value knows where it was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error/error.h"
#include "core/policy/diagnostics.h"

namespace bf::policy {

struct Value;

struct Member {
  std::string key;
  SourceRef key_at;
  std::vector<Value> value;  // always exactly one; a vector because Value is incomplete here
};

using Array = std::vector<Value>;
struct Table {
  std::vector<Member> members;  // in the order written
};

struct Value {
  // Dates and times have no place in our policies; the parser reports them.
  std::variant<std::string, std::int64_t, double, bool, Array, Table> data;
  SourceRef at;

  // "a string", "an integer", … for messages.
  std::string_view TypeName() const;
};

struct Document {
  Table root;
  SourceRef at;  // the file itself, line 1 column 1
};

// Bytes beyond which a policy file is refused unread: ours have a few KiB.
inline constexpr std::size_t kMaxPolicyBytes = 1 << 20;

// Parses `text`; `file` is the name to show in diagnostics. A syntax error is added to
// `diagnostics`, and the document returned is then empty.
Document ParseToml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

}  // namespace bf::policy
