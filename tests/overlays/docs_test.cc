// SPDX-License-Identifier: Apache-2.0
// docs/policy-reference.md knows exactly the keys that the reader asks for.
#include <regex>
#include <set>

#include "tests/support/golden.h"

namespace bf::overlays {
namespace {

std::set<std::string> Matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

TEST(PolicyReference, KeysAreThoseOfTheReader) {
  const std::string source = test::ReadOrDie(BF_SOURCE_DIR "/overlays/policy.cc");
  auto asked = Matches(
      source,
      R"re(reader\.(?:String|Strings|Integer|Bool|Size|Mode|AbsolutePath|Enum<\w+>)\(\s*"(\w+)")re");
  EXPECT_GE(asked.size(), 14u);

  const std::string text = test::ReadOrDie(BF_SOURCE_DIR "/docs/policy-reference.md");
  const auto begin = text.find("## overlays.toml");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
  auto documented = Matches(section, R"re(\n\| `(\w+)` \|)re");
  asked.insert("schema");
  EXPECT_EQ(documented, asked);
}

}  // namespace
}  // namespace bf::overlays
