// SPDX-License-Identifier: Apache-2.0
#include "overlays/tool.h"

int main(int argc, char** argv) {
  return bf::cli::RunTool(bf::overlays::OverlayTool(), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
