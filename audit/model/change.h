// SPDX-License-Identifier: Apache-2.0
// What differs between two sets of policies in what they mean, and what shows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"

namespace bf::audit {

enum class Direction { kLoosened, kTightened, kNeutral };
std::string_view ToString(Direction direction);  // "LOOSENED"

struct Change {
  Direction direction = Direction::kLoosened;
  std::string file;     // below the policies: "sandbox/kiosk.toml"
  std::string subject;  // what somebody who accepts it names: "ioctl", "state /var/lib/x"
  std::string what;     // one line: from what to what
  // Something concrete of which the two sets say different things: a system call with arguments,
  // a device, a path and who may write to it. "" for a change that has no effect to show.
  std::string witness;
  SourceRef before;
  SourceRef after;
  bool accepted = false;  // a loosening that accepted.toml answers for
  std::string accepted_by = {};
  std::string accepted_why = {};

  bool operator==(const Change&) const = default;
};

class Changes {
 public:
  explicit Changes(std::string file) : file_(std::move(file)) {}

  void Add(Direction direction, std::string subject, std::string what, std::string witness,
           const SourceRef& before, const SourceRef& after) {
    list_.push_back(
        {direction, file_, std::move(subject), std::move(what), std::move(witness), before, after});
  }
  std::vector<Change> Take() && { return std::move(list_); }

 private:
  std::string file_;
  std::vector<Change> list_;
};

// By file, loosenings first, then where they were written.
void Sort(std::vector<Change>& changes);

}  // namespace bf::audit
