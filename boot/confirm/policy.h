// SPDX-License-Identifier: Apache-2.0
// update.toml: [install] and [confirmation].
#pragma once

#include <string>

#include "core/policy/reader.h"

namespace bf::boot::confirm {

struct ConfirmPolicy {
  policy::Located<bool> downgrade;
  policy::Located<std::int64_t> deadline;  // milliseconds, since the kernel started
  policy::Located<std::int64_t> settle;
  policy::Located<std::int64_t> retry;
};

Result<ConfirmPolicy> LoadConfirmPolicy(const std::string& policy_dir);
ConfirmPolicy ReadConfirmPolicy(const policy::Document& document, policy::Diagnostics& diagnostics);
// What holds where the policy cannot be used: a trial must not last for ever because of it.
ConfirmPolicy DefaultConfirmPolicy();

}  // namespace bf::boot::confirm
