// SPDX-License-Identifier: Apache-2.0
// A key that a tool has learned and this one has not must not pass for no change.
#include <algorithm>
#include <map>
#include <set>

#include "audit/diff/diff.h"

namespace bf::audit {
namespace {

// What the other parts compare; "*" is whatever name, "[]" each of an array of tables.
constexpr std::string_view kInput[] = {"schema",
                                       "usb.hubs",
                                       "usb.reason",
                                       "console.sysrq",
                                       "console.vt_switch",
                                       "console.ctrl_alt_del",
                                       "console.power_keys",
                                       "console.gettys",
                                       "console.emergency_shell",
                                       "console.tiocsti",
                                       "console.uinput",
                                       "console.uhid",
                                       "console.bluetooth",
                                       "console.remotes",
                                       "console.ps2",
                                       "console.virtual_keyboards",
                                       "console.reasons.*",
                                       "maintenance.window",
                                       "maintenance.longest",
                                       "maintenance.reason",
                                       "maintenance.key",
                                       "allow[].name",
                                       "allow[].reason",
                                       "allow[].owner",
                                       "allow[].bus",
                                       "allow[].vendor",
                                       "allow[].product",
                                       "allow[].version",
                                       "allow[].serial",
                                       "allow[].port",
                                       "allow[].device_name",
                                       "allow[].interfaces",
                                       "allow[].descriptors",
                                       "allow[].report_descriptors",
                                       "allow[].maintenance",
                                       "allow[].group",
                                       "allow[].input[].name",
                                       "allow[].input[].id",
                                       "allow[].input[].phys",
                                       "allow[].input[].capabilities.*",
                                       "allow[].input[].can",
                                       "allow[].input[].because",
                                       "filter[].device",
                                       "filter[].reason",
                                       "filter[].keys"};
constexpr std::string_view kSandbox[] = {"schema",
                                         "description",
                                         "groups",
                                         "default",
                                         "unknown_syscalls",
                                         "no_new_privs",
                                         "inherit",
                                         "rule[].action",
                                         "rule[].syscalls",
                                         "capabilities.bounding",
                                         "capabilities.permitted",
                                         "capabilities.ambient",
                                         "environment.keep",
                                         "environment.set.*",
                                         "relax[].what",
                                         "relax[].because",
                                         "relax[].owner",
                                         "relax[].expires"};
constexpr std::string_view kState[] = {"schema",
                                       "state[].name",
                                       "state[].path",
                                       "state[].kind",
                                       "state[].owner",
                                       "state[].group",
                                       "state[].mode",
                                       "state[].quota.id",
                                       "state[].quota.size",
                                       "state[].quota.inodes",
                                       "state[].seed",
                                       "state[].scope",
                                       "state[].reset",
                                       "state[].reason"};
constexpr std::string_view kOverlays[] = {"schema",
                                          "writable[].name",
                                          "writable[].path",
                                          "writable[].kind",
                                          "writable[].backing",
                                          "writable[].size",
                                          "writable[].inodes",
                                          "writable[].exec",
                                          "writable[].mode",
                                          "writable[].uid",
                                          "writable[].gid",
                                          "writable[].on_os_change",
                                          "writable[].conflict",
                                          "writable[].keep",
                                          "writable[].reason"};
constexpr std::string_view kLayout[] = {"schema",
                                        "device.compatible",
                                        "partition[].name",
                                        "partition[].role",
                                        "partition[].slot",
                                        "partition[].size",
                                        "cmdline.words",
                                        "data.format",
                                        "data.mount_point",
                                        "data.damaged_superblock",
                                        "data.min_growth",
                                        "data.degraded_size",
                                        "data.degraded_inodes",
                                        "data.undo_size",
                                        "data.format_timeout",
                                        "data.check_timeout",
                                        "data.repair_timeout"};
constexpr std::string_view kUpdate[] = {"schema", "install.downgrade", "confirmation.deadline",
                                        "confirmation.settle", "confirmation.retry"};

std::span<const std::string_view> KnownKeys(std::string_view file) {
  if (file == "input.toml") return kInput;
  if (file == "state.toml") return kState;
  if (file == "overlays.toml") return kOverlays;
  if (file == "layout.toml") return kLayout;
  if (file == "update.toml") return kUpdate;
  if (!ProfileName(file).empty()) return kSandbox;
  return {};
}

bool IsKnown(std::span<const std::string_view> known, std::string_view key) {
  return std::any_of(known.begin(), known.end(), [&](std::string_view one) {
    return one == key || (one.ends_with(".*") && key.starts_with(one.substr(0, one.size() - 1)));
  });
}

struct Seen {
  std::multiset<std::string> values;
  SourceRef at;
};
using Keys = std::map<std::string, Seen>;

std::string Text(const policy::Value& value) {
  return std::visit(
      [](const auto& data) -> std::string {
        using T = std::decay_t<decltype(data)>;
        if constexpr (std::is_same_v<T, policy::Array>) {
          std::string text;
          for (const auto& one : data) text += Text(one) + ",";
          return "[" + text + "]";
        } else if constexpr (std::is_same_v<T, policy::Table>) {
          std::map<std::string, std::string> members;
          for (const auto& one : data.members) members[one.key] = Text(one.value.front());
          std::string text;
          for (const auto& [key, shown] : members) text += key + "=" + shown + ",";
          return "{" + text + "}";
        } else {
          return fmt::format("{}", data);
        }
      },
      value.data);
}

void Collect(const policy::Table& table, const std::string& prefix, Keys& keys) {
  for (const auto& member : table.members) {
    const auto& value = member.value.front();
    const std::string key = prefix + member.key;
    const auto* array = std::get_if<policy::Array>(&value.data);
    if (const auto* inner = std::get_if<policy::Table>(&value.data)) {
      Collect(*inner, key + ".", keys);
    } else if (array != nullptr && !array->empty() &&
               std::all_of(array->begin(), array->end(), [](const policy::Value& one) {
                 return std::holds_alternative<policy::Table>(one.data);
               })) {
      for (const auto& one : *array) Collect(std::get<policy::Table>(one.data), key + "[].", keys);
    } else {
      keys[key].values.insert(Text(value));
      keys[key].at = member.key_at;
    }
  }
}

Keys KeysOf(const PolicySet& set, const std::string& file) {
  Keys keys;
  if (const auto found = set.documents.find(file); found != set.documents.end())
    Collect(found->second.root, "", keys);
  return keys;
}

void CompareFile(const std::string& file, const PolicySet& before, const PolicySet& after,
                 Changes& changes) {
  const auto known = KnownKeys(file);
  const Keys was = KeysOf(before, file);
  const Keys is = KeysOf(after, file);
  std::set<std::string> names;
  for (const auto* keys : {&was, &is}) {
    for (const auto& [name, seen] : *keys) names.insert(name);
  }
  for (const std::string& name : names) {
    const auto old = was.find(name);
    const auto now = is.find(name);
    const Seen old_seen = old == was.end() ? Seen{} : old->second;
    const Seen new_seen = now == is.end() ? Seen{} : now->second;
    if (IsKnown(known, name) || old_seen.values == new_seen.values) continue;
    changes.Add(
        Direction::kLoosened, "key " + name, "bf-audit does not know what it means",
        fmt::format("{} → {}", fmt::join(old_seen.values, " "), fmt::join(new_seen.values, " ")),
        old_seen.at, new_seen.at);
  }
}

}  // namespace

std::vector<Change> DiffUnknown(const PolicySet& before, const PolicySet& after) {
  std::vector<Change> all;
  std::set<std::string> files;
  for (const auto* set : {&before, &after}) {
    for (const auto& [file, text] : set->texts.files) files.insert(file);
  }
  files.erase(std::string(kAcceptedFile));
  for (const std::string& file : files) {
    Changes changes(file);
    // A profile that is new or gone is a change by itself.
    const bool both = before.documents.contains(file) && after.documents.contains(file);
    if (both || ProfileName(file).empty()) CompareFile(file, before, after, changes);
    auto some = std::move(changes).Take();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace bf::audit
