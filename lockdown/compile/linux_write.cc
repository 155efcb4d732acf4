// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "core/host/file.h"
#include "lockdown/compile/compile.h"

namespace bf::lockdown {
namespace {

namespace fs = std::filesystem;

// False for what is neither empty nor an earlier output: that is somebody's.
bool IsOurs(const std::string& dir) {
  std::error_code error;
  if (fs::is_empty(dir, error) && !error) return true;
  return fs::is_regular_file(fmt::format("{}/{}", dir, kManifestPath), error) && !error;
}

Status WriteOne(const std::string& dir, const OutputFile& file) {
  const fs::path path = fmt::format("{}/{}", dir, file.path);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return FailErrno(error.value(), "make {}", path.parent_path().string());
  if (!file.link.empty()) {
    fs::create_symlink(file.link, path, error);
    if (error) return FailErrno(error.value(), "link {}", path.string());
    return {};
  }
  BF_ASSIGN(const auto fd, host::Open(path.string(), O_WRONLY | O_CREAT | O_EXCL, 0644));
  return host::WriteAll(fd.get(), file.text, path.string());
}

Status WriteAll(const std::string& dir, const std::vector<OutputFile>& files) {
  for (const OutputFile& file : files) BF_TRY(WriteOne(dir, file));
  return {};
}

}  // namespace

Status WriteOutput(const std::string& dir, const std::vector<OutputFile>& files) {
  std::error_code error;
  const bool exists = fs::exists(fs::symlink_status(dir, error));
  if (exists && (!fs::is_directory(fs::symlink_status(dir, error)) || !IsOurs(dir)))
    return FailKind(ErrorKind::kRefused,
                    "{} holds something else than an earlier output: name another directory", dir);
  const std::string fresh = fmt::format("{}.new-{}", dir, ::getpid());
  fs::remove_all(fresh, error);
  fs::create_directories(fresh, error);
  if (error) return FailErrno(error.value(), "make {}", fresh);
  Status done = WriteAll(fresh, files);
  if (done) {
    const unsigned flags = exists ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, dir.c_str(), flags) != 0) {
      const int code = errno;
      done = FailErrno(code, "put {} in place", dir);
    }
  }
  // Half of a new output, or the whole of the old one.
  fs::remove_all(fresh, error);
  return done;
}

}  // namespace bf::lockdown
