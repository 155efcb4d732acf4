// SPDX-License-Identifier: Apache-2.0
#include "provision/identity/verb.h"

#include <nlohmann/json.hpp>

#include "core/host/file.h"
#include "provision/identity/linux_identity.h"

namespace bf::provision::identity {
namespace {

std::string_view Name(Origin origin) {
  switch (origin) {
    case Origin::kFileSystem:
      return "file-system";
    case Origin::kBackup:
      return "backup-superblock";
    case Origin::kDrawn:
      return "drawn";
  }
  return "drawn";
}

void Print(cli::Invocation& invocation, const std::string& id, std::string_view origin,
           const std::string& note) {
  if (!invocation.json) {
    invocation.out() << id << "\n";
    return;
  }
  const nlohmann::ordered_json json = {
      {"schema", 1}, {"machine_id", id}, {"origin", origin}, {"note", note}};
  invocation.out() << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                   << "\n";
}

Status PrintInForce(cli::Invocation& invocation, const Identity& none) {
  for (const std::string_view path : {"/run/machine-id", "/etc/machine-id"}) {
    const auto id = host::ReadLine(host::Under(invocation.root, std::string(path)));
    if (!id || !IsMachineId(*id)) continue;
    Print(invocation, *id, path, none.note);
    return {};
  }
  return Fail(
      "there is no machine id: {}, and neither /run/machine-id nor /etc/machine-id holds one",
      none.note);
}

Status Run(cli::Invocation& invocation) {
  const std::string attach = invocation.Get("--attach");
  if (!attach.empty() && !attach.starts_with('/')) {
    return FailKind(ErrorKind::kUsage, "--attach wants an absolute path, not \"{}\"", attach);
  }
  const Identity identity = ObserveIdentity(invocation.root, attach.empty() ? "/" : attach);
  // Who only asks wants the id in force, not another one each time.
  if (attach.empty() && identity.origin == Origin::kDrawn)
    return PrintInForce(invocation, identity);
  Print(invocation, identity.MachineId(), Name(identity.origin), identity.note);
  if (!identity.note.empty()) {
    invocation.Say(cli::Level::kNotice, fmt::format("a new machine id: {}", identity.note));
  }
  if (attach.empty() || invocation.dry_run) return {};
  BF_TRY_DOING(StoreIdentity(invocation.root, identity), "machine id");
  BF_TRY_DOING(AttachIdentity(invocation.root, attach), "machine id");
  return {};
}

}  // namespace

cli::Verb MachineIdVerb() {
  cli::Verb verb;
  verb.name = "machine-id";
  verb.summary =
      "Tell the machine id, which is the UUID of BF_DATA; the initramfs sets it with this.";
  verb.options = {{"--attach", "ROOT",
                   "Leave the id in /run and bind it over etc/machine-id below ROOT, where the "
                   "initramfs has mounted the root.",
                   false}};
  verb.run = Run;
  return verb;
}

}  // namespace bf::provision::identity
