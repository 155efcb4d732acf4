// SPDX-License-Identifier: Apache-2.0
#include "overlays/tree.h"

#include "overlays/identity.h"

namespace bf::overlays {
namespace {

Entry Sample() {
  Entry top;
  top.children["a b\\c\n"] = {{NodeType::kFile, 0640, 1, 2, "hash", "xa", false}, {}};
  top.children["-"] = {{NodeType::kSymlink, 0777, 0, 0, "-", "", false}, {}};
  Entry dir{{NodeType::kDirectory, 0700, 0, 0, "", "", true}, {}};
  dir.children["\xff\xfe"] = {{NodeType::kWhiteout, 0, 0, 0, "", "", false}, {}};
  dir.children["dev"] = {{NodeType::kCharDevice, 0600, 0, 0, "1:3", "", false}, {}};
  top.children["d"] = dir;
  top.children["d-e"] = {{NodeType::kFifo, 0600, 0, 0, "", "", false}, {}};
  return top;
}

TEST(Manifest, ComesBackAsItWas) {
  const auto parsed = ParseManifest(ToManifest(Sample()));
  ASSERT_TRUE(parsed) << parsed.error().ToString();
  EXPECT_EQ(*parsed, Sample());
}

TEST(Manifest, AnyCutIsNoticed) {
  const std::string text = ToManifest(Sample());
  for (std::size_t length = 0; length + 1 < text.size(); ++length)
    EXPECT_FALSE(ParseManifest(text.substr(0, length))) << length;
}

TEST(Manifest, DamageIsRefused) {
  const std::string head = "betterframe manifest 1\nd 0755 0 0 - - .\n";
  for (const char* line :
       {"f 0644 0 0 - - ..", "f 0644 0 0 - - a/../b", "f 0644 0 0 - - missing/b",
        "f 0644 0 0 - - /a", "q 0644 0 0 - - a", "f 9999 0 0 - - a", "f 0644 x 0 - - a",
        "fo 0644 0 0 - - a", "f 0644 0 0 - - a\\9", "f 0644 0 0 - - a\\777", "f", ""}) {
    EXPECT_FALSE(ParseManifest(head + line + "\nend\n")) << line;
  }
  EXPECT_FALSE(ParseManifest(head + "f 0644 0 0 - - a\nf 0644 0 0 - - a\nend\n"));
  EXPECT_FALSE(ParseManifest("betterframe manifest 1\nf 0644 0 0 - - .\nend\n"));
  EXPECT_FALSE(ParseManifest("betterframe manifest 2\nd 0755 0 0 - - .\nend\n"));
  EXPECT_TRUE(ParseManifest(head + "end\n"));
}

TEST(Printable, NamesCannotSteerATerminal) {
  EXPECT_EQ(Printable("plain name.toml"), "plain name.toml");
  EXPECT_EQ(Printable("\x1b[2J\n\x9b\\"), "\\033[2J\\012\\233\\134");
}

TEST(Identity, IsThatOfTheRelease) {
  const OsIdentity os = IdentityOf({"Debian", "betterframe", "1.2", "7"});
  EXPECT_EQ(os, (OsIdentity{"betterframe", "1.2", "7", ""}));
  EXPECT_TRUE(os.known());
  EXPECT_FALSE(IdentityOf({}).known());
}

TEST(Identity, StampComesBackAsItWas) {
  const Stamp stamp{{"bf", "1", "7", "ext4:0123"}, "merge", 3, "made"};
  const auto parsed = ParseStamp(StampToJson(stamp));
  ASSERT_TRUE(parsed) << parsed.error().ToString();
  EXPECT_EQ(*parsed, stamp);
}

TEST(Identity, DamagedStampIsRefused) {
  for (const char* text : {"", "{", "[]", "{}", "{\"schema\":2}", "{\"schema\":1,\"image_id\":7}"})
    EXPECT_FALSE(ParseStamp(text)) << text;
}

}  // namespace
}  // namespace bf::overlays
