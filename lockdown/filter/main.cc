// SPDX-License-Identifier: Apache-2.0
#include "lockdown/filter/tool.h"

int main(int argc, char** argv) {
  return bf::cli::RunTool(bf::lockdown::filter::FilterTool(), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
