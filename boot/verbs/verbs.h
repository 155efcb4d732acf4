// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "boot/linux/linux_machine.h"
#include "core/cli/tool.h"

namespace bf::boot {

cli::Verb GetPrimaryVerb();
cli::Verb SetPrimaryVerb();
cli::Verb GetStateVerb();
cli::Verb SetStateVerb();
cli::Verb GetCurrentVerb();
cli::Verb StatusVerb();
cli::Verb ReconcileVerb();
cli::Verb ArmVerb();
cli::Verb RollBackVerb();
cli::Verb SlotsVerb();
cli::Verb ConfirmVerb();

// Options of the tool as a whole.
std::vector<cli::Option> ImageOptions();

// The device, or the image that --disk and --facts name. Sets the deadline of the verb.
Result<Machine> OpenMachine(const cli::Invocation& invocation);
// Carries `change` out, or with --dry-run says what it is.
Status ApplyOrShow(cli::Invocation& invocation, Machine& machine, const Facts& facts,
                   const Change& change);
// One line each.
std::vector<std::string> Describe(const Change& change);
bool OnImage(const cli::Invocation& invocation);

}  // namespace bf::boot
