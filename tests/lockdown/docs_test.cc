// SPDX-License-Identifier: Apache-2.0
// docs/policy-reference.md knows exactly the keys that the readers ask for.
#include <regex>
#include <set>

#include "tests/support/golden.h"

namespace bf::lockdown {
namespace {

std::set<std::string> Matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

TEST(InputPolicyReference, KeysAreThoseOfTheReader) {
  std::string source;
  for (const char* file : {"load.cc", "read_allow.cc", "read_console.cc", "read_input.cc"})
    source += test::ReadOrDie(std::string(BF_SOURCE_DIR "/lockdown/policy/") + file);
  auto asked = Matches(
      source,
      R"re(reader\.(?:String|Strings|Integer|Bool|Milliseconds|SubTable|Tables|Enum<\w+>)\(\s*"(\w+)")re");
  EXPECT_GE(asked.size(), 40u);

  const std::string text = test::ReadOrDie(BF_SOURCE_DIR "/docs/policy-reference.md");
  const auto begin = text.find("## input.toml");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
  auto documented = Matches(section, R"re(\n\| `\[*(?:\w+\.)?(\w+)\]*` \|)re");
  asked.insert("schema");
  EXPECT_EQ(documented, asked);
}

}  // namespace
}  // namespace bf::lockdown
