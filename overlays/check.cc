// SPDX-License-Identifier: Apache-2.0
#include "overlays/check.h"

#include <set>

#include "overlays/judge.h"

namespace bf::overlays {
namespace {

constexpr std::string_view kRestart = "run `systemctl restart bf-overlay`, or reboot";

bool Matches(const ApiMount& api, const facts::Mount& mount) {
  if (mount.fs_type != api.fs_type) return false;
  if (!api.below) return mount.target == api.path;
  if (!IsWithin(mount.target, api.path) || mount.target == api.path) return false;
  return mount.target.find('/', api.path.size() + 1) == std::string::npos;
}

const WritablePath* EntryAt(const Policy& policy, const std::string& path) {
  for (const auto& entry : policy.paths) {
    if (entry.path.value == path) return &entry;
  }
  return nullptr;
}

const ForeignPath* StateAt(const Policy& policy, const std::string& path) {
  for (const auto& state : policy.state) {
    if (state.path == path) return &state;
  }
  return nullptr;
}

// A bind of state.toml shows a part of BF_DATA, and nothing else.
bool FromData(const facts::Mount& mount, const facts::Mount* data) {
  return data != nullptr && mount.major == data->major && mount.minor == data->minor &&
         IsWithin(mount.root, data->root == "/" ? "/state" : data->root + "/state");
}

// A mount on the way to `mount` that it does not itself lie on: whoever follows the path ends up
// there instead.
const facts::Mount* HiddenBy(const std::vector<facts::Mount>& mounts, const facts::Mount& mount) {
  std::set<int> carriers;
  for (int id = mount.parent; carriers.insert(id).second;) {
    const auto carrier =
        std::find_if(mounts.begin(), mounts.end(), [&](const auto& one) { return one.id == id; });
    if (carrier == mounts.end()) break;
    id = carrier->parent;
  }
  for (const auto& other : mounts) {
    if (other.target != mount.target && IsWithin(mount.target, other.target) &&
        !carriers.contains(other.id))
      return &other;
  }
  return nullptr;
}

std::string AllowedBy(const Policy& policy, const std::vector<facts::Mount>& mounts,
                      const facts::Mount& mount) {
  const std::string_view type = mount.fs_type;
  if (const auto* entry = EntryAt(policy, mount.target)) {
    const std::string_view wanted = entry->kind.value == Kind::kTmpfs ? "tmpfs" : "overlay";
    if (type == wanted) return entry->at.ToString();
  }
  const auto* data = facts::FindMount(mounts, policy.data_mount_point.value);
  if (const auto* state = StateAt(policy, mount.target)) {
    if (FromData(mount, data)) return state->at.ToString();
  }
  // A tmpfs stands in for BF_DATA when it cannot be used (bf-data says so).
  if (&mount == data && (type == "ext4" || type == "tmpfs")) return "BF_DATA";
  // The identity of the machine, put there before systemd starts.
  if (mount.target == "/etc/machine-id" && type == "tmpfs" && mount.root == "/machine-id")
    return "built in: the machine id";
  for (const auto& api : ApiMounts()) {
    if (Matches(api, mount)) return fmt::format("built in: {}", api.why);
  }
  return {};
}

class Checker {
 public:
  Checker(const Policy& policy, const Facts& facts) : policy_(policy), facts_(facts) {}

  std::vector<Finding> Run() {
    CheckRoot();
    for (const auto& entry : policy_.paths) CheckEntry(entry);
    CheckData();
    for (const auto& mount : facts_.mounts) CheckWritable(mount);
    CheckDoubles();
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(findings_);
  }

 private:
  void Add(std::string path, std::string what, std::string_view todo, SourceRef because = {}) {
    findings_.push_back({std::move(path), std::move(what), std::string(todo), std::move(because)});
  }

  void CheckRoot() {
    const auto* root = facts::FindMount(facts_.mounts, "/");
    if (root == nullptr) return Add("/", "the root is not in mountinfo", "run it on the device");
    if (root->HasOption("rw"))
      Add("/", "the root is mounted read-write",
          "reboot; find who remounts it: nothing on the device may");
    else if (root->HasSuperOption("rw"))
      Add("/",
          "the root is mounted read-only, its file system read-write: the journal still writes",
          "put `ro` on the kernel command line");
  }

  void CheckEntry(const WritablePath& entry) {
    const Judgement judgement = Judge(entry, facts_, policy_.data_mount_point.value);
    switch (judgement.state) {
      case MountState::kRight: {
        const auto& mount = *facts::FindMount(facts_.mounts, entry.path.value);
        if (const auto* by = HiddenBy(facts_.mounts, mount))
          Add(entry.path.value, fmt::format("hidden by what is mounted at {}", by->target),
              fmt::format("`umount {}`, and find who mounted it", by->target), entry.at);
        return;
      }
      case MountState::kAbsent:
        return Add(entry.path.value, "nothing is mounted there: it cannot be written to", kRestart,
                   entry.at);
      case MountState::kStandIn:
        return Add(entry.path.value,
                   "a tmpfs holds the changes in place of BF_DATA: they are lost at the next boot",
                   "see `bf-provision status` for what is wrong with BF_DATA", entry.at);
      case MountState::kWrong:
        for (const auto& wrong : judgement.wrong)
          Add(entry.path.value, wrong,
              judgement.can_adjust ? kRestart : "reboot; find who else mounts there", entry.at);
    }
  }

  void CheckData() {
    const auto* data = facts::FindMount(facts_.mounts, policy_.data_mount_point.value);
    for (const auto& mount : facts_.mounts) {
      const bool is_data = &mount == data;
      if (!is_data && (StateAt(policy_, mount.target) == nullptr || !FromData(mount, data)))
        continue;
      for (const char* flag : {"nosuid", "nodev", "noexec"}) {
        if (!mount.HasOption(flag))
          Add(mount.target, fmt::format("BF_DATA is mounted there without {}", flag),
              "reboot; find who remounts it");
      }
    }
  }

  void CheckWritable(const facts::Mount& mount) {
    if (mount.target == "/" || !mount.Writable()) return;
    if (!AllowedBy(policy_, facts_.mounts, mount).empty()) return;
    // Said already, more precisely.
    if (EntryAt(policy_, mount.target) != nullptr &&
        facts::FindMount(facts_.mounts, mount.target) == &mount)
      return;
    Add(mount.target,
        fmt::format("{} ({}) is mounted read-write, and no policy lists it", mount.fs_type,
                    mount.source),
        fmt::format("`umount {}`, or list it in overlays.toml or state.toml with a reason",
                    mount.target));
  }

  void CheckDoubles() {
    std::map<std::string_view, int> times;
    for (const auto& mount : facts_.mounts) ++times[mount.target];
    for (const auto& [target, count] : times) {
      const std::string path(target);
      const bool ours = EntryAt(policy_, path) != nullptr || StateAt(policy_, path) != nullptr ||
                        path == policy_.data_mount_point.value;
      if (count > 1 && ours)
        Add(path, fmt::format("{} mounts lie there, one over the other", count),
            "reboot; find who else mounts there");
    }
  }

  const Policy& policy_;
  const Facts& facts_;
  std::vector<Finding> findings_;
};

}  // namespace

const std::vector<ApiMount>& ApiMounts() {
  static const std::vector<ApiMount> kMounts = {
      {"proc", "/proc", false, "the kernel's processes"},
      {"autofs", "/proc/sys/fs/binfmt_misc", false, "mounts binfmt_misc when used"},
      {"binfmt_misc", "/proc/sys/fs/binfmt_misc", false, "the kernel's binary formats"},
      {"sysfs", "/sys", false, "the kernel's devices"},
      {"securityfs", "/sys/kernel/security", false, "the kernel's security modules"},
      {"debugfs", "/sys/kernel/debug", false, "the kernel's debugging"},
      {"tracefs", "/sys/kernel/tracing", false, "the kernel's tracing"},
      {"tracefs", "/sys/kernel/debug/tracing", false, "the kernel's tracing"},
      {"configfs", "/sys/kernel/config", false, "the kernel's configuration"},
      {"cgroup2", "/sys/fs/cgroup", false, "the kernel's control groups"},
      {"pstore", "/sys/fs/pstore", false, "the kernel's crash records"},
      {"bpf", "/sys/fs/bpf", false, "the kernel's BPF objects"},
      {"fusectl", "/sys/fs/fuse/connections", false, "the kernel's FUSE connections"},
      {"efivarfs", "/sys/firmware/efi/efivars", false, "the firmware's variables"},
      {"devtmpfs", "/dev", false, "the kernel's device nodes"},
      {"devpts", "/dev/pts", false, "terminals"},
      {"tmpfs", "/dev/shm", false, "shared memory"},
      {"mqueue", "/dev/mqueue", false, "message queues"},
      {"hugetlbfs", "/dev/hugepages", false, "huge pages"},
      {"tmpfs", "/run", false, "systemd's run-time files"},
      {"tmpfs", "/run/lock", false, "systemd's lock files"},
      {"tmpfs", "/run/user", true, "run-time files of a session"},
      {"ramfs", "/run/credentials", true, "credentials of a service"},
      {"tmpfs", "/run/credentials", true, "credentials of a service"},
  };
  return kMounts;
}

std::vector<Writable> ListWritable(const Policy& policy, const Facts& facts) {
  std::vector<Writable> list;
  for (const auto& mount : facts.mounts) {
    if (!mount.Writable()) continue;
    list.push_back(
        {mount.target, mount.fs_type, mount.source, AllowedBy(policy, facts.mounts, mount)});
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.path < b.path; });
  return list;
}

std::vector<Finding> Check(const Policy& policy, const Facts& facts) {
  return Checker(policy, facts).Run();
}

}  // namespace bf::overlays
