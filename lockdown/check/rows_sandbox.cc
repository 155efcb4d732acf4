// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lockdown/check/process_status.h"
#include "lockdown/check/row_tables.h"
#include "lockdown/sandbox/filter/prove.h"
#include "lockdown/sandbox/start/privileges.h"
#include "lockdown/sandbox/start/stored.h"
#include "lockdown/units/sandboxed.h"

namespace bf::lockdown::check {
namespace {

using units::FindSandboxedUnit;
using units::SandboxedUnit;

const sandbox::Profile* FindProfile(const Context& context, std::string_view name) {
  const auto& all = context.expected.profiles;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string PathOf(std::string_view profile) {
  return fmt::format("{}/{}{}", sandbox::kStoredDir, profile, sandbox::kStoredSuffix);
}

// The profile without the rules that a build for another architecture could not put into this
// filter, and which the default action stands for: those the compiler says that it leaves out.
sandbox::Profile WithoutLeftOut(const Facts& facts, sandbox::Profile profile, sandbox::Arch arch,
                                const sandbox::Program& program) {
  const sandbox::Action fallback = profile.fallback.value;
  std::erase_if(profile.rules, [&](const sandbox::Rule& rule) {
    if (std::find(facts.unnamed.begin(), facts.unnamed.end(), rule.syscall->name) ==
        facts.unnamed.end())
      return false;
    const bool denied = !rule.action.allows() && !fallback.allows();
    if (!denied && profile.unknown.value == sandbox::Unknown::kRefuse) return false;
    const auto number = static_cast<std::uint32_t>(rule.syscall->Number(arch));
    const auto ran = sandbox::Run(program, {sandbox::AuditArch(arch), number, {}});
    return ran.result == sandbox::ToReturn(fallback);
  });
  return profile;
}

// What a compiled profile does otherwise than the text of the policy, or "". Its filter is held
// against the text at all points of the partition, so that another libseccomp may have made it.
// `by_default` gets the number of rules that the default action stands for.
std::string Differs(const Facts& facts, const sandbox::Stored& is, const sandbox::Profile& profile,
                    std::size_t& by_default) {
  if (is.policy_hash != profile.hash) return "was compiled from another text than the policy's";
  const auto arch =
      std::find_if(std::begin(sandbox::kArches), std::end(sandbox::kArches),
                   [&](sandbox::Arch one) { return sandbox::AuditArch(one) == is.arch; });
  if (arch == std::end(sandbox::kArches)) return "is for an architecture that we do not have";
  // All but the filter has one form only.
  if (sandbox::Encode(is) != sandbox::Encode(sandbox::StoredFrom(profile, *arch, is.program)))
    return "gives other privileges, variables or descriptors than the policy";
  if (const auto sound = sandbox::CheckProgram(is.program); !sound)
    return "has a filter that the kernel refuses: " + sound.error().ToString();
  const auto meant = WithoutLeftOut(facts, profile, *arch, is.program);
  by_default += profile.rules.size() - meant.rules.size();
  const auto proof = sandbox::Prove(is.program, sandbox::Oracle(meant, *arch));
  if (!proof) return "has a filter that cannot be checked: " + proof.error().ToString();
  if (proof->disagreements.empty()) return "";
  return "does not do what the policy says: " +
         sandbox::ToString(proof->disagreements.front(), meant);
}

std::string Problem(const Facts& facts, const SandboxFile& one, const sandbox::Profile& profile,
                    std::size_t& by_default) {
  if (!one.file.read())
    return one.file.absent() ? "is not installed" : "cannot be read: " + one.file.problem;
  const auto stored = sandbox::Decode(one.file.text);
  if (!stored) return "is refused: " + stored.error().message;
  return Differs(facts, *stored, profile, by_default);
}

void JudgeFiles(const Context& context, Outcome& outcome) {
  const auto& profiles = context.expected.profiles;
  outcome.because = profiles.empty() ? context.policy.at : profiles.front().at;
  outcome.wants = fmt::format("{} profiles", profiles.size());
  outcome.evidence = sandbox::kStoredDir;
  const auto& files = context.facts.sandbox_files;
  if (!NeedAll(outcome, "compiled profiles", files.problem)) return;
  std::size_t by_default = 0;
  for (const auto& profile : profiles) {
    const auto found = std::find_if(files.items.begin(), files.items.end(),
                                    [&](const auto& one) { return one.profile == profile.name; });
    const std::string problem = found == files.items.end()
                                    ? "is not installed"
                                    : Problem(context.facts, *found, profile, by_default);
    if (problem.empty()) continue;
    outcome.because = profile.at;
    outcome.evidence = PathOf(profile.name);
    Drift(outcome, "{} {}", outcome.evidence, problem);
  }
  for (const auto& one : files.items) {
    if (FindProfile(context, one.profile) == nullptr)
      Drift(outcome, "{} is of no profile of the policy", PathOf(one.profile));
  }
  outcome.in_effect = outcome.drifts.empty() ? "each does what its text says"
                                             : fmt::format("{} wrong", outcome.drifts.size());
  // A build for another architecture leaves these out; one for this machine does not.
  if (by_default != 0) outcome.in_effect += fmt::format(", {} rules by the default", by_default);
  if (profiles.empty()) Drift(outcome, "the policy has no profiles");
}

constexpr std::string_view kCommands[] = {"ExecCondition", "ExecStartPre", "ExecStart",
                                          "ExecStartPost", "ExecReload",   "ExecStop",
                                          "ExecStopPost"};

void JudgeCommands(const Unit& unit, const SandboxedUnit& wanted, Outcome& outcome) {
  for (const auto key : kCommands) {
    for (const auto& command : ListSetting(unit.files, "Service", key)) {
      const std::string profile = units::ProfileOf(command.value);
      if (wanted.Allows(profile)) continue;
      outcome.evidence = command.at;
      if (profile.empty())
        Drift(outcome, "{} of {} runs outside a sandbox ({})", key, unit.name, command.at);
      else
        Drift(outcome, "{} of {} asks for the profile {} ({})", key, unit.name, profile,
              command.at);
    }
  }
}

void JudgeServices(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "each in its profile");
  outcome.evidence = "/usr/lib/systemd/system";
  const auto& services = context.facts.services;
  if (!NeedAll(outcome, "services", services.problem)) return;
  std::size_t there = 0;
  for (const Service& service : services.items) {
    const SandboxedUnit* wanted = FindSandboxedUnit(service.unit.name);
    if (wanted == nullptr || service.unit.path.empty()) continue;
    ++there;
    JudgeCommands(service.unit, *wanted, outcome);
    if (const auto pam = FindSetting(service.unit.files, "Service", units::kSessionSetting)) {
      outcome.evidence = pam->at;
      Drift(outcome, "{} of {} takes its processes to a session ({})", units::kSessionSetting,
            service.unit.name, pam->at);
    }
  }
  outcome.in_effect = fmt::format("{} services", there);
  // bf-lockdown is one of them: a device that checks itself has it.
  if (there == 0) Drift(outcome, "there is no service of ours");
}

// What a process has beyond what its profile gives, or "". Less is no drift: services give up what
// they need no longer, and user 0 without it is not another user.
std::string Beyond(std::string_view status, const sandbox::Profile& profile) {
  const auto is = sandbox::ReadStatus(status);
  if (!is) return is.error().message;
  const auto seccomp = StatusField(status, "Seccomp");
  if (seccomp != "2") return fmt::format("Seccomp is {}, not 2", seccomp);
  if (const auto filters = StatusField(status, "Seccomp_filters"); filters == "0")
    return "it has no filter";
  const auto limit = sandbox::WantedOf(sandbox::StoredFrom(profile, sandbox::Arch::kX86_64, {}));
  sandbox::Privileges within = *is;
  within.inheritable |= limit.inheritable;
  within.permitted |= limit.permitted;
  within.effective |= limit.effective;
  within.bounding |= limit.bounding;
  within.ambient |= limit.ambient;
  within.no_new_privs = is->no_new_privs && limit.no_new_privs;
  const auto same = sandbox::RequireSame(within, limit);
  return same ? "" : same.error().message;
}

void JudgeProcesses(const Context& context, Outcome& outcome) {
  WantsAlways(context, outcome, "no more than the profile");
  outcome.evidence = "/proc/*/status";
  const auto& services = context.facts.services;
  if (!NeedAll(outcome, "services", services.problem)) return;
  std::size_t seen = 0;
  for (const Service& service : services.items) {
    const SandboxedUnit* wanted = FindSandboxedUnit(service.unit.name);
    if (wanted == nullptr) continue;
    if (!service.problem.empty())
      Drift(outcome, "processes of {}: not seen: {}", service.unit.name, service.problem);
    for (const Process& process : service.processes) {
      ++seen;
      // Of one that may have two profiles, either will do.
      std::string problem = "its profile is not in the policy";
      for (const auto name : wanted->profiles) {
        const sandbox::Profile* profile = FindProfile(context, name);
        if (profile == nullptr) continue;
        problem = process.status.read() ? Beyond(process.status.text, *profile)
                                        : "its status cannot be read: " + process.status.problem;
        if (problem.empty()) break;
      }
      if (problem.empty()) continue;
      outcome.evidence = fmt::format("/proc/{}/status", process.pid);
      Drift(outcome, "process {} of {}: {}", process.pid, service.unit.name, problem);
    }
  }
  outcome.in_effect = fmt::format("{} processes", seen);
}

constexpr Row kRows[] = {
    {"sandbox-files", "a sandbox that is not the policy's",
     "each compiled profile is root's alone, has the hash of its text, and does what it says at "
     "all "
     "points",
     "each profile", sandbox::kStoredDir, Source::kFiles, JudgeFiles},
    {"sandbox-units", "a service of ours outside its sandbox",
     "each command of each is started by bf-lockdown-exec, in its profile, and in no PAM session",
     "built in", "/usr/lib/systemd/system", Source::kFiles, JudgeServices},
    {"sandbox-processes", "a service that got out of its sandbox, or never was in",
     "each process has a filter, and no capability beyond its profile's", "each profile",
     "/proc/*/status", Source::kKernel, JudgeProcesses},
};

}  // namespace

std::span<const Row> SandboxRows() { return kRows; }

}  // namespace bf::lockdown::check
