// SPDX-License-Identifier: Apache-2.0
// What two sets of policies decide differently. Each part compares what the policies mean, by the
// decisions they lead to, so that order, comments and equal rewrites are no change. Where a part
// cannot tell, the change is a loosening: somebody has to look.
#pragma once

#include <vector>

#include "audit/model/change.h"
#include "audit/set/policy_set.h"
#include "lockdown/device/device.h"

namespace bf::audit {

// sandbox/NAME.toml; null where a set has no such profile.
std::vector<Change> DiffSandbox(const std::string& file, const lockdown::sandbox::Profile* before,
                                const lockdown::sandbox::Profile* after);
// input.toml. `recorded` are devices to try besides those that the policies name.
std::vector<Change> DiffInput(const lockdown::Policy& before, const lockdown::Policy& after,
                              const std::vector<lockdown::device::Device>& recorded);
// state.toml, overlays.toml, and where BF_DATA is mounted: who may write where.
std::vector<Change> DiffWritable(const PolicySet& before, const PolicySet& after);
std::vector<Change> DiffLayout(const provision::layout::Layout& before,
                               const provision::layout::Layout& after);
std::vector<Change> DiffUpdate(const boot::confirm::ConfirmPolicy& before,
                               const boot::confirm::ConfirmPolicy& after);
// Keys that the parts above know nothing of, and files that no tool of ours reads.
std::vector<Change> DiffUnknown(const PolicySet& before, const PolicySet& after);

// All of them, sorted, with what `after` accepts marked.
std::vector<Change> Diff(const PolicySet& before, const PolicySet& after,
                         const std::vector<lockdown::device::Device>& recorded = {});

}  // namespace bf::audit
