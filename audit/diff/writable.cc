// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/writable.h"

#include <algorithm>

namespace bf::audit {
namespace {

namespace state = provision::state;

Writable OfState(const state::Entry& entry) {
  Writable one;
  one.path = entry.path.value;
  one.file = "state.toml";
  one.subject = "state " + entry.path.value;
  one.at = entry.at;
  one.single_file = entry.kind.value == state::Kind::kFile;
  one.keeps = entry.scope.value == state::Scope::kPerSlot ? Keeps::kSlot : Keeps::kData;
  one.after_reset = entry.reset.value == state::OnReset::kKeep;
  one.owner = entry.owner.value;
  one.group = entry.group.value;
  one.mode = entry.mode.value;
  if (entry.quota) {
    one.bytes = entry.quota->bytes;
    one.inodes = entry.quota->inodes;
  }
  one.reason = entry.reason;
  return one;
}

std::string User(std::int64_t id) { return id == 0 ? "root" : fmt::format("#{}", id); }

Writable OfOverlay(const overlays::WritablePath& path) {
  Writable one;
  one.path = path.path.value;
  one.file = "overlays.toml";
  one.subject = "writable " + path.path.value;
  one.at = path.at;
  one.exec = path.exec.value;
  if (path.persistent()) {
    const bool site = path.conflict.value == overlays::Conflict::kUser;
    switch (path.on_os_change.value) {
      case overlays::OnOsChange::kDrop:
        one.keeps = Keeps::kUpdate;
        break;
      case overlays::OnOsChange::kMerge:
        one.keeps = site ? Keeps::kSite : Keeps::kMerged;
        break;
      case overlays::OnOsChange::kKeep:
        one.keeps = Keeps::kData;
        break;
    }
    for (const auto& pattern : path.keep) one.kept.push_back(pattern.value);
    std::sort(one.kept.begin(), one.kept.end());
  }
  one.owner_known = path.kind.value == overlays::Kind::kTmpfs;
  if (one.owner_known) {
    one.owner = User(path.uid.value);
    one.group = User(path.gid.value);
    one.mode = path.mode.value;
  }
  one.bytes = path.size.value;
  one.inodes = static_cast<std::uint64_t>(path.inodes.value);
  one.reason = path.reason.value;
  return one;
}

}  // namespace

std::string_view ToString(Keeps keeps) {
  switch (keeps) {
    case Keeps::kBoot:
      return "until the next boot";
    case Keeps::kUpdate:
      return "until the next update";
    case Keeps::kMerged:
      return "through updates, merged";
    case Keeps::kSite:
      return "through updates, over what they bring";
    case Keeps::kSlot:
      return "for good, in one slot";
    case Keeps::kData:
      return "for good";
  }
  return "";
}

std::vector<Writable> WritablePaths(const PolicySet& set) {
  std::vector<Writable> all;
  if (set.state) {
    for (const auto& entry : set.state->entries) all.push_back(OfState(entry));
  }
  if (set.overlays) {
    for (const auto& path : *set.overlays) all.push_back(OfOverlay(path));
  }
  if (set.layout) {
    Writable data;
    data.path = set.data_mount_point();
    data.file = "layout.toml";
    data.subject = "data mount_point";
    data.at = set.layout->data.mount_point.at;
    data.keeps = Keeps::kData;
    data.after_reset = true;
    data.reason = "BF_DATA itself";
    all.push_back(std::move(data));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Writable& a, const Writable& b) { return a.path < b.path; });
  return all;
}

const Writable* Deciding(const std::vector<Writable>& all, std::string_view path) {
  const Writable* deepest = nullptr;
  for (const Writable& one : all) {
    const bool in = one.single_file ? path == one.path : overlays::IsWithin(path, one.path);
    if (in && (deepest == nullptr || one.path.size() >= deepest->path.size())) deepest = &one;
  }
  return deepest;
}

}  // namespace bf::audit
