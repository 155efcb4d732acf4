// SPDX-License-Identifier: Apache-2.0
// Quotas of projects and of users: quotactl_fd(2) (Linux 5.14) and FS_IOC_FS{GET,SET}XATTR.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/error/error.h"
#include "provision/state/facts.h"

namespace bf::provision::state {

// Whether the file system `fd` lies on enforces project limits. Never an error: tmpfs and kernels
// without quotas simply do not.
bool ProjectQuotasEnforced(int fd);
// nullopt when the project is not known to the file system: nothing used, no limit.
Result<std::optional<QuotaFacts>> GetProjectQuota(int fd, std::uint32_t project);
Status SetProjectQuota(int fd, std::uint32_t project, std::uint64_t bytes, std::uint64_t inodes);

// The same for what a user owns, wherever on the file system it lies.
bool UserQuotasEnforced(int fd);
Result<std::optional<QuotaFacts>> GetUserQuota(int fd, std::uint32_t uid);
Status SetUserQuota(int fd, std::uint32_t uid, std::uint64_t bytes, std::uint64_t inodes);

struct ProjectFlags {
  std::uint32_t project = 0;
  bool inherits = false;
};
// Of an open file or directory; zeroes where the file system has no projects.
Result<ProjectFlags> ReadProject(int fd, const std::string& shown);
// `inherit` only for directories.
Status AssignProject(int fd, std::uint32_t project, bool inherit, const std::string& shown);

}  // namespace bf::provision::state
