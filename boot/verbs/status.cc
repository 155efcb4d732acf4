// SPDX-License-Identifier: Apache-2.0
#include "boot/verbs/report.h"
#include "boot/verbs/verbs.h"

namespace bf::boot {
namespace {

Status RunStatus(cli::Invocation& invocation) {
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  const Facts facts = machine.ObserveForReport();
  const Judgement judged = Judge(facts);
  const install::LastInstall last =
      OnImage(invocation) ? install::LastInstall() : install::ReadLastInstall(invocation.root);
  if (invocation.json) {
    auto json = ToJson(facts, judged);
    json["last_install"] = ToJson(last);
    invocation.out() << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                     << "\n";
  } else {
    invocation.out() << ToText(facts, judged, last);
  }
  return {};
}

}  // namespace

cli::Verb StatusVerb() {
  return {"status",
          "tell what runs, what boots next, and why the last trial was given up",
          {},
          {},
          RunStatus};
}

}  // namespace bf::boot
