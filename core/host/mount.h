// SPDX-License-Identifier: Apache-2.0
// mount(2) and its newer relatives, with errors that say what was mounted where.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::host {

// A detached mount that nobody sees yet; Attach makes it visible in one step. Uses
// fsopen/fsconfig/fsmount (Linux 5.2). The kernel's own words on a refusal are in the error.
struct MountOption {
  std::string key;
  std::string value;  // empty for a flag such as "prjquota"
};
struct MountFlags {
  bool read_only = false;
  bool no_suid = false;
  bool no_dev = false;
  bool no_exec = false;
  bool no_atime = false;
};
Result<UniqueFd> CreateMount(const std::string& fs_type, const std::vector<MountOption>& options,
                             MountFlags flags);
// open_tree(OPEN_TREE_CLONE): a detached bind of what `fd` refers to.
Result<UniqueFd> CloneTree(int fd, bool recursive, const std::string& shown);
Status AttachMount(int mount_fd, const std::string& target);
// Attach onto an already opened directory or file, immune to renames of the path.
Status AttachMountAt(int mount_fd, int target_fd, const std::string& shown);
// mount_setattr on the mount `fd` is the root of (Linux 5.12).
Status SetMountFlags(int mount_fd, MountFlags flags, const std::string& shown);
Status SetPrivate(int mount_fd, const std::string& shown);

Status Unmount(const std::string& target, bool lazy = false);

}  // namespace bf::host
