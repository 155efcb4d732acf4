// SPDX-License-Identifier: Apache-2.0
#include "boot/tool.h"

int main(int argc, char** argv) {
  return bf::cli::RunTool(bf::boot::BootTool(), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
