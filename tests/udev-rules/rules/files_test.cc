// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/files.h"

#include "tests/support/temp_tree.h"
#include "udev-rules/rules/linux_load.h"

namespace bf::udev_rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::TempTree;

std::vector<std::string> Paths(const RuleSet& set) {
  std::vector<std::string> paths;
  for (const RuleFile& file : set.files) paths.push_back(file.path);
  return paths;
}

RuleSet Load(const TempTree& tree) {
  auto sources = LoadRules(tree.path());
  EXPECT_TRUE(sources.has_value()) << sources.error().ToString();
  policy::Diagnostics diagnostics;
  RuleSet set = BuildRuleSet(*std::move(sources), diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  return set;
}

TEST(RuleFiles, GoByNameOverAllDirectories) {
  TempTree tree;
  for (const char* file :
       {"usr/lib/udev/rules.d/50-b.rules", "usr/lib/udev/rules.d/90-d.rules",
        "etc/udev/rules.d/60-c.rules", "run/udev/rules.d/10-a.rules",
        "usr/local/lib/udev/rules.d/95-e.rules", "usr/lib/udev/rules.d/README"}) {
    tree.Write(file, "TAG+=\"x\"\n");
  }
  EXPECT_THAT(Paths(Load(tree)),
              ElementsAre("/run/udev/rules.d/10-a.rules", "/usr/lib/udev/rules.d/50-b.rules",
                          "/etc/udev/rules.d/60-c.rules", "/usr/lib/udev/rules.d/90-d.rules",
                          "/usr/local/lib/udev/rules.d/95-e.rules"));
}

TEST(RuleFiles, TheFirstDirectoryTakesTheName) {
  TempTree tree;
  tree.Write("usr/lib/udev/rules.d/50-a.rules", "TAG+=\"lib\"\n");
  tree.Write("run/udev/rules.d/50-a.rules", "TAG+=\"run\"\n");
  tree.Write("etc/udev/rules.d/50-a.rules", "TAG+=\"etc\"\n");
  const RuleSet set = Load(tree);
  EXPECT_THAT(Paths(set), ElementsAre("/etc/udev/rules.d/50-a.rules"));
  EXPECT_THAT(
      set.masked,
      ElementsAre(Masked{"/run/udev/rules.d/50-a.rules", "/etc/udev/rules.d/50-a.rules"},
                  Masked{"/usr/lib/udev/rules.d/50-a.rules", "/etc/udev/rules.d/50-a.rules"}));
}

TEST(RuleFiles, DevNullAndEmptyFilesMask) {
  TempTree tree;
  tree.Write("usr/lib/udev/rules.d/50-a.rules", "TAG+=\"lib\"\n");
  tree.Link("etc/udev/rules.d/50-a.rules", "/dev/null");
  tree.Write("usr/lib/udev/rules.d/60-b.rules", "TAG+=\"lib\"\n");
  tree.Write("run/udev/rules.d/60-b.rules", "");
  const RuleSet set = Load(tree);
  EXPECT_THAT(set.files, IsEmpty());
  EXPECT_EQ(set.masked.size(), 2u);
}

TEST(RuleFiles, ALinkLeadsWhereTheDeviceWouldGo) {
  TempTree tree;
  tree.Write("opt/rules", "TAG+=\"x\"\n");
  tree.Link("etc/udev/rules.d/50-a.rules", "/opt/rules");
  EXPECT_EQ(Load(tree).files.size(), 1u);
  // One that leads nowhere is not passed over in silence.
  tree.Link("etc/udev/rules.d/51-b.rules", "/opt/nothing");
  EXPECT_FALSE(LoadRules(tree.path()).has_value());
}

TEST(RuleFiles, NoDirectoryIsNoRules) {
  TempTree tree;
  EXPECT_THAT(Load(tree).files, IsEmpty());
}

}  // namespace
}  // namespace bf::udev_rules
