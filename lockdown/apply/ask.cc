// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/ask.h"

#include "core/facts/block.h"
#include "lockdown/apply/linux_audit.h"
#include "lockdown/apply/linux_kernel.h"
#include "lockdown/apply/linux_limits.h"
#include "lockdown/apply/report.h"
#include "lockdown/maintenance/linux_maintenance.h"

namespace bf::lockdown {
namespace {

// "" where the root is on no disk that can be found.
std::string RootDiskPath(const std::string& root) {
  const auto disk = facts::ReadRootDisk(root);
  if (!disk || !*disk) return "";
  const std::string link = LinuxSysfs(root).Link("/block", (*disk)->device).value_or("");
  return link.starts_with("../devices/") ? link.substr(2) : "";
}

Result<Gate> ParseGate(const std::string& text) {
  for (const Gate gate : {Gate::kUsb, Gate::kHid, Gate::kInput}) {
    if (text == ToString(gate)) return gate;
  }
  return FailKind(ErrorKind::kUsage, "a gate is usb, hid or input");
}

Result<Answer> DecideHere(const Question& question, PolicySource& policies,
                          const Situation& situation, Gate gate) {
  if (question.dry_run) {
    LinuxSysfs sysfs(question.root);
    return Decide(policies, situation, sysfs, nullptr, gate, question.devpath);
  }
  LinuxKernel kernel(question.root);
  return Decide(policies, situation, kernel, &kernel, gate, question.devpath);
}

}  // namespace

Situation SituationAt(const std::string& root, const Policy* policy,
                      const std::function<void(const std::string&)>& warn) {
  Situation situation;
  if (policy != nullptr) {
    if (auto read = ReadSituation(root, *policy); read)
      situation = *std::move(read);
    else
      warn(read.error().ToString());
  }
  situation.root_disk = [root] { return RootDiskPath(root); };
  return situation;
}

// udev tells in the environment what else it knows; the path alone is enough.
Result<Reply> Ask(const Question& question, const OpenPolicy& open,
                  const std::function<void(const std::string&)>& warn) {
  BF_ASSIGN(const Gate gate, ParseGate(question.gate));
  // The process is ours alone only on the machine itself.
  if (question.root == "/") BF_TRY(LimitOurselves({}));
  BF_ASSIGN(const auto policies, open());
  BF_ASSIGN(const Policy* head, policies->Head());
  const Situation situation = SituationAt(question.root, head, warn);
  auto answer = DecideHere(question, *policies, situation, gate);
  const bool live = question.root == "/" && !question.dry_run;
  if (!answer) {
    if (live) Audit(fmt::format("deny {}: {}", question.devpath, answer.error().ToString()), true);
    return Failure(std::move(answer).error());
  }
  Reply reply{answer->line, {}};
  for (const Decision& decision : answer->decisions) {
    reply.audit.push_back(AuditLine(decision, answer->ids, question.devpath));
    if (live && answer->audit) Audit(reply.audit.back(), !decision.allowed());
  }
  return reply;
}

}  // namespace bf::lockdown
