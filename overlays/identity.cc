// SPDX-License-Identifier: Apache-2.0
#include "overlays/identity.h"

#include <nlohmann/json.hpp>

namespace bf::overlays {
namespace {

// os-release values are quoted as for a shell, without expansions.
std::string Unquote(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text[0];
  if (quoted) text = text.substr(1, text.size() - 2);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

}  // namespace

std::string OsIdentity::ToString() const {
  std::string text = image_id.empty() ? "OS" : image_id;
  if (!image_version.empty()) text += " " + image_version;
  if (!build_id.empty()) text += fmt::format(" (build {})", build_id);
  if (image_version.empty() && build_id.empty() && !root_fs.empty())
    text += fmt::format(" ({})", root_fs);
  return text;
}

OsIdentity ParseOsRelease(std::string_view text) {
  OsIdentity os;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    if (key == "IMAGE_ID") os.image_id = Unquote(line.substr(equals + 1));
    if (key == "IMAGE_VERSION") os.image_version = Unquote(line.substr(equals + 1));
    if (key == "BUILD_ID") os.build_id = Unquote(line.substr(equals + 1));
  }
  return os;
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
