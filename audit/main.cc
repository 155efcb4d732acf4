// SPDX-License-Identifier: Apache-2.0
#include "audit/tool.h"

int main(int argc, char** argv) {
  return bf::cli::RunTool(bf::audit::AuditTool(), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
