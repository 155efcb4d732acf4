// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "boot/slots/linux_links.h"
#include "boot/verbs/verbs.h"

namespace bf::boot {
namespace {

Status RunSlots(cli::Invocation& invocation) {
  BF_ASSIGN(const auto layout, provision::layout::LoadLayout(invocation.policy_dir));
  BF_ASSIGN(const auto disk, facts::ReadRootDisk(invocation.root));
  if (!disk) return Fail("the root is on no disk, so there are no slots");
  BF_ASSIGN(const auto links, slots::SlotLinks(layout, *disk));
  if (!invocation.dry_run) BF_TRY(slots::MakeLinks(invocation.root, links));
  if (invocation.json) {
    nlohmann::ordered_json json = {{"schema", 1}, {"slots", nlohmann::ordered_json::object()}};
    for (const slots::Link& link : links) json["slots"][link.name] = link.target;
    invocation.out() << json.dump(2) << "\n";
    return {};
  }
  for (const slots::Link& link : links) {
    invocation.out() << fmt::format("{}/{} -> {}\n", slots::kDirectory, link.name, link.target);
  }
  return {};
}

}  // namespace

cli::Verb SlotsVerb() {
  return {"slots", "make the links by which RAUC finds its slots", {}, {}, RunSlots};
}

}  // namespace bf::boot
