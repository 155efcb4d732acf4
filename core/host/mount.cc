// SPDX-License-Identifier: Apache-2.0
#include "core/host/mount.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

// Declared here because <sys/mount.h> and <linux/mount.h> cannot both be included with this libc.
extern "C" int umount2(const char* target, int flags) noexcept;

namespace bf::host {
namespace {

constexpr int kDetach = 2;                     // MNT_DETACH
constexpr int kNoFollow = 8;                   // UMOUNT_NOFOLLOW
constexpr unsigned long kPrivate = 1UL << 18;  // MS_PRIVATE, as mount_setattr takes it

// Since Linux 5.2 the context's descriptor yields the messages the kernel has on a refusal.
std::string KernelMessages(int context_fd) {
  std::string text;
  std::array<char, 1024> line;
  while (true) {
    const ssize_t got = ::read(context_fd, line.data(), line.size());
    if (got <= 2) return text;  // each is "e message", "w message" or "i message"
    text += text.empty() ? " (kernel: " : "; ";
    text.append(line.data() + 2, static_cast<std::size_t>(got) - 2);
    while (text.ends_with('\n')) text.pop_back();
  }
}

Failure Refused(int context_fd, std::string doing) {
  const int code = errno;
  std::string said = KernelMessages(context_fd);
  if (!said.empty()) said += ")";
  return FailErrno(code, "{}{}", doing, said);
}

unsigned AttributeBits(MountFlags flags) {
  unsigned bits = 0;
  if (flags.read_only) bits |= MOUNT_ATTR_RDONLY;
  if (flags.no_suid) bits |= MOUNT_ATTR_NOSUID;
  if (flags.no_dev) bits |= MOUNT_ATTR_NODEV;
  if (flags.no_exec) bits |= MOUNT_ATTR_NOEXEC;
  if (flags.no_atime) bits |= MOUNT_ATTR_NOATIME;
  return bits;
}

}  // namespace

Result<UniqueFd> CreateMount(const std::string& fs_type, const std::vector<MountOption>& options,
                             MountFlags flags) {
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, fs_type.c_str(), FSOPEN_CLOEXEC)));
  if (!context.valid()) return FailErrno(errno, "mount a {}", fs_type);
  for (const MountOption& option : options) {
    const bool flag = option.value.empty();
    const long done =
        ::syscall(SYS_fsconfig, context.get(), flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING,
                  option.key.c_str(), flag ? nullptr : option.value.c_str(), 0);
    if (done != 0) {
      return Refused(context.get(), fmt::format("{} mount option {}{}{}", fs_type, option.key,
                                                flag ? "" : "=", option.value));
    }
  }
  // A read-only mount of a device must also not write at super block level (journal replay).
  if (flags.read_only &&
      ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, "ro", nullptr, 0) != 0) {
    return Refused(context.get(), fmt::format("{} mount option ro", fs_type));
  }
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return Refused(context.get(), fmt::format("mount the {}", fs_type));
  }
  UniqueFd mounted(static_cast<int>(
      ::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, AttributeBits(flags))));
  if (!mounted.valid()) return Refused(context.get(), fmt::format("mount the {}", fs_type));
  return mounted;
}

Result<UniqueFd> CloneTree(int fd, bool recursive, const std::string& shown) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
                         (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0U);
  UniqueFd tree(static_cast<int>(::syscall(SYS_open_tree, fd, "", flags)));
  if (!tree.valid()) return FailErrno(errno, "bind {}", shown);
  return tree;
}

Status AttachMount(int mount_fd, const std::string& target) {
  if (::syscall(SYS_move_mount, mount_fd, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) !=
      0) {
    return FailErrno(errno, "attach a mount at {}", target);
  }
  return {};
}

Status AttachMountAt(int mount_fd, int target_fd, const std::string& shown) {
  if (::syscall(SYS_move_mount, mount_fd, "", target_fd, "",
                MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return FailErrno(errno, "attach a mount at {}", shown);
  }
  return {};
}

Status SetMountFlags(int mount_fd, MountFlags flags, const std::string& shown) {
  struct mount_attr attributes {};
  attributes.attr_set = AttributeBits(flags);
  // The atime setting is a field, not a bit: to set it, it has to be cleared as a whole.
  if (flags.no_atime) attributes.attr_clr = MOUNT_ATTR__ATIME;
  if (::syscall(SYS_mount_setattr, mount_fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes) !=
      0) {
    return FailErrno(errno, "set the mount flags of {}", shown);
  }
  return {};
}

Status SetPrivate(int mount_fd, const std::string& shown) {
  struct mount_attr attributes {};
  attributes.propagation = kPrivate;
  if (::syscall(SYS_mount_setattr, mount_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
                sizeof attributes) != 0) {
    return FailErrno(errno, "make {} private", shown);
  }
  return {};
}

Status Unmount(const std::string& target, bool lazy) {
  if (::umount2(target.c_str(), kNoFollow | (lazy ? kDetach : 0)) != 0) {
    return FailErrno(errno, "unmount {}", target);
  }
  return {};
}

}  // namespace bf::host
