// SPDX-License-Identifier: Apache-2.0
// What holds of a merge whatever the trees are: tried on many small random ones.
#include <random>

#include "overlays/merge.h"

namespace bf::overlays {
namespace {

// What a user sees through an overlay of `upper` over `lower`.
std::optional<Entry> View(const Entry* upper, const Entry* lower) {
  if (upper == nullptr) return lower == nullptr ? std::nullopt : std::optional(*lower);
  if (upper->node.type == NodeType::kWhiteout) return std::nullopt;
  Entry seen{upper->node, {}};
  seen.node.opaque = false;
  if (!upper->node.is_directory()) return seen;
  const bool merged = lower != nullptr && lower->node.is_directory() && !upper->node.opaque;
  for (const auto& [name, child] : upper->children) {
    if (auto one = View(&child, merged ? lower->Child(name) : nullptr))
      seen.children.emplace(name, *std::move(one));
  }
  if (!merged) return seen;
  for (const auto& [name, child] : lower->children) {
    if (upper->Child(name) == nullptr) seen.children.emplace(name, child);
  }
  return seen;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned Below(unsigned limit) { return static_cast<unsigned>(engine_() % limit); }

  // Few names, few contents, so that trees have much in common.
  Entry Tree(int depth = 0) {
    Entry top;
    top.node.mode = Below(4) == 0 ? 0700 : 0755;
    if (depth == 0) top.node.mode = 0755;
    for (const char* name : {"a", "b", "c"}) {
      const unsigned what = Below(depth < 2 ? 6 : 4);
      if (what == 0) continue;
      Entry& child = top.children[name];
      if (what >= 4)
        child = Tree(depth + 1);
      else if (what == 3)
        child.node = {NodeType::kSymlink, 0777, 0, 0, Word(), "", false};
      else
        child.node = {NodeType::kFile,
                      Below(3) == 0 ? 0600U : 0644U,
                      Below(5) == 0 ? 7U : 0U,
                      0,
                      Word(),
                      Below(6) == 0 ? "x" : "",
                      false};
    }
    return top;
  }

  // Some entries of a tree changed: what a vendor does between two versions.
  Entry Changed(const Entry& tree, int depth = 0) {
    Entry result{tree.node, {}};
    if (depth > 0 && Below(6) == 0) result.node.mode ^= 0055;
    for (const auto& [name, child] : tree.children) {
      switch (Below(6)) {
        case 0:
          break;  // deleted
        case 1:
          result.children[name] =
              Tree(depth + 1).children.begin() != Entry{}.children.end() ? Tree(2) : child;
          break;
        default:
          result.children[name] = child.node.is_directory() ? Changed(child, depth + 1) : child;
      }
    }
    if (Below(3) == 0) result.children["n"].node = {NodeType::kFile, 0644, 0, 0, Word(), "", false};
    return result;
  }

  // An upper directory as overlayfs makes them over `lower`: whiteouts only over something, a
  // directory over anything but a directory opaque.
  Entry Upper(const Entry& lower, int depth = 0) {
    Entry upper{lower.node, {}};
    if (depth > 0 && Below(5) == 0) upper.node.mode ^= 0055;
    for (const char* name : {"a", "b", "c", "n"}) {
      const Entry* below = lower.Child(name);
      switch (Below(7)) {
        case 0:
          upper.children[name] = Tree(2).children.empty() ? Entry{} : Tree(2);
          upper.children[name].node.opaque = true;
          break;
        case 1:
          upper.children[name].node = {NodeType::kFile, 0644, 0, 0, Word(), "", false};
          break;
        case 2:
          if (below != nullptr)
            upper.children[name].node = {NodeType::kWhiteout, 0, 0, 0, "", "", false};
          break;
        case 3:
          if (below == nullptr) break;
          if (below->node.is_directory()) {
            upper.children[name] = Upper(*below, depth + 1);
          } else {
            upper.children[name] = *below;  // copied up
            if (Below(2) == 0) upper.children[name].node.mode = 0400;
          }
          break;
        default:
          break;
      }
    }
    return upper;
  }

 private:
  std::string Word() { return std::string(1, static_cast<char>('0' + Below(3))); }
  std::mt19937 engine_;
};

std::string Seen(const Entry& upper, const Entry& lower) {
  return ToManifest(*View(&upper, &lower));
}

constexpr unsigned kTries = 5000;

class Property : public testing::TestWithParam<Conflict> {
 protected:
  MergeRules rules{OnOsChange::kMerge, GetParam(), {}};
};

TEST_P(Property, AnUpdateThatChangesNothingChangesNothing) {
  for (unsigned seed = 0; seed < kTries; ++seed) {
    Random random(seed);
    const Entry base = random.Tree();
    const Entry user = random.Upper(base);
    const Merged merged = Merge(user, &base, base, rules);
    ASSERT_EQ(Seen(ToEntry(merged.top), base), Seen(user, base)) << "seed " << seed;
    for (const auto& decision : merged.decisions)
      ASSERT_FALSE(decision.is_conflict()) << "seed " << seed << ": " << decision.path;
  }
}

TEST_P(Property, WithoutChangesTheImageShows) {
  for (unsigned seed = 0; seed < kTries; ++seed) {
    Random random(seed);
    const Entry base = random.Tree();
    const Entry next = random.Changed(base);
    ASSERT_EQ(Seen(ToEntry(Merge(Entry{base.node, {}}, &base, next, rules).top), next),
              ToManifest(next))
        << "seed " << seed;
  }
}

TEST_P(Property, MergingTwiceIsMergingOnce) {
  for (unsigned seed = 0; seed < kTries; ++seed) {
    Random random(seed);
    const Entry base = random.Tree();
    const Entry user = random.Upper(base);
    const Entry next = random.Changed(base);
    const Entry once = ToEntry(Merge(user, &base, next, rules).top);
    const Entry twice = ToEntry(Merge(once, &next, next, rules).top);
    ASSERT_EQ(Seen(twice, next), Seen(once, next)) << "seed " << seed;
  }
}

// A whole copy of the image, as a careless `chmod -R` and back leaves behind, pins nothing.
TEST_P(Property, CopiesPinNothing) {
  for (unsigned seed = 0; seed < kTries; ++seed) {
    Random random(seed);
    const Entry base = random.Tree();
    const Entry next = random.Changed(base);
    ASSERT_EQ(Seen(ToEntry(Merge(base, &base, next, rules).top), next), ToManifest(next))
        << "seed " << seed;
  }
}

// With the vendor winning, a file that the vendor changed looks as the vendor has it, or as it
// does with what the user changed besides its content.
TEST(Conflicts, EveryDifferenceIsAccountedFor) {
  for (unsigned seed = 0; seed < kTries; ++seed) {
    Random random(seed);
    const Entry base = random.Tree();
    const Entry user = random.Upper(base);
    const Entry next = random.Changed(base);
    // Where both policies come to different ends, a conflict was told.
    const Merged theirs = Merge(user, &base, next, {OnOsChange::kMerge, Conflict::kUser, {}});
    const Merged ours = Merge(user, &base, next, {OnOsChange::kMerge, Conflict::kVendor, {}});
    const bool told = std::any_of(theirs.decisions.begin(), theirs.decisions.end(),
                                  [](const Decision& decision) { return decision.is_conflict(); });
    if (!told) {
      ASSERT_EQ(Seen(ToEntry(theirs.top), next), Seen(ToEntry(ours.top), next)) << "seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Conflict, Property, testing::Values(Conflict::kUser, Conflict::kVendor),
                         [](const auto& one) { return std::string(ToString(one.param)); });

}  // namespace
}  // namespace bf::overlays
