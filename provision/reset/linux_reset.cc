// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/linux_reset.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "core/facts/mountinfo.h"
#include "core/host/file.h"

namespace bf::provision::reset {
namespace {

using host::UniqueFd;

constexpr std::size_t kMaxFile = 4096;

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::vector<std::string>> Names(UniqueFd directory, const std::string& shown) {
  std::unique_ptr<DIR, DirCloser> stream(::fdopendir(directory.get()));
  if (stream == nullptr) return FailErrno(errno, "list {}", shown);
  (void)directory.Release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return FailErrno(errno, "list {}", shown);
  return names;
}

bool IsAbsent(int code) { return code == ENOENT || code == ENOTDIR || code == ELOOP; }

}  // namespace

Result<LinuxHost> LinuxHost::Open(const std::string& data) {
  BF_ASSIGN(host::Beneath beneath, host::Beneath::Open(data));
  return LinuxHost(std::move(beneath));
}

Result<std::optional<Request>> LinuxHost::ReadRequest() {
  const std::string path(kRequest);
  const auto status = data_.Stat(path);
  if (!status) {
    if (IsAbsent(status.error().sys_errno)) return std::nullopt;
    return Failure(status.error());
  }
  // control/ is root's; a request by anybody else got there in some other way.
  if (!S_ISREG(status->st_mode) || status->st_uid != ::geteuid() || status->st_nlink != 1) {
    return Fail("{} is not a file that root wrote; ignored", path);
  }
  BF_ASSIGN(const std::string text, data_.ReadFile(path, kMaxFile));
  auto request = ParseRequest(text);
  if (!request) return Failure(std::move(request).error().Context(path + " is ignored"));
  return *std::move(request);
}

Result<Listing> LinuxHost::List() {
  Listing listing;
  for (const std::string& directory : Containers()) {
    auto fd =
        data_.OpenAt(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) {
      // Not a directory: then it is no container, and goes as a whole.
      if (IsAbsent(fd.error().sys_errno)) continue;
      return Failure(std::move(fd).error());
    }
    BF_ASSIGN(listing[directory], Names(*std::move(fd), directory));
  }
  return listing;
}

Status LinuxHost::RemovePath(const std::string& path) {
  At("remove");
  return data_.RemoveTree(path);
}

Status LinuxHost::Flush() {
  At("flush");
  if (::syncfs(data_.fd()) != 0) return FailErrno(errno, "flush BF_DATA");
  return {};
}

Status LinuxHost::WriteRecord(const Request& request) {
  At("record");
  return data_.ReplaceFile(std::string(kRecord), ToJson(Record{request.requested, NowUtc()}), 0600);
}

Status LinuxHost::ClearRequest() {
  At("clear");
  BF_TRY(data_.RemoveTree(std::string(kRequest)));
  At("sync");
  BF_ASSIGN(const UniqueFd control,
            data_.OpenAt(std::string(kControl), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  return host::Sync(control.get(), std::string(kControl));
}

Status LinuxHost::WriteRequest(const Request& request) {
  BF_TRY(data_.MakeDirectory(std::string(kControl), 0700, ::geteuid(), ::getegid()));
  return data_.ReplaceFile(std::string(kRequest), ToJson(request), 0600);
}

std::string NowUtc() {
  const time_t now = ::time(nullptr);
  struct tm utc {};
  ::gmtime_r(&now, &utc);
  char text[sizeof "2026-11-23T00:10:05Z" + 8] = {};
  const std::size_t length = ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text, length};
}

Result<Standing> ObserveStanding(const std::string& root, const std::string& mount_point) {
  BF_ASSIGN(const std::vector<facts::Mount> mounts, facts::ReadMountInfo(root));
  Standing standing;
  const facts::Mount* data = facts::FindMount(mounts, mount_point);
  if (data == nullptr) return standing;
  standing.mounted = true;
  standing.is_volatile = data->fs_type == "tmpfs";
  standing.read_only = !data->Writable();
  for (const facts::Mount& mount : mounts) {
    const bool same = mount.major == data->major && mount.minor == data->minor;
    // An overlay has a device of its own and names BF_DATA in its options.
    const bool above =
        mount.fs_type == "overlay" && mount.SuperOption("upperdir").starts_with(mount_point + "/");
    if ((same && mount.id != data->id) || above) {
      standing.in_use_at = mount.target;
      break;
    }
  }
  return standing;
}

Outcome CarryOutAtBoot(const std::string& root, const state::Policy& policy) {
  Outcome outcome;
  const auto fail = [&](const Error& error) {
    outcome.problems.push_back("factory reset: " + error.ToString());
    return outcome;
  };
  auto host = LinuxHost::Open(host::Under(root, policy.mount_point));
  if (!host) {
    // Without the mount point nothing could have been asked for; bf-state says what is missing.
    return IsAbsent(host.error().sys_errno) ? outcome : fail(host.error());
  }
  const auto request = host->ReadRequest();
  if (!request) return fail(request.error());
  if (!request->has_value()) return outcome;
  const auto standing = ObserveStanding(root, policy.mount_point);
  if (!standing) return fail(standing.error());
  if (!standing->mounted || standing->is_volatile) return outcome;
  outcome.requested = true;
  if (!standing->in_use_at.empty()) {
    // Not a problem: somebody runs bf-state again on a running device.
    outcome.done.push_back(fmt::format(
        "factory reset: waits for the next boot, because {} uses BF_DATA", standing->in_use_at));
    return outcome;
  }
  if (standing->read_only) {
    outcome.problems.emplace_back("factory reset: waits, because BF_DATA is read-only");
    return outcome;
  }
  return CarryOut(policy, *host);
}

}  // namespace bf::provision::reset
