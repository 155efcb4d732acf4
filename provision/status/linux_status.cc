// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/statvfs.h>
#include <time.h>

#include <algorithm>

#include "core/facts/block.h"
#include "core/facts/mountinfo.h"
#include "core/facts/os_release.h"
#include "core/host/beneath.h"
#include "core/host/file.h"
#include "provision/reset/request.h"
#include "provision/state/facts.h"
#include "provision/state/policy.h"
#include "provision/status/facts.h"

namespace bf::provision::status {
namespace {

using facts::Mount;

// The kernel's interfaces: written to, they keep nothing.
bool IsApi(const Mount& mount) {
  static const std::vector<std::string_view> kTypes = {
      "proc",     "sysfs",  "devpts",      "mqueue",     "cgroup",     "cgroup2",  "debugfs",
      "tracefs",  "bpf",    "configfs",    "securityfs", "pstore",     "fusectl",  "hugetlbfs",
      "efivarfs", "autofs", "binfmt_misc", "ramfs",      "rpc_pipefs", "devtmpfs", "nsfs"};
  return std::find(kTypes.begin(), kTypes.end(), mount.fs_type) != kTypes.end();
}

std::string Utc(std::uint64_t seconds) {
  const auto when = static_cast<time_t>(seconds);
  struct tm utc {};
  if (::gmtime_r(&when, &utc) == nullptr) return "";
  char text[64] = {};
  return {text, ::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc)};
}

std::string OsName(const std::string& root) {
  const auto os = facts::ReadOsRelease(root);
  if (!os) return "";
  if (os->image_id.empty()) return os->pretty_name;
  std::string name = os->image_id;
  if (!os->image_version.empty()) name += " " + os->image_version;
  if (!os->build_id.empty()) name += " (" + os->build_id + ")";
  return name;
}

std::string MachineId(const std::string& root) {
  const auto line = host::ReadLine(host::Under(root, "/etc/machine-id"));
  const bool valid = line && line->size() == 32 &&
                     line->find_first_not_of("0123456789abcdef") == std::string::npos;
  return valid ? *line : "";
}

class Observer {
 public:
  Observer(const std::string& root, const std::string& policy_dir)
      : root_(root), policy_dir_(policy_dir) {}

  Status Run() {
    status_.os = OsName(root_);
    status_.machine_id = MachineId(root_);
    if (auto line = host::ReadLine(host::Under(root_, "/proc/cmdline"))) {
      status_.slot = state::SlotOf(*line);
    }
    if (auto mounts = facts::ReadMountInfo(root_)) mounts_ = *std::move(mounts);
    for (const std::string_view stage : facts::kStages) {
      auto result = facts::ReadStageResult(root_, stage);
      if (result && result->has_value()) status_.stages.push_back(**std::move(result));
    }
    // A policy that cannot be read is bf-state's failure to tell; what is mounted can still be
    // seen.
    if (auto policy = state::LoadPolicy(policy_dir_)) policy_ = *std::move(policy);
    Disk();
    Data();
    State();
    Overlays();
    Writable();
    status_.attention = Judge(status_);
    return std::move(status_);
  }

 private:
  void Disk() {
    auto disk = facts::ReadRootDisk(root_);
    if (!disk) {
      status_.disk_problem = disk.error().ToString();
      return;
    }
    if (!disk->has_value()) {
      status_.disk_problem = "the root is not on a disk";
      return;
    }
    DiskRow row{(*disk)->device, (*disk)->size, {}};
    for (const facts::Partition& partition : (*disk)->partitions) {
      row.partitions.push_back({partition.index, partition.name, partition.device, partition.size,
                                MountedAt(partition.number)});
    }
    status_.disk = std::move(row);
  }

  // Where all of it is mounted; the binds of single directories are not it.
  std::string MountedAt(const facts::DeviceNumber& number) const {
    for (const Mount& mount : mounts_) {
      if (mount.major == number.major && mount.minor == number.minor && mount.root == "/") {
        return mount.target;
      }
    }
    return "";
  }

  void Usage(const std::string& path, std::uint64_t& size, std::uint64_t& used) const {
    struct statvfs fs {};
    if (::statvfs(host::Under(root_, path).c_str(), &fs) != 0) return;
    size = fs.f_blocks * fs.f_frsize;
    used = (fs.f_blocks - fs.f_bfree) * fs.f_frsize;
  }

  void Data() {
    const Mount* mount = facts::FindMount(mounts_, policy_.mount_point);
    if (mount == nullptr) return;
    DataRow row;
    row.mount_point = policy_.mount_point;
    row.source = mount->source;
    row.fs_type = mount->fs_type;
    row.options = mount->options;
    for (const std::string& option : mount->super_options) {
      if (option.starts_with("errors=") || option == "prjquota" || option == "ro") {
        row.options.push_back(option);
      }
    }
    row.is_volatile = mount->fs_type == "tmpfs";
    Usage(policy_.mount_point, row.size, row.used);
    if (mount->fs_type == "ext4") row.formatted = FormattedAt(mount->source);
    if (auto data = host::Beneath::Open(host::Under(root_, policy_.mount_point))) {
      constexpr std::size_t kLimit = 4096;
      if (auto text = data->ReadFile(std::string(reset::kRequest), kLimit)) {
        row.reset_requested = reset::ParseRequest(*text).has_value();
      }
      if (auto text = data->ReadFile(std::string(reset::kRecord), kLimit)) {
        if (auto record = reset::ParseRecord(*text)) row.last_reset = record->finished;
      }
    }
    status_.data = std::move(row);
  }

  // s_mkfs_time of the superblock: a little-endian 32-bit word at 0x108, its high byte at 0x276.
  std::string FormattedAt(const std::string& device) const {
    auto fd = host::Open(host::Under(root_, device), O_RDONLY);
    if (!fd) return "";
    std::array<std::byte, 1024> super{};
    if (!host::ReadAt(fd->get(), 1024, super, device)) return "";
    std::uint64_t seconds = std::to_integer<std::uint64_t>(super[0x276]) << 32;
    for (std::size_t i = 0; i < 4; ++i) {
      seconds |= std::to_integer<std::uint64_t>(super[0x108 + i]) << (8 * i);
    }
    return seconds == 0 ? "" : Utc(seconds);
  }

  void State() {
    auto facts = state::ObserveFacts(root_, policy_);
    if (!facts) return;
    for (const state::Entry& entry : policy_.entries) {
      const auto found = facts->entries.find(entry.name.value);
      StateRow row;
      row.path = entry.path.value;
      row.owner =
          fmt::format("{}:{} {:04o}", entry.owner.value, entry.group.value, entry.mode.value);
      row.scope = entry.scope.value == state::Scope::kShared ? "shared" : "per-slot";
      row.reset = entry.reset.value == state::OnReset::kKeep ? "keep" : "clear";
      if (found != facts->entries.end()) {
        row.bound = found->second.at_target.bound;
        if (const auto& quota = found->second.quota) {
          row.quota = QuotaRow{quota->limit_bytes, quota->limit_inodes, quota->used_bytes,
                               quota->used_inodes};
        }
      }
      status_.state.push_back(std::move(row));
    }
  }

  void Overlays() {
    for (const facts::StageResult& stage : status_.stages) {
      if (stage.stage != "overlay") continue;
      const auto paths = stage.details.find("paths");
      if (paths == stage.details.end() || !paths->is_array()) continue;
      for (const auto& path : *paths) {
        const auto text = [&](const char* key) -> std::string {
          const auto found = path.find(key);
          return found != path.end() && found->is_string() ? found->get<std::string>() : "";
        };
        status_.overlays.push_back({text("path"), text("kind"), text("state")});
      }
    }
  }

  std::string Behind(const Mount& mount) const {
    const Mount* data = facts::FindMount(mounts_, policy_.mount_point);
    const bool on_data =
        data != nullptr && mount.major == data->major && mount.minor == data->minor;
    if (mount.target == policy_.mount_point) return "BF_DATA";
    if (on_data) return "BF_DATA:" + mount.root.substr(1);
    if (mount.fs_type == "tmpfs") return "memory";
    if (mount.fs_type == "overlay") {
      return mount.source.empty() || mount.source == "none" ? "overlay" : "overlay " + mount.source;
    }
    return mount.fs_type + " " + mount.source;
  }

  void Writable() {
    for (const Mount& mount : mounts_) {
      if (!mount.Writable() || IsApi(mount)) continue;
      // Only what is visible: the last one mounted there.
      if (facts::FindMount(mounts_, mount.target) != &mount) continue;
      WritableRow row{mount.target, mount.fs_type, mount.source, Behind(mount), 0, 0};
      if (mount.fs_type == "tmpfs") Usage(mount.target, row.size, row.used);
      status_.writable.push_back(std::move(row));
    }
    std::sort(status_.writable.begin(), status_.writable.end(),
              [](const WritableRow& a, const WritableRow& b) { return a.path < b.path; });
  }

  const std::string& root_;
  const std::string& policy_dir_;
  std::vector<Mount> mounts_;
  state::Policy policy_;
  Status status_;
};

}  // namespace

Status Observe(const std::string& root, const std::string& policy_dir) {
  return Observer(root, policy_dir).Run();
}

}  // namespace bf::provision::status
