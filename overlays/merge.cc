// SPDX-License-Identifier: Apache-2.0
#include "overlays/merge.h"

#include <fnmatch.h>

namespace bf::overlays {
namespace {

using Children = std::map<std::string, Made, std::less<>>;

const Entry* ChildOf(const Entry* entry, std::string_view name) {
  return entry == nullptr ? nullptr : entry->Child(name);
}

// Equal as far as a user can see. A null is "not there".
bool Same(const Entry* one, const Entry* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return *one == *other;
}

bool SameMetadata(const Node& one, const Node& other) {
  return one.mode == other.mode && one.uid == other.uid && one.gid == other.gid &&
         one.xattrs == other.xattrs;
}

bool SameContent(const Node& one, const Node& other) {
  return one.type == other.type && one.content == other.content;
}

bool Listed(const std::vector<std::string>& keep, const std::string& path) {
  return std::any_of(keep.begin(), keep.end(), [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
  });
}

Made CopyOf(const Entry& entry) {
  Made made{entry.node, Origin::kUpper, Origin::kUpper, {}};
  if (entry.node.type == NodeType::kWhiteout) made.content = made.xattrs = Origin::kNothing;
  for (const auto& [name, child] : entry.children) made.children.emplace(name, CopyOf(child));
  return made;
}

class Merger {
 public:
  Merger(const MergeRules& rules, std::vector<Decision>& decisions)
      : rules_(rules), decisions_(decisions) {}

  // The children of a directory that is one in the upper directory. `opaque`: the user removed
  // what the image had there.
  Children MergeChildren(const std::string& path, const Entry& user, const Entry* base,
                         const Entry* next, bool opaque);
  // The owner, mode and xattrs of a directory; true if they are exactly the vendor's.
  bool MergeDirectoryMetadata(const Node& user, const Node* base, const Node* next, Made& made);

 private:
  std::optional<Made> MergeOne(const std::string& path, const Entry& user, const Entry* base,
                               const Entry* next, bool hidden);
  std::optional<Made> MergeWhiteout(const std::string& path, const Entry& user, const Entry* base,
                                    const Entry* next);
  std::optional<Made> MergeLeaf(const std::string& path, const Entry& user, const Entry* base,
                                const Entry* next);
  std::optional<Made> MergeContents(const std::string& path, const Entry& user, const Node& base,
                                    const Node& next);
  std::optional<Made> MergeDirectory(const std::string& path, const Entry& user, const Entry* base,
                                     const Entry* next, bool hidden);
  // A name that an opaque directory does not have, although the image had or has it.
  std::optional<Made> MergeMissing(const std::string& path, const Entry* base, const Entry* next);
  std::optional<Made> DropOne(const std::string& path, const Entry& user);

  std::optional<Made> Keep(Outcome outcome, const std::string& path, const Entry& user,
                           const Entry* next, std::string why);
  std::optional<Made> Gone(Outcome outcome, const std::string& path, std::string why);
  std::optional<Made> Settle(const std::string& path, const Entry& user, const Entry* next,
                             std::string why);
  unsigned Pick(unsigned user, unsigned base, unsigned next, bool& conflict) const;
  void Note(Outcome outcome, const std::string& path, std::string why) {
    decisions_.push_back({outcome, path, std::move(why)});
  }

  const MergeRules& rules_;
  std::vector<Decision>& decisions_;
};

std::optional<Made> Merger::Keep(Outcome outcome, const std::string& path, const Entry& user,
                                 const Entry* next, std::string why) {
  Note(outcome, path, std::move(why));
  Made made = CopyOf(user);
  // As a whole means as a whole: what the image has of the same name must not show through.
  if (made.node.is_directory() && next != nullptr && outcome != Outcome::kListed)
    made.node.opaque = true;
  return made;
}

std::optional<Made> Merger::Gone(Outcome outcome, const std::string& path, std::string why) {
  Note(outcome, path, std::move(why));
  return std::nullopt;
}

std::optional<Made> Merger::Settle(const std::string& path, const Entry& user, const Entry* next,
                                   std::string why) {
  if (rules_.conflict == Conflict::kVendor) return Gone(Outcome::kVendorWins, path, std::move(why));
  return Keep(Outcome::kUserWins, path, user, next, std::move(why));
}

unsigned Merger::Pick(unsigned user, unsigned base, unsigned next, bool& conflict) const {
  if (user == base || user == next) return next;
  if (next == base) return user;
  conflict = true;
  return rules_.conflict == Conflict::kUser ? user : next;
}

std::optional<Made> Merger::MergeOne(const std::string& path, const Entry& user, const Entry* base,
                                     const Entry* next, bool hidden) {
  if (Listed(rules_.keep, path)) {
    auto kept = Keep(Outcome::kListed, path, user, next, "the policy keeps it");
    if (hidden && kept->node.is_directory()) kept->node.opaque = true;
    return kept;
  }
  if (rules_.on_os_change == OnOsChange::kDrop) return DropOne(path, user);
  switch (user.node.type) {
    case NodeType::kWhiteout:
      return MergeWhiteout(path, user, base, next);
    case NodeType::kDirectory:
      return MergeDirectory(path, user, base, next, hidden);
    default:
      return MergeLeaf(path, user, base, next);
  }
}

// Only what the policy lists below a directory survives, in directories made for it.
std::optional<Made> Merger::DropOne(const std::string& path, const Entry& user) {
  Made made{user.node, Origin::kNothing, Origin::kUpper, {}};
  for (const auto& [name, child] : user.children) {
    if (auto kept = MergeOne(Join(path, name), child, nullptr, nullptr, false))
      made.children.emplace(name, *std::move(kept));
  }
  if (!made.children.empty()) {
    made.node.opaque = false;
    return made;
  }
  // Names of the directories on the way say nothing that those of the files did not.
  if (!user.node.is_directory() || user.children.empty())
    Note(Outcome::kDropped, path, "the policy drops changes when the OS changes");
  return std::nullopt;
}

std::optional<Made> Merger::MergeWhiteout(const std::string& path, const Entry& user,
                                          const Entry* base, const Entry* next) {
  if (next == nullptr)
    return Gone(Outcome::kVendorGone, path, "deleted here, and the image has it no more");
  if (base == nullptr)
    return Gone(Outcome::kUnpinned, path, "the image had nothing of this name to delete");
  if (Same(base, next)) return Keep(Outcome::kKept, path, user, nullptr, "deleted here");
  return Settle(
      path, user, next,
      base->node.type == next->node.type
          ? "deleted here, and changed in the image"
          : fmt::format("deleted here, and a {} in the image now", ToString(next->node.type)));
}

std::optional<Made> Merger::MergeMissing(const std::string& path, const Entry* base,
                                         const Entry* next) {
  if (next == nullptr || base == nullptr) return std::nullopt;  // the vendor's affair alone
  Entry whiteout;
  whiteout.node.type = NodeType::kWhiteout;
  whiteout.node.mode = 0;
  return MergeWhiteout(path, whiteout, base, next);
}

std::optional<Made> Merger::MergeLeaf(const std::string& path, const Entry& user, const Entry* base,
                                      const Entry* next) {
  if (next != nullptr && user.node == next->node)
    return Gone(Outcome::kUnpinned, path, "the same as in the image");
  if (base == nullptr) {
    if (next == nullptr) return Keep(Outcome::kKept, path, user, nullptr, "made here");
    return Settle(path, user, next, "here and in the image, and not the same");
  }
  if (user.node == base->node) {
    if (next == nullptr)
      return Gone(Outcome::kVendorGone, path, "an unchanged copy, and the image has it no more");
    return Gone(Outcome::kUnpinned, path, "an unchanged copy");
  }
  if (Same(base, next)) return Keep(Outcome::kKept, path, user, nullptr, "changed here");
  if (next == nullptr) return Settle(path, user, nullptr, "changed here, deleted in the image");
  if (user.node.type == base->node.type && next->node.type == base->node.type)
    return MergeContents(path, user, base->node, next->node);
  return Settle(path, user, next,
                fmt::format("a {} here, and a {} in the image now", ToString(user.node.type),
                            ToString(next->node.type)));
}

// Content, mode, owner, group and xattrs are merged each by itself: a chmod must not keep the
// vendor's new content from showing.
std::optional<Made> Merger::MergeContents(const std::string& path, const Entry& user,
                                          const Node& base, const Node& next) {
  Made made{user.node, Origin::kUpper, Origin::kUpper, {}};
  bool conflict = false;
  const bool user_content = !SameContent(user.node, base);
  const bool vendor_content = !SameContent(next, base);
  if (user_content && vendor_content && !SameContent(user.node, next)) {
    Note(rules_.conflict == Conflict::kUser ? Outcome::kUserWins : Outcome::kVendorWins, path,
         "changed here and in the image");
    if (rules_.conflict == Conflict::kVendor) return std::nullopt;
  } else if (!user_content) {
    made.node.content = next.content;
    made.content = Origin::kVendor;
  }
  made.node.mode = Pick(user.node.mode, base.mode, next.mode, conflict);
  made.node.uid = Pick(user.node.uid, base.uid, next.uid, conflict);
  made.node.gid = Pick(user.node.gid, base.gid, next.gid, conflict);
  if (user.node.xattrs == base.xattrs || user.node.xattrs == next.xattrs) {
    made.node.xattrs = next.xattrs;
    made.xattrs = Origin::kVendor;
  } else if (next.xattrs != base.xattrs) {
    conflict = true;
    if (rules_.conflict == Conflict::kVendor) {
      made.node.xattrs = next.xattrs;
      made.xattrs = Origin::kVendor;
    }
  }
  if (made.node == next)
    return Gone(Outcome::kUnpinned, path, "nothing is left of the change made here");
  if (user_content && vendor_content && !SameContent(user.node, next)) return made;  // noted above
  if (conflict) {
    Note(rules_.conflict == Conflict::kUser ? Outcome::kUserWins : Outcome::kVendorWins, path,
         "mode, owner or attributes changed here and in the image");
  } else {
    Note(Outcome::kCombined, path,
         user_content ? "content from here, mode and owner from the image as far as unchanged here"
                      : "content from the image, mode and owner as set here");
  }
  return made;
}

bool Merger::MergeDirectoryMetadata(const Node& user, const Node* base, const Node* next,
                                    Made& made) {
  made.node = user;
  made.node.opaque = false;
  made.xattrs = Origin::kUpper;
  if (next == nullptr) return false;
  const Node& origin = base == nullptr ? user : *base;
  bool conflict = false;
  made.node.mode = Pick(user.mode, origin.mode, next->mode, conflict);
  made.node.uid = Pick(user.uid, origin.uid, next->uid, conflict);
  made.node.gid = Pick(user.gid, origin.gid, next->gid, conflict);
  const bool take = user.xattrs == origin.xattrs || user.xattrs == next->xattrs ||
                    (next->xattrs != origin.xattrs && rules_.conflict == Conflict::kVendor);
  if (take) {
    made.node.xattrs = next->xattrs;
    made.xattrs = Origin::kVendor;
  }
  return SameMetadata(made.node, *next);
}

std::optional<Made> Merger::MergeDirectory(const std::string& path, const Entry& user,
                                           const Entry* base, const Entry* next, bool hidden) {
  if (base != nullptr && !base->node.is_directory()) {
    if (Same(base, next))
      return Keep(Outcome::kKept, path, user, next,
                  "a directory here, in place of what the image has");
    return Settle(path, user, next, "a directory here, and changed in the image");
  }
  const bool opaque = base != nullptr && (user.node.opaque || hidden);
  if (opaque && Same(base, next))
    return Keep(Outcome::kKept, path, user, next, "replaced as a whole here");

  if (next != nullptr && !next->node.is_directory()) {
    // Anything of the user's in it? Asked with notes to nowhere.
    std::vector<Decision> unheard;
    const MergeRules keeping{rules_.on_os_change, Conflict::kUser, rules_.keep};
    Merger asking(keeping, unheard);
    const bool own = base == nullptr || !SameMetadata(user.node, base->node) ||
                     !asking.MergeChildren(path, user, base, nullptr, opaque).empty();
    if (!own)
      return Gone(Outcome::kUnpinned, path,
                  fmt::format("nothing changed here, and a {} in the image now",
                              ToString(next->node.type)));
    return Settle(
        path, user, next,
        fmt::format("changed here, and a {} in the image now", ToString(next->node.type)));
  }

  Made made;
  made.children = MergeChildren(path, user, base, next, opaque);
  const bool as_vendor = MergeDirectoryMetadata(user.node, base == nullptr ? nullptr : &base->node,
                                                next == nullptr ? nullptr : &next->node, made);
  if (!made.children.empty()) return made;
  if (next != nullptr) {
    if (as_vendor) return std::nullopt;  // what became of its children is noted already
    Note(Outcome::kKept, path, "mode, owner or attributes changed here");
    return made;
  }
  if (base == nullptr) {
    Note(Outcome::kKept, path, "made here");
    return made;
  }
  return Gone(Outcome::kVendorGone, path, "nothing of its own left, and the image has it no more");
}

Children Merger::MergeChildren(const std::string& path, const Entry& user, const Entry* base,
                               const Entry* next, bool opaque) {
  Children result;
  for (const auto& [name, child] : user.children) {
    auto made = MergeOne(Join(path, name), child, ChildOf(base, name), ChildOf(next, name), opaque);
    if (made) result.emplace(name, *std::move(made));
  }
  if (!opaque || base == nullptr) return result;
  // One by one from here on, so that what the vendor adds shows.
  for (const auto& [name, child] : base->children) {
    if (user.Child(name) != nullptr) continue;
    if (auto made = MergeMissing(Join(path, name), &child, ChildOf(next, name)))
      result.emplace(name, *std::move(made));
  }
  return result;
}

void CollectPins(const std::string& path, const Entry& user, const Entry* lower,
                 std::vector<Pin>& pins) {
  const Node& node = user.node;
  if (node.type == NodeType::kWhiteout) {
    pins.push_back({PinKind::kDeleted, path});
    return;
  }
  if (lower == nullptr) {
    pins.push_back({PinKind::kAdded, path});
  } else if (!node.is_directory() || !lower->node.is_directory()) {
    if (node == lower->node)
      pins.push_back({PinKind::kCopy, path});
    else if (SameContent(node, lower->node))
      pins.push_back({PinKind::kMetadata, path});
    else
      pins.push_back({PinKind::kChanged, path});
  } else {
    if (node.opaque) pins.push_back({PinKind::kOpaque, path});
    if (!SameMetadata(node, lower->node)) pins.push_back({PinKind::kMetadata, path});
  }
  for (const auto& [name, child] : user.children)
    CollectPins(Join(path, name), child, ChildOf(lower, name), pins);
}

}  // namespace

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kKept:
      return "kept";
    case Outcome::kListed:
      return "listed";
    case Outcome::kUnpinned:
      return "unpinned";
    case Outcome::kVendorGone:
      return "gone";
    case Outcome::kCombined:
      return "combined";
    case Outcome::kUserWins:
      return "conflict-user";
    case Outcome::kVendorWins:
      return "conflict-vendor";
    case Outcome::kDropped:
      return "dropped";
  }
  return "";
}

Made EmptyUpper(const Entry& next) {
  Made made{next.node, Origin::kNothing, Origin::kVendor, {}};
  made.node.opaque = false;
  return made;
}

Entry ToEntry(const Made& made) {
  Entry entry{made.node, {}};
  for (const auto& [name, child] : made.children) entry.children.emplace(name, ToEntry(child));
  return entry;
}

Merged Merge(const Entry& user, const Entry* base, const Entry& next, const MergeRules& rules) {
  Merged merged;
  merged.top = EmptyUpper(next);
  if (rules.on_os_change == OnOsChange::kKeep) {
    for (const auto& [name, child] : user.children) {
      merged.top.children.emplace(name, CopyOf(child));
      merged.decisions.push_back({Outcome::kKept, name, "the policy keeps everything"});
    }
    return merged;
  }
  Merger merger(rules, merged.decisions);
  // Nobody can replace the top itself: it is where the overlay is mounted.
  merged.top.children = merger.MergeChildren("", user, base, &next, false);
  return merged;
}

std::string_view ToString(PinKind kind) {
  switch (kind) {
    case PinKind::kChanged:
      return "changed";
    case PinKind::kMetadata:
      return "metadata";
    case PinKind::kCopy:
      return "copy";
    case PinKind::kDeleted:
      return "deleted";
    case PinKind::kOpaque:
      return "replaced";
    case PinKind::kAdded:
      return "added";
  }
  return "";
}

std::string_view Explain(PinKind kind) {
  switch (kind) {
    case PinKind::kChanged:
      return "changed here; the image's own does not show";
    case PinKind::kMetadata:
      return "mode, owner or attributes set here; content as in the image when it was made";
    case PinKind::kCopy:
      return "an unchanged copy; goes away when the OS changes";
    case PinKind::kDeleted:
      return "deleted here; the image's own does not show";
    case PinKind::kOpaque:
      return "replaced as a whole here; nothing the image has in it shows";
    case PinKind::kAdded:
      return "made here; hides nothing";
  }
  return "";
}

std::vector<Pin> ListPins(const Entry& user, const Entry& lower) {
  std::vector<Pin> pins;
  for (const auto& [name, child] : user.children) CollectPins(name, child, lower.Child(name), pins);
  return pins;
}

}  // namespace bf::overlays
