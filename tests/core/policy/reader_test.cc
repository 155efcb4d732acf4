// SPDX-License-Identifier: Apache-2.0
#include "core/policy/reader.h"

#include <cstdlib>
#include <fstream>

#include "tests/support/temp_tree.h"

namespace bf::policy {
namespace {

using ::testing::HasSubstr;

struct Parsed {
  Diagnostics diagnostics;
  Document document;

  explicit Parsed(std::string_view text) : document(ParseToml(text, "p.toml", diagnostics)) {}
  Reader Read() { return Reader(document.root, document.at, diagnostics); }
  std::string Text() const { return diagnostics.ToString(); }
};

TEST(ParseToml, EveryValueKnowsWhereItWasWritten) {
  Parsed p("a = 1\n\n[b]\n  c = \"x\"\n");
  ASSERT_EQ(p.Text(), "");
  Reader root = p.Read();
  EXPECT_EQ(root.Integer("a", 0, 9).at, (SourceRef{"p.toml", 1, 5}));
  root.SubTable("b", [](Reader& b) {
    const auto c = b.String("c");
    EXPECT_EQ(c.value, "x");
    EXPECT_EQ(c.at, (SourceRef{"p.toml", 4, 7}));
  });
  root.Finish();
  EXPECT_EQ(p.Text(), "");
}

// toml++ leaves what is defined for most of them.
TEST(ParseToml, OutsideOfStringsAndCommentsAllIsAscii) {
  const auto said = [](const std::string& text) { return Parsed(text).Text(); };
  const std::string why = "only in strings and comments may characters not be ASCII";
  EXPECT_EQ(said("a = 1\n  \u00e4 = 2\n"), "p.toml:2:3: " + why);
  EXPECT_EQ(said("a = \"\u00e4\" \ufeef\n"), "p.toml:1:9: " + why);
  EXPECT_EQ(said("a = \"\"\"\u00e4\"\"\"\"\" \u00e4"), "p.toml:1:15: " + why);
  EXPECT_EQ(said("a = \"x\n\u00e4\""), "p.toml:2:1: " + why);
  EXPECT_EQ(said("a = '''\\'''\n\u00e4 = 1"), "p.toml:2:1: " + why);
  for (const char* good :
       {"# \u00e4 \ufeef\n", "a = \"\\\"\u00e4\"\n", "a = '\u00e4\\'\n", "\"\u00e4\" = 1\n",
        "a = \"\"\"\n\\\"\"\"\u00e4 \"\" \u00e4\"\"\"\n", "a = '''\n\u00e4\\'''\n"})
    EXPECT_EQ(said(good), "") << good;
}

// Row 25 of the attack list: what an editor adds, and what hides text in a terminal.
TEST(ParseToml, NeitherByteOrderMarksNorCarriageReturns) {
  const auto said = [](const std::string& text) { return Parsed(text).Text(); };
  EXPECT_THAT(said("\xef\xbb\xbf"
                   "a = 1\n"),
              HasSubstr("p.toml:1:1: a byte order mark"));
  EXPECT_THAT(said("a = 1\r\n"), HasSubstr("p.toml:1:6: a carriage return"));
  EXPECT_THAT(said("# owner\ra = 1\n"), HasSubstr("p.toml:1:8: a carriage return"));
  EXPECT_THAT(said("a = \"\"\"\n\u00e4\r\n\"\"\"\n"), HasSubstr("p.toml:2:2: a carriage return"));
}

TEST(ParseToml, SyntaxErrorHasItsPosition) {
  Parsed p("a = 1\nb = = 2\n");
  EXPECT_THAT(p.Text(), HasSubstr("p.toml:2:5: "));
}

TEST(ParseToml, DuplicateKeyIsAnError) {
  Parsed p("a = 1\na = 2\n");
  EXPECT_THAT(p.Text(), HasSubstr("p.toml:2:"));
}

TEST(ParseToml, DatesAreRefused) {
  Parsed p("a = 2026-01-01\n");
  EXPECT_THAT(p.Text(), HasSubstr("p.toml:1:5: dates and times are not used"));
}

TEST(ParseToml, TooLongIsRefusedUnparsed) {
  Parsed p(std::string(kMaxPolicyBytes + 1, '#'));
  EXPECT_THAT(p.Text(), HasSubstr("longer than"));
}

TEST(ParseToml, NotUtf8IsAnErrorAndNotACrash) {
  Parsed p("a = \"\xff\xfe\"\n");
  EXPECT_FALSE(p.diagnostics.empty());
}

TEST(Reader, ReportsEverythingInOneGoInOrder) {
  Parsed p(
      "schema = 2\n"
      "uper = 1\n"
      "mode = \"9\"\n"
      "size = \"12 parsecs\"\n"
      "path = \"a/../b\"\n"
      "kind = \"c\"\n"
      "list = [\"ok\", 3]\n"
      "wait = \"90 days\"\n"
      "count = 11\n"
      "flag = \"yes\"\n");
  Reader r = p.Read();
  r.Schema(1);
  r.Integer("upper", 0, 9, 0);
  r.Mode("mode", 0755);
  r.Size("size");
  r.AbsolutePath("path");
  r.Enum<int>("kind", {{"a", 1}, {"b", 2}});
  r.Strings("list");
  r.Milliseconds("wait", 0);
  r.Integer("count", 0, 10);
  r.Bool("flag", false);
  r.String("name");
  r.Finish();
  EXPECT_EQ(p.Text(),
            "p.toml:1:1: the key \"name\" is missing\n"
            "p.toml:1:10: schema 2 is not known here; this version reads schema 1\n"
            "p.toml:2:1: unknown key \"uper\" (did you mean \"upper\"?)\n"
            "p.toml:3:8: \"9\" is not an octal mode such as \"0755\"\n"
            "p.toml:4:8: \"12 parsecs\" is not a size; write a number and B, KiB, MiB, GiB or TiB\n"
            "p.toml:5:8: the path must start with a slash: \"a/../b\"\n"
            "p.toml:6:8: \"kind\" must be \"a\" or \"b\", not \"c\"\n"
            "p.toml:7:15: \"list\" must hold strings, not an integer\n"
            "p.toml:8:8: \"90 days\" is not a time; write a number and ms, s, min or h\n"
            "p.toml:9:9: \"count\" must be between 0 and 10, not 11\n"
            "p.toml:10:8: \"flag\" must be true or false, not a string");
}

TEST(Reader, GoodValuesComeOutAsWritten) {
  Parsed p(
      "mode = \"0750\"\nsize = \"1.5KiB\"\npath = \"/a/b\"\nkind = \"b\"\nlist = [\"x\", \"y\"]\n"
      "wait = \"2min\"\nbytes = 512\nrelative = \"c/d\"\n");
  Reader r = p.Read();
  EXPECT_EQ(r.Mode("mode", 0).value, 0750u);
  EXPECT_EQ(r.Size("size").value, 1536u);
  EXPECT_EQ(r.AbsolutePath("path").value, "/a/b");
  EXPECT_EQ(r.Enum<int>("kind", {{"a", 1}, {"b", 2}}).value, 2);
  EXPECT_EQ(r.Strings("list").size(), 2u);
  EXPECT_EQ(r.Milliseconds("wait", 0).value, 120'000);
  EXPECT_EQ(r.Size("bytes").value, 512u);
  EXPECT_EQ(r.RelativePath("relative").value, "c/d");
  r.Finish();
  EXPECT_EQ(p.Text(), "");
}

TEST(Reader, FallbacksApplyOnlyWhereTheKeyIsAbsent) {
  Parsed p("");
  Reader r = p.Read();
  EXPECT_EQ(r.String("s", "d").value, "d");
  EXPECT_EQ(r.Mode("m", 0700).value, 0700u);
  EXPECT_EQ(r.Size("z", 7).value, 7u);
  EXPECT_EQ(r.AbsolutePath("p", "/q").value, "/q");
  EXPECT_EQ((r.Enum<int>("e", {{"a", 1}}, 1)).value, 1);
  r.Finish();
  EXPECT_EQ(p.Text(), "");
}

TEST(Reader, UnknownKeysInsideTablesAndArraysAreFound) {
  Parsed p("[[part]]\nname = \"x\"\nnmae = \"y\"\n[[part]]\nname = \"z\"\n");
  Reader r = p.Read();
  int seen = 0;
  r.Tables("part", [&](Reader& part) {
    ++seen;
    part.String("name");
  });
  r.Finish();
  EXPECT_EQ(seen, 2);
  // "name" is there already, so it cannot have been meant.
  EXPECT_EQ(p.Text(), "p.toml:3:1: unknown key \"nmae\"");
}

class CleanPath : public ::testing::TestWithParam<const char*> {};

TEST_P(CleanPath, IsRefused) {
  Parsed p(fmt::format("path = \"{}\"\n", GetParam()));
  p.Read().AbsolutePath("path");
  EXPECT_THAT(p.Text(), HasSubstr("p.toml:1:8: "));
}
INSTANTIATE_TEST_SUITE_P(Bad, CleanPath,
                         ::testing::Values("", "a", "/a//b", "/a/", "/../a", "/a/..", "/./a",
                                           "/a\\u0000b"));

TEST(LoadPolicyFile, MissingFileIsAPolicyError) {
  Diagnostics diagnostics;
  const auto loaded = LoadPolicyFile("/nonexistent", "x.toml", diagnostics);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().kind, ErrorKind::kPolicy);
  EXPECT_THAT(loaded.error().ToString(), HasSubstr("/nonexistent/x.toml"));
}

TEST(LoadPolicyFile, TenMegabytesAreRefusedUnreadWithAPosition) {
  const testing_support::TempTree tree;
  tree.Write("x.toml", "schema = 1\n" + std::string(10 << 20, '#'));
  Diagnostics diagnostics;
  const auto loaded = LoadPolicyFile(tree.path(), "x.toml", diagnostics);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().kind, ErrorKind::kPolicy);
  EXPECT_THAT(loaded.error().ToString(), HasSubstr("/x.toml:1:1: "));
  EXPECT_THAT(loaded.error().ToString(), HasSubstr("is longer than 1048576 bytes"));
}

}  // namespace
}  // namespace bf::policy
