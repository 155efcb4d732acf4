// SPDX-License-Identifier: Apache-2.0
// bf-overlay: apply, check, status.
#pragma once

#include "core/cli/tool.h"
#include "overlays/linux_tree.h"

namespace bf::overlays {

// `hook` is called before each change to BF_DATA; for tests of power cuts.
cli::Tool OverlayTool(StepHook hook = {});

}  // namespace bf::overlays
