// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/verify.h"

int main(int argc, char** argv) {
  return bf::lockdown::maintenance::RunVerify({argv + 1, argv + argc});
}
