// SPDX-License-Identifier: Apache-2.0
// docs/policy-reference.md knows exactly the keys that the readers of layout.toml ask for.
#include <filesystem>
#include <regex>
#include <set>

#include "core/host/file.h"

namespace bf::provision::layout {
namespace {

std::set<std::string> Matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    found.insert((*at)[1]);
  }
  return found;
}

TEST(PolicyReference, KeysAreThoseOfTheReaders) {
  std::set<std::string> asked{"schema"};
  for (const auto& entry : std::filesystem::directory_iterator(BF_SOURCE_DIR "/provision/layout")) {
    if (entry.path().extension() != ".cc") continue;
    const auto source = host::ReadFile(entry.path());
    ASSERT_TRUE(source);
    asked.merge(Matches(
        *source,
        R"re(\w+\.(?:String|Strings|Integer|Bool|Size|Mode|Milliseconds|AbsolutePath|Enum<\w+>)\(\s*"(\w+)")re"));
  }
  EXPECT_GE(asked.size(), 17u);

  const auto text = host::ReadFile(BF_SOURCE_DIR "/docs/policy-reference.md");
  ASSERT_TRUE(text);
  const auto begin = text->find("## layout.toml");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = text->substr(begin, text->find("\n## ", begin + 1) - begin);
  EXPECT_EQ(Matches(section, R"re(\n\| `(\w+)` \|)re"), asked);
}

}  // namespace
}  // namespace bf::provision::layout
