// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "provision/data/facts.h"

namespace bf::provision::data {
namespace {

using Json = nlohmann::ordered_json;

// Absent keys keep the default, so that a recorded file may say only what matters.
template <class T>
void Take(const Json& json, const char* key, T& value) {
  if (const auto found = json.find(key); found != json.end()) value = found->template get<T>();
}

disk::Guid TakeGuid(const Json& json, const char* key, disk::Guid fallback = {}) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  const auto guid = disk::Guid::Parse(found->get<std::string>());
  // Ends in ParseFacts, like every other wrong value.
  if (!guid) throw std::invalid_argument(fmt::format("\"{}\" is not a UUID", key));
  return *guid;
}

// The two types that matter have names: a golden should say what it means.
std::string TypeToText(const disk::Guid& type) {
  if (type == disk::Guid::Literal(disk::kTypeLinuxData)) return "linux";
  if (type == disk::Guid::Literal(disk::kTypeBfDataUnformatted)) return "unformatted";
  return type.ToString();
}
disk::Guid TypeFromText(const Json& json) {
  const std::string text = json.value("type", "linux");
  if (text == "linux") return disk::Guid::Literal(disk::kTypeLinuxData);
  if (text == "unformatted") return disk::Guid::Literal(disk::kTypeBfDataUnformatted);
  return TakeGuid(json, "type");
}

Json ToJson(facts::DeviceNumber number) { return number.ToString(); }
facts::DeviceNumber NumberFromText(const std::string& text) {
  facts::DeviceNumber number;
  const auto colon = text.find(':');
  if (colon == std::string::npos) throw std::invalid_argument("a device number is \"8:1\"");
  number.major = static_cast<unsigned>(std::stoul(text.substr(0, colon)));
  number.minor = static_cast<unsigned>(std::stoul(text.substr(colon + 1)));
  return number;
}

Json ToJson(const facts::Disk& disk) {
  Json partitions = Json::array();
  for (const auto& p : disk.partitions) {
    partitions.push_back({{"device", p.device},
                          {"number", ToJson(p.number)},
                          {"index", p.index},
                          {"name", p.name},
                          {"start", p.start},
                          {"size", p.size},
                          {"read_only", p.read_only}});
  }
  return {{"device", disk.device},
          {"number", ToJson(disk.number)},
          {"size", disk.size},
          {"sector_size", disk.sector_size},
          {"read_only", disk.read_only},
          {"removable", disk.removable},
          {"partitions", std::move(partitions)}};
}

facts::Disk DiskFromJson(const Json& json) {
  facts::Disk disk;
  Take(json, "device", disk.device);
  disk.number = NumberFromText(json.value("number", "0:0"));
  Take(json, "size", disk.size);
  Take(json, "sector_size", disk.sector_size);
  Take(json, "read_only", disk.read_only);
  Take(json, "removable", disk.removable);
  for (const auto& item : json.value("partitions", Json::array())) {
    facts::Partition p;
    Take(item, "device", p.device);
    p.number = NumberFromText(item.value("number", "0:0"));
    Take(item, "index", p.index);
    Take(item, "name", p.name);
    Take(item, "start", p.start);
    Take(item, "size", p.size);
    Take(item, "read_only", p.read_only);
    disk.partitions.push_back(std::move(p));
  }
  return disk;
}

Json ToJson(const disk::GptTable& table) {
  Json entries = Json::array();
  for (const auto& e : table.entries) {
    entries.push_back({{"index", e.index},
                       {"name", e.name},
                       {"type", TypeToText(e.type)},
                       {"id", e.id.ToString()},
                       {"first_lba", e.first_lba},
                       {"last_lba", e.last_lba},
                       {"attributes", e.attributes}});
  }
  return {{"disk_id", table.disk_id.ToString()},
          {"sector_size", table.sector_size},
          {"my_lba", table.my_lba},
          {"alternate_lba", table.alternate_lba},
          {"first_usable_lba", table.first_usable_lba},
          {"last_usable_lba", table.last_usable_lba},
          {"entries_lba", table.entries_lba},
          {"entry_count", table.entry_count},
          {"entries", std::move(entries)}};
}

disk::GptTable TableFromJson(const Json& json) {
  disk::GptTable table;
  table.disk_id = TakeGuid(json, "disk_id");
  Take(json, "sector_size", table.sector_size);
  Take(json, "my_lba", table.my_lba);
  Take(json, "alternate_lba", table.alternate_lba);
  Take(json, "first_usable_lba", table.first_usable_lba);
  Take(json, "last_usable_lba", table.last_usable_lba);
  Take(json, "entries_lba", table.entries_lba);
  Take(json, "entry_count", table.entry_count);
  // What divides further on.
  if (table.sector_size == 0) throw std::invalid_argument("sector_size is 0");
  for (const auto& item : json.value("entries", Json::array())) {
    disk::GptEntry e;
    Take(item, "index", e.index);
    Take(item, "name", e.name);
    e.type = TypeFromText(item);
    e.id = TakeGuid(item, "id");
    Take(item, "first_lba", e.first_lba);
    Take(item, "last_lba", e.last_lba);
    Take(item, "attributes", e.attributes);
    table.entries.push_back(std::move(e));
  }
  return table;
}

Json ToJson(const disk::Ext4Super& s) {
  return {{"label", s.label},
          {"uuid", s.uuid.ToString()},
          {"block_size", s.block_size},
          {"block_count", s.block_count},
          {"blocks_per_group", s.blocks_per_group},
          {"first_data_block", s.first_data_block},
          {"checksum_ok", s.checksum_ok},
          {"has_checksum", s.has_checksum},
          {"needs_recovery", s.needs_recovery},
          {"has_errors", s.has_errors},
          {"clean", s.clean},
          {"quota", s.quota},
          {"project", s.project},
          {"sparse_super2", s.sparse_super2},
          {"group", s.group}};
}

disk::Ext4Super SuperFromJson(const Json& json) {
  disk::Ext4Super s;
  Take(json, "label", s.label);
  s.uuid = TakeGuid(json, "uuid");
  Take(json, "block_size", s.block_size);
  Take(json, "block_count", s.block_count);
  Take(json, "blocks_per_group", s.blocks_per_group);
  Take(json, "first_data_block", s.first_data_block);
  Take(json, "checksum_ok", s.checksum_ok);
  Take(json, "has_checksum", s.has_checksum);
  Take(json, "needs_recovery", s.needs_recovery);
  Take(json, "has_errors", s.has_errors);
  Take(json, "clean", s.clean);
  Take(json, "quota", s.quota);
  Take(json, "project", s.project);
  Take(json, "sparse_super2", s.sparse_super2);
  Take(json, "group", s.group);
  if (s.block_size == 0) throw std::invalid_argument("block_size is 0");
  return s;
}

constexpr std::pair<Probed, std::string_view> kProbed[] = {{Probed::kNotAsked, "not-asked"},
                                                           {Probed::kNothing, "nothing"},
                                                           {Probed::kFound, "found"},
                                                           {Probed::kUnsure, "unsure"}};

Json ToJson(const Content& content) {
  Json json = {{"read_error", content.read_error}};
  if (content.primary) json["primary"] = ToJson(*content.primary);
  json["torn_label"] = content.torn_label;
  json["torn_write"] = content.torn_write;
  json["looked_deep"] = content.looked_deep;
  if (!content.looked_deep) return json;
  json["backups"] = Json::array();
  for (const auto& backup : content.backups) {
    json["backups"].push_back({{"offset", backup.offset}, {"super", ToJson(backup.super)}});
  }
  for (const auto& [value, name] : kProbed) {
    if (content.probed == value) json["probed"] = name;
  }
  json["probed_as"] = content.probed_as;
  json["blank_bytes"] = content.blank_bytes;
  return json;
}

Content ContentFromJson(const Json& json) {
  Content content;
  Take(json, "read_error", content.read_error);
  if (json.contains("primary")) content.primary = SuperFromJson(json["primary"]);
  Take(json, "torn_label", content.torn_label);
  Take(json, "torn_write", content.torn_write);
  Take(json, "looked_deep", content.looked_deep);
  for (const auto& item : json.value("backups", Json::array())) {
    disk::Ext4Backup backup;
    Take(item, "offset", backup.offset);
    backup.super = SuperFromJson(item.value("super", Json::object()));
    content.backups.push_back(std::move(backup));
  }
  const std::string probed = json.value("probed", "not-asked");
  const auto* known = std::find_if(std::begin(kProbed), std::end(kProbed),
                                   [&](const auto& item) { return item.second == probed; });
  if (known == std::end(kProbed)) throw std::invalid_argument("\"probed\" is not known");
  content.probed = known->first;
  Take(json, "probed_as", content.probed_as);
  Take(json, "blank_bytes", content.blank_bytes);
  return content;
}

Json ToJson(const MountPoint& mount) {
  return {{"fs_type", mount.fs_type},
          {"number", ToJson(mount.number)},
          {"source", mount.source},
          {"options", mount.options},
          {"super_options", mount.super_options}};
}

MountPoint MountFromJson(const Json& json) {
  MountPoint mount;
  Take(json, "fs_type", mount.fs_type);
  mount.number = NumberFromText(json.value("number", "0:0"));
  Take(json, "source", mount.source);
  Take(json, "options", mount.options);
  Take(json, "super_options", mount.super_options);
  return mount;
}

DataFacts FactsFromJson(const Json& json) {
  if (json.value("schema", 0) != 1) throw std::invalid_argument("\"schema\" is not 1");
  DataFacts facts;
  if (json.contains("disk")) facts.disk = DiskFromJson(json["disk"]);
  Take(json, "disk_problem", facts.disk_problem);
  Take(json, "elsewhere", facts.elsewhere);
  Take(json, "gpt_word", facts.gpt_word);
  if (json.contains("primary")) facts.primary = TableFromJson(json["primary"]);
  Take(json, "primary_problem", facts.primary_problem);
  if (json.contains("backup")) facts.backup = TableFromJson(json["backup"]);
  Take(json, "backup_problem", facts.backup_problem);
  if (json.contains("content")) facts.content = ContentFromJson(json["content"]);
  if (json.contains("mount")) facts.mount = MountFromJson(json["mount"]);
  Take(json, "skeleton_problems", facts.skeleton_problems);
  Take(json, "planned_uuid", facts.planned_uuid);
  for (const auto& item : json.value("history", Json::array())) {
    Attempt attempt;
    Take(item, "action", attempt.action);
    Take(item, "detail", attempt.detail);
    Take(item, "ok", attempt.ok);
    Take(item, "errno", attempt.sys_errno);
    Take(item, "message", attempt.message);
    facts.history.push_back(std::move(attempt));
  }
  return facts;
}

}  // namespace

Json FactsToJson(const DataFacts& facts) {
  Json json = {{"schema", 1}};
  if (facts.disk) json["disk"] = ToJson(*facts.disk);
  json["disk_problem"] = facts.disk_problem;
  json["elsewhere"] = facts.elsewhere;
  json["gpt_word"] = facts.gpt_word;
  if (facts.primary) json["primary"] = ToJson(*facts.primary);
  json["primary_problem"] = facts.primary_problem;
  if (facts.backup) json["backup"] = ToJson(*facts.backup);
  json["backup_problem"] = facts.backup_problem;
  if (facts.content) json["content"] = ToJson(*facts.content);
  if (facts.mount) json["mount"] = ToJson(*facts.mount);
  json["skeleton_problems"] = facts.skeleton_problems;
  json["planned_uuid"] = facts.planned_uuid;
  json["history"] = Json::array();
  for (const auto& attempt : facts.history) {
    json["history"].push_back({{"action", attempt.action},
                               {"detail", attempt.detail},
                               {"ok", attempt.ok},
                               {"errno", attempt.sys_errno},
                               {"message", attempt.message}});
  }
  return json;
}

Result<DataFacts> ParseFacts(std::string_view text) {
  try {
    return FactsFromJson(Json::parse(text));
  } catch (const std::exception& wrong) {
    return Fail("{}", wrong.what());
  }
}

}  // namespace bf::provision::data
