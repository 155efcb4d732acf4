// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/linux_load.h"

#include <filesystem>
#include <system_error>

#include "core/host/file.h"

namespace bf::udev_rules {
namespace {

namespace fs = std::filesystem;

// Ours have some KiB, the largest stock one 30.
constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::size_t kMaxFiles = 4096;

Result<std::string> ReadRules(const std::string& root, const fs::path& path) {
  // A link is followed where it would lead on the device, not on this machine.
  std::error_code code;
  if (fs::is_symlink(fs::symlink_status(path, code))) {
    const fs::path target = fs::read_symlink(path, code);
    if (target == "/dev/null") return std::string();
    if (target.is_absolute()) return host::ReadFile(host::Under(root, target.string()), kMaxFile);
  }
  return host::ReadFile(path.string(), kMaxFile);
}

}  // namespace

Result<std::vector<RuleSource>> LoadRules(const std::string& root) {
  std::vector<RuleSource> sources;
  for (const std::string_view directory : kRuleDirectories) {
    std::error_code code;
    fs::directory_iterator entries(host::Under(root, directory), code);
    if (code == std::errc::no_such_file_or_directory) continue;
    if (code) return FailErrno(code.value(), "read {}", directory);
    for (; entries != fs::directory_iterator(); entries.increment(code)) {
      if (code) return FailErrno(code.value(), "read {}", directory);
      const fs::path path = entries->path();
      if (path.extension() != ".rules") continue;
      if (sources.size() == kMaxFiles) return Fail("more than {} rules files", kMaxFiles);
      BF_ASSIGN(std::string text, ReadRules(root, path));
      sources.push_back({std::string(directory), path.filename().string(), std::move(text)});
    }
  }
  return sources;
}

}  // namespace bf::udev_rules
