// SPDX-License-Identifier: Apache-2.0
#include "overlays/linux_facts.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include "core/hash/sha256.h"
#include "core/host/file.h"
#include "overlays/linux_store.h"
#include "overlays/linux_tree.h"

namespace bf::overlays {
namespace {

std::optional<bool> ModuleDefault(const std::string& root, std::string_view parameter) {
  const auto text = host::ReadLine(
      host::Under(root, fmt::format("/sys/module/overlay/parameters/{}", parameter)));
  if (!text) return std::nullopt;
  if (*text == "Y" || *text == "1") return true;
  if (*text == "N" || *text == "0") return false;
  return std::nullopt;
}

PathFacts ReadPath(const std::string& path) {
  PathFacts facts;
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) return facts;
  facts.directory = true;
  facts.mode = st.st_mode & 07777;
  facts.uid = st.st_uid;
  facts.gid = st.st_gid;
  struct statvfs fs {};
  if (::statvfs(path.c_str(), &fs) == 0) {
    facts.fs_bytes = static_cast<std::uint64_t>(fs.f_blocks) * fs.f_frsize;
    facts.fs_inodes = fs.f_files;
  }
  return facts;
}

// With --root, mounts are seen from outside: only those below it count, as if it were "/".
void CutPrefix(std::string& text, const std::string& root) {
  for (std::size_t at = text.find(root + "/"); at != std::string::npos;
       at = text.find(root + "/", at + 1))
    text.erase(at, root.size());
}

void SeenFrom(std::vector<facts::Mount>& mounts, const std::string& root) {
  if (root == "/") return;
  std::erase_if(mounts, [&](const auto& mount) { return !IsWithin(mount.target, root); });
  for (auto& mount : mounts) {
    mount.target = mount.target == root ? "/" : mount.target.substr(root.size());
    if (mount.fs_type != "overlay") continue;
    for (auto& option : mount.super_options) CutPrefix(option, root);
  }
}

// Everything a file system says of itself lies in its first 4 KiB, and on a root that is never
// written to they never change.
std::string RootFsIdentity(const std::string& root, const std::vector<facts::Mount>& mounts) {
  const auto* mount = facts::FindMount(mounts, "/");
  if (mount == nullptr || mount->major == 0) return {};
  const auto uevent = host::ReadFile(
      host::Under(root, fmt::format("/sys/dev/block/{}:{}/uevent", mount->major, mount->minor)));
  if (!uevent) return {};
  constexpr std::string_view kKey = "DEVNAME=";
  const auto at = uevent->find(kKey);
  if (at == std::string::npos) return {};
  const std::string device =
      uevent->substr(at + kKey.size(), uevent->find('\n', at) - at - kKey.size());
  const auto fd = host::Open(host::Under(root, "/dev/" + device), O_RDONLY);
  if (!fd) return {};
  std::array<char, 4096> head{};
  if (!host::ReadAt(fd->get(), 0, std::as_writable_bytes(std::span(head)), device)) return {};
  return fmt::format("{}:{}", mount->fs_type,
                     hash::HashOf({head.data(), head.size()}).substr(0, 16));
}

std::string DataProblem(const Policy& policy, const std::vector<facts::Mount>& mounts) {
  const auto* data = facts::FindMount(mounts, policy.data_mount_point.value);
  if (data == nullptr) return "BF_DATA is not mounted";
  if (data->fs_type == "tmpfs") return "a tmpfs stands in for BF_DATA";
  if (!data->Writable()) return "BF_DATA is mounted read-only";
  return {};
}

// The three trees of a merge; read only when there is one to be made.
void ReadTrees(const Store& store, const std::string& lower_path, const GenerationFacts* newest,
               StoreFacts& facts) {
  auto lower_fd = OpenWithoutMounts(lower_path);
  auto next = lower_fd ? ScanTree(lower_fd->get(), /*upper=*/false, lower_path)
                       : Result<Entry>(Failure(lower_fd.error()));
  if (!next) {
    facts.tree_problem = next.error().ToString();
    return;
  }
  facts.next = *std::move(next);
  if (newest == nullptr) return;
  if (auto user = store.ScanUpper(newest->number)) {
    facts.changed_since_made = hash::HashOf(ToManifest(*user)) != newest->stamp->made;
    facts.user = *std::move(user);
  } else {
    facts.tree_problem = user.error().ToString();
  }
  if (auto base = store.ReadManifest(newest->number))
    facts.base = *std::move(base);
  else
    facts.base_problem = base.error().ToString();
}

}  // namespace

Result<Facts> ObserveMounts(const Policy& policy, const std::string& root) {
  Facts facts;
  BF_ASSIGN(facts.mounts, facts::ReadMountInfo(root));
  SeenFrom(facts.mounts, root);
  facts.defaults.index = ModuleDefault(root, "index");
  facts.defaults.metacopy = ModuleDefault(root, "metacopy");
  facts.defaults.redirect_dir = ModuleDefault(root, "redirect_dir");
  facts.defaults.xino = ModuleDefault(root, "xino_auto");
  facts.defaults.nfs_export = ModuleDefault(root, "nfs_export");
  for (const auto& entry : policy.paths)
    facts.paths[entry.name.value] = ReadPath(host::Under(root, entry.path.value));
  return facts;
}

Result<Facts> Observe(const Policy& policy, const std::string& root) {
  BF_ASSIGN(Facts facts, ObserveMounts(policy, root));
  if (const auto release = facts::ReadOsRelease(root)) facts.os = IdentityOf(*release);
  facts.os.root_fs = RootFsIdentity(root, facts.mounts);
  facts.data_problem = DataProblem(policy, facts.mounts);
  if (!facts.data_problem.empty()) return facts;

  auto data = host::Beneath::Open(host::Under(root, policy.data_mount_point.value));
  if (!data) {
    facts.data_problem = data.error().ToString();
    return facts;
  }
  if (auto parent = data->Stat("overlay"); !parent && parent.error().sys_errno != ENOENT) {
    facts.data_problem = parent.error().ToString();
    return facts;
  } else if (parent && !S_ISDIR(parent->st_mode)) {
    facts.data_problem = fmt::format("{}/overlay is not a directory", data->path());
    return facts;
  }
  for (const auto& entry : policy.paths) {
    if (!entry.persistent()) continue;
    const Store store(*data, entry.name.value);
    StoreFacts& found = facts.stores[entry.name.value] = store.Observe();
    if (facts::FindMount(facts.mounts, entry.path.value) != nullptr) continue;
    const auto* newest = found.Newest();
    const bool same = newest != nullptr && !newest->was_volatile &&
                      (newest->stamp->os == facts.os || !facts.os.known());
    if (!same) ReadTrees(store, host::Under(root, entry.path.value), newest, found);
  }
  return facts;
}

Result<StoreTrees> ReadStoreTrees(const std::string& root, const std::string& data_mount_point,
                                  const std::string& name, unsigned generation) {
  BF_ASSIGN(const auto data, host::Beneath::Open(host::Under(root, data_mount_point)));
  const Store store(data, name);
  StoreTrees trees;
  BF_ASSIGN(trees.user, store.ScanUpper(generation));
  BF_ASSIGN(trees.lower, store.ReadManifest(generation));
  return trees;
}

}  // namespace bf::overlays
