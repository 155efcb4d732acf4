// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::sandbox {
namespace {

const Comparison* Of(const std::vector<Comparison>& all, unsigned argument) {
  for (const Comparison& one : all) {
    if (one.argument == argument) return &one;
  }
  return nullptr;
}

}  // namespace

bool Overlap(const std::vector<Comparison>& a, const std::vector<Comparison>& b) {
  for (const Comparison& one : a) {
    const Comparison* other = Of(b, one.argument);
    if (other != nullptr && ((one.value ^ other->value) & one.mask & other->mask) != 0)
      return false;
  }
  return true;
}

bool Covers(const std::vector<Comparison>& outer, const std::vector<Comparison>& inner) {
  for (const Comparison& one : outer) {
    const Comparison* other = Of(inner, one.argument);
    if (other == nullptr || (one.mask & ~other->mask) != 0) return false;
    if ((other->value & one.mask) != one.value) return false;
  }
  return true;
}

}  // namespace bf::lockdown::sandbox
