// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/diff.h"

#include <set>

namespace bf::audit {
namespace {

template <class T>
const T* Get(const std::optional<T>& value) {
  return value ? &*value : nullptr;
}

template <class T>
const T* Get(const std::map<std::string, T>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second;
}

// Of a file that only one of the two has, and without which the tool it is for goes by what it has
// built in, or does not start.
std::vector<Change> OneSided(const std::string& file, bool is_new) {
  Changes changes(file);
  changes.Add(Direction::kLoosened, "file", is_new ? "new" : "gone",
              is_new ? "there is nothing to compare it with"
                     : "the tool it is for finds no policy, and goes by what is built in",
              {}, {});
  return std::move(changes).Take();
}

void Append(std::vector<Change>& all, std::vector<Change> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

template <class T, class Compare>
void AppendFile(std::vector<Change>& all, const std::string& file, const T* before, const T* after,
                const Compare& compare) {
  if (before != nullptr && after != nullptr) return Append(all, compare(*before, *after));
  if (before != nullptr || after != nullptr) Append(all, OneSided(file, before == nullptr));
}

}  // namespace

std::vector<Change> Diff(const PolicySet& before, const PolicySet& after,
                         const std::vector<lockdown::device::Device>& recorded) {
  std::vector<Change> all;
  AppendFile(all, "input.toml", Get(before.input), Get(after.input),
             [&](const auto& was, const auto& is) { return DiffInput(was, is, recorded); });
  AppendFile(all, "layout.toml", Get(before.layout), Get(after.layout), DiffLayout);
  AppendFile(all, "update.toml", Get(before.update), Get(after.update), DiffUpdate);
  Append(all, DiffWritable(before, after));
  std::set<std::string> profiles;
  for (const auto* set : {&before, &after}) {
    for (const auto& [name, profile] : set->sandbox) profiles.insert(name);
  }
  for (const std::string& name : profiles)
    Append(all, DiffSandbox(fmt::format("sandbox/{}.toml", name), Get(before.sandbox, name),
                            Get(after.sandbox, name)));
  Append(all, DiffUnknown(before, after));
  MarkAccepted(all, after.accepted, [&](const std::string& file) { return after.HashOf(file); });
  Sort(all);
  return all;
}

}  // namespace bf::audit
