// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_deadline.h"
#include "boot/verbs/verbs.h"

namespace bf::boot {
namespace {

// A verb takes milliseconds; this is for a disk that does not answer.
constexpr unsigned kDeadlineSeconds = 20;

}  // namespace

std::vector<cli::Option> ImageOptions() {
  return {{"--disk", "FILE", "Act on a disk image instead of the running device.", false},
          {"--facts", "DIR", "With --disk: the firmware's facts, and where the record is.", false}};
}

bool OnImage(const cli::Invocation& invocation) { return invocation.Has("--disk"); }

Result<Machine> OpenMachine(const cli::Invocation& invocation) {
  SetDeadline(kDeadlineSeconds);
  return Machine::Open({invocation.root, invocation.policy_dir, invocation.Get("--disk"),
                        invocation.Get("--facts")});
}

std::vector<std::string> Describe(const Change& change) {
  std::vector<std::string> lines;
  if (change.selection) {
    const auto& [committed, trial] = *change.selection;
    lines.push_back(committed == trial
                        ? fmt::format("autoboot.txt: commit to slot {}", Name(committed))
                        : fmt::format("autoboot.txt: commit to slot {}, slot {} on trial",
                                      Name(committed), Name(trial)));
  }
  if (change.record) {
    const Record& record = *change.record;
    std::string line = fmt::format("record: {}", Name(record.state));
    if (record.state != State::kCommitted) line += fmt::format(" {}", Name(record.target));
    if (!record.reason.empty()) line += fmt::format(" ({})", record.reason);
    lines.insert(change.record_first ? lines.begin() : lines.end(), std::move(line));
  }
  return lines;
}

Status ApplyOrShow(cli::Invocation& invocation, Machine& machine, const Facts& facts,
                   const Change& change) {
  if (!invocation.dry_run) return machine.Apply(facts, change);
  for (const std::string& line : Describe(change)) {
    invocation.Say(cli::Level::kInfo, "would change " + line);
  }
  return {};
}

}  // namespace bf::boot
