// SPDX-License-Identifier: Apache-2.0
// The formats of configuration that rows look into: systemd's sections, modprobe.d, the kernel
// command line. Pure; the last word wins, as it does for their readers.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

struct Setting {
  std::string value;
  std::string at;  // "path:line"
};

// The value of a key in the files of a Seen list; nothing where no file sets it. An empty
// assignment counts as none.
std::optional<Setting> FindSetting(const std::vector<ConfigFile>& files, std::string_view section,
                                   std::string_view key);
// Every value of a list such as ExecStart; an empty assignment clears those before it.
std::vector<Setting> ListSetting(const std::vector<ConfigFile>& files, std::string_view section,
                                 std::string_view key);

// Modules that modprobe refuses: `install` with false or true in place of the module. A `blacklist`
// does not count: it holds only for aliases.
std::set<std::string, std::less<>> RefusedModules(const std::vector<ConfigFile>& files);
// The kernel takes '-' and '_' for the same.
std::string ModuleName(std::string_view name);

std::vector<std::string> SplitWords(std::string_view command_line);
// The value of the last `key=value`, with '-' and '_' the same in keys.
std::optional<std::string> LastValue(const std::vector<std::string>& words, std::string_view key);

}  // namespace bf::lockdown::check
