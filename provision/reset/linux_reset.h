// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "core/host/beneath.h"
#include "provision/reset/carry_out.h"

namespace bf::provision::reset {

class LinuxHost : public Host {
 public:
  // `data`: where BF_DATA is mounted.
  static Result<LinuxHost> Open(const std::string& data);

  // Called before each durable change, with its name. Tests end the process there.
  void OnCheckpoint(std::function<void(std::string_view)> checkpoint) {
    checkpoint_ = std::move(checkpoint);
  }

  Result<std::optional<Request>> ReadRequest() override;
  Result<Listing> List() override;
  Status RemovePath(const std::string& path) override;
  Status Flush() override;
  Status WriteRecord(const Request& request) override;
  Status ClearRequest() override;

  Status WriteRequest(const Request& request);

 private:
  explicit LinuxHost(host::Beneath data) : data_(std::move(data)) {}
  void At(std::string_view phase) const {
    if (checkpoint_) checkpoint_(phase);
  }

  host::Beneath data_;
  std::function<void(std::string_view)> checkpoint_;
};

// "2026-11-23T00:10:05Z"
std::string NowUtc();

// How BF_DATA stands below `root`, for both ends of a reset.
struct Standing {
  bool mounted = false;
  bool is_volatile = false;
  bool read_only = false;
  // Another mount of the same file system: somebody uses what would be removed. "" for none.
  std::string in_use_at;
};
Result<Standing> ObserveStanding(const std::string& root, const std::string& mount_point);

// What bf-state does first at boot: nothing when nobody asked; refuses while BF_DATA is in use.
Outcome CarryOutAtBoot(const std::string& root, const state::Policy& policy);

}  // namespace bf::provision::reset
