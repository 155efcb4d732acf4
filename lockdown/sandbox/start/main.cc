// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/program.h"

int main(int argc, char** argv) { return bf::lockdown::sandbox::RunExec({argv + 1, argv + argc}); }
