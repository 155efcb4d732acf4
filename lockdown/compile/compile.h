// SPDX-License-Identifier: Apache-2.0
// Policy to everything that is installed for it: udev rules, sysctl, logind, system.conf, modprobe,
// units, and the words that the kernel command line must have. Pure: the same policy, the same
// bytes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lockdown/policy/policy.h"

namespace bf::lockdown {

// Below the root of the device: "usr/lib/sysctl.d/…".
struct OutputFile {
  std::string path;
  std::string text;
  std::string link;  // a symbolic link to this, instead of a file

  bool operator==(const OutputFile&) const = default;
};

// A word of the kernel command line, and the line of the policy that asks for it.
struct CmdlineWord {
  std::string word;
  SourceRef because;
};

inline constexpr std::string_view kCompiledDir = "usr/share/betterframe/lockdown";
// Lists all other files with their hashes.
inline constexpr std::string_view kManifestPath = "usr/share/betterframe/lockdown/compiled.json";

// Sorted by path, the manifest among them.
std::vector<OutputFile> Compile(const Policy& policy);
std::vector<CmdlineWord> CmdlineWords(const Policy& policy);

// The parts, for Compile.
std::vector<OutputFile> CompileConsole(const Policy& policy);
std::vector<OutputFile> CompileUnits(const Policy& policy);

// Makes DIR hold exactly these files, all of them or none: built beside it and then put in its
// place. A DIR that holds something that is not an earlier output is refused.
Status WriteOutput(const std::string& dir, const std::vector<OutputFile>& files);

}  // namespace bf::lockdown
