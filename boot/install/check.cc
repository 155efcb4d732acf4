// SPDX-License-Identifier: Apache-2.0
#include "boot/install/check.h"

#include <cstdio>
#include <cstdlib>

#include "boot/confirm/policy.h"
#include "boot/install/last.h"
#include "boot/install/manifest.h"
#include "boot/install/room.h"
#include "boot/install/version.h"
#include "core/facts/os_release.h"
#include "core/host/file.h"

namespace bf::boot::install {
namespace {

std::optional<std::string> RunningVersion(const std::string& root) {
  const auto release = facts::ReadOsRelease(root);
  if (!release || release->image_version.empty()) return std::nullopt;
  return release->image_version;
}

constexpr std::string_view kPolicyDir = "/usr/share/betterframe/policies";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Status Check(const std::string& root, const std::string& policy_dir,
             const std::string& bundle_mount_point) {
  // Without a policy that can be read nothing is weakened.
  const auto policy = confirm::LoadConfirmPolicy(policy_dir);
  const bool downgrade = policy && policy->downgrade.value;
  BF_ASSIGN(const std::string text, host::ReadFile(bundle_mount_point + "/manifest.raucm"));
  const Manifest manifest = ReadManifest(text);
  BF_TRY(CheckVersion(RunningVersion(root), manifest.version, downgrade));
  return CheckRoom(ReadSlotSizes(root), ReadImageSizes(manifest, bundle_mount_point));
}

int Main() {
  // The name it has since RAUC 1.10, and the one it had before.
  std::string mounted = Environment("RAUC_BUNDLE_MOUNT_POINT");
  if (mounted.empty()) mounted = Environment("RAUC_UPDATE_SOURCE");
  const auto allowed = Check("/", std::string(kPolicyDir), mounted);
  const std::string reason = allowed ? "" : allowed.error().ToString();
  if (!allowed) (void)std::fprintf(stderr, "bf-check-bundle: %s\n", reason.c_str());
  // For `bf-boot status`. That it cannot be told is no reason to take or to refuse a bundle.
  (void)KeepRefusal("/", reason);
  return allowed ? 0 : 1;
}

}  // namespace bf::boot::install
