// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/groups.h"

#include <nlohmann/json.hpp>

#include "lockdown/sandbox/policy/policy.h"
#include "lockdown/sandbox/verbs/verbs.h"

namespace bf::lockdown::sandbox {
namespace {

Status ShowGroups(cli::Invocation& invocation) {
  const bool one = !invocation.positionals.empty();
  if (one && FindGroup(invocation.positionals.front()) == nullptr)
    return FailKind(ErrorKind::kUsage, "there is no group \"{}\"", invocation.positionals.front());
  nlohmann::ordered_json json = {{"schema", 1}, {"version", kGroupsVersion}};
  for (const Group& group : Groups()) {
    if (one && group.name != invocation.positionals.front()) continue;
    json["groups"].push_back(
        {{"name", group.name}, {"what", group.what}, {"syscalls", group.entries}});
    if (invocation.json) continue;
    invocation.out() << fmt::format("{}: {}\n", group.name, group.what);
    for (const std::string_view entry : group.entries) {
      if (one) invocation.out() << fmt::format("  {}\n", entry);
    }
  }
  if (invocation.json) invocation.out() << json.dump(2) << "\n";
  return {};
}

}  // namespace

cli::Verb GroupsVerb() {
  return {"groups",
          "list the named groups of system calls, or what is in one",
          {},
          {"[NAME]"},
          ShowGroups};
}

}  // namespace bf::lockdown::sandbox
