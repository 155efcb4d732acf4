// SPDX-License-Identifier: Apache-2.0
#include "provision/status/verb.h"

#include <nlohmann/json.hpp>

#include "provision/status/facts.h"

namespace bf::provision::status {
namespace {

bf::Status Run(cli::Invocation& invocation) {
  const Status status = Observe(invocation.root, invocation.policy_dir);
  if (invocation.json) {
    const auto json = ToJson(status);
    invocation.out() << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                     << "\n";
  } else {
    invocation.out() << ToText(status, invocation.streams.out_is_terminal);
  }
  if (!status.healthy()) invocation.exit_code = cli::kExitFailed;
  return {};
}

}  // namespace

cli::Verb StatusVerb() {
  cli::Verb verb;
  verb.name = "status";
  verb.summary = "say how disk, BF_DATA, persistent paths and overlays stand, and what to do";
  verb.run = Run;
  return verb;
}

}  // namespace bf::provision::status
