// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error/error.h"

namespace bf::lockdown::filter {

Status NotifyReady();

}  // namespace bf::lockdown::filter
