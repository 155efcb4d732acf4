// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lockdown/apply/decide.h"
#include "lockdown/stored/stored.h"

namespace bf::lockdown {

// The compiled policy, read for one device at a time.
class StoredPolicy : public PolicySource {
 public:
  explicit StoredPolicy(stored::Stored stored) : stored_(std::move(stored)) {}
  Result<const Policy*> Head() override { return &stored_.head(); }
  Result<const Policy*> For(const device::Device& device) override;

 private:
  stored::Stored stored_;
  Policy selected_;
};

// Below ROOT, and only if it is of the input.toml that is there.
Result<std::unique_ptr<PolicySource>> OpenStoredPolicy(const std::string& root);

}  // namespace bf::lockdown
