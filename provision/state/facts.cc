// SPDX-License-Identifier: Apache-2.0
#include "provision/state/facts.h"

#include <array>
#include <nlohmann/json.hpp>

namespace bf::provision::state {
namespace {

using Json = nlohmann::ordered_json;

struct TypeName {
  FileType type;
  std::string_view name;
};
constexpr std::array<TypeName, 8> kTypeNames = {{
    {FileType::kAbsent, "absent"},
    {FileType::kDirectory, "directory"},
    {FileType::kFile, "file"},
    {FileType::kSymlink, "symbolic link"},
    {FileType::kFifo, "FIFO"},
    {FileType::kSocket, "socket"},
    {FileType::kCharDevice, "character device"},
    {FileType::kBlockDevice, "block device"},
}};

FileType TypeFromText(const std::string& name) {
  for (const TypeName& known : kTypeNames) {
    if (known.name == name) return known.type;
  }
  return FileType::kAbsent;
}

// The object under `key`, or an empty one. A reference, so that items() of it may be looped over.
const Json& Object(const Json& json, const char* key) {
  static const Json kEmpty = Json::object();
  const auto found = json.find(key);
  return found == json.end() ? kEmpty : *found;
}

Json SourceToJson(const SourceFacts& source) {
  Json json = {{"type", ToText(source.type)}};
  if (!source.problem.empty()) json["problem"] = source.problem;
  if (source.type == FileType::kAbsent) return json;
  json["mode"] = fmt::format("{:04o}", source.mode);
  json["uid"] = source.uid;
  json["gid"] = source.gid;
  json["links"] = source.links;
  if (source.foreign) json["foreign"] = true;
  if (source.project != 0) json["project"] = source.project;
  if (source.inherits) json["inherits"] = true;
  if (source.walk_pending) json["walk_pending"] = true;
  return json;
}

SourceFacts SourceFromJson(const Json& json) {
  SourceFacts source;
  source.problem = json.value("problem", "");
  source.type = TypeFromText(json.value("type", "absent"));
  source.mode = static_cast<unsigned>(std::stoul(json.value("mode", "0"), nullptr, 8));
  source.uid = json.value("uid", 0U);
  source.gid = json.value("gid", 0U);
  source.links = json.value("links", std::uint64_t{source.type == FileType::kAbsent ? 0U : 1U});
  source.foreign = json.value("foreign", false);
  source.project = json.value("project", 0U);
  source.inherits = json.value("inherits", false);
  source.walk_pending = json.value("walk_pending", false);
  return source;
}

Json QuotaToJson(const QuotaFacts& quota) {
  return {{"limit_bytes", quota.limit_bytes},
          {"limit_inodes", quota.limit_inodes},
          {"used_bytes", quota.used_bytes},
          {"used_inodes", quota.used_inodes}};
}

QuotaFacts QuotaFromJson(const Json& quota) {
  return {
      quota.value("limit_bytes", std::uint64_t{0}), quota.value("limit_inodes", std::uint64_t{0}),
      quota.value("used_bytes", std::uint64_t{0}), quota.value("used_inodes", std::uint64_t{0})};
}

Json EntryToJson(const EntryFacts& entry) {
  Json target = {{"type", ToText(entry.at_target.type)}};
  if (!entry.at_target.problem.empty()) target["problem"] = entry.at_target.problem;
  if (entry.at_target.bound) target["bound"] = true;
  if (entry.at_target.hardened) target["hardened"] = true;
  Json json = {{"source", entry.source},
               {"at_source", SourceToJson(entry.at_source)},
               {"at_target", std::move(target)}};
  if (entry.quota) json["quota"] = QuotaToJson(*entry.quota);
  return json;
}

EntryFacts EntryFromJson(const Json& json) {
  EntryFacts entry;
  entry.source = json.value("source", "");
  entry.at_source = SourceFromJson(Object(json, "at_source"));
  const Json target = Object(json, "at_target");
  entry.at_target.problem = target.value("problem", "");
  entry.at_target.type = TypeFromText(target.value("type", "absent"));
  entry.at_target.bound = target.value("bound", false);
  entry.at_target.hardened = target.value("hardened", false);
  if (json.contains("quota")) entry.quota = QuotaFromJson(json["quota"]);
  return entry;
}

}  // namespace

std::string_view ToText(FileType type) {
  for (const TypeName& known : kTypeNames) {
    if (known.type == type) return known.name;
  }
  return "unknown";
}

bool Facts::operator==(const Facts& other) const {
  return slot == other.slot && data_mounted == other.data_mounted &&
         data_volatile == other.data_volatile && data_read_only == other.data_read_only &&
         data_bytes == other.data_bytes && quotas == other.quotas &&
         owner_quotas == other.owner_quotas && owners == other.owners &&
         skeleton == other.skeleton && entries == other.entries &&
         accounts.users == other.accounts.users && accounts.groups == other.accounts.groups;
}

Json ToJson(const Facts& facts) {
  Json json = {{"schema", 1},
               {"slot", facts.slot},
               {"data_mounted", facts.data_mounted},
               {"data_volatile", facts.data_volatile},
               {"data_read_only", facts.data_read_only},
               {"data_bytes", facts.data_bytes},
               {"quotas", facts.quotas},
               {"owner_quotas", facts.owner_quotas},
               {"users", facts.accounts.users},
               {"groups", facts.accounts.groups}};
  json["owners"] = Json::object();
  for (const auto& [name, quota] : facts.owners) json["owners"][name] = QuotaToJson(quota);
  json["skeleton"] = Json::object();
  for (const auto& [path, source] : facts.skeleton) json["skeleton"][path] = SourceToJson(source);
  json["entries"] = Json::object();
  for (const auto& [name, entry] : facts.entries) json["entries"][name] = EntryToJson(entry);
  return json;
}

Result<Facts> FactsFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.value("schema", 0) != 1) return Fail("recorded facts: schema is not 1");
    Facts facts;
    facts.slot = json.value("slot", "");
    facts.data_mounted = json.value("data_mounted", false);
    facts.data_volatile = json.value("data_volatile", false);
    facts.data_read_only = json.value("data_read_only", false);
    facts.data_bytes = json.value("data_bytes", std::uint64_t{0});
    facts.quotas = json.value("quotas", false);
    facts.owner_quotas = json.value("owner_quotas", false);
    for (const auto& [name, quota] : Object(json, "owners").items()) {
      facts.owners[name] = QuotaFromJson(quota);
    }
    for (const auto& [name, id] : Object(json, "users").items()) {
      facts.accounts.users[name] = id.get<std::uint32_t>();
    }
    for (const auto& [name, id] : Object(json, "groups").items()) {
      facts.accounts.groups[name] = id.get<std::uint32_t>();
    }
    for (const auto& [path, source] : Object(json, "skeleton").items()) {
      facts.skeleton[path] = SourceFromJson(source);
    }
    for (const auto& [name, entry] : Object(json, "entries").items()) {
      facts.entries[name] = EntryFromJson(entry);
    }
    return facts;
  } catch (const std::exception& wrong) {
    return Fail("recorded facts: {}", wrong.what());
  }
}

std::string SlotOf(std::string_view command_line) {
  constexpr std::string_view kKey = "rauc.slot=";
  std::string slot;
  while (!command_line.empty()) {
    const std::size_t end = command_line.find_first_of(" \n");
    const std::string_view word = command_line.substr(0, end);
    command_line =
        end == std::string_view::npos ? std::string_view() : command_line.substr(end + 1);
    if (word.substr(0, kKey.size()) != kKey) continue;
    const std::string_view value = word.substr(kKey.size());
    // The last one counts, as for the kernel; a value we do not know is not slot A.
    slot = std::string(value == "A" ? "a" : value == "B" ? "b" : "");
  }
  return slot;
}

std::vector<std::string> SkeletonOf(const Policy& policy, std::string_view slot) {
  bool shared = false;
  bool per_slot = false;
  for (const Entry& entry : policy.entries) {
    (entry.scope.value == Scope::kShared ? shared : per_slot) = true;
  }
  std::vector<std::string> paths = {"state"};
  if (shared) paths.emplace_back("state/shared");
  if (per_slot && !slot.empty()) paths.push_back(fmt::format("state/slot-{}", slot));
  return paths;
}

}  // namespace bf::provision::state
