// SPDX-License-Identifier: Apache-2.0
#include "boot/install/check.h"

int main() { return bf::boot::install::Main(); }
