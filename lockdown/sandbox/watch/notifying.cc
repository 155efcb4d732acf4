// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/notifying.h"

#include "lockdown/sandbox/filter/opcodes.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::uint32_t kUserNotif = 0x7fc00000;  // SECCOMP_RET_USER_NOTIF

}  // namespace

Program NotifyingDenials(Program program) {
  for (Instruction& one : program) {
    if (op::Class(one.code) != op::kRet) continue;
    const auto action = FromReturn(one.k);
    // What a filter works out for itself (return A) cannot be told here: it is asked about as well.
    const bool constant = op::Returned(one.code) == op::kReturnK;
    if (constant && action && action->allows()) continue;
    one = {static_cast<std::uint16_t>(op::kRet | op::kReturnK), 0, 0, kUserNotif};
  }
  return program;
}

Program NotifyingAll() {
  return {{static_cast<std::uint16_t>(op::kRet | op::kReturnK), 0, 0, kUserNotif}};
}

}  // namespace bf::lockdown::sandbox
