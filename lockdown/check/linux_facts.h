// SPDX-License-Identifier: Apache-2.0
// Reads the facts of the machine below `root`. Changes nothing.
#pragma once

#include <string>

#include "lockdown/check/expected.h"
#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

// What cannot be read says so in the facts; there is no error that hides the rest.
Facts Observe(const std::string& root, const Policy& policy, const Expected& expected);

// The parts.
File ReadText(const std::string& root, std::string_view path);
// Files below /etc, /run, /usr/local/lib and /usr/lib of a directory such as
// "systemd/logind.conf.d", as their readers order them: by name, and of one name the first
// directory's.
Seen<ConfigFile> ReadConfigs(const std::string& root, const std::string& main,
                             const std::string& directory);
Unit ReadUnit(const std::string& root, const std::string& name);
Seen<Unit> ReadGettys(const std::string& root);
// Names of units that have a control group in system.slice.
Seen<std::string> RunningUnits(const std::string& root);
Seen<SandboxFile> ReadSandboxFiles(const std::string& root);
Seen<Service> ReadServices(const std::string& root);
Seen<Node> ReadNodes(const std::string& root);
Node ReadNode(const std::string& root, const std::string& path);
Keymap ReadKeymap(const std::string& root);
// Links and files that hide `path`, or, for a drop-in or a unit, come in front of it.
std::vector<std::string> FindOthers(const std::string& root, const std::string& path);

}  // namespace bf::lockdown::check
