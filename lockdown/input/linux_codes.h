// SPDX-License-Identifier: Apache-2.0
// The kernel's numbers of event types, keys, axes and switches: constants, nothing else. They are
// macros, so only .cc files include this.
#pragma once

#include <linux/input-event-codes.h>
