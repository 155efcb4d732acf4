// SPDX-License-Identifier: Apache-2.0
#include "core/host/file.h"
#include "core/policy/reader.h"

namespace bf::policy {

Result<Document> LoadPolicyFile(const std::string& dir, std::string_view name,
                                Diagnostics& diagnostics) {
  const std::string path = fmt::format("{}/{}", dir, name);
  auto text = host::ReadFile(path, kMaxPolicyBytes);
  if (!text) {
    text.error().kind = ErrorKind::kPolicy;
    // Too long, and not merely absent: that is something to look at in the file.
    if (text.error().sys_errno == 0) text.error().source = SourceRef{path, 1, 1};
    return Failure(std::move(text).error().Context("policy"));
  }
  return ParseToml(*text, path, diagnostics);
}

}  // namespace bf::policy
