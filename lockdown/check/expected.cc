// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/expected.h"

#include "lockdown/compile/compile.h"

namespace bf::lockdown::check {

Expected ExpectedOf(const Policy& policy, std::vector<sandbox::Profile> profiles) {
  Expected expected;
  for (OutputFile& file : Compile(policy)) {
    const bool link = !file.link.empty();
    expected.fragments.push_back(
        {"/" + file.path, link ? std::move(file.link) : std::move(file.text), link});
  }
  for (CmdlineWord& word : CmdlineWords(policy)) expected.words.push_back(std::move(word.word));
  expected.profiles = std::move(profiles);
  return expected;
}

}  // namespace bf::lockdown::check
