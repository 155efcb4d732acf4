// SPDX-License-Identifier: Apache-2.0
// Apart from cmdline.cc, which the slot hook is linked with: a hook has no policy to read.
#include "provision/image/cmdline.h"
#include "provision/layout/layout.h"

namespace bf::provision::image {

std::string CommonWords(const layout::CmdlinePolicy& policy, std::string_view revision) {
  std::string line;
  for (const auto& word : policy.words) line += (line.empty() ? "" : " ") + word.value;
  if (!revision.empty()) line += fmt::format(" {}={}", kRevisionKey, revision);
  return line;
}

bool IsRevision(std::string_view text) {
  constexpr std::size_t kMax = 64;
  constexpr std::string_view kOthers = "._+~-";
  return !text.empty() && text.size() <= kMax && std::all_of(text.begin(), text.end(), [&](char c) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return plain || kOthers.find(c) != std::string_view::npos;
  });
}

}  // namespace bf::provision::image
