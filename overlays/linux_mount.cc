// SPDX-License-Identifier: Apache-2.0
#include "overlays/linux_mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/file.h"
#include "core/host/mount.h"
#include "overlays/judge.h"

namespace bf::overlays {
namespace {

constexpr std::size_t kLongestFsconfig = 255;

// overlayfs takes a backslash before what would end a layer or an option.
std::string Escape(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string LowerDirs(const Layers& layers, std::string_view special) {
  std::string text;
  for (const auto& lower : layers.lowers)
    text += (text.empty() ? "" : ":") + Escape(lower, special);
  return text;
}

host::MountFlags Flags(bool exec) { return {.no_suid = true, .no_dev = true, .no_exec = !exec}; }

unsigned long OldFlags(bool exec) {
  return MS_NOSUID | MS_NODEV | (exec ? 0UL : static_cast<unsigned long>(MS_NOEXEC));
}

Result<host::UniqueFd> OpenTarget(const std::string& path) {
  return host::Open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

std::string FdPath(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

Status Mount2(const std::string& source, int target_fd, const std::string& shown, const char* type,
              unsigned long flags, const std::string& data) {
  if (::mount(source.c_str(), FdPath(target_fd).c_str(), type, flags, data.c_str()) != 0)
    return FailErrno(errno, "mount the {} on {}", type, shown);
  return {};
}

std::string TmpfsData(const MountTmpfs& mount) {
  return fmt::format("size={},nr_inodes={},mode={:o},uid={},gid={}", mount.size, mount.inodes,
                     mount.mode, mount.uid, mount.gid);
}

// A mount that the overlay is going to cover: kept by descriptor, and a clone to put on top.
struct Carried {
  host::UniqueFd old;
  host::UniqueFd clone;
  std::string path;
};

Result<std::vector<Carried>> TakeAlong(const std::vector<std::string>& paths) {
  std::vector<Carried> carried;
  for (const auto& path : paths) {
    Carried one;
    one.path = path;
    BF_ASSIGN(one.old, host::Open(path, O_PATH | O_NOFOLLOW));
    BF_ASSIGN(one.clone, host::CloneTree(one.old.get(), /*recursive=*/true, path));
    carried.push_back(std::move(one));
  }
  return carried;
}

Status PutBack(const std::vector<Carried>& carried) {
  for (const auto& one : carried) BF_TRY(host::AttachMount(one.clone.get(), one.path));
  // Covered by now, so only the descriptor still leads there; without this, the mount would keep
  // its file system busy at shutdown.
  for (const auto& one : carried) {
    if (::umount2(FdPath(one.old.get()).c_str(), MNT_DETACH) != 0)
      return FailErrno(errno, "detach the covered mount at {}", one.path);
  }
  return {};
}

Result<host::UniqueFd> CreateOverlay(const std::string& source, const Layers& layers, bool exec) {
  std::vector<host::MountOption> options = {{"source", source},
                                            {"lowerdir", LowerDirs(layers, "\\:")},
                                            {"upperdir", layers.upper},
                                            {"workdir", layers.work}};
  for (const auto& option : OverlayOptions()) options.push_back({option.name, option.value});
  return host::CreateMount("overlay", options, Flags(exec));
}

}  // namespace

bool NeedsMount2(const Layers& layers) {
  const auto hard = [](const std::string& text) {
    return text.size() > kLongestFsconfig || text.find(',') != std::string::npos;
  };
  // A backslash in upper or work means one thing to mount(2) and, from 6.5 on, another to fsconfig.
  const auto odd = [](const std::string& text) { return text.find('\\') != std::string::npos; };
  return hard(LowerDirs(layers, "\\:")) || hard(layers.upper) || hard(layers.work) ||
         odd(layers.upper) || odd(layers.work);
}

std::string OverlayData(const Layers& layers) {
  std::string data = fmt::format("lowerdir={},upperdir={},workdir={}", LowerDirs(layers, "\\:,"),
                                 Escape(layers.upper, "\\,"), Escape(layers.work, "\\,"));
  for (const auto& option : OverlayOptions())
    data += fmt::format(",{}={}", option.name, option.value);
  return data;
}

Status MountTmpfsAt(const std::string& path, const MountTmpfs& mount) {
  BF_ASSIGN(const auto target, OpenTarget(path));
  auto created = host::CreateMount("tmpfs",
                                   {{"source", mount.name},
                                    {"size", fmt::format("{}", mount.size)},
                                    {"nr_inodes", fmt::format("{}", mount.inodes)},
                                    {"mode", fmt::format("{:o}", mount.mode)},
                                    {"uid", fmt::format("{}", mount.uid)},
                                    {"gid", fmt::format("{}", mount.gid)}},
                                   Flags(mount.exec));
  if (created) return host::AttachMountAt(created->get(), target.get(), path);
  if (created.error().sys_errno != ENOSYS) return Failure(std::move(created).error());
  return Mount2(mount.name, target.get(), path, "tmpfs", OldFlags(mount.exec), TmpfsData(mount));
}

Status AdjustTmpfsAt(const std::string& path, const MountTmpfs& mount) {
  BF_ASSIGN(const auto target, OpenTarget(path));
  // Owner and mode stay: programs may have changed them since.
  const std::string data = fmt::format("size={},nr_inodes={}", mount.size, mount.inodes);
  const unsigned long flags = OldFlags(mount.exec);
  const std::string fd_path = FdPath(target.get());
  if (::mount("tmpfs", fd_path.c_str(), "tmpfs", MS_REMOUNT | flags, data.c_str()) != 0)
    return FailErrno(errno, "remount the tmpfs on {}", path);
  // Without MS_BIND, a mount's own read-only flag would stay.
  if (::mount("tmpfs", fd_path.c_str(), nullptr, MS_REMOUNT | MS_BIND | flags, nullptr) != 0)
    return FailErrno(errno, "set the mount flags of {}", path);
  return {};
}

Status MountOverlayAt(const std::string& path, const std::string& source, const Layers& layers,
                      bool exec, const std::vector<std::string>& carry) {
  BF_ASSIGN(const auto target, OpenTarget(path));
  BF_ASSIGN(const auto carried, TakeAlong(carry));
  bool attached = false;
  if (!NeedsMount2(layers)) {
    auto created = CreateOverlay(source, layers, exec);
    if (created) {
      BF_TRY(host::AttachMountAt(created->get(), target.get(), path));
      attached = true;
    } else if (created.error().sys_errno != ENOSYS) {
      return Failure(std::move(created).error());
    }
  }
  if (!attached) {
    BF_TRY(Mount2(source, target.get(), path, "overlay", OldFlags(exec), OverlayData(layers)));
  }
  if (auto back = PutBack(carried); !back) {
    // Better the image's read-only directory than one with a part missing.
    (void)host::Unmount(path, /*lazy=*/true);
    return back;
  }
  return {};
}

}  // namespace bf::overlays
