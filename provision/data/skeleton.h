// SPDX-License-Identifier: Apache-2.0
// The directories every later stage counts on, in a file system whose content nobody trusts.
#pragma once

#include "core/host/beneath.h"
#include "provision/data/actions.h"

namespace bf::provision::data {

// One line for each directory that is missing, is something else, or has wrong mode or owner.
std::vector<std::string> CheckSkeleton(const host::Beneath& data);
// Makes them right. What is no directory is renamed to NAME.aside-N, never followed nor removed.
Status MakeSkeleton(const host::Beneath& data);

}  // namespace bf::provision::data
