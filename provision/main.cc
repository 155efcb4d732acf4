// SPDX-License-Identifier: Apache-2.0
#include "provision/tool.h"

int main(int argc, char** argv) {
  return bf::cli::RunTool(bf::provision::ProvisionTool(), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
