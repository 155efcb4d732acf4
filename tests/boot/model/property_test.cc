// SPDX-License-Identifier: Apache-2.0
// Long random lives of devices: verbs in any order, installs, trials that die, reboots, power cuts
// within every write, lost records. After each step some complete slot boots, the confirmed one is
// intact, no update is tried more often than allowed, and reconcile has nothing left to do.
#include <iostream>

#include "tests/boot/model/world.h"

namespace bf::boot {
namespace {

TEST(Property, SomeCompleteSlotAlwaysBootsAndAConfirmedOneIsNeverLost) {
  constexpr std::uint32_t kLives = 2000;
  constexpr int kSteps = 120;
  std::uint64_t cuts = 0;
  std::uint64_t confirmations = 0;
  std::uint64_t trials = 0;
  for (std::uint32_t seed = 1; seed <= kLives; ++seed) {
    World world(seed);
    for (int step = 0; step < kSteps; ++step) {
      world.Step();
      ASSERT_EQ(world.broken(), "") << "life " << seed << ", step " << step << "\n"
                                    << world.Story();
    }
    cuts += world.cuts;
    confirmations += world.confirmations;
    trials += world.trials;
  }
  std::cout << kLives << " lives of " << kSteps << " steps: " << trials << " trials, "
            << confirmations << " confirmations, " << cuts << " power cuts\n";
  EXPECT_GT(cuts, 10000u);
  EXPECT_GT(confirmations, 1000u);
  EXPECT_GT(trials, 10000u);
}

}  // namespace
}  // namespace bf::boot
