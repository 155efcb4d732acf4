// SPDX-License-Identifier: Apache-2.0
// The three-way merge, case by case: what the image had, what the user made of it, what the image
// has now, and what comes out.
#include "overlays/merge.h"

namespace bf::overlays {
namespace {

Node File(std::string content, unsigned mode = 0644, unsigned uid = 0) {
  return {NodeType::kFile, mode, uid, 0, std::move(content), "", false};
}
Node Dir(unsigned mode = 0755) { return {NodeType::kDirectory, mode, 0, 0, "", "", false}; }
Node Opaque() { return {NodeType::kDirectory, 0755, 0, 0, "", "", true}; }
Node Link(std::string target) {
  return {NodeType::kSymlink, 0777, 0, 0, std::move(target), "", false};
}
Node Gone() { return {NodeType::kWhiteout, 0, 0, 0, "", "", false}; }
Node WithXattr(Node node, std::string xattrs) {
  node.xattrs = std::move(xattrs);
  return node;
}

using Nodes = std::vector<std::pair<std::string, Node>>;

Entry Tree(const Nodes& nodes) {
  Entry top{Dir(), {}};
  for (const auto& [path, node] : nodes) {
    Entry* current = &top;
    std::string rest = path;
    while (!rest.empty()) {
      const auto slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
      current = &current->children.try_emplace(name, Entry{Dir(), {}}).first->second;
    }
    current->node = node;
  }
  return top;
}

// "path type content mode", one line per entry of the new upper directory; content and attributes
// from the image are marked.
void Render(const Made& made, const std::string& path, std::vector<std::string>& lines) {
  if (!path.empty()) {
    std::string line = path;
    switch (made.node.type) {
      case NodeType::kWhiteout:
        line += " whiteout";
        break;
      case NodeType::kDirectory:
        line += fmt::format(" dir{} {:o}", made.node.opaque ? " opaque" : "", made.node.mode);
        break;
      case NodeType::kSymlink:
        line += " -> " + made.node.content;
        break;
      default:
        line += fmt::format(" {}{} {:o}", made.node.content,
                            made.content == Origin::kVendor ? " (image)" : "", made.node.mode);
    }
    if (made.node.uid != 0) line += fmt::format(" uid {}", made.node.uid);
    if (!made.node.xattrs.empty())
      line += fmt::format(" xattr {}{}", made.node.xattrs,
                          made.xattrs == Origin::kVendor ? " (image)" : "");
    lines.push_back(line);
  }
  for (const auto& [name, child] : made.children) Render(child, Join(path, name), lines);
}

using Lines = std::vector<std::string>;

struct Case {
  Nodes base;
  Nodes user;
  Nodes next;
  std::vector<std::string> keep = {};
};

Merged Run(const Case& given, Conflict conflict, OnOsChange rule = OnOsChange::kMerge) {
  const Entry base = Tree(given.base);
  return Merge(Tree(given.user), &base, Tree(given.next), {rule, conflict, given.keep});
}

Lines Result(const Case& given, Conflict conflict = Conflict::kUser,
             OnOsChange rule = OnOsChange::kMerge) {
  Lines lines;
  Render(Run(given, conflict, rule).top, "", lines);
  return lines;
}

int Conflicts(const Case& given) {
  const auto merged = Run(given, Conflict::kUser);
  return static_cast<int>(std::count_if(merged.decisions.begin(), merged.decisions.end(),
                                        [](const auto& one) { return one.is_conflict(); }));
}

// Both policies agree, and there is nothing to agree about.
void ExpectClean(const Case& given, const Lines& expected) {
  EXPECT_EQ(Result(given, Conflict::kUser), expected);
  EXPECT_EQ(Result(given, Conflict::kVendor), expected);
  EXPECT_EQ(Conflicts(given), 0);
}

void ExpectConflict(const Case& given, const Lines& user, const Lines& vendor) {
  EXPECT_EQ(Result(given, Conflict::kUser), user);
  EXPECT_EQ(Result(given, Conflict::kVendor), vendor);
  EXPECT_EQ(Conflicts(given), 1);
}

// --- vendor {same, changes, deletes, adds} x user {copied, changed, deleted, chmodded, added} ---

TEST(Merge, NothingAtAll) { ExpectClean({{{"a", File("1")}}, {}, {{"a", File("2")}}}, {}); }

TEST(Merge, UnchangedCopyGoesAndTheImageShows) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("1")}}, {{"a", File("2")}}}, {});
  ExpectClean({{{"a", File("1")}}, {{"a", File("1")}}, {{"a", File("1")}}}, {});
  ExpectClean({{{"a", File("1")}}, {{"a", File("1")}}, {}}, {});
}

TEST(Merge, UserChangeOverUnchangedImageStays) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("u")}}, {{"a", File("1")}}}, {"a u 644"});
}

TEST(Merge, BothChangedIsAConflict) {
  ExpectConflict({{{"a", File("1")}}, {{"a", File("u")}}, {{"a", File("2")}}}, {"a u 644"}, {});
}

TEST(Merge, BothChangedToTheSameIsNone) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("2")}}, {{"a", File("2")}}}, {});
}

TEST(Merge, UserChangedVendorDeleted) {
  ExpectConflict({{{"a", File("1")}}, {{"a", File("u")}}, {}}, {"a u 644"}, {});
}

TEST(Merge, UserAdded) {
  ExpectClean({{}, {{"a", File("u")}}, {}}, {"a u 644"});
  ExpectClean({{}, {{"d", Dir()}}, {}}, {"d dir 755"});
  ExpectClean({{}, {{"d/a", File("u")}}, {}}, {"d dir 755", "d/a u 644"});
}

TEST(Merge, BothAdded) {
  ExpectConflict({{}, {{"a", File("u")}}, {{"a", File("2")}}}, {"a u 644"}, {});
  ExpectClean({{}, {{"a", File("2")}}, {{"a", File("2")}}}, {});
}

TEST(Merge, VendorAddsElsewhere) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("u")}}, {{"a", File("1")}, {"b", File("2")}}},
              {"a u 644"});
}

TEST(Merge, DeletedByUser) {
  ExpectClean({{{"a", File("1")}}, {{"a", Gone()}}, {{"a", File("1")}}}, {"a whiteout"});
  ExpectClean({{{"a", File("1")}}, {{"a", Gone()}}, {}}, {});
  ExpectConflict({{{"a", File("1")}}, {{"a", Gone()}}, {{"a", File("2")}}}, {"a whiteout"}, {});
  ExpectConflict({{{"a", File("1")}}, {{"a", Gone()}}, {{"a", File("1", 0600)}}}, {"a whiteout"},
                 {});
}

TEST(Merge, StaleWhiteoutDoesNotHideWhatTheVendorAdds) {
  ExpectClean({{}, {{"a", Gone()}}, {{"a", File("2")}}}, {});
}

TEST(Merge, DeletedFileBecomesADirectory) {
  ExpectConflict({{{"a", File("1")}}, {{"a", Gone()}}, {{"a/x", File("2")}}}, {"a whiteout"}, {});
}

TEST(Merge, DeletedDirectory) {
  const Nodes base = {{"d/a", File("1")}, {"d/b", File("1")}};
  ExpectClean({base, {{"d", Gone()}}, base}, {"d whiteout"});
  ExpectConflict({base, {{"d", Gone()}}, {{"d/a", File("1")}, {"d/b", File("2")}}}, {"d whiteout"},
                 {});
}

// --- metadata ---

TEST(Merge, ChmodDoesNotPinTheContent) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("1", 0600)}}, {{"a", File("2")}}},
              {"a 2 (image) 600"});
}

TEST(Merge, ChownDoesNotPinTheContent) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("1", 0644, 7)}}, {{"a", File("2")}}},
              {"a 2 (image) 644 uid 7"});
}

TEST(Merge, ChmodOverUnchangedStays) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("1", 0600)}}, {{"a", File("1")}}}, {"a 1 600"});
}

TEST(Merge, ContentFromHereModeFromTheImage) {
  ExpectClean({{{"a", File("1")}}, {{"a", File("u")}}, {{"a", File("1", 0600)}}}, {"a u 600"});
}

TEST(Merge, BothChmodded) {
  ExpectConflict({{{"a", File("1")}}, {{"a", File("1", 0600)}}, {{"a", File("1", 0640)}}},
                 {"a 1 (image) 600"}, {});
  ExpectClean({{{"a", File("1")}}, {{"a", File("1", 0600)}}, {{"a", File("1", 0600)}}}, {});
}

TEST(Merge, ChmoddedHereDeletedThere) {
  ExpectConflict({{{"a", File("1")}}, {{"a", File("1", 0600)}}, {}}, {"a 1 600"}, {});
}

TEST(Merge, XattrsCountByThemselves) {
  ExpectClean({{{"a", File("1")}}, {{"a", WithXattr(File("1"), "acl")}}, {{"a", File("2")}}},
              {"a 2 (image) 644 xattr acl"});
  ExpectClean({{{"a", File("1")}}, {{"a", File("u")}}, {{"a", WithXattr(File("1"), "cap")}}},
              {"a u 644 xattr cap (image)"});
}

TEST(Merge, DirectoryMode) {
  ExpectClean({{{"d", Dir()}}, {{"d", Dir(0700)}}, {{"d", Dir()}}}, {"d dir 700"});
  ExpectClean({{{"d", Dir()}}, {{"d", Dir()}}, {{"d", Dir(0700)}}}, {});
  ExpectClean({{{"d", Dir()}}, {{"d", Dir()}, {"d/x", File("u")}}, {{"d", Dir(0700)}}},
              {"d dir 700", "d/x u 644"});
}

TEST(Merge, TopFollowsTheImage) {
  Entry user = Tree({});
  user.node.mode = 0777;
  user.node.uid = 1000;
  user.node.opaque = true;
  const Entry next = Tree({});
  EXPECT_EQ(Merge(user, &next, next, {}).top.node, next.node);
}

// --- opaque directories ---

TEST(Merge, ReplacedDirectoryOverUnchangedStaysWhole) {
  const Nodes base = {{"d/a", File("1")}, {"d/b", File("1")}};
  ExpectClean({base, {{"d", Opaque()}, {"d/c", File("u")}}, base},
              {"d dir opaque 755", "d/c u 644"});
}

TEST(Merge, ReplacedDirectoryLetsNewVendorFilesThrough) {
  const Case given = {{{"d/a", File("1")}, {"d/b", File("1")}},
                      {{"d", Opaque()}, {"d/c", File("u")}},
                      {{"d/a", File("1")}, {"d/b", File("1")}, {"d/n", File("2")}}};
  ExpectClean(given, {"d dir 755", "d/a whiteout", "d/b whiteout", "d/c u 644"});
}

TEST(Merge, ReplacedDirectoryWithAVendorChange) {
  const Case given = {{{"d/a", File("1")}, {"d/b", File("1")}},
                      {{"d", Opaque()}, {"d/a", File("1")}},
                      {{"d/a", File("2")}, {"d/b", File("2")}}};
  // a was put back as it was: an unchanged copy. b stays deleted only if the user wins.
  ExpectConflict(given, {"d dir 755", "d/b whiteout"}, {});
}

TEST(Merge, ReplacedDirectoryInsideAReplacedOne) {
  const Case given = {{{"d/e/a", File("1")}, {"d/x", File("1")}},
                      {{"d", Opaque()}, {"d/e", Dir()}, {"d/e/c", File("u")}},
                      {{"d/e/a", File("1")}, {"d/x", File("1")}, {"d/n", File("2")}}};
  ExpectClean(given, {"d dir 755", "d/e dir opaque 755", "d/e/c u 644", "d/x whiteout"});
}

TEST(Merge, OwnDirectoryWithTheOpaqueMarkHidesNothingTheVendorAdds) {
  // overlayfs marks any new directory opaque.
  const Case given = {{}, {{"d", Opaque()}, {"d/u", File("u")}}, {{"d/n", File("2")}}};
  ExpectClean(given, {"d dir 755", "d/u u 644"});
}

TEST(Merge, ReplacedDirectoryThatTheVendorDeleted) {
  const Case given = {{{"d/a", File("1")}}, {{"d", Opaque()}, {"d/c", File("u")}}, {}};
  ExpectClean(given, {"d dir 755", "d/c u 644"});
}

// --- types that change ---

TEST(Merge, FileToSymlinkByVendor) {
  ExpectConflict({{{"a", File("1")}}, {{"a", File("u")}}, {{"a", Link("b")}}}, {"a u 644"}, {});
  ExpectClean({{{"a", File("1")}}, {{"a", File("1")}}, {{"a", Link("b")}}}, {});
}

TEST(Merge, SymlinkToDirectoryByVendor) {
  ExpectConflict({{{"a", Link("x")}}, {{"a", Link("y")}}, {{"a/n", File("2")}}}, {"a -> y"}, {});
  ExpectClean({{{"a", Link("x")}}, {{"a", Link("x")}}, {{"a/n", File("2")}}}, {});
}

TEST(Merge, DirectoryToSymlinkByVendor) {
  const Case changed = {{{"d/a", File("1")}}, {{"d/a", File("u")}}, {{"d", Link("x")}}};
  ExpectConflict(changed, {"d dir opaque 755", "d/a u 644"}, {});
  const Case own = {{{"d/a", File("1")}}, {{"d/u", File("u")}}, {{"d", Link("x")}}};
  ExpectConflict(own, {"d dir opaque 755", "d/u u 644"}, {});
  ExpectClean({{{"d/a", File("1")}}, {{"d/a", File("1")}}, {{"d", Link("x")}}}, {});
}

TEST(Merge, DirectoryToSymlinkByUser) {
  const Nodes base = {{"d/a", File("1")}};
  ExpectClean({base, {{"d", Link("x")}}, base}, {"d -> x"});
  ExpectConflict({base, {{"d", Link("x")}}, {{"d/a", File("2")}}}, {"d -> x"}, {});
  ExpectConflict({base, {{"d", Link("x")}}, {}}, {"d -> x"}, {});
  ExpectClean({base, {{"d", Link("x")}}, {{"d", Link("x")}}}, {});
}

TEST(Merge, FileToDirectoryByUser) {
  const Nodes base = {{"a", File("1")}};
  const Nodes user = {{"a", Opaque()}, {"a/u", File("u")}};
  ExpectClean({base, user, base}, {"a dir opaque 755", "a/u u 644"});
  ExpectConflict({base, user, {{"a/n", File("2")}}}, {"a dir opaque 755", "a/u u 644"}, {});
}

TEST(Merge, DirectoryDeletedByVendor) {
  ExpectClean({{{"d/a", File("1")}}, {{"d/a", File("1")}}, {}}, {});
  ExpectClean({{{"d/a", File("1")}}, {{"d/u", File("u")}}, {}}, {"d dir 755", "d/u u 644"});
}

// --- rules ---

TEST(Merge, ListedNamesAreKeptWhateverTheVendorDoes) {
  const Case given = {{{"site.toml", File("1")}, {"d/a", File("1")}},
                      {{"site.toml", File("u")}, {"d/a", File("u")}, {"d/b", File("u")}},
                      {{"site.toml", File("2")}, {"d/a", File("2")}},
                      {"site.toml", "d/*"}};
  EXPECT_EQ(Result(given, Conflict::kVendor),
            (Lines{"d dir 755", "d/a u 644", "d/b u 644", "site.toml u 644"}));
  EXPECT_EQ(Conflicts(given), 0);
}

TEST(Merge, ListedDirectoryKeepsAllBelow) {
  const Case given = {{{"d/a", File("1")}}, {{"d/a", File("1")}, {"d/s/b", File("u")}}, {}, {"d"}};
  EXPECT_EQ(Result(given), (Lines{"d dir 755", "d/a 1 644", "d/s dir 755", "d/s/b u 644"}));
}

TEST(Merge, ListedDirectoryInsideAReplacedOneStaysWhole) {
  const Case given = {{{"d/k/a", File("1")}, {"d/x", File("1")}},
                      {{"d", Opaque()}, {"d/k", Dir()}, {"d/k/c", File("u")}},
                      {{"d/k/a", File("1")}, {"d/x", File("2")}},
                      {"d/k"}};
  EXPECT_EQ(Result(given, Conflict::kVendor),
            (Lines{"d dir 755", "d/k dir opaque 755", "d/k/c u 644"}));
}

TEST(Merge, APatternDoesNotReachIntoSubdirectories) {
  const Case given = {{}, {{"d/e/a.conf", File("u")}}, {{"d/e/a.conf", File("2")}}, {"d/*.conf"}};
  EXPECT_EQ(Result(given, Conflict::kVendor), Lines{});
}

TEST(Merge, DropKeepsOnlyWhatIsListed) {
  const Case given = {{{"a", File("1")}},
                      {{"a", File("u")}, {"d/keep", File("u")}, {"d/go", File("u")}},
                      {{"a", File("1")}},
                      {"d/keep"}};
  EXPECT_EQ(Result(given, Conflict::kUser, OnOsChange::kDrop),
            (Lines{"d dir 755", "d/keep u 644"}));
}

TEST(Merge, KeepKeepsEverythingAsItIs) {
  const Case given = {{{"a", File("1")}, {"b", File("1")}},
                      {{"a", File("1")}, {"b", Gone()}, {"d", Opaque()}},
                      {{"a", File("2")}, {"b", File("2")}}};
  EXPECT_EQ(Result(given, Conflict::kUser, OnOsChange::kKeep),
            (Lines{"a 1 644", "b whiteout", "d dir opaque 755"}));
}

TEST(Merge, WithoutAManifestEveryDifferenceIsAConflict) {
  const Entry user = Tree({{"same", File("1")}, {"other", File("u")}, {"own", File("u")}});
  const Entry next = Tree({{"same", File("1")}, {"other", File("2")}});
  const Merged merged = Merge(user, nullptr, next, {});
  Lines lines;
  Render(merged.top, "", lines);
  EXPECT_EQ(lines, (Lines{"other u 644", "own u 644"}));
}

// Merging the result again onto the same image changes nothing, for every case above.
TEST(Merge, IsIdempotent) {
  const Nodes base = {{"a", File("1")},   {"b", File("1")},   {"c", File("1")},
                      {"d/a", File("1")}, {"d/b", File("1")}, {"l", Link("x")}};
  const Nodes user = {{"a", File("u")},     {"b", Gone()},      {"c", File("1", 0600)},
                      {"d", Opaque()},      {"d/c", File("u")}, {"l", Link("y")},
                      {"own/x", File("u")}, {"copy", File("n")}};
  const Nodes next = {{"a", File("2")},   {"b", File("1")}, {"c", File("2")},   {"d/a", File("1")},
                      {"d/n", File("2")}, {"l", Link("z")}, {"copy", File("n")}};
  for (const Conflict conflict : {Conflict::kUser, Conflict::kVendor}) {
    const Entry first_base = Tree(base);
    const Entry image = Tree(next);
    const MergeRules rules{OnOsChange::kMerge, conflict, {}};
    const Entry once = ToEntry(Merge(Tree(user), &first_base, image, rules).top);
    const Entry twice = ToEntry(Merge(once, &image, image, rules).top);
    EXPECT_EQ(ToManifest(once), ToManifest(twice));
  }
}

// --- pins ---

TEST(Pins, EachKindIsNamed) {
  const Entry lower = Tree({{"a", File("1")},
                            {"b", File("1")},
                            {"c", File("1")},
                            {"d/x", File("1")},
                            {"e", Dir()},
                            {"gone", File("1")}});
  const Entry user = Tree({{"a", File("u")},
                           {"b", File("1", 0600)},
                           {"c", File("1")},
                           {"d", Opaque()},
                           {"e", Dir(0700)},
                           {"gone", Gone()},
                           {"new", File("u")},
                           {"f/y", File("u")}});
  const std::vector<Pin> expected = {
      {PinKind::kChanged, "a"}, {PinKind::kMetadata, "b"},   {PinKind::kCopy, "c"},
      {PinKind::kOpaque, "d"},  {PinKind::kMetadata, "e"},   {PinKind::kAdded, "f"},
      {PinKind::kAdded, "f/y"}, {PinKind::kDeleted, "gone"}, {PinKind::kAdded, "new"}};
  EXPECT_EQ(ListPins(user, lower), expected);
}

}  // namespace
}  // namespace bf::overlays
