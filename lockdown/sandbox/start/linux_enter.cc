// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/linux_enter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace bf::lockdown::sandbox {

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  // execve(2) takes them as they came, and changes none.
  for (const std::string& one : texts) pointers.push_back(const_cast<char*>(one.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Error NotStarted(int code, std::string doing) {
  const bool absent = code == ENOENT || code == ENOTDIR;
  return {absent ? ErrorKind::kNoProgram : ErrorKind::kNotExecutable, std::move(doing), {}, code};
}

Result<std::string> FindProgram(const std::string& name, std::string_view path) {
  if (name.find('/') != name.npos) {
    if (::access(name.c_str(), X_OK) != 0) return Failure(NotStarted(errno, name));
    return name;
  }
  bool found = false;
  while (!path.empty() && !name.empty()) {
    const std::string candidate = fmt::format("{}/{}", path.substr(0, path.find(':')), name);
    if (candidate.front() == '/') {
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
      found = found || errno == EACCES;
    }
    path.remove_prefix(std::min(path.size(), path.substr(0, path.find(':')).size() + 1));
  }
  if (found) return Failure(NotStarted(EACCES, name));
  return FailKind(ErrorKind::kNoProgram, "there is no program \"{}\"", name);
}

Result<int> LoadFilter(const Program& filter, unsigned flags) {
  static_assert(sizeof(Instruction) == sizeof(sock_filter));
  // Only the kernel reads it. A copy would be freed when the filter already counts.
  auto* const raw = reinterpret_cast<sock_filter*>(const_cast<Instruction*>(filter.data()));
  const sock_fprog loaded{static_cast<unsigned short>(filter.size()), raw};
  const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &loaded);
  if (result < 0) return FailErrno(errno, "load the filter");
  return static_cast<int>(result);
}

Error Enter(const Program& filter, const std::string& program,
            const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment) {
  const auto argv = Pointers(arguments);
  const auto envp = Pointers(environment);
  // The kernel tells the journal whom it killed. Not whom it told an error: what asks for clone3
  // and gets ENOSYS does so at each thread.
  if (const auto loaded = LoadFilter(filter, 0); !loaded) return loaded.error();
  // From here on the filter counts: nothing but this one call.
  ::execve(program.c_str(), argv.data(), envp.data());
  return NotStarted(errno, "start " + program);
}

}  // namespace bf::lockdown::sandbox
