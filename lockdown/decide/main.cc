// SPDX-License-Identifier: Apache-2.0
#include "lockdown/decide/program.h"

int main(int argc, char** argv) { return bf::lockdown::RunDecide({argv + 1, argv + argc}); }
