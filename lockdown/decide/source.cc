// SPDX-License-Identifier: Apache-2.0
#include "lockdown/decide/source.h"

#include "core/cli/exit_code.h"
#include "core/host/file.h"
#include "lockdown/judge/keys.h"

namespace bf::lockdown {

Result<const Policy*> StoredPolicy::For(const device::Device& device) {
  BF_ASSIGN(selected_, stored_.Select(KeysOf(device)));
  return &selected_;
}

Result<std::unique_ptr<PolicySource>> OpenStoredPolicy(const std::string& root) {
  const std::string toml = fmt::format("{}/{}", cli::kDefaultPolicyDir, kPolicyFile);
  BF_ASSIGN(auto stored,
            stored::Stored::Open(host::Under(root, stored::kStoredPath), host::Under(root, toml)));
  BF_TRY(stored.IsOfItsPolicy());
  return std::make_unique<StoredPolicy>(std::move(stored));
}

}  // namespace bf::lockdown
