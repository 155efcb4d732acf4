// SPDX-License-Identifier: Apache-2.0
#include "audit/set/accepted.h"

namespace bf::audit {
namespace {

bool GoodHash(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text == kNoText) return true;
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

}  // namespace

std::vector<Accept> ReadAccepted(const policy::Document& document,
                                 policy::Diagnostics& diagnostics) {
  std::vector<Accept> accepts;
  policy::Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  reader.Tables("accept", [&](policy::Reader& table) {
    Accept accept;
    accept.at = table.at();
    accept.file = table.RelativePath("file");
    accept.hash = table.String("hash");
    if (!accept.hash.value.empty() && !GoodHash(accept.hash.value))
      diagnostics.Add(accept.hash.at,
                      "\"hash\" must be \"sha256:\" and 64 lower-case hexadecimal digits, or "
                      "\"none\" for a file that is gone");
    accept.what = table.Strings("what");
    if (accept.what.empty())
      diagnostics.Add(accept.at, "\"what\" is missing or empty: the changes that are accepted");
    accept.who = table.String("who");
    accept.why = table.String("why");
    accepts.push_back(std::move(accept));
  });
  reader.Finish();
  return accepts;
}

}  // namespace bf::audit
