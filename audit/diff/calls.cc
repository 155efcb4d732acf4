// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/calls.h"

#include <algorithm>
#include <bit>

namespace bf::audit {
namespace {

// Profiles that people write need hundreds; this many take about a tenth of a second.
constexpr std::size_t kMostSteps = 2'000'000;

bool Disjoint(const Calls& a, const Calls& b) {
  for (std::size_t i = 0; i < 6; ++i) {
    if (((a.value[i] ^ b.value[i]) & a.mask[i] & b.mask[i]) != 0) return true;
  }
  return false;
}

class Finder {
 public:
  explicit Finder(const std::vector<Calls>& others) : others_(others) {}

  Search Find(const Calls& calls) {
    Search search;
    search.arguments = Outside(calls, 0);
    search.gave_up = !search.arguments && steps_ > kMostSteps;
    return search;
  }

 private:
  std::optional<std::array<std::uint64_t, 6>> Outside(const Calls& calls, std::size_t from) {
    while (from < others_.size() && Disjoint(calls, others_[from])) ++from;
    if (from == others_.size()) return calls.value;
    const Calls& out = others_[from];
    // Those that agree with `out` in more and more bits, and differ in the next.
    Calls rest = calls;
    for (std::size_t i = 0; i < 6; ++i) {
      std::uint64_t open = out.mask[i] & ~calls.mask[i];
      while (open != 0) {
        if (++steps_ > kMostSteps) return std::nullopt;
        const std::uint64_t bit = open & (~open + 1);
        open ^= bit;
        rest.mask[i] |= bit;
        Calls other = rest;
        other.value[i] |= ~out.value[i] & bit;
        rest.value[i] |= out.value[i] & bit;
        if (auto found = Outside(other, from + 1)) return found;
      }
    }
    return std::nullopt;
  }

  const std::vector<Calls>& others_;
  std::size_t steps_ = 0;
};

}  // namespace

Calls Matching(const std::vector<lockdown::sandbox::Comparison>& when) {
  Calls calls;
  for (const auto& one : when) {
    calls.mask[one.argument] |= one.mask;
    calls.value[one.argument] |= one.value;
  }
  return calls;
}

std::optional<Calls> Both(const Calls& a, const Calls& b) {
  if (Disjoint(a, b)) return std::nullopt;
  Calls both;
  for (std::size_t i = 0; i < 6; ++i) {
    both.mask[i] = a.mask[i] | b.mask[i];
    both.value[i] = a.value[i] | b.value[i];
  }
  return both;
}

Search FindOutside(const Calls& calls, const std::vector<Calls>& others,
                   const std::vector<std::pair<unsigned, std::uint64_t>>& first) {
  for (const auto& [argument, value] : first) {
    Calls exact = calls;
    if (((value ^ calls.value[argument]) & calls.mask[argument]) != 0) continue;
    exact.mask[argument] = ~std::uint64_t{0};
    exact.value[argument] = value;
    const auto in = [&](const Calls& other) {
      for (std::size_t i = 0; i < 6; ++i) {
        if ((exact.value[i] & other.mask[i]) != other.value[i]) return false;
      }
      return true;
    };
    if (std::none_of(others.begin(), others.end(), in)) return {false, exact.value};
  }
  return Finder(others).Find(calls);
}

}  // namespace bf::audit
