// SPDX-License-Identifier: Apache-2.0
// Old and new sets, and what is said of them in both directions.
#include "audit/diff/diff.h"

#include <nlohmann/json.hpp>

#include "audit/verbs/text.h"
#include "lockdown/device/record.h"
#include "tests/audit/pairs.h"
#include "tests/support/golden.h"

namespace bf::audit {
namespace {

std::vector<std::string> Subjects(const std::vector<Change>& changes, Direction direction) {
  std::vector<std::string> subjects;
  for (const Change& change : changes) {
    if (change.direction == direction) subjects.push_back(change.subject);
  }
  return subjects;
}

class Pairs : public testing::TestWithParam<std::string> {};

TEST_P(Pairs, AreToldOfAsBefore) {
  const PolicySet base = Valid(Base());
  const PolicySet edited = Valid(Edited(GetParam()));
  const std::string text =
      DiffToText(Diff(base, edited), edited) + "\n== back\n" + DiffToText(Diff(edited, base), base);
  test::ExpectGolden(fmt::format("{}/pairs/{}.txt", BF_TEST_DIR, GetParam()), text);
}

// What becomes possible one way becomes impossible the other way, unless nobody can tell.
TEST_P(Pairs, ALooseningIsNoLooseningBackwards) {
  const PolicySet base = Valid(Base());
  const PolicySet edited = Valid(Edited(GetParam()));
  const auto there = Diff(base, edited);
  const auto back = Diff(edited, base);
  EXPECT_EQ(there.empty(), back.empty());
  for (const Change& change : there) {
    if (change.direction == Direction::kNeutral) continue;
    EXPECT_FALSE(change.witness.empty()) << change.subject;
    const bool answered = std::any_of(back.begin(), back.end(), [&](const Change& other) {
      return other.file == change.file && other.direction != Direction::kNeutral &&
             (other.direction != change.direction || change.direction == Direction::kLoosened);
    });
    EXPECT_TRUE(answered) << change.subject << ": " << change.what;
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, Pairs, testing::ValuesIn(PairNames()),
                         [](const auto& one) { return one.param; });

TEST(Diff, OrderCommentsAndEqualRewritesAreNoChange) {
  const auto changes = Diff(Valid(Base()), Valid(Edited("nothing")));
  for (const Change& change : changes) ADD_FAILURE() << change.subject << ": " << change.what;
}

TEST(Diff, AllowsInAnotherOrderAreNoChange) {
  const std::string text = Base().files.at("input.toml");
  const auto at = text.find("[[allow]]");
  std::string second = test::ReplaceAll(text.substr(at), "front-panel", "side-panel");
  second = test::ReplaceAll(second, "222a", "222b");
  Texts one = Base();
  Texts other = Base();
  one.files["input.toml"] = text + "\n" + second;
  other.files["input.toml"] = text.substr(0, at) + second + "\n" + text.substr(at);
  EXPECT_TRUE(Diff(Valid(one), Valid(other)).empty());
  EXPECT_EQ(Subjects(Diff(Valid(Base()), Valid(other)), Direction::kLoosened),
            std::vector<std::string>{"allow side-panel"});
}

TEST(Diff, AProfileThatIsNewOrGoneIsALoosening) {
  Texts without = Base();
  without.files.erase("sandbox/viewer.toml");
  const PolicySet base = Valid(Base());
  const PolicySet less = Valid(without);
  EXPECT_EQ(Subjects(Diff(base, less), Direction::kLoosened), std::vector<std::string>{"profile"});
  EXPECT_EQ(Subjects(Diff(less, base), Direction::kLoosened), std::vector<std::string>{"profile"});
  for (const char* file : {"input.toml", "layout.toml", "update.toml"}) {
    Texts gone = Base();
    gone.files.erase(file);
    EXPECT_FALSE(Subjects(Diff(base, Valid(gone)), Direction::kLoosened).empty()) << file;
  }
}

// A key that its reader has learned, and this tool has not.
TEST(Diff, AKeyThatIsNotKnownIsALoosening) {
  const PolicySet base = Valid(Base());
  for (const auto& [file, text] : base.texts.files) {
    PolicySet learned = Valid(Base());
    policy::Diagnostics none;
    learned.documents[file] = policy::ParseToml("new_key = true\n" + text, file, none);
    ASSERT_TRUE(none.empty()) << none.ToString();
    EXPECT_EQ(Subjects(Diff(base, learned), Direction::kLoosened),
              std::vector<std::string>{"key new_key"})
        << file;
  }
}

TEST(Diff, AFileThatNoToolReadsIsALoosening) {
  Texts more = Base();
  more.files["network.toml"] = "schema = 1\nopen = true\n";
  EXPECT_EQ(Subjects(Diff(Valid(Base()), Valid(more)), Direction::kLoosened).size(), 2u);
}

TEST(Diff, RecordedDevicesAreTried) {
  const std::string path = BF_SOURCE_DIR "/tests/lockdown/corpus/panel.json";
  const auto devices = lockdown::device::ReadRecord(test::ReadOrDie(path), path);
  ASSERT_TRUE(devices);
  Texts none = Base();
  auto& text = none.files["input.toml"];
  text = text.substr(0, text.find("[[allow]]"));
  const auto changes = Diff(Valid(none), Valid(Base()), *devices);
  ASSERT_FALSE(changes.empty());
  const auto subjects = Subjects(changes, Direction::kLoosened);
  EXPECT_EQ(std::count_if(subjects.begin(), subjects.end(),
                          [](const std::string& one) { return one.starts_with("recorded "); }),
            1);
}

Texts Accepting(Texts texts, std::string_view what, std::string_view hash) {
  texts.files["accepted.toml"] = fmt::format(
      "schema = 1\n[[accept]]\nfile = \"update.toml\"\nhash = \"{}\"\nwhat = [\"{}\"]\n"
      "who = \"ana\"\nwhy = \"needed\"\n",
      hash, what);
  return texts;
}

TEST(Accepted, OneTextOfOneFile) {
  const PolicySet base = Valid(Base());
  const Texts open = With(Base(), "update.toml", "downgrade = false", "downgrade = true");
  const std::string hash = Valid(open).HashOf("update.toml");
  const auto count = [&](const Texts& after) { return Count(Diff(base, Valid(after))); };
  EXPECT_EQ(count(open).accepted, 0u);
  EXPECT_EQ(count(Accepting(open, "install downgrade", hash)).accepted, 1u);
  // Another change of the same file.
  EXPECT_EQ(count(Accepting(open, "confirmation deadline", hash)).accepted, 0u);
  // Another text, though it means the same.
  Texts later = Accepting(open, "install downgrade", hash);
  later.files["update.toml"] += "# more\n";
  EXPECT_EQ(count(later).accepted, 0u);
  EXPECT_EQ(count(Accepting(open, "install downgrade", base.HashOf("update.toml"))).accepted, 0u);
}

TEST(Accepted, BadFilesAreReportedWhole) {
  Texts texts = Base();
  texts.files["accepted.toml"] =
      "schema = 1\n[[accept]]\nfile = \"/x\"\nhash = \"sha256:12\"\nwhat = []\nwhy = \"\"\n";
  policy::Diagnostics wrong;
  ReadSet(std::move(texts), wrong);
  const std::string text = wrong.ToString();
  EXPECT_NE(text.find("policies/accepted.toml:4:8: \"hash\" must be"), std::string::npos) << text;
  EXPECT_NE(text.find("\"what\" is missing or empty"), std::string::npos) << text;
  EXPECT_NE(text.find("\"who\" is missing"), std::string::npos) << text;
}

TEST(Text, NothingInAPolicySteersATerminal) {
  Changes changes("input.toml");
  changes.Add(Direction::kLoosened, "a\x1b[2J", "b\nc", "d", {}, {});
  const std::string text = DiffToText(std::move(changes).Take(), Valid(Base()));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("a\\x1b[2J: b\\x0ac"), std::string::npos) << text;
}

}  // namespace
}  // namespace bf::audit
