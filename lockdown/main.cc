// SPDX-License-Identifier: Apache-2.0
#include "lockdown/tool.h"

int main(int argc, char** argv) {
  return bf::cli::RunTool(bf::lockdown::LockdownTool(), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
