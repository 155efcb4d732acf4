// SPDX-License-Identifier: Apache-2.0
// The names of a unit. systemd reads the drop-ins of all of them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bf::lockdown::units {

// What a name among the unit files is a symlink to: "dbus-org.bluez.service" → "bluetooth.service".
// Only those to another name; a mask is none.
using Links = std::map<std::string, std::string, std::less<>>;

// "getty@tty1.service" → "getty@.service"; "" for what is no instance.
std::string TemplateOf(std::string_view name);

// The name at the end of its links. A link of a template is one of each instance.
std::string EndOf(const Links& links, std::string_view name);

// All that end where `name` does; that end itself first.
std::vector<std::string> NamesOf(const Links& links, std::string_view name);

}  // namespace bf::lockdown::units
