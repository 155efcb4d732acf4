// SPDX-License-Identifier: Apache-2.0
#include "lockdown/units/drop_ins.h"

#include <algorithm>

namespace bf::lockdown::units {

void DropIns::Add(Of of, std::string path) {
  const auto [at, is_new] = by_file_.try_emplace(path.substr(path.rfind('/') + 1), Found{of, {}});
  auto& [found_of, paths] = at->second;
  // Of one name the first file hides the others. Only among its aliases there is no order that
  // systemd promises: each counts, because each may be the one. Of a setting with one value it is
  // still the last of them that is judged.
  const bool counts = is_new || (of == Of::kAlias && found_of == Of::kAlias);
  if (counts && std::find(paths.begin(), paths.end(), path) == paths.end())
    paths.push_back(std::move(path));
}

std::vector<std::string> DropIns::Paths() const {
  std::vector<std::string> all;
  for (const auto& [file, found] : by_file_)
    all.insert(all.end(), found.paths.begin(), found.paths.end());
  return all;
}

}  // namespace bf::lockdown::units
