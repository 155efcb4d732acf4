// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "provision/status/facts.h"

namespace bf::provision::status {
namespace {

using Json = nlohmann::ordered_json;

Json DiskToJson(const DiskRow& disk) {
  Json partitions = Json::array();
  for (const PartitionRow& p : disk.partitions) {
    partitions.push_back({{"number", p.number},
                          {"name", p.name},
                          {"device", p.device},
                          {"size", p.size},
                          {"mounted_at", p.mounted_at}});
  }
  return {{"device", disk.device}, {"size", disk.size}, {"partitions", std::move(partitions)}};
}

Json DataToJson(const DataRow& data) {
  return {{"mount_point", data.mount_point},
          {"source", data.source},
          {"fs_type", data.fs_type},
          {"options", data.options},
          {"size", data.size},
          {"used", data.used},
          {"formatted", data.formatted},
          {"volatile", data.is_volatile},
          {"reset_requested", data.reset_requested},
          {"last_reset", data.last_reset}};
}

Json StateToJson(const StateRow& row) {
  Json json = {{"path", row.path},   {"bound", row.bound}, {"owner", row.owner},
               {"scope", row.scope}, {"reset", row.reset}, {"quota", nullptr}};
  if (row.quota) {
    json["quota"] = {{"used_bytes", row.quota->used_bytes},
                     {"limit_bytes", row.quota->limit_bytes},
                     {"used_inodes", row.quota->used_inodes},
                     {"limit_inodes", row.quota->limit_inodes}};
  }
  return json;
}

}  // namespace

Json ToJson(const Status& status) {
  Json json = {{"schema", 1},
               {"healthy", status.healthy()},
               {"os", status.os},
               {"slot", status.slot},
               {"machine_id", status.machine_id},
               {"disk", status.disk ? DiskToJson(*status.disk) : Json(nullptr)},
               {"data", status.data ? DataToJson(*status.data) : Json(nullptr)}};
  json["state"] = Json::array();
  for (const StateRow& row : status.state) json["state"].push_back(StateToJson(row));
  json["overlays"] = Json::array();
  for (const OverlayRow& row : status.overlays) {
    json["overlays"].push_back({{"path", row.path}, {"kind", row.kind}, {"state", row.state}});
  }
  json["writable"] = Json::array();
  for (const WritableRow& row : status.writable) {
    json["writable"].push_back({{"path", row.path},
                                {"fs_type", row.fs_type},
                                {"behind", row.behind},
                                {"size", row.size},
                                {"used", row.used}});
  }
  json["stages"] = Json::array();
  for (const facts::StageResult& stage : status.stages) {
    json["stages"].push_back({{"stage", stage.stage},
                              {"result", stage.result},
                              {"reason", stage.reason},
                              {"done", stage.done},
                              {"problems", stage.problems},
                              {"started_us", stage.started_us},
                              {"took_us", stage.took_us},
                              {"cpu_us", stage.cpu_us}});
  }
  json["attention"] = Json::array();
  for (const Attention& one : status.attention) {
    json["attention"].push_back({{"stage", one.stage}, {"what", one.what}, {"todo", one.todo}});
  }
  return json;
}

}  // namespace bf::provision::status
