// SPDX-License-Identifier: Apache-2.0
#include "overlays/apply.h"

#include "overlays/judge.h"

namespace bf::overlays {
namespace {

Status Do(Host& host, const Action& action) {
  return std::visit([&](const auto& one) { return host.Do(one); }, action);
}

bool Mounts(const Action& action) {
  return std::holds_alternative<MountTmpfs>(action) || std::holds_alternative<MountOverlay>(action);
}

class Applier {
 public:
  Applier(const Policy& policy, const Facts& facts, Host& host, Applied& applied)
      : policy_(policy), facts_(facts), host_(host), applied_(applied) {}

  void ApplyEntry(const WritablePath& entry, const plan::Plan<Action>& steps);
  void ReadBack();

 private:
  void StandInFor(const WritablePath& entry, const Action& failed, const Error& error);
  Status Try(const Action& action) {
    BF_TRY(Do(host_, action));
    applied_.done.push_back(plan::Describe(action));
    return {};
  }
  void Say(Severity severity, const WritablePath& entry, std::string text) {
    applied_.problems.push_back({severity, entry.name.value, std::move(text)});
  }

  const Policy& policy_;
  const Facts& facts_;
  Host& host_;
  Applied& applied_;
};

void Applier::StandInFor(const WritablePath& entry, const Action& failed, const Error& error) {
  const std::string why = fmt::format("{}: {}", plan::Describe(failed), error.ToString());
  const auto* overlay = std::get_if<MountOverlay>(&failed);
  const bool was_on_tmpfs = overlay != nullptr && overlay->generation == 0;
  if (!entry.persistent() || (was_on_tmpfs && overlay->lowers.size() == 1))
    return Say(Severity::kFailed, entry,
               fmt::format("{}; {} stays read-only", why, entry.path.value));
  const auto* build = std::get_if<BuildGeneration>(&failed);
  std::vector<unsigned> olds = {0};
  // With the old changes in between, if those are not what failed.
  if (build != nullptr && build->from != 0) olds.insert(olds.begin(), build->from);
  std::string last;
  for (const unsigned old : olds) {
    const Action stand_in = StandIn(entry, facts_, policy_.data_mount_point.value, old);
    if (auto tried = Try(stand_in); tried) {
      return Say(Severity::kDegraded, entry,
                 fmt::format("{}; changes to {} go to a tmpfs and are lost at the next boot", why,
                             entry.path.value));
    } else {
      last = tried.error().ToString();
    }
  }
  Say(Severity::kFailed, entry,
      fmt::format("{}; nor could a tmpfs hold the changes: {}; {} stays read-only", why, last,
                  entry.path.value));
}

void Applier::ApplyEntry(const WritablePath& entry, const plan::Plan<Action>& steps) {
  bool mounted = false;
  for (const auto& step : steps) {
    if (NameOf(step.action) != entry.name.value) continue;
    auto done = Try(step.action);
    if (done) {
      mounted = mounted || Mounts(step.action);
      continue;
    }
    if (mounted || std::holds_alternative<AdjustTmpfs>(step.action)) {
      // Tidying up, or setting limits right: what is mounted stays good to use.
      Say(mounted ? Severity::kNote : Severity::kDegraded, entry,
          fmt::format("{}: {}", plan::Describe(step.action), done.error().ToString()));
      continue;
    }
    return StandInFor(entry, step.action, done.error());
  }
}

void Applier::ReadBack() {
  auto now = host_.ReadBack();
  if (!now) {
    applied_.problems.push_back(
        {Severity::kDegraded, "",
         fmt::format("what was mounted could not be read back: {}", now.error().ToString())});
    return;
  }
  for (const auto& entry : policy_.paths) {
    const Judgement judgement = Judge(entry, *now, policy_.data_mount_point.value);
    if (judgement.state != MountState::kWrong) continue;
    const bool told = std::any_of(
        applied_.problems.begin(), applied_.problems.end(), [&](const Problem& problem) {
          return problem.name == entry.name.value && problem.severity != Severity::kNote;
        });
    if (told) continue;
    for (const auto& wrong : judgement.wrong)
      Say(Severity::kDegraded, entry,
          fmt::format("{}: read back after mounting: {}", entry.path.value, wrong));
  }
}

}  // namespace

std::string Applied::result() const {
  Severity worst = Severity::kNote;
  for (const auto& problem : problems) worst = std::max(worst, problem.severity);
  return worst == Severity::kFailed ? "failed" : worst == Severity::kDegraded ? "degraded" : "ok";
}

Applied Apply(const Policy& policy, const Facts& facts, const OverlayPlan& plan, Host& host) {
  Applied applied;
  applied.problems = plan.problems;
  Applier applier(policy, facts, host, applied);
  for (const auto& entry : policy.paths) applier.ApplyEntry(entry, plan.steps);
  if (!applied.done.empty()) applier.ReadBack();
  return applied;
}

}  // namespace bf::overlays
