// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/ledger.h"

namespace bf::lockdown::sandbox {
namespace {

enum Detail { kCall, kSyscall, kNumber };

}  // namespace

Ledger::Key Ledger::KeyFor(const Call& told, const Verdict& verdict) const {
  Key key{told, verdict.rule, static_cast<int>(ToReturn(verdict.action)), kCall};
  if (kinds_ < kMostKinds || index_.contains(key)) return key;
  const bool named =
      told.arch == AuditArch(oracle_.arch()) && FindSyscall(oracle_.arch(), told.number) != nullptr;
  key.call = {0, named ? told.number : 0, {}};
  key.rule = nullptr;
  key.detail = named ? kSyscall : kNumber;
  return key;
}

Denied Ledger::Make(const Key& key, const Call& call, const Verdict& verdict) const {
  Denied denied;
  denied.action = verdict.action;
  const Profile& profile = oracle_.profile();
  const bool ours = call.arch == AuditArch(oracle_.arch());
  const Syscall* syscall = ours ? FindSyscall(oracle_.arch(), call.number) : nullptr;
  if (verdict.rule != nullptr) {
    denied.at = verdict.rule->at;
    denied.group = verdict.rule->group;
  } else if (verdict.action == profile.fallback.value && ours) {
    denied.at = profile.fallback.at;
    denied.by_default = true;
  } else {
    denied.at = {profile.at.file, 0, 0};
    denied.foreign = true;
  }
  if (key.detail == kNumber) {
    denied.what = "more numbers of system calls";
    return denied;
  }
  denied.syscall = syscall != nullptr ? std::string(syscall->name) : "";
  if (key.detail == kSyscall) {
    denied.what = denied.syscall + "(...), with more arguments than are told apart";
    return denied;
  }
  const Told told = Tell(call, oracle_);
  denied.what = told.text;
  denied.arguments = told.arguments;
  return denied;
}

void Ledger::Add(const Call& call, const Verdict& verdict, const std::function<Who()>& who) {
  ++count_;
  const Key key = KeyFor(Tell(call, oracle_).call, verdict);
  const auto [found, is_new] = index_.emplace(key, denied_.size());
  if (is_new) {
    if (key.detail == kCall) ++kinds_;
    denied_.push_back(Make(key, call, verdict));
    denied_.back().first = who();
  }
  ++denied_[found->second].count;
}

Ledger::Clock::time_point Ledger::NextAt() const {
  return recent_.size() < kBurst ? Clock::time_point::min() : recent_.front() + kBurst * kInterval;
}

const Denied* Ledger::Next(Clock::time_point now) {
  if (said_ == denied_.size() || now < NextAt()) return nullptr;
  recent_.push_back(now);
  if (recent_.size() > kBurst) recent_.pop_front();
  return &denied_[said_++];
}

std::optional<std::chrono::milliseconds> Ledger::Wait(Clock::time_point now) const {
  if (said_ == denied_.size()) return std::nullopt;
  const auto at = NextAt();
  if (at <= now) return std::chrono::milliseconds(0);
  return std::chrono::ceil<std::chrono::milliseconds>(at - now);
}

}  // namespace bf::lockdown::sandbox
