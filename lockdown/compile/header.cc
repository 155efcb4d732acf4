// SPDX-License-Identifier: Apache-2.0
#include "lockdown/compile/header.h"

namespace bf::lockdown {

std::string Header(const Policy& policy) {
  return fmt::format(
      "# Made by `bf-lockdown compile` from {}, sha256:{}.\n"
      "# Edit the policy, not this: `bf-lockdown check` compares the two.\n",
      kPolicyFile, policy.hash);
}

std::string ShortRef(const SourceRef& at) {
  return fmt::format("{}:{}", at.file.substr(at.file.rfind('/') + 1), at.line);
}

}  // namespace bf::lockdown
