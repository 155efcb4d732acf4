// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>
#include <charconv>

#include "core/host/file.h"
#include "overlays/linux_tree.h"
#include "overlays/linux_xattrs.h"

namespace bf::overlays {
namespace {

// Opens below `dir_fd`, following nothing.
int OpenBelow(int dir_fd, const std::string& path, std::uint64_t flags) {
  struct open_how how {};
  how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, dir_fd, path.c_str(), &how, sizeof how));
}

dev_t ParseDevice(const std::string& text) {
  unsigned numbers[2] = {0, 0};
  const auto colon = text.find(':');
  if (colon == std::string::npos) return 0;
  std::from_chars(text.data(), text.data() + colon, numbers[0]);
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), numbers[1]);
  return makedev(numbers[0], numbers[1]);
}

class Builder {
 public:
  Builder(BuildSources sources, const StepHook& hook) : sources_(sources), hook_(hook) {}

  Status BuildChildren(const Made& made, const std::string& path, int dir_fd,
                       const std::string& shown);
  // Owner, mode and attributes, in the order in which none clears another.
  Status Dress(const Made& made, const std::string& path, int dir_fd, const std::string& name,
               const std::string& shown);

 private:
  Status BuildOne(const Made& made, const std::string& path, int dir_fd, const std::string& name,
                  const std::string& shown);
  Status BuildDirectory(const Made& made, const std::string& path, int dir_fd,
                        const std::string& name, const std::string& shown);
  Status CopyFile(const Made& made, const std::string& path, int dir_fd, const std::string& name,
                  const std::string& shown);
  Status Step(const std::string& text) { return hook_ ? hook_(text) : Status{}; }
  int Source(Origin origin) const {
    return origin == Origin::kVendor ? sources_.vendor_fd : sources_.upper_fd;
  }

  BuildSources sources_;
  const StepHook& hook_;
};

Status Builder::CopyFile(const Made& made, const std::string& path, int dir_fd,
                         const std::string& name, const std::string& shown) {
  const host::UniqueFd from(OpenBelow(Source(made.content), path, O_RDONLY | O_NONBLOCK));
  if (!from.valid()) return FailErrno(errno, "open the source of {}", shown);
  struct stat st {};
  if (::fstat(from.get(), &st) != 0) return FailErrno(errno, "stat the source of {}", shown);
  if (!S_ISREG(st.st_mode)) return Fail("the source of {} is not a file any more", shown);
  const host::UniqueFd to(
      ::openat(dir_fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to.valid()) return FailErrno(errno, "create {}", shown);
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read the source of {}", shown);
    if (got == 0) break;
    BF_TRY(host::WriteAll(to.get(), {buffer.data(), static_cast<std::size_t>(got)}, shown));
  }
  const timespec times[2] = {st.st_atim, st.st_mtim};
  if (::futimens(to.get(), times) != 0) return FailErrno(errno, "set the time of {}", shown);
  return {};
}

Status Builder::Dress(const Made& made, const std::string& path, int dir_fd,
                      const std::string& name, const std::string& shown) {
  const Node& node = made.node;
  if (::fchownat(dir_fd, name.c_str(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return FailErrno(errno, "set the owner of {}", shown);
  if (node.type != NodeType::kSymlink && ::fchmodat(dir_fd, name.c_str(), node.mode, 0) != 0)
    return FailErrno(errno, "set the mode of {}", shown);
  if (node.xattrs.empty() || made.xattrs == Origin::kNothing) return {};
  // The parent is opened, so that attributes of any type of entry can be read by name.
  const auto slash = path.rfind('/');
  const std::string parent =
      path.empty() || slash == std::string::npos ? "." : path.substr(0, slash);
  const std::string last = path.empty()                 ? "."
                           : slash == std::string::npos ? path
                                                        : path.substr(slash + 1);
  const host::UniqueFd from(OpenBelow(Source(made.xattrs), parent, O_RDONLY | O_DIRECTORY));
  if (!from.valid()) return FailErrno(errno, "open the source of {}", shown);
  BF_ASSIGN(const auto xattrs, ReadXattrs(from.get(), last, shown));
  return WriteXattrs(dir_fd, name, xattrs, shown);
}

Status Builder::BuildDirectory(const Made& made, const std::string& path, int dir_fd,
                               const std::string& name, const std::string& shown) {
  if (::mkdirat(dir_fd, name.c_str(), 0700) != 0) return FailErrno(errno, "create {}", shown);
  const host::UniqueFd fd(
      ::openat(dir_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return FailErrno(errno, "open {}", shown);
  if (made.node.opaque && ::fsetxattr(fd.get(), "trusted.overlay.opaque", "y", 1, 0) != 0)
    return FailErrno(errno, "mark {} opaque", shown);
  return BuildChildren(made, path, fd.get(), shown);
}

Status Builder::BuildOne(const Made& made, const std::string& path, int dir_fd,
                         const std::string& name, const std::string& shown) {
  BF_TRY(Step(fmt::format("create {}", shown)));
  const Node& node = made.node;
  switch (node.type) {
    case NodeType::kDirectory:
      BF_TRY(BuildDirectory(made, path, dir_fd, name, shown));
      break;
    case NodeType::kFile:
      BF_TRY(CopyFile(made, path, dir_fd, name, shown));
      break;
    case NodeType::kSymlink:
      if (::symlinkat(node.content.c_str(), dir_fd, name.c_str()) != 0)
        return FailErrno(errno, "create the symlink {}", shown);
      break;
    case NodeType::kWhiteout:
      if (::mknodat(dir_fd, name.c_str(), S_IFCHR, makedev(0, 0)) != 0)
        return FailErrno(errno, "create the whiteout {}", shown);
      return {};
    default: {
      const mode_t type = node.type == NodeType::kFifo         ? S_IFIFO
                          : node.type == NodeType::kSocket     ? S_IFSOCK
                          : node.type == NodeType::kCharDevice ? S_IFCHR
                                                               : S_IFBLK;
      if (::mknodat(dir_fd, name.c_str(), type | 0600, ParseDevice(node.content)) != 0)
        return FailErrno(errno, "create {}", shown);
    }
  }
  return Dress(made, path, dir_fd, name, shown);
}

Status Builder::BuildChildren(const Made& made, const std::string& path, int dir_fd,
                              const std::string& shown) {
  for (const auto& [name, child] : made.children)
    BF_TRY(BuildOne(child, Join(path, name), dir_fd, name,
                    fmt::format("{}/{}", shown, Printable(name))));
  return {};
}

}  // namespace

Status BuildTree(const Made& made, BuildSources sources, int target_fd, const std::string& shown,
                 const StepHook& hook) {
  Builder builder(sources, hook);
  BF_TRY(builder.BuildChildren(made, "", target_fd, shown));
  return builder.Dress(made, "", target_fd, ".", shown);
}

}  // namespace bf::overlays
