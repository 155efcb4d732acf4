// SPDX-License-Identifier: Apache-2.0
// Extended attributes, ACLs among them, of an entry in a directory; symlinks are not followed.
// overlayfs' own bookkeeping is left out: it means something in one upper directory only.
#pragma once

#include <map>
#include <string>

#include "core/error/error.h"

namespace bf::overlays {

using Xattrs = std::map<std::string, std::string>;

// `name` may be "." for the directory itself.
Result<Xattrs> ReadXattrs(int dir_fd, const std::string& name, const std::string& shown);
Status WriteXattrs(int dir_fd, const std::string& name, const Xattrs& xattrs,
                   const std::string& shown);
// "" for none.
std::string HashXattrs(const Xattrs& xattrs);

}  // namespace bf::overlays
