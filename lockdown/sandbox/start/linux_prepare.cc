// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/linux_prepare.h"

#include <unistd.h>

#include "lockdown/sandbox/start/environment.h"
#include "lockdown/sandbox/start/linux_descriptors.h"
#include "lockdown/sandbox/start/linux_enter.h"
#include "lockdown/sandbox/start/linux_privileges.h"

namespace bf::lockdown::sandbox {
namespace {

// Where programs are that are named without a path, in a profile that sets no PATH.
constexpr std::string_view kPath = "/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace

std::vector<std::string> GivenEnvironment() {
  std::vector<std::string> given;
  for (char** one = environ; *one != nullptr; ++one) given.emplace_back(*one);
  return given;
}

Result<Ready> Prepare(const Stored& stored, const std::vector<std::string>& command,
                      const std::vector<std::string>& given) {
  Ready ready;
  ready.environment = EnvironmentFor(stored, given);
  BF_ASSIGN(const unsigned handed_over, HandedOver(stored, given, ::getpid()));
  BF_TRY(GiveUpPrivileges(stored));
  const auto path = ValueOf(ready.environment, "PATH");
  BF_ASSIGN(ready.program, FindProgram(command.front(), path.empty() ? kPath : path));
  BF_TRY(CheckPrivileges(stored));
  BF_TRY(LimitDescriptors(stored, handed_over));
  return ready;
}

}  // namespace bf::lockdown::sandbox
