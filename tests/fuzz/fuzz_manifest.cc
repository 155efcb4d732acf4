// SPDX-License-Identifier: Apache-2.0
// Manifests and stamps lie on BF_DATA. Up to three manifests, parted by a line "---", are merged.
#include <cstdint>

#include "overlays/identity.h"
#include "overlays/merge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::overlays;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto stamp = ParseStamp(text)) (void)StampToJson(*stamp);
  (void)bf::facts::ParseOsRelease(text);
  std::vector<Entry> trees;
  while (trees.size() < 3 && !text.empty()) {
    constexpr std::string_view kParted = "---\n";
    const std::size_t end = std::min(text.find(kParted), text.size());
    auto tree = ParseManifest(text.substr(0, end));
    text.remove_prefix(std::min(end + kParted.size(), text.size()));
    if (!tree) continue;
    const auto again = ParseManifest(ToManifest(*tree));
    if (!again || *again != *tree) __builtin_trap();
    trees.push_back(*std::move(tree));
  }
  if (trees.size() == 3) {
    for (const auto rule : {OnOsChange::kMerge, OnOsChange::kDrop, OnOsChange::kKeep})
      (void)ToManifest(ToEntry(Merge(trees[0], &trees[1], trees[2], {rule, {}, {"a", "b*"}}).top));
  }
  return 0;
}
