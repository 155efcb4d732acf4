// SPDX-License-Identifier: Apache-2.0
#include "overlays/facts.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace bf::overlays {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kGeneration = "generation-";

unsigned Octal(const Json& json, const char* key, unsigned fallback) {
  if (!json.contains(key)) return fallback;
  return static_cast<unsigned>(std::stoul(json.at(key).get<std::string>(), nullptr, 8));
}

std::string Lines(const Json& list) {
  std::string text;
  for (const auto& line : list) text += line.get<std::string>() + "\n";
  return text;
}

std::optional<bool> Flag(const Json& json, const char* key) {
  if (!json.contains(key)) return std::nullopt;
  return json.at(key).get<bool>();
}

Status ReadTree(const Json& json, const char* key, std::optional<Entry>& entry) {
  if (!json.contains(key)) return {};
  // The frame of a manifest is the same in every recording.
  auto tree = ParseManifest("betterframe manifest 1\n" + Lines(json.at(key)) + "end\n");
  if (!tree) return Failure(std::move(tree).error().Context(key));
  entry = *std::move(tree);
  return {};
}

PathFacts ReadPath(const Json& json) {
  PathFacts path;
  path.directory = json.value("directory", true);
  path.mode = Octal(json, "mode", 0755);
  path.uid = json.value("uid", 0U);
  path.gid = json.value("gid", 0U);
  path.fs_bytes = json.value("fs_bytes", std::uint64_t{0});
  path.fs_inodes = json.value("fs_inodes", std::uint64_t{0});
  return path;
}

OsIdentity ReadOs(const Json& json) {
  return {json.value("image_id", ""), json.value("image_version", ""), json.value("build_id", ""),
          json.value("root_fs", "")};
}

GenerationFacts ReadGeneration(const Json& json) {
  GenerationFacts generation;
  generation.number = json.at("number").get<unsigned>();
  if (json.contains("os"))
    generation.stamp = Stamp{ReadOs(json.at("os")), json.value("how", "new"),
                             json.value("from", 0U), json.value("made", "")};
  generation.problem = json.value("problem", "");
  generation.upper_mode = Octal(json, "mode", 0755);
  generation.upper_uid = json.value("uid", 0U);
  generation.upper_gid = json.value("gid", 0U);
  generation.work_problem = json.value("work_problem", "");
  generation.was_volatile = json.value("was_volatile", false);
  return generation;
}

Result<StoreFacts> ReadStore(const Json& json) {
  StoreFacts store;
  store.exists = json.value("exists", true);
  store.problem = json.value("problem", "");
  store.is_private = json.value("is_private", true);
  if (json.contains("generations"))
    for (const auto& one : json.at("generations")) store.generations.push_back(ReadGeneration(one));
  store.leftovers = json.value("leftovers", std::vector<std::string>{});
  BF_TRY(ReadTree(json, "next", store.next));
  BF_TRY(ReadTree(json, "user", store.user));
  BF_TRY(ReadTree(json, "base", store.base));
  store.tree_problem = json.value("tree_problem", "");
  store.base_problem = json.value("base_problem", "");
  store.changed_since_made = json.value("changed_since_made", true);
  return store;
}

Result<Facts> Read(const Json& json) {
  Facts facts;
  BF_ASSIGN(facts.mounts, facts::ParseMountInfo(Lines(json.at("mounts"))));
  facts.os = ReadOs(json.at("os"));
  facts.data_problem = json.value("data_problem", "");
  if (json.contains("overlay")) {
    const Json& defaults = json.at("overlay");
    facts.defaults.index = Flag(defaults, "index");
    facts.defaults.metacopy = Flag(defaults, "metacopy");
    facts.defaults.redirect_dir = Flag(defaults, "redirect_dir");
    facts.defaults.xino = Flag(defaults, "xino");
    facts.defaults.nfs_export = Flag(defaults, "nfs_export");
  }
  for (const auto& [name, path] : json.at("paths").items()) facts.paths[name] = ReadPath(path);
  if (json.contains("stores")) {
    for (const auto& [name, recorded] : json.at("stores").items()) {
      BF_ASSIGN(facts.stores[name], ReadStore(recorded));
    }
  }
  return facts;
}

}  // namespace

const GenerationFacts* StoreFacts::Newest() const {
  for (auto it = generations.rbegin(); it != generations.rend(); ++it) {
    if (it->good()) return &*it;
  }
  return nullptr;
}

std::string GenerationName(unsigned number) { return fmt::format("{}{}", kGeneration, number); }

std::optional<unsigned> ParseGenerationName(std::string_view name) {
  if (!name.starts_with(kGeneration)) return std::nullopt;
  name.remove_prefix(kGeneration.size());
  unsigned number = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
  // "generation-07" is none of ours: one number, one name.
  const bool ours =
      code == std::errc() && end == name.data() + name.size() && number > 0 && name.front() != '0';
  return ours ? std::optional(number) : std::nullopt;
}

std::string StorePath(std::string_view data_mount_point, std::string_view name) {
  return fmt::format("{}/overlay/{}", data_mount_point, name);
}

std::string GenerationPath(std::string_view data_mount_point, std::string_view name,
                           unsigned number) {
  return fmt::format("{}/{}", StorePath(data_mount_point, name), GenerationName(number));
}

std::string BackingPath(std::string_view name) {
  return fmt::format("/run/betterframe/overlay/{}", name);
}

Result<Facts> ParseFacts(std::string_view text) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail("recorded facts: not a JSON object");
  try {
    return Read(json);
  } catch (const std::exception& wrong) {
    return Fail("recorded facts: {}", wrong.what());
  }
}

}  // namespace bf::overlays
