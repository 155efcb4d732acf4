// SPDX-License-Identifier: Apache-2.0
#include "lockdown/compile/compile.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/hash/sha256.h"
#include "lockdown/compile/header.h"
#include "lockdown/stored/encode.h"
#include "lockdown/stored/stored.h"
#include "udev-rules/compile.h"

namespace bf::lockdown {
namespace {

std::string CmdlineFile(const Policy& policy) {
  std::string text = Header(policy) + "# The kernel command line (layout.toml) must have each.\n";
  for (const CmdlineWord& word : CmdlineWords(policy))
    text += fmt::format("# {}\n{}\n", ShortRef(word.because), word.word);
  return text;
}

std::string Manifest(const Policy& policy, const std::vector<OutputFile>& files) {
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"policy", "sha256:" + policy.hash},
                                 {"files", nlohmann::ordered_json::array()}};
  for (const OutputFile& file : files) {
    nlohmann::ordered_json one = {{"path", file.path}};
    if (file.link.empty())
      one["sha256"] = hash::HashOf(file.text);
    else
      one["link"] = file.link;
    json["files"].push_back(std::move(one));
  }
  return json.dump(2) + "\n";
}

}  // namespace

std::vector<CmdlineWord> CmdlineWords(const Policy& policy) {
  const Console& console = policy.console;
  std::vector<CmdlineWord> words = {
      {"usbcore.authorized_default=0", policy.usb.at},
      // The kernel sets these before it starts anything.
      {fmt::format("sysctl.kernel.sysrq={}", console.sysrq.value), console.sysrq.at},
      {"sysctl.kernel.ctrl-alt-del=0", console.ctrl_alt_del.at},
  };
  if (!console.ps2.value) {
    words.push_back({"i8042.nokbd", console.ps2.at});
    words.push_back({"i8042.noaux", console.ps2.at});
  }
  return words;
}

std::vector<OutputFile> Compile(const Policy& policy) {
  std::vector<OutputFile> files = CompileConsole(policy);
  for (OutputFile& file : CompileUnits(policy)) files.push_back(std::move(file));
  for (udev_rules::RulesFile& rules : udev_rules::Compile(policy))
    files.push_back({"usr/lib/udev/rules.d/" + rules.name, std::move(rules.text), ""});
  files.push_back({fmt::format("{}/cmdline", kCompiledDir), CmdlineFile(policy), ""});
  files.push_back({std::string(stored::kStoredPath.substr(1)), stored::Encode(policy), ""});
  const auto by_path = [](const OutputFile& a, const OutputFile& b) { return a.path < b.path; };
  std::sort(files.begin(), files.end(), by_path);
  files.push_back({std::string(kManifestPath), Manifest(policy, files), ""});
  std::sort(files.begin(), files.end(), by_path);
  return files;
}

}  // namespace bf::lockdown
