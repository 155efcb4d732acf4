// SPDX-License-Identifier: Apache-2.0
// A Host in memory, for tests: it keeps the facts that the steps would bring about, and fails
// where it is told to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "provision/state/apply.h"

namespace bf::provision::state {

class FakeHost : public Host {
 public:
  explicit FakeHost(Facts& facts) : facts_(facts) {}

  // Steps of this kind and entry fail: {"bind", "rauc"}.
  void FailOn(std::string action, std::string entry) {
    failing_.emplace_back(std::move(action), std::move(entry));
  }

  Result<std::string> Do(const MoveAside& action) override {
    BF_TRY(MayFail(action));
    SourceOf(action) = SourceFacts{};
    return action.source + ".aside.1";
  }
  Result<std::vector<std::string>> Do(const Create& action) override {
    BF_TRY(MayFail(action));
    SourceFacts& source = SourceOf(action);
    source.type = action.kind == Kind::kDirectory ? FileType::kDirectory : FileType::kFile;
    source.links = 1;
    source.uid = action.uid;
    source.gid = action.gid;
    source.mode = action.mode;
    source.project = action.project;
    source.inherits = action.project != 0;
    return std::vector<std::string>{};
  }
  Status Do(const SetOwner& action) override {
    BF_TRY(MayFail(action));
    SourceFacts& source = SourceOf(action);
    source.uid = action.uid;
    source.gid = action.gid;
    source.mode = action.mode;
    return {};
  }
  Result<ProjectWalk> Do(const SetProject& action) override {
    BF_TRY(MayFail(action));
    SourceOf(action).project = action.project;
    SourceOf(action).inherits = true;
    SourceOf(action).walk_pending = false;
    return ProjectWalk{};
  }
  Status Do(const SetQuota& action) override {
    BF_TRY(MayFail(action));
    QuotaFacts quota = facts_.entries[action.entry].quota.value_or(QuotaFacts{});
    quota.limit_bytes = action.bytes;
    quota.limit_inodes = action.inodes;
    facts_.entries[action.entry].quota = quota;
    return {};
  }
  Status Do(const SetOwnerQuota& action) override {
    BF_TRY(MayFail(action));
    facts_.owners[action.owner].limit_bytes = action.bytes;
    facts_.owners[action.owner].limit_inodes = action.inodes;
    return {};
  }
  Status Do(const Bind& action) override {
    BF_TRY(MayFail(action));
    facts_.entries[action.entry].at_target.bound = true;
    facts_.entries[action.entry].at_target.hardened = true;
    return {};
  }
  Status Do(const Harden& action) override {
    BF_TRY(MayFail(action));
    facts_.entries[action.entry].at_target.hardened = true;
    return {};
  }

 private:
  template <class A>
  Status MayFail(const A& action) {
    for (const auto& [name, entry] : failing_) {
      if (name == A::kName && entry == action.entry) return Fail("{}: as asked", action.Describe());
    }
    return {};
  }
  template <class A>
  SourceFacts& SourceOf(const A& action) {
    const auto skeleton = facts_.skeleton.find(action.entry);
    return skeleton != facts_.skeleton.end() ? skeleton->second
                                             : facts_.entries[action.entry].at_source;
  }

  Facts& facts_;
  std::vector<std::pair<std::string, std::string>> failing_;
};

}  // namespace bf::provision::state
