// SPDX-License-Identifier: Apache-2.0
#include "tests/support/counting_new.h"

#include <cstdlib>
#include <new>

namespace {
bf::testing_support::Allocated g_allocated;
}  // namespace

bf::testing_support::Allocated bf::testing_support::AllocatedSoFar() { return g_allocated; }

// The forms for arrays come here; those that do not throw would as well, but for the sanitizers,
// which have their own.
void* operator new(std::size_t size) {
  ++g_allocated.times;
  g_allocated.bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  ++g_allocated.times;
  g_allocated.bytes += size;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
