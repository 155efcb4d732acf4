// SPDX-License-Identifier: Apache-2.0
#include "lockdown/keymap/linux_keymap.h"

#include "lockdown/check/linux_facts.h"

namespace bf::lockdown::check {

Keymap ReadKeymap(const std::string& root) {
  Keymap keymap;
  const auto chords = ReadChords(root);
  if (!chords) {
    keymap.present = true;
    keymap.problem = chords.error().ToString();
    return keymap;
  }
  keymap.problem.clear();
  if (!*chords) return keymap;
  keymap.present = true;
  keymap.switches = (*chords)->switches;
  keymap.attention = (*chords)->attention;
  return keymap;
}

}  // namespace bf::lockdown::check
