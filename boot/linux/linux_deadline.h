// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bf::boot {

// RAUC waits for its backend without end, and its D-Bus service with it. After so many seconds
// this process ends with exit code 1 and a line on stderr, wherever it hangs: every state in
// between is one that a power cut could have left as well.
void SetDeadline(unsigned seconds);

}  // namespace bf::boot
