// SPDX-License-Identifier: Apache-2.0
// Each key that the reader asks for is in docs/policy-reference.md, and no other.
#include <regex>
#include <set>

#include "tests/support/golden.h"

namespace bf::provision::state {
namespace {

std::set<std::string> Matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

TEST(StateReference, NamesEachKeyAndNoOther) {
  const std::string source = test::ReadOrDie(BF_SOURCE_DIR "/provision/state/policy.cc");
  const std::string wanted = source.substr(0, source.find("MountPoint(const std::string& dir)"));
  std::set<std::string> keys =
      Matches(wanted, std::regex(R"re(reader\s*\.(?:\w+)(?:<\w+>)?\(\s*"(\w+)")re"));
  keys.insert("schema");
  const std::string reference = test::ReadOrDie(BF_SOURCE_DIR "/docs/policy-reference.md");
  const std::size_t start = reference.find("\n## state.toml\n");
  ASSERT_NE(start, std::string::npos);
  const std::string section = reference.substr(start, reference.find("\n## ", start + 1) - start);
  EXPECT_EQ(Matches(section, std::regex(R"(\n\| `(\w+)`)")), keys);
  EXPECT_GE(keys.size(), 15u);
}

}  // namespace
}  // namespace bf::provision::state
