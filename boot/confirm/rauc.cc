// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/rauc.h"

#include <nlohmann/json.hpp>

#include "core/host/spawn.h"

namespace bf::boot::confirm {
namespace {

using Json = nlohmann::json;

std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// RAUC calls the booted slot by its bootname, and the primary by its slot name.
struct BootSlot {
  std::string name;
  std::string boot_status;
};
BootSlot FindSlot(const Json& slots, std::string_view bootname) {
  if (!slots.is_array()) return {};
  for (const Json& entry : slots) {
    if (!entry.is_object()) continue;
    for (const auto& [name, slot] : entry.items()) {
      if (slot.is_object() && TextOf(slot, "bootname") == bootname) {
        return {name, TextOf(slot, "boot_status")};
      }
    }
  }
  return {};
}

}  // namespace

Status RaucMarkGood() {
  host::Command command;
  command.argv = {"rauc", "status", "mark-good"};
  BF_TRY_DOING(host::RunOk(command), "confirm");
  return {};
}

Status RaucAgrees(std::string_view bootname) {
  host::Command command;
  command.argv = {"rauc", "status", "--output-format=json"};
  BF_ASSIGN(const std::string output, host::RunOk(command));
  return CheckStatus(output, bootname);
}

Status CheckStatus(std::string_view json, std::string_view bootname) {
  // Warnings may come before it, on the same pipe.
  const std::size_t start = json.find('{');
  const Json status =
      start == std::string_view::npos ? Json() : Json::parse(json.substr(start), nullptr, false);
  if (!status.is_object()) return Fail("rauc status printed no JSON: {}", json.substr(0, 200));
  const std::string booted = TextOf(status, "booted");
  if (booted != bootname) return Fail("rauc booted \"{}\", and slot {} runs", booted, bootname);
  const BootSlot slot = status.contains("slots") ? FindSlot(status["slots"], bootname) : BootSlot();
  if (slot.boot_status != "good") {
    return Fail("rauc calls slot {} \"{}\"", bootname, slot.boot_status);
  }
  const std::string primary = TextOf(status, "boot_primary");
  if (primary != slot.name) {
    return Fail("rauc has \"{}\" as primary, and slot {} is \"{}\"", primary, bootname, slot.name);
  }
  return {};
}

}  // namespace bf::boot::confirm
