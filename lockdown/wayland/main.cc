// SPDX-License-Identifier: Apache-2.0
#include "lockdown/wayland/tool.h"

int main(int argc, char** argv) {
  return bf::lockdown::wayland::RunGlobals({argv + 1, argv + argc});
}
