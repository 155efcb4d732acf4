// SPDX-License-Identifier: Apache-2.0
// The keymap that the kernel uses for its virtual terminals: one for all of them.
//
// To take the chords out of it holds for every keyboard that is let in, in every keyboard mode (SAK
// works even where an application reads raw keys), and leaves the ioctl to programs that must
// change terminals, as a compositor that starts on a terminal of its own. VT_LOCKSWITCH would take
// that away as well, and leave SAK. Only CAP_SYS_TTY_CONFIG can put a chord back.
#pragma once

#include <optional>
#include <string>

#include "core/error/error.h"
#include "lockdown/keymap/chords.h"

namespace bf::lockdown {

// Nothing where the kernel has no virtual terminals.
Result<std::optional<Chords>> ReadChords(const std::string& root);

// Takes SAK out, and with `switches` what changes terminals, too; an error when any is left.
Status DropChords(const std::string& root, bool switches);

}  // namespace bf::lockdown
