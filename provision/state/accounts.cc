// SPDX-License-Identifier: Apache-2.0
#include "provision/state/accounts.h"

#include <charconv>

#include "core/host/file.h"

namespace bf::provision::state {
namespace {

using Ids = std::map<std::string, std::uint32_t, std::less<>>;

std::optional<std::uint32_t> Find(const Ids& ids, std::string_view name) {
  const auto found = ids.find(name);
  if (found == ids.end()) return std::nullopt;
  return found->second;
}

// Takes the part before the next colon off the front of `line`.
std::string_view TakeField(std::string_view& line) {
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  line = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  return field;
}

}  // namespace

std::optional<std::uint32_t> Accounts::User(std::string_view name) const {
  return Find(users, name);
}

std::optional<std::uint32_t> Accounts::Group(std::string_view name) const {
  return Find(groups, name);
}

Ids ParseIds(std::string_view text) {
  Ids ids;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::string_view name = TakeField(line);
    TakeField(line);
    const std::string_view number = TakeField(line);
    std::uint32_t id = 0;
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), id);
    // (uid_t)-1 means "leave alone" to chown(2) and is nobody's id.
    if (name.empty() || parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() ||
        id == UINT32_MAX) {
      continue;
    }
    ids.emplace(name, id);
  }
  return ids;
}

Result<Accounts> ReadAccounts(const std::string& root) {
  BF_ASSIGN(const std::string users, host::ReadFile(host::Under(root, "/etc/passwd")));
  BF_ASSIGN(const std::string groups, host::ReadFile(host::Under(root, "/etc/group")));
  return Accounts{ParseIds(users), ParseIds(groups)};
}

}  // namespace bf::provision::state
