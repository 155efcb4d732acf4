// SPDX-License-Identifier: Apache-2.0
#include "boot/hook/run.h"

int main(int argc, char** argv) { return bf::boot::hook::Main(argc == 2 ? argv[1] : ""); }
