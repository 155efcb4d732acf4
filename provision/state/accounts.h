// SPDX-License-Identifier: Apache-2.0
// Users and groups of the image, from its own files. Not through NSS: that would load plugins and
// could ask the network, minutes before there is one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::provision::state {

struct Accounts {
  std::map<std::string, std::uint32_t, std::less<>> users;
  std::map<std::string, std::uint32_t, std::less<>> groups;

  std::optional<std::uint32_t> User(std::string_view name) const;
  std::optional<std::uint32_t> Group(std::string_view name) const;
};

// name:password:ID:… per line, as in passwd(5) and group(5). Lines that are not are skipped; of two
// lines with one name the first counts, as it does for the C library.
std::map<std::string, std::uint32_t, std::less<>> ParseIds(std::string_view text);
// ROOT/etc/passwd and ROOT/etc/group.
Result<Accounts> ReadAccounts(const std::string& root);

}  // namespace bf::provision::state
