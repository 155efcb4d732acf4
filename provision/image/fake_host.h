// SPDX-License-Identifier: Apache-2.0
// An ImageHost that remembers what it was asked, and fails where it is told to.
#pragma once

#include "provision/image/host.h"

namespace bf::provision::image {

class FakeImageHost : public ImageHost {
 public:
  std::vector<std::string> calls;
  std::string fail_at;  // the call that fails

  Status Create(std::uint64_t size) override { return Note(fmt::format("create {}", size)); }
  Status Write(const WriteTable& action) override {
    return Note(fmt::format("table of {}", action.partitions.size()));
  }
  Status Write(const WriteFat& action) override { return Note("fat " + action.partition); }
  Status Write(const WriteRoot& action) override {
    return Note(fmt::format("root {}", fmt::join(action.partitions, " ")));
  }
  Status Write(const LeaveUnformatted& action) override {
    return Note("zeros " + action.partition);
  }
  Status Verify(const WriteTable&) override { return Note("verify"); }
  Result<std::uint64_t> Commit() override {
    BF_TRY(Note("commit"));
    return 4096u;
  }

 private:
  Status Note(std::string call) {
    calls.push_back(call);
    if (call == fail_at) return Fail("{} failed", call);
    return {};
  }
};

}  // namespace bf::provision::image
