// SPDX-License-Identifier: Apache-2.0
// policies/accepted.toml: loosenings that somebody has looked at. Each is for one text of one file,
// named by its hash: whatever is changed in it afterwards has to be looked at again.
#pragma once

#include <string>
#include <vector>

#include "audit/model/change.h"
#include "core/policy/reader.h"

namespace bf::audit {

inline constexpr std::string_view kAcceptedFile = "accepted.toml";
// In place of a hash, for a file that is gone.
inline constexpr std::string_view kNoText = "none";

struct Accept {
  SourceRef at;
  policy::Located<std::string> file;               // "sandbox/kiosk.toml"
  policy::Located<std::string> hash;               // of the new text: "sha256:…", or "none"
  std::vector<policy::Located<std::string>> what;  // the subjects of the changes
  policy::Located<std::string> who;
  policy::Located<std::string> why;
};

std::vector<Accept> ReadAccepted(const policy::Document& document,
                                 policy::Diagnostics& diagnostics);

// Marks the loosenings that `accepts` answers for. `hash_of` gives what a file's entry must have.
template <class HashOf>
void MarkAccepted(std::vector<Change>& changes, const std::vector<Accept>& accepts,
                  const HashOf& hash_of) {
  for (Change& change : changes) {
    if (change.direction != Direction::kLoosened) continue;
    for (const Accept& accept : accepts) {
      if (accept.file.value != change.file || accept.hash.value != hash_of(change.file)) continue;
      for (const auto& what : accept.what) {
        if (what.value != change.subject) continue;
        change.accepted = true;
        change.accepted_by = accept.who.value;
        change.accepted_why = accept.why.value;
      }
    }
  }
}

}  // namespace bf::audit
