// SPDX-License-Identifier: Apache-2.0
// What becomes of the changes in an upper directory when the OS below is another one: a three-way
// merge over names. `user` is the upper directory, `base` what the image had when it was made,
// `next` what the image has now. Pure: trees in, tree out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "overlays/policy.h"
#include "overlays/tree.h"

namespace bf::overlays {

// Where the parts of an entry of the new upper directory come from.
enum class Origin {
  kUpper,   // the old upper directory
  kVendor,  // the image as it is now
  kNothing  // a directory or whiteout: made from the node alone
};

struct Made {
  Node node;
  Origin content = Origin::kNothing;
  Origin xattrs = Origin::kNothing;
  std::map<std::string, Made, std::less<>> children;

  bool operator==(const Made&) const = default;
};

enum class Outcome {
  kKept,        // the user's, on top of a vendor that did not change it, or the user's own
  kListed,      // kept because the policy's `keep` names it
  kUnpinned,    // an unchanged copy: gone, what the image has shows again
  kVendorGone,  // no change of the user's was left, and the image has it no more
  kCombined,    // the vendor's part and the user's part, where they changed different things
  kUserWins,    // both changed it: the user's, as the policy says
  kVendorWins,  // both changed it: the vendor's; the user's stays in the old generation
  kDropped,     // on_os_change = "drop"
};
std::string_view ToString(Outcome outcome);

struct Decision {
  Outcome outcome;
  std::string path;  // relative; "." for the directory itself
  std::string why;   // "the image changed it as well"

  bool operator==(const Decision&) const = default;
  bool is_conflict() const {
    return outcome == Outcome::kUserWins || outcome == Outcome::kVendorWins;
  }
};

struct MergeRules {
  OnOsChange on_os_change = OnOsChange::kMerge;
  Conflict conflict = Conflict::kUser;
  std::vector<std::string> keep;  // patterns for relative paths; a directory keeps all below
};

struct Merged {
  Made top;
  std::vector<Decision> decisions;
};

// `base` is nullptr where it was not written down or is damaged: every difference between user
// and vendor is a conflict then, because nobody knows who made it.
Merged Merge(const Entry& user, const Entry* base, const Entry& next, const MergeRules& rules);

// An empty upper directory over `next`.
Made EmptyUpper(const Entry& next);

// The tree that results when `made` has been built.
Entry ToEntry(const Made& made);

enum class PinKind { kChanged, kMetadata, kCopy, kDeleted, kOpaque, kAdded };
struct Pin {
  PinKind kind;
  std::string path;

  bool operator==(const Pin&) const = default;
};
std::string_view ToString(PinKind kind);
// Why it is there, and what it keeps from showing.
std::string_view Explain(PinKind kind);
// What an upper directory hides of the image, and what it adds.
std::vector<Pin> ListPins(const Entry& user, const Entry& lower);

}  // namespace bf::overlays
