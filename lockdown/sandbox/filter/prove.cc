// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/filter/prove.h"

#include <algorithm>

#include "lockdown/sandbox/filter/insert_set.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::size_t kMostDisagreements = 8;
// Far more than any profile needs; a filter that needs more is not proved, and so not emitted.
constexpr std::size_t kMostCalls = 4'000'000;

struct HashCall {
  std::uint64_t operator()(const Call& call) const {
    std::uint64_t hash = call.number * 0x9e3779b97f4a7c15U ^ call.arch;
    for (const std::uint64_t one : call.arguments) {
      hash = (hash ^ one) * 0xff51afd7ed558ccdU;
      hash ^= hash >> 32U;
    }
    return hash;
  }
};
struct HashPath {
  std::uint64_t operator()(std::uint64_t path) const { return path; }
};

class Prover {
 public:
  Prover(const Program& program, const Oracle& oracle) : program_(program), oracle_(oracle) {}

  Result<Proof> Run() {
    BF_TRY(CheckProgram(program_));
    ForEachPartitionPoint(oracle_, [this](const Call& call) { Want(call); });
    while (!todo_.empty()) {
      const Call call = seen_[todo_.back()];
      todo_.pop_back();
      BF_TRY(Look(call));
      if (seen_.size() > kMostCalls)
        return Fail("the filter makes too many decisions to be checked");
    }
    proof_.calls = seen_.size();
    Measure();
    return std::move(proof_);
  }

 private:
  void Want(const Call& call) {
    if (seen_.Insert(call)) todo_.push_back(static_cast<std::uint32_t>(seen_.size() - 1));
  }

  Status Look(const Call& call) {
    const Ran ran = sandbox::Run(program_, call);
    proof_.cost.worst = std::max(proof_.cost.worst, ran.steps);
    const Verdict verdict = oracle_.Decide(call);
    if (ran.result != ToReturn(verdict.action) && proof_.disagreements.size() < kMostDisagreements)
      proof_.disagreements.push_back({call, ran.result, verdict});
    // Another call on a way that was taken already leads nowhere new.
    if (!paths_.Insert(ran.path)) return {};
    trace_.clear();
    (void)sandbox::Run(program_, call, &trace_);
    const bool plain = std::all_of(call.arguments.begin(), call.arguments.end(),
                                   [](auto one) { return one == 0; });
    for (const Step& step : trace_) {
      if (step.word == 2 || step.word == 3)
        return Fail("the filter looks at the instruction pointer");
      // Numbers are tried with one set of arguments only: their product is without end.
      if (step.word < 4 && !plain) continue;
      const std::uint32_t now = WordOf(call, step.word);
      for (const std::uint32_t k : {step.k, step.k - 1, step.k + 1})
        With(call, step.word, (now & ~step.mask) | (k & step.mask));
      // A bit that the filter looks at, and one that it does not.
      With(call, step.word, now ^ (step.mask & (~step.mask + 1)));
      With(call, step.word, now ^ (~step.mask & (step.mask + 1)));
    }
    return {};
  }

  void With(Call call, unsigned word, std::uint32_t value) {
    SetWord(call, word, value);
    Want(call);
  }

  void Measure() {
    proof_.cost.instructions = program_.size();
    std::size_t all = 0;
    std::size_t conditional = 0;
    for (const Rule& rule : oracle_.profile().rules) {
      const int number = rule.syscall->Number(oracle_.arch());
      if (number < 0 || !rule.action.allows()) continue;
      Call call{AuditArch(oracle_.arch()), static_cast<std::uint32_t>(number), {}};
      for (const Comparison& one : rule.when) call.arguments[one.argument] = one.value;
      const unsigned steps = sandbox::Run(program_, call).steps;
      ++all;
      proof_.cost.mean += steps;
      if (rule.when.empty()) continue;
      ++conditional;
      proof_.cost.conditional += steps;
    }
    if (all > 0) proof_.cost.mean /= static_cast<double>(all);
    if (conditional > 0) proof_.cost.conditional /= static_cast<double>(conditional);
  }

  const Program& program_;
  const Oracle& oracle_;
  Proof proof_;
  InsertSet<Call, HashCall> seen_{15};
  std::vector<std::uint32_t> todo_;  // of seen_
  InsertSet<std::uint64_t, HashPath> paths_{8};
  std::vector<Step> trace_;
};

}  // namespace

std::string ToString(const Disagreement& one, const Profile& profile) {
  const auto filter = FromReturn(one.filter);
  const SourceRef& at = one.policy.rule != nullptr ? one.policy.rule->at : profile.fallback.at;
  return fmt::format("{}: the filter says {}, {} says {}", ToString(one.call),
                     filter ? ToString(*filter) : fmt::format("{:#x}", one.filter), at.ToString(),
                     ToString(one.policy.action));
}

Result<Proof> Prove(const Program& program, const Oracle& oracle) {
  return Prover(program, oracle).Run();
}

Status RequireAgreement(const Proof& proof, const Profile& profile) {
  if (proof.disagreements.empty()) return {};
  auto failure = FailKind(ErrorKind::kInternal,
                          "{}: the compiled filter does not do what the profile says; it is not "
                          "written",
                          profile.name);
  for (const Disagreement& one : proof.disagreements)
    failure.value().also.push_back(ToString(one, profile));
  return failure;
}

}  // namespace bf::lockdown::sandbox
