// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "audit/diff/diff.h"
#include "audit/diff/writable.h"

namespace bf::audit {
namespace {

constexpr unsigned kSticky = 01000;
constexpr unsigned kSetGroup = 02000;
constexpr unsigned kSetUser = 04000;

// Who has one of the rights of `bit` (4 read, 2 write, 1 enter). The owner has them all: he can
// give them to himself; and so has root.
std::set<std::string> Holders(const Writable& one, unsigned bit) {
  if ((one.mode & bit) != 0) return {"everybody"};
  std::set<std::string> holders = {"user root", "user " + one.owner};
  if ((one.mode & bit << 3U) != 0) holders.insert("group " + one.group);
  return holders;
}

class Pair {
 public:
  // `path` is one about which both decide.
  Pair(std::string path, const Writable* was, const Writable* is, std::vector<Change>& changes)
      : path_(std::move(path)), was_(was), is_(is), changes_(changes) {}

  void Compare() {
    if (was_ == nullptr || is_ == nullptr) return CompareExistence();
    CompareHolders();
    CompareSpecialBits();
    CompareKeeps();
    if (was_->exec != is_->exec)
      Add(is_->exec, is_->exec ? "programs may be run from it" : "no program is run from it",
          fmt::format("execve of {}, which somebody wrote there", Below()));
    if (was_->after_reset != is_->after_reset)
      Add(is_->after_reset, is_->after_reset ? "reset: clear → keep" : "reset: keep → clear",
          fmt::format("{} {} there after a factory reset", Below(),
                      is_->after_reset ? "is still" : "is no longer"));
    CompareLimit("bytes", was_->bytes, is_->bytes);
    CompareLimit("files", was_->inodes, is_->inodes);
    if (was_->reason != is_->reason) AddNeutral(fmt::format("\"{}\"", is_->reason));
  }

 private:
  void CompareExistence() {
    if (is_ != nullptr)
      Add(true, fmt::format("read-only → writable, {}", ToString(is_->keeps)),
          fmt::format("{} writes {}", *WritersOf(*is_).begin(), Below()));
    else
      Add(false, fmt::format("writable, {} → read-only", ToString(was_->keeps)),
          fmt::format("a write to {} is refused", Below()));
  }

  static std::set<std::string> WritersOf(const Writable& one) {
    if (!one.owner_known) return {"whoever the directory in the image belongs to"};
    auto writers = Holders(one, 2);
    if (writers.size() > 1) writers.erase("user root");
    return writers;
  }

  void CompareHolders() {
    if (!was_->owner_known && !is_->owner_known) return;
    if (was_->owner_known != is_->owner_known) {
      // The image's directory is not in the policies, so that nobody can tell.
      const bool harmless = is_->owner_known && is_->owner == "root" && (is_->mode & 022) == 0;
      if (harmless) return AddNeutral("its owner and mode are the policy's now, not the image's");
      return Add(true, "its owner and mode are decided elsewhere",
                 fmt::format("{} writes {}", *WritersOf(*is_).begin(), Below()));
    }
    const struct {
      unsigned bit;
      std::string_view verb;
    } kRights[] = {{2, "writes"}, {4, "lists and reads"}, {1, "reaches"}};
    for (const auto& right : kRights) {
      const auto before = Holders(*was_, right.bit);
      const auto after = Holders(*is_, right.bit);
      if (before == after) continue;
      CompareRight(before, after, right.verb, true);
      CompareRight(after, before, right.verb, false);
    }
  }

  void CompareRight(const std::set<std::string>& before, const std::set<std::string>& after,
                    std::string_view verb, bool loosened) {
    if (before.contains("everybody")) return;
    for (const std::string& who : after) {
      if (before.contains(who)) continue;
      return Add(loosened, fmt::format("{} {} {} it", who, loosened ? "now" : "no longer", verb),
                 fmt::format("{} {} {}", who, verb, Below()));
    }
  }

  void CompareSpecialBits() {
    if (!was_->owner_known || !is_->owner_known) return;
    if (((was_->mode ^ is_->mode) & kSticky) != 0) {
      const bool off = (is_->mode & kSticky) == 0;
      Add(off, off ? "sticky bit removed" : "sticky bit set",
          fmt::format("somebody other than its owner {} {}", off ? "removes" : "fails to remove",
                      Below()));
    }
    for (const unsigned bit : {kSetGroup, kSetUser}) {
      if (((was_->mode ^ is_->mode) & bit) == 0) continue;
      const bool on = (is_->mode & bit) != 0;
      Add(on, fmt::format("mode {:04o} → {:04o}", was_->mode, is_->mode),
          fmt::format("{} {} group {}", Below(), on ? "gets the" : "no longer gets the",
                      is_->group));
    }
  }

  void CompareKeeps() {
    const auto text = [](const Writable& one) { return ToString(one.keeps); };
    if (was_->keeps != is_->keeps) {
      const bool longer = is_->keeps > was_->keeps;
      Add(longer, fmt::format("kept {} → {}", text(*was_), text(*is_)),
          fmt::format("{}, written once, is kept {}", Below(), text(*is_)));
    }
    for (const std::string& pattern : is_->kept) {
      if (!Contains(was_->kept, pattern) && was_->keeps < Keeps::kSlot)
        Add(true, fmt::format("keep \"{}\"", pattern),
            fmt::format("{}/{} stays as it is through an update", path_, pattern));
    }
    for (const std::string& pattern : was_->kept) {
      if (!Contains(is_->kept, pattern) && is_->keeps < Keeps::kSlot)
        Add(false, fmt::format("keep \"{}\" no longer", pattern),
            fmt::format("{}/{} goes the way of the rest at an update", path_, pattern));
    }
  }

  static bool Contains(const std::vector<std::string>& list, const std::string& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
  }

  void CompareLimit(std::string_view unit, std::uint64_t was, std::uint64_t is) {
    if (was == is) return;
    const bool more = is == 0 || (was != 0 && is > was);
    const auto text = [&](std::uint64_t limit) {
      return limit == 0        ? std::string("no limit")
             : unit == "bytes" ? policy::FormatSize(limit)
                               : fmt::format("{} {}", limit, unit);
    };
    Add(more, fmt::format("{} → {}", text(was), text(is)),
        fmt::format("more than {} {} written below {}", text(more ? was : is),
                    more ? "can be" : "can no longer be", path_));
  }

  // Something in it.
  std::string Below() const {
    const Writable* one = is_ != nullptr ? is_ : was_;
    return one->single_file ? path_ : path_ + "/x";
  }

  void Add(bool loosened, std::string what, std::string witness) {
    Push(loosened ? Direction::kLoosened : Direction::kTightened, std::move(what),
         std::move(witness));
  }
  void AddNeutral(std::string what) { Push(Direction::kNeutral, std::move(what), ""); }
  void Push(Direction direction, std::string what, std::string witness) {
    const Writable* one = is_ != nullptr ? is_ : was_;
    // A path that another entry decides about is told of by its name.
    const std::string subject = one->path == path_ ? one->subject : "path " + path_;
    changes_.push_back({direction, one->file, subject, std::move(what), std::move(witness),
                        was_ != nullptr ? was_->at : SourceRef{},
                        is_ != nullptr ? is_->at : SourceRef{}});
  }

  std::string path_;
  const Writable* was_;
  const Writable* is_;
  std::vector<Change>& changes_;
};

void CompareNames(const PolicySet& before, const PolicySet& after, std::vector<Change>& changes) {
  if (!before.state || !after.state) return;
  for (const auto& is : after.state->entries) {
    for (const auto& was : before.state->entries) {
      if (was.path.value != is.path.value) continue;
      const auto add = [&](std::string what) {
        changes.push_back({Direction::kNeutral, "state.toml", "state " + is.path.value,
                           std::move(what), "", was.at, is.at});
      };
      if (was.name.value != is.name.value)
        add(fmt::format("name {} → {}: what devices have under the old one is left behind",
                        was.name.value, is.name.value));
      if (was.seed.value != is.seed.value)
        add(is.seed.value == provision::state::Seed::kImage ? "starts with what the image has"
                                                            : "starts empty");
      if (was.kind.value != is.kind.value)
        changes.push_back({is.kind.value == provision::state::Kind::kDirectory
                               ? Direction::kLoosened
                               : Direction::kTightened,
                           "state.toml", "state " + is.path.value, "file or directory",
                           is.path.value + "/x can be a file of its own", was.at, is.at});
      if (was.quota && is.quota && was.quota->id != is.quota->id)
        add(fmt::format("quota id {} → {}", was.quota->id, is.quota->id));
    }
  }
}

}  // namespace

std::vector<Change> DiffWritable(const PolicySet& before, const PolicySet& after) {
  std::vector<Change> changes;
  const auto was = WritablePaths(before);
  const auto is = WritablePaths(after);
  // Each path that any entry of either names decides for all below it that nothing else names.
  std::set<std::string> paths;
  for (const auto* all : {&was, &is}) {
    for (const Writable& one : *all) paths.insert(one.path);
  }
  for (const std::string& path : paths) {
    const Writable* old = Deciding(was, path);
    const Writable* now = Deciding(is, path);
    // Deeper than any entry of both: whatever changes there is told of at the entry.
    if ((old == nullptr || old->path != path) && (now == nullptr || now->path != path)) continue;
    Pair(path, old, now, changes).Compare();
  }
  CompareNames(before, after, changes);
  return changes;
}

}  // namespace bf::audit
