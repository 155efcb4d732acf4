// SPDX-License-Identifier: Apache-2.0
// The calls of one system call, as sets: each argument's bits are either fixed or free.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "lockdown/sandbox/policy/policy.h"

namespace bf::audit {

struct Calls {
  std::array<std::uint64_t, 6> mask{};   // the bits that are fixed
  std::array<std::uint64_t, 6> value{};  // what they are; 0 where they are free

  bool operator==(const Calls&) const = default;
};

// The calls that match all of `when`.
Calls Matching(const std::vector<lockdown::sandbox::Comparison>& when);
// Those in both, or nothing.
std::optional<Calls> Both(const Calls& a, const Calls& b);

// A call, or that there is none, or that it takes too long to tell.
struct Search {
  bool gave_up = false;
  std::optional<std::array<std::uint64_t, 6>> arguments;
};

// One of `calls` that is in none of `others`. Exact: the calls are split, bit by bit, along what
// is taken out of them. One of `first` is preferred: {argument, value}, what people know by name.
Search FindOutside(const Calls& calls, const std::vector<Calls>& others,
                   const std::vector<std::pair<unsigned, std::uint64_t>>& first = {});

}  // namespace bf::audit
