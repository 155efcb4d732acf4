// SPDX-License-Identifier: Apache-2.0
#include "boot/install/check.h"

#include <cstdio>
#include <cstdlib>

#include "boot/confirm/policy.h"
#include "boot/install/version.h"
#include "core/host/file.h"

namespace bf::boot::install {
namespace {

constexpr std::string_view kPolicyDir = "/usr/share/betterframe/policies";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::string> RunningVersion(const std::string& root) {
  const auto text = host::ReadFile(host::Under(root, "/etc/os-release"));
  if (!text) return std::nullopt;
  constexpr std::string_view kKey = "\nIMAGE_VERSION=";
  const std::string lines = "\n" + *text;
  std::size_t at = lines.find(kKey);
  if (at == std::string::npos) return std::nullopt;
  at += kKey.size();
  std::string value = lines.substr(at, lines.find('\n', at) - at);
  std::erase_if(value, [](char c) { return c == '"' || c == '\''; });
  return value.empty() ? std::nullopt : std::optional(value);
}

}  // namespace

Status Check(const std::string& root, const std::string& policy_dir,
             const std::string& bundle_mount_point) {
  // Without a policy that can be read nothing is weakened.
  const auto policy = confirm::LoadConfirmPolicy(policy_dir);
  const bool downgrade = policy && policy->downgrade.value;
  BF_ASSIGN(const std::string manifest, host::ReadFile(bundle_mount_point + "/manifest.raucm"));
  return CheckVersion(RunningVersion(root), ManifestVersion(manifest), downgrade);
}

int Main() {
  // The name it has since RAUC 1.10, and the one it had before.
  std::string mounted = Environment("RAUC_BUNDLE_MOUNT_POINT");
  if (mounted.empty()) mounted = Environment("RAUC_UPDATE_SOURCE");
  const auto allowed = Check("/", std::string(kPolicyDir), mounted);
  if (!allowed) std::fprintf(stderr, "bf-check-bundle: %s\n", allowed.error().ToString().c_str());
  return allowed ? 0 : 1;
}

}  // namespace bf::boot::install
