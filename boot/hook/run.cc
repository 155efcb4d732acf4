// SPDX-License-Identifier: Apache-2.0
#include "boot/hook/run.h"

#include <cstdio>
#include <cstdlib>

#include "boot/hook/linux_device.h"

namespace bf::boot::hook {

Status Run(const std::string& verb, const std::function<std::string(const char*)>& environment) {
  if (verb != "slot-install") return FailKind(ErrorKind::kUsage, "no such hook: \"{}\"", verb);
  Call call;
  call.slot_name = environment("RAUC_SLOT_NAME");
  call.device = environment("RAUC_SLOT_DEVICE");
  call.image = environment("RAUC_IMAGE_NAME");
  if (call.device.empty() || call.image.empty()) {
    return FailKind(ErrorKind::kUsage, "RAUC_SLOT_DEVICE and RAUC_IMAGE_NAME have to be set");
  }
  if (!call.image.starts_with('/')) {
    call.image = environment("RAUC_BUNDLE_MOUNT_POINT") + "/" + call.image;
  }
  BF_ASSIGN(const Found found, FindDevice(call.device));
  BF_ASSIGN(const Target target, FindTarget(call, found.device, found.table));
  return WriteBoot(target, call.image);
}

int Main(const std::string& verb) {
  const auto done = Run(verb, [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  });
  if (!done) (void)std::fprintf(stderr, "bf-slot-hook: %s\n", done.error().ToString().c_str());
  return done ? 0 : 1;
}

}  // namespace bf::boot::hook
