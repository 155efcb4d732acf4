// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/linux_kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/host/file.h"
#include "lockdown/apply/linux_drain.h"
#include "lockdown/keymap/linux_keymap.h"

namespace bf::lockdown {
namespace {

// More names than the kernel would give any directory that is read here.
constexpr std::size_t kMostNames = 8192;
// Of any kernel.
constexpr std::size_t kLeastPage = 4096;

}  // namespace

Result<int> LinuxSysfs::Directory(const std::string& directory) {
  if (const auto known = directories_.find(directory); known != directories_.end())
    return known->second.get();
  BF_ASSIGN(auto opened,
            host::Open(host::Under(root_, "/sys" + directory), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return directories_.emplace(directory, std::move(opened)).first->second.get();
}

Result<host::UniqueFd> LinuxSysfs::OpenIn(const std::string& directory, const std::string& name,
                                          int flags) {
  BF_ASSIGN(const int opened, Directory(directory));
  host::UniqueFd fd(::openat(opened, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return FailErrno(errno, "open /sys{}/{}", directory, name);
  return fd;
}

Result<std::string> LinuxSysfs::Read(const std::string& directory, const std::string& attribute,
                                     std::size_t limit) {
  BF_ASSIGN(const auto fd, OpenIn(directory, attribute, O_RDONLY));
  std::string text;
  // sysfs gives a page at most at a time, and less at the end only: most are read with one call,
  // into a string as long as they are, where st_size promises a page for each.
  std::array<char, kLeastPage> part;
  while (true) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read /sys{}/{}", directory, attribute);
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > limit)
      return Fail("/sys{}/{} is longer than {} bytes", directory, attribute, limit);
    if (static_cast<std::size_t>(got) < part.size()) return text;
  }
}

Result<std::vector<std::string>> LinuxSysfs::List(const std::string& directory) {
  // A descriptor of its own: the position in a directory is shared by copies.
  BF_ASSIGN(const auto fd, OpenIn(directory, ".", O_RDONLY | O_DIRECTORY));
  std::vector<std::string> names;
  // Not opendir: its buffer has 32 KiB, and to touch new memory takes longer than to read a few
  // names.
  alignas(dirent64) std::array<char, 1024> part;
  while (true) {
    const ssize_t got = ::getdents64(fd.get(), part.data(), part.size());
    if (got < 0) return FailErrno(errno, "list /sys{}", directory);
    if (got == 0) break;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(part.data() + at);
      const std::string_view name = entry->d_name;
      if (name != "." && name != ".." && names.size() < kMostNames) names.emplace_back(name);
      at += entry->d_reclen;
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> LinuxSysfs::Link(const std::string& directory, const std::string& name) {
  BF_ASSIGN(const int opened, Directory(directory));
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlinkat(opened, name.c_str(), target.data(), target.size());
  if (length < 0) return FailErrno(errno, "read the symlink /sys{}/{}", directory, name);
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<std::optional<Chords>> LinuxSysfs::ReadChords() { return lockdown::ReadChords(root_); }

Status LinuxKernel::DropChords(bool switches) {
  return lockdown::DropChords(sysfs_.root(), switches);
}

Status LinuxKernel::Write(const std::string& directory, const std::string& attribute,
                          const std::string& text) {
  BF_ASSIGN(const auto fd, sysfs_.OpenIn(directory, attribute, O_WRONLY | O_TRUNC));
  if (::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  return FailErrno(errno, "write \"{}\" to /sys{}/{}", text, directory, attribute);
}

Status LinuxKernel::LoadModule(const std::string& name) {
  // Modules are those of the running kernel, wherever --root is.
  if (sysfs_.root() != "/") return Fail("modules are loaded on the machine itself only");
  // An alias of a HID device is hexadecimal numbers; nothing that is read from a device gets
  // further than this.
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':';
  });
  if (!plain) return Fail("this is no name of a module");
  // One child without a deadline of its own: this process has one, or its unit.
  std::array<std::string, 4> words = {"modprobe", "-q", "--", name};
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::array<char*, 5> argv = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                               nullptr};
  std::array<char*, 2> environment = {path.data(), nullptr};
  // Its stdout is ours otherwise, and a rule reads that.
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, "/usr/sbin/modprobe", &actions, nullptr, argv.data(),
                                   environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return FailErrno(failed, "start modprobe");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return FailErrno(errno, "wait for modprobe");
  }
  if (status != 0) return Fail("modprobe {} ended with status {:#x}", name, status);
  return {};
}

Status LinuxKernel::ReleaseInput(const std::string& input, const std::string& event) {
  BF_ASSIGN(const std::string number, ReadAttribute(*this, input, event + "/dev"));
  BF_ASSIGN(const auto inhibited, sysfs_.OpenIn(input, "inhibited", O_WRONLY));
  return DrainAndRelease(host::Under(sysfs_.root(), "/dev/input/" + event), number,
                         inhibited.get());
}

}  // namespace bf::lockdown
