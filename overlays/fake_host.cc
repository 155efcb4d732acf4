// SPDX-License-Identifier: Apache-2.0
#include "overlays/fake_host.h"

namespace bf::overlays {

void FakeHost::AddMount(const std::string& target, const std::string& type, bool exec,
                        std::vector<std::string> super_options) {
  facts::Mount mount;
  mount.id = 1000 + static_cast<int>(facts_.mounts.size());
  if (const auto* below = facts::MountOf(facts_.mounts, target)) mount.parent = below->id;
  mount.root = "/";
  mount.target = target;
  mount.options = {"rw", "nosuid", "nodev", "relatime"};
  if (!exec) mount.options.insert(mount.options.begin() + 3, "noexec");
  mount.fs_type = type;
  mount.source = type;
  mount.super_options = std::move(super_options);
  mount.super_options.insert(mount.super_options.begin(), "rw");
  facts_.mounts.push_back(std::move(mount));
}

Status FakeHost::Do(const BuildGeneration& action) {
  BF_TRY(Note(action));
  auto& store = facts_.stores[action.name];
  store.exists = true;
  GenerationFacts generation;
  generation.number = action.number;
  generation.stamp = Stamp{action.os, action.how, action.from, ""};
  store.generations.push_back(std::move(generation));
  return {};
}

Status FakeHost::Do(const RestoreGeneration& action) {
  BF_TRY(Note(action));
  auto& generations = facts_.stores[action.name].generations;
  const auto old = std::find_if(generations.begin(), generations.end(),
                                [&](const auto& one) { return one.number == action.from; });
  if (old == generations.end()) return Fail("there is no {}", GenerationName(action.from));
  old->number = action.number;
  std::rotate(old, old + 1, generations.end());
  return {};
}

Status FakeHost::Do(const MountTmpfs& action) {
  BF_TRY(Note(action));
  AddMount(
      action.path, "tmpfs", action.exec,
      {fmt::format("size={}k", action.size / 1024), fmt::format("nr_inodes={}", action.inodes)});
  return {};
}

Status FakeHost::Do(const AdjustTmpfs& action) {
  BF_TRY(Note(action));
  std::erase_if(facts_.mounts, [&](const auto& mount) { return mount.target == action.to.path; });
  AddMount(action.to.path, "tmpfs", action.to.exec,
           {fmt::format("size={}k", action.to.size / 1024),
            fmt::format("nr_inodes={}", action.to.inodes)});
  return {};
}

Status FakeHost::Do(const MountOverlay& action) {
  BF_TRY(Note(action));
  std::string lower;
  for (const auto& layer : action.lowers) lower += (lower.empty() ? "" : ":") + layer;
  const std::string base = action.generation == 0
                               ? BackingPath(action.name)
                               : GenerationPath(data_, action.name, action.generation);
  AddMount(action.path, "overlay", action.exec,
           {"lowerdir=" + lower, "upperdir=" + base + "/upper", "workdir=" + base + "/work"});
  if (action.generation == 0) {
    facts_.paths[action.name].fs_bytes = action.size;
    facts_.paths[action.name].fs_inodes = action.inodes;
  }
  return {};
}

}  // namespace bf::overlays
