// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "provision/image/verb.h"

static std::atomic<bool> cancelled{false};

int main(int argc, char** argv) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(signal, [](int) { cancelled.store(true); });
  }
  return bf::cli::RunTool(bf::provision::image::ImageTool(&cancelled), {argv + 1, argv + argc},
                          bf::cli::StandardStreams());
}
