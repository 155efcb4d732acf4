// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "provision/identity/identity.h"

namespace bf::provision::identity {

// Looks on the disk that holds the mount at `root_mount` ("/", or where an initramfs has mounted
// the root). Never fails: a boot goes on with a drawn id, and `note` says why.
Identity ObserveIdentity(const std::string& root, const std::string& root_mount);

// Leaves the id in ROOT/run/machine-id and, for a drawn one, its UUID for bf-data.
Status StoreIdentity(const std::string& root, const Identity& identity);

// Binds ROOT/run/machine-id, read-only, over etc/machine-id below `root_mount`.
Status AttachIdentity(const std::string& root, const std::string& root_mount);

}  // namespace bf::provision::identity
