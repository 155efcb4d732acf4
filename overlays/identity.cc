// SPDX-License-Identifier: Apache-2.0
#include "overlays/identity.h"

#include <nlohmann/json.hpp>

namespace bf::overlays {
std::string OsIdentity::ToString() const {
  std::string text = image_id.empty() ? "OS" : image_id;
  if (!image_version.empty()) text += " " + image_version;
  if (!build_id.empty()) text += fmt::format(" (build {})", build_id);
  if (image_version.empty() && build_id.empty() && !root_fs.empty())
    text += fmt::format(" ({})", root_fs);
  return text;
}

OsIdentity IdentityOf(const facts::OsRelease& release) {
  return {release.image_id, release.image_version, release.build_id, {}};
}

std::string StampToJson(const Stamp& stamp) {
  const nlohmann::ordered_json json = {
      {"schema", 1},
      {"image_id", stamp.os.image_id},
      {"image_version", stamp.os.image_version},
      {"build_id", stamp.os.build_id},
      {"root_fs", stamp.os.root_fs},
      {"how", stamp.how},
      {"from", stamp.from},
      {"made", stamp.made},
  };
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Stamp> ParseStamp(std::string_view text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail("the stamp is not a JSON object");
  try {
    if (json.at("schema").get<int>() != 1) return Fail("the stamp's schema is not 1");
    Stamp stamp;
    stamp.os.image_id = json.at("image_id").get<std::string>();
    stamp.os.image_version = json.at("image_version").get<std::string>();
    stamp.os.build_id = json.at("build_id").get<std::string>();
    stamp.os.root_fs = json.at("root_fs").get<std::string>();
    stamp.how = json.at("how").get<std::string>();
    stamp.from = json.at("from").get<unsigned>();
    stamp.made = json.at("made").get<std::string>();
    return stamp;
  } catch (const nlohmann::json::exception& wrong) {
    return Fail("the stamp is damaged: {}", wrong.what());
  }
}

}  // namespace bf::overlays
