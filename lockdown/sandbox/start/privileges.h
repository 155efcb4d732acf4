// SPDX-License-Identifier: Apache-2.0
// What a process may do beside its filter, as /proc/PID/status has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error/error.h"
#include "lockdown/sandbox/start/stored.h"

namespace bf::lockdown::sandbox {

struct Privileges {
  std::uint64_t inheritable = 0;
  std::uint64_t permitted = 0;
  std::uint64_t effective = 0;
  std::uint64_t bounding = 0;
  std::uint64_t ambient = 0;
  bool no_new_privs = false;

  bool operator==(const Privileges&) const = default;
};

Result<Privileges> ReadStatus(std::string_view text);
// The same before execve(2) and after it.
Privileges WantedOf(const Stored& stored);
// An error of kind kRefused that names each difference.
Status RequireSame(const Privileges& is, const Privileges& wanted);

}  // namespace bf::lockdown::sandbox
