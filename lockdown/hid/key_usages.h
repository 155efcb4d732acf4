// SPDX-License-Identifier: Apache-2.0
// What Linux makes of each usage (HID Usage Tables 1.4; drivers/hid/hid-input.c of Linux 6.1
// to 6.12).
#pragma once

#include <cstdint>
#include <span>

#include "lockdown/hid/report_descriptor.h"

namespace bf::lockdown::hid {

enum class Effect : std::uint8_t {
  kNoKey,   // an axis, a light, a number, or nothing
  kKey,     // this key
  kButton,  // button number: which BTN_ depends on the collection it is in
};

// A row of the table: all usages of [first, last] have this effect.
struct UsageEffect {
  Usage first = 0;
  Usage last = 0;
  Effect effect = Effect::kNoKey;
  std::uint16_t key = 0;
};

// In ascending order and without overlaps. What is in no row may become any key.
std::span<const UsageEffect> UsageEffects();

// True if one of these usages may be among those that hid-input gives the next free key code when
// theirs is taken: buttons, pens, and all that it does not know, which begins at BTN_MISC if it is
// one bit wide. Three hundred of them end beyond the braille dots, which type.
bool TakesNextFree(UsageRange usages);

}  // namespace bf::lockdown::hid
