// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>

#include "core/facts/mountinfo.h"
#include "core/host/beneath.h"
#include "core/host/file.h"
#include "core/host/mount.h"
#include "core/host/spawn.h"
#include "provision/data/linux_device.h"
#include "provision/data/linux_host.h"
#include "provision/data/undo/linux_restore.h"
#include "provision/data/undo/log.h"

namespace bf::provision::data {
namespace {

constexpr char kRepairDirectory[] = "/run/betterframe/repair";
// How many undo files BF_DATA keeps.
constexpr std::size_t kKeep = 3;
// e2fsck(8): 1 is "errors corrected", 2 "and the system should be rebooted", which is about a
// mounted root.
constexpr int kHarmless = 1 | 2;

bool SaysReadError(std::string_view output) {
  for (const std::string_view words :
       {"Error reading block", "short read", "Input/output error", "Can't read"}) {
    if (output.find(words) != std::string_view::npos) return true;
  }
  return false;
}

host::Command Fsck(const CheckFilesystem& step, const std::string& device,
                   const std::string& undo_file) {
  host::Command command;
  if (step.rung != Rung::kLook) {
    command.environment = {"LD_PRELOAD=" + undo::PreloadLibrary(),
                           fmt::format("{}={}", undo::kLogVariable, undo_file),
                           fmt::format("{}={}", undo::kDeviceVariable, device),
                           fmt::format("{}={}", undo::kLimitVariable, step.undo_size)};
  }
  command.argv = {"e2fsck"};
  auto& argv = command.argv;
  switch (step.rung) {
    case Rung::kLook:
      argv.insert(argv.end(), {"-f", "-n"});
      break;
    case Rung::kPreen:
      argv.emplace_back("-p");
      break;
    case Rung::kBackup:
      argv.insert(argv.end(), {"-f", "-y", "-b", std::to_string(step.backup_block), "-B",
                               std::to_string(step.block_size)});
      break;
    case Rung::kFull:
      argv.insert(argv.end(), {"-f", "-y"});
      break;
  }
  argv.push_back(device);
  command.timeout = std::chrono::milliseconds(step.timeout_ms);
  return command;
}

// "repair-0007-full.undo" → 7
int NumberOf(std::string_view name) {
  constexpr std::string_view kPrefix = "repair-";
  if (!name.starts_with(kPrefix) || !name.ends_with(".undo")) return 0;
  int number = 0;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), number);
  return number;
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::vector<std::string>> SavedFiles(const host::Beneath& data, const std::string& dir) {
  BF_ASSIGN(host::UniqueFd fd, data.OpenAt(dir, O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, DirCloser> list(::fdopendir(fd.get()));
  if (!list) return FailErrno(errno, "list {}", dir);
  (void)fd.Release();  // closedir closes it
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(list.get())) {
    if (NumberOf(entry->d_name) > 0) names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end(),
            [](const std::string& a, const std::string& b) { return NumberOf(a) < NumberOf(b); });
  return names;
}

Status Copy(const std::string& from, const host::Beneath& data, const std::string& to) {
  BF_ASSIGN(const host::UniqueFd source, host::Open(from, O_RDONLY));
  struct stat st {};
  if (::fstat(source.get(), &st) != 0) return FailErrno(errno, "stat {}", from);
  struct statvfs space {};
  if (::fstatvfs(data.fd(), &space) != 0) return FailErrno(errno, "statvfs {}", data.path());
  // The fourth part of what is free: an undo file must not be what fills the disk.
  if (static_cast<std::uint64_t>(st.st_size) > space.f_bavail * space.f_frsize / 4) {
    return Fail("{} bytes are too many for what is free on {}", st.st_size, data.path());
  }
  BF_ASSIGN(const host::UniqueFd target,
            data.OpenAt(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  std::vector<std::byte> chunk(1 << 20);
  std::uint64_t at = 0;
  while (at < static_cast<std::uint64_t>(st.st_size)) {
    const auto part = std::span(chunk).first(static_cast<std::size_t>(
        std::min<std::uint64_t>(chunk.size(), static_cast<std::uint64_t>(st.st_size) - at)));
    BF_TRY(host::ReadAt(source.get(), at, part, from));
    BF_TRY(host::WriteAt(target.get(), at, part, to));
    at += part.size();
  }
  return host::Sync(target.get(), to);
}

}  // namespace

LinuxHost::~LinuxHost() {
  if (repair_dir_.empty() || keep_logs_) return;
  // Left mounted it would be a writable place that no policy lists.
  if (host::Unmount(repair_dir_, /*lazy=*/true)) ::rmdir(repair_dir_.c_str());
}

Result<std::string> LinuxHost::RepairDirectory(std::uint64_t size) {
  if (!repair_dir_.empty()) return repair_dir_;
  const std::string dir = Target(kRepairDirectory);
  for (const std::string& part : {Target("/run/betterframe"), dir}) {
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) {
      return FailErrno(errno, "create {}", part);
    }
  }
  BF_ASSIGN(const auto mounts, facts::ReadMountInfo(root_));
  if (facts::FindMount(mounts, kRepairDirectory) == nullptr) {
    host::MountFlags flags;
    flags.no_suid = flags.no_dev = flags.no_exec = true;
    BF_ASSIGN(const host::UniqueFd mount,
              host::CreateMount("tmpfs",
                                {{"source", "bf-repair"},
                                 {"size", std::to_string(size + size / 16)},
                                 {"nr_inodes", "64"},
                                 {"mode", "0700"}},
                                flags));
    BF_TRY(host::AttachMount(mount.get(), dir));
  }
  repair_dir_ = dir;
  return dir;
}

// An e2fsck into which the library does not get (a static one) must not run at all.
Status LinuxHost::TryUndoLog(const host::Command& fsck, const std::string& undo_file) const {
  host::Command version = fsck;
  version.argv = {"e2fsck", "-V"};
  BF_ASSIGN(const host::Completed done, host::Run(version));
  if (done.timed_out) return FailErrno(ETIMEDOUT, "{}", done.Explain(version));
  if (!undo::HasHeader(undo_file)) {
    return Fail("e2fsck runs without the undo log, and so it is not run ({})",
                done.Explain(version));
  }
  return {};
}

// e2fsck -y makes a sound file system of anything, if need be an empty one. That would be wiping.
Status LinuxHost::CheckRepaired(const CheckFilesystem& step) const {
  if (step.rung == Rung::kPreen) return {};  // never gives up anything
  BF_ASSIGN(const host::UniqueFd mount, MountPrivately(step.device, /*read_only=*/true));
  BF_ASSIGN(const auto data, host::Beneath::Open(fmt::format("/proc/self/fd/{}", mount.get())));
  const auto state = data.Stat("state");
  if (!state || !S_ISDIR(state->st_mode)) {
    return Fail("the repair would leave a file system without the directories of BF_DATA");
  }
  return {};
}

Status LinuxHost::Do(const CheckFilesystem& step) {
  const std::string device = Device(step.device);
  BF_ASSIGN(const std::string dir, RepairDirectory(step.undo_size));
  const std::string undo_file =
      fmt::format("{}/{}-{}.undo", dir, undo_files_.size(), RungName(step.rung));
  ::unlink(undo_file.c_str());
  const host::Command command = Fsck(step, device, undo_file);
  if (step.rung != Rung::kLook) BF_TRY(TryUndoLog(command, undo_file));
  BF_ASSIGN(const host::Completed done, host::Run(command));
  // Two writers on one device would be worse than a repair left half done.
  keep_logs_ |= done.stuck;
  if (done.stuck) return FailErrno(ETIMEDOUT, "{}", done.Explain(command));
  if (step.rung == Rung::kLook) {
    if (done.timed_out) return FailErrno(ETIMEDOUT, "{}", done.Explain(command));
    if (SaysReadError(done.output)) return FailErrno(EIO, "e2fsck -n cannot read everything");
    return {};
  }
  std::string why;
  if (done.timed_out || done.signal != 0 || (done.exit_code & ~kHarmless) != 0) {
    why = done.Explain(command);
  } else if (auto useful = CheckRepaired(step); !useful) {
    why = useful.error().ToString();
  } else {
    undo_files_.push_back(undo_file);
    return {};
  }
  if (auto undone = undo::Restore(undo_file, root_, step.device); !undone) {
    keep_logs_ = true;
    why += fmt::format("; and it could not be undone ({}); the log is {}",
                       undone.error().ToString(), undo_file);
  }
  if (done.timed_out) return FailErrno(ETIMEDOUT, "{}", why);
  return Fail("{}", why);
}

Status LinuxHost::Do(const UndoRepairs& step) {
  while (!undo_files_.empty()) {
    keep_logs_ = true;
    BF_TRY(undo::Restore(undo_files_.back(), root_, step.device));
    keep_logs_ = false;
    undo_files_.pop_back();
  }
  if (!torn_block_) return {};
  BF_ASSIGN(const BlockDevice device, BlockDevice::Open(root_, step.device, std::nullopt,
                                                        BlockDevice::Mode::kWriteExclusive));
  BF_TRY(device.Write(0, *torn_block_));
  torn_block_.reset();
  return host::Sync(device.fd(), step.device);
}

Status LinuxHost::Do(const SaveUndo& step) {
  constexpr char kDirectory[] = "control/repair";
  BF_ASSIGN(const auto data, host::Beneath::Open(Target(step.target)));
  BF_TRY(data.MakeDirectory(kDirectory, 0700, 0, 0));
  BF_ASSIGN(auto saved, SavedFiles(data, kDirectory));
  int number = saved.empty() ? 0 : NumberOf(saved.back());
  for (const std::string& file : undo_files_) {
    BF_ASSIGN(const std::uint64_t changed, undo::CountRecords(file));
    if (changed == 0) continue;
    const std::string name = fmt::format("repair-{:04}{}", ++number, file.substr(file.rfind('-')));
    BF_TRY(Copy(file, data, fmt::format("{}/{}", kDirectory, name)));
    saved.push_back(name);
  }
  for (std::size_t i = 0; i + kKeep < saved.size(); ++i) {
    BF_TRY(data.RemoveTree(fmt::format("{}/{}", kDirectory, saved[i])));
  }
  BF_ASSIGN(const host::UniqueFd dir, data.OpenAt(kDirectory, O_RDONLY | O_DIRECTORY));
  return host::Sync(dir.get(), kDirectory);
}

}  // namespace bf::provision::data
