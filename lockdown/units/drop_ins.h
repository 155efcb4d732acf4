// SPDX-License-Identifier: Apache-2.0
// Which drop-ins of a unit count, and in which order: systemd.unit(5).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bf::lockdown::units {

// Files are added as systemd looks for them: those of the unit's own name, of the directories that
// win first; then those of its other names; then those of all units of its type.
class DropIns {
 public:
  enum class Of { kName, kAlias, kType };

  void Add(Of of, std::string path);

  // In the order in which they are applied: by the names of the files, wherever they lie.
  std::vector<std::string> Paths() const;

 private:
  struct Found {
    Of of;
    std::vector<std::string> paths;
  };
  std::map<std::string, Found, std::less<>> by_file_;
};

}  // namespace bf::lockdown::units
