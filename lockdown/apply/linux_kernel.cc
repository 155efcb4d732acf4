// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/linux_kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/host/file.h"
#include "core/host/spawn.h"
#include "lockdown/apply/linux_drain.h"

namespace bf::lockdown {
namespace {

// More names than the kernel would give any directory that is read here.
constexpr std::size_t kMostNames = 8192;

}  // namespace

Result<const host::Beneath*> LinuxSysfs::Directory(const std::string& directory) {
  if (const auto known = directories_.find(directory); known != directories_.end())
    return &known->second;
  BF_ASSIGN(auto opened, host::Beneath::Open(host::Under(root_, "/sys" + directory)));
  return &directories_.emplace(directory, std::move(opened)).first->second;
}

Result<std::string> LinuxSysfs::Read(const std::string& directory, const std::string& attribute,
                                     std::size_t limit) {
  BF_ASSIGN(const auto* opened, Directory(directory));
  return opened->ReadFile(attribute, limit);
}

Result<std::vector<std::string>> LinuxSysfs::List(const std::string& directory) {
  BF_ASSIGN(const auto* opened, Directory(directory));
  // A descriptor of its own: the position in a directory is shared by copies.
  BF_ASSIGN(auto fd, opened->OpenAt(".", O_RDONLY | O_DIRECTORY));
  DIR* stream = ::fdopendir(fd.get());
  if (stream == nullptr) return FailErrno(errno, "list {}", opened->path());
  fd.Release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && names.size() < kMostNames) names.emplace_back(name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> LinuxSysfs::Link(const std::string& directory, const std::string& name) {
  BF_ASSIGN(const auto* opened, Directory(directory));
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlinkat(opened->fd(), name.c_str(), target.data(), target.size());
  if (length < 0) return FailErrno(errno, "read the symlink {}/{}", opened->path(), name);
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Status LinuxKernel::Write(const std::string& directory, const std::string& attribute,
                          const std::string& text) {
  BF_ASSIGN(const auto* opened, sysfs_.Directory(directory));
  BF_ASSIGN(const auto fd, opened->OpenAt(attribute, O_WRONLY | O_TRUNC));
  if (::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  return FailErrno(errno, "write \"{}\" to {}/{}", text, opened->path(), attribute);
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
  host::Command command;
  command.argv = {"modprobe", "-q", "--", name};
  command.timeout = std::chrono::seconds(4);
  BF_TRY(host::RunOk(command));
  return {};
}

Status LinuxKernel::ReleaseInput(const std::string& input, const std::string& event) {
  BF_ASSIGN(const std::string number, ReadAttribute(*this, input, event + "/dev"));
  BF_ASSIGN(const auto* directory, sysfs_.Directory(input));
  BF_ASSIGN(const auto inhibited, directory->OpenAt("inhibited", O_WRONLY));
  return DrainAndRelease(host::Under(sysfs_.root(), "/dev/input/" + event), number,
                         inhibited.get());
}

}  // namespace bf::lockdown
