// SPDX-License-Identifier: Apache-2.0
#include "provision/state/linux_quota.h"

#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace bf::provision::state {
namespace {

enum class Counted { kUsers, kProjects };

// glibc 2.36 has no wrapper. Unlike quotactl(2) it needs no path of a block device.
int QuotaCtl(int fd, unsigned command, Counted counted, std::uint32_t id, void* argument) {
  const unsigned type = counted == Counted::kUsers ? USRQUOTA : PRJQUOTA;
  return static_cast<int>(::syscall(SYS_quotactl_fd, fd, QCMD(command, type), id, argument));
}

std::string_view Name(Counted counted) { return counted == Counted::kUsers ? "user" : "project"; }

bool Enforced(int fd, Counted counted) {
  // Q_GETFMT succeeds while limits are on, and is ESRCH where usage is only counted.
  std::uint32_t format = 0;
  return QuotaCtl(fd, Q_GETFMT, counted, 0, &format) == 0;
}

Result<std::optional<QuotaFacts>> Get(int fd, Counted counted, std::uint32_t id) {
  if_dqblk block{};
  if (QuotaCtl(fd, Q_GETQUOTA, counted, id, &block) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return FailErrno(errno, "read the quota of {} {}", Name(counted), id);
  }
  return QuotaFacts{block.dqb_bhardlimit * 1024, block.dqb_ihardlimit, block.dqb_curspace,
                    block.dqb_curinodes};
}

Status Set(int fd, Counted counted, std::uint32_t id, std::uint64_t bytes, std::uint64_t inodes) {
  if_dqblk block{};
  block.dqb_bhardlimit = bytes / 1024;
  block.dqb_ihardlimit = inodes;
  block.dqb_valid = QIF_LIMITS;  // soft limits 0: none
  if (QuotaCtl(fd, Q_SETQUOTA, counted, id, &block) != 0) {
    return FailErrno(errno, "set the quota of {} {}", Name(counted), id);
  }
  return {};
}

bool NoProjectsHere(int code) { return code == ENOTTY || code == EOPNOTSUPP || code == EINVAL; }

}  // namespace

bool ProjectQuotasEnforced(int fd) { return Enforced(fd, Counted::kProjects); }
bool UserQuotasEnforced(int fd) { return Enforced(fd, Counted::kUsers); }

Result<std::optional<QuotaFacts>> GetProjectQuota(int fd, std::uint32_t project) {
  return Get(fd, Counted::kProjects, project);
}
Result<std::optional<QuotaFacts>> GetUserQuota(int fd, std::uint32_t uid) {
  return Get(fd, Counted::kUsers, uid);
}

Status SetProjectQuota(int fd, std::uint32_t project, std::uint64_t bytes, std::uint64_t inodes) {
  return Set(fd, Counted::kProjects, project, bytes, inodes);
}
Status SetUserQuota(int fd, std::uint32_t uid, std::uint64_t bytes, std::uint64_t inodes) {
  return Set(fd, Counted::kUsers, uid, bytes, inodes);
}

Result<ProjectFlags> ReadProject(int fd, const std::string& shown) {
  fsxattr attributes{};
  if (::ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) {
    if (NoProjectsHere(errno)) return ProjectFlags{};
    return FailErrno(errno, "read the project of {}", shown);
  }
  return ProjectFlags{attributes.fsx_projid, (attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0};
}

Status AssignProject(int fd, std::uint32_t project, bool inherit, const std::string& shown) {
  fsxattr attributes{};
  if (::ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) {
    return FailErrno(errno, "read the project of {}", shown);
  }
  const bool inherits = (attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0;
  if (attributes.fsx_projid == project && (inherits || !inherit)) return {};
  attributes.fsx_projid = project;
  if (inherit) attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
  if (::ioctl(fd, FS_IOC_FSSETXATTR, &attributes) != 0) {
    return FailErrno(errno, "set the project of {} to {}", shown, project);
  }
  return {};
}

}  // namespace bf::provision::state
