// SPDX-License-Identifier: Apache-2.0
#include "overlays/policy.h"

namespace bf::overlays {
namespace {

const policy::Value* Find(const policy::Table& table, std::string_view key) {
  for (const auto& member : table.members) {
    if (member.key == key) return &member.value.front();
  }
  return nullptr;
}

// One key of layout.toml concerns us. Everything else in it is checked by the tool it is for, and
// must not keep this one from mounting.
policy::Located<std::string> DataMountPoint(const policy::Document& layout) {
  policy::Located<std::string> result{"/var/lib/betterframe", layout.at};
  const auto* data = Find(layout.root, "data");
  const auto* table = data == nullptr ? nullptr : std::get_if<policy::Table>(&data->data);
  const auto* value = table == nullptr ? nullptr : Find(*table, "mount_point");
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->data);
  if (text != nullptr && text->starts_with('/')) result = {*text, value->at};
  return result;
}

// The same for state.toml: the path of each [[state]] entry.
std::vector<ForeignPath> StatePaths(const policy::Document& state) {
  std::vector<ForeignPath> paths;
  for (const auto& member : state.root.members) {
    const auto* list = std::get_if<policy::Array>(&member.value.front().data);
    if (list == nullptr) continue;
    for (const auto& element : *list) {
      const auto* table = std::get_if<policy::Table>(&element.data);
      const auto* value = table == nullptr ? nullptr : Find(*table, "path");
      const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->data);
      if (text != nullptr && text->starts_with('/'))
        paths.push_back({*text, "a persistent path", value->at});
    }
  }
  return paths;
}

}  // namespace

Result<Policy> LoadPolicy(const std::string& dir) {
  policy::Diagnostics diagnostics;
  Policy result;

  BF_ASSIGN(const auto overlays, policy::LoadPolicyFile(dir, "overlays.toml", diagnostics));
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());  // not even TOML
  policy::Reader reader(overlays.root, overlays.at, diagnostics);
  result.paths = ReadWritablePaths(reader);

  // What is wrong inside the other two is for their own tools to say; without them, only the
  // comparison is missing.
  policy::Diagnostics theirs;
  if (const auto layout = policy::LoadPolicyFile(dir, "layout.toml", theirs))
    result.data_mount_point = DataMountPoint(*layout);
  else
    result.data_mount_point = {"/var/lib/betterframe", {}};
  if (const auto state = policy::LoadPolicyFile(dir, "state.toml", theirs))
    result.state = StatePaths(*state);

  std::vector<ForeignPath> foreign = result.state;
  foreign.push_back(
      {result.data_mount_point.value, "where BF_DATA is mounted", result.data_mount_point.at});
  CheckTogether(result.paths, foreign, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());

  std::stable_sort(result.paths.begin(), result.paths.end(),
                   [](const auto& a, const auto& b) { return a.path.value < b.path.value; });
  return result;
}

}  // namespace bf::overlays
