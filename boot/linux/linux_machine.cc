// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_machine.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "boot/linux/linux_app_ota.h"
#include "boot/linux/linux_firmware.h"
#include "core/disk/gpt.h"
#include "core/facts/mountinfo.h"
#include "core/facts/os_release.h"
#include "core/facts/stage.h"
#include "core/host/file.h"
#include "provision/layout/layout.h"

namespace bf::boot {
namespace {

constexpr std::size_t kMaxCommandLine = 16 << 10;
constexpr std::string_view kCmdlineName = "cmdline.txt";

// The revision stamp of a root.
std::optional<std::string> ImageVersion(const std::optional<facts::OsRelease>& release) {
  if (!release || release->image_version.empty()) return std::nullopt;
  return release->image_version;
}

const facts::Partition* Named(const facts::Disk& disk, std::string_view name,
                              std::string& problem) {
  const facts::Partition* found = nullptr;
  for (const facts::Partition& partition : disk.partitions) {
    if (partition.name != name) continue;
    if (found != nullptr) {
      problem = fmt::format("{} has two partitions called {}", disk.device, name);
      return nullptr;
    }
    found = &partition;
  }
  if (found == nullptr) problem = fmt::format("{} has no partition {}", disk.device, name);
  return found;
}

// The table of an image file, as the kernel would show it.
Result<facts::Disk> ReadImageTable(const std::string& path,
                                   std::map<int, disk::Guid>& partition_ids) {
  BF_ASSIGN(const host::UniqueFd fd, host::Open(path, O_RDONLY));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return FailErrno(errno, "stat {}", path);
  facts::Disk disk;
  disk.device = path;
  disk.size = static_cast<std::uint64_t>(st.st_size);
  const disk::ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> data) {
    return host::ReadAt(fd.get(), offset, data, path);
  };
  std::string problem;
  for (const std::uint32_t sector : {512U, 4096U}) {
    const disk::GptState state = disk::InspectGpt(read, disk.size, sector);
    const disk::GptTable* table = state.Best();
    if (table == nullptr) {
      if (problem.empty()) problem = state.primary_problem;
      continue;
    }
    disk.sector_size = sector;
    for (const disk::GptEntry& entry : table->entries) {
      facts::Partition partition;
      partition.device = fmt::format("{}#{}", path, entry.index);
      partition.index = entry.index;
      partition.name = entry.name;
      partition.start = entry.first_lba * sector;
      partition.size = (entry.last_lba - entry.first_lba + 1) * sector;
      disk.partitions.push_back(std::move(partition));
      partition_ids[entry.index] = entry.id;
    }
    return disk;
  }
  return Fail("{} has no partition table: {}", path, problem);
}

}  // namespace

Result<Machine> Machine::Open(Where where) {
  if (where.image.empty() != where.facts_dir.empty()) {
    return FailKind(ErrorKind::kUsage, "--disk and --facts go together");
  }
  Machine machine(std::move(where));
  machine.names_ = ReadNames(machine.where_.policy_dir);
  return machine;
}

// A policy that cannot be read must not keep a device from booting the right slot: the shipped
// names stand in.
Machine::Names Machine::ReadNames(const std::string& policy_dir) {
  using provision::layout::Role;
  Names names;
  const auto layout = provision::layout::LoadLayout(policy_dir);
  if (!layout) {
    names.problem =
        "layout.toml cannot be used, and the shipped names stand in: " + layout.error().ToString();
    return names;
  }
  names.selector = layout->Get(Role::kSelector).name.value;
  for (const Slot slot : kSlots) {
    const auto layout_slot =
        slot == Slot::kA ? provision::layout::Slot::kA : provision::layout::Slot::kB;
    names.boot[IndexOf(slot)] = layout->Get(Role::kBoot, layout_slot).name.value;
    names.root[IndexOf(slot)] = layout->Get(Role::kRoot, layout_slot).name.value;
  }
  names.data_mount = layout->data.mount_point.value;
  return names;
}

Status Machine::Lock() {
  std::string directory = where_.facts_dir;
  if (directory.empty()) {
    directory = host::Under(where_.root, facts::kStageDirectory);
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
      return FailErrno(errno, "create {}", directory);
    }
  }
  const std::string path = directory + "/boot.lock";
  BF_ASSIGN(lock_, host::Open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  // The deadline of the verb bounds the wait.
  while (::flock(lock_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return FailErrno(errno, "lock {}", path);
  }
  return {};
}

Facts Machine::ObserveForReport() {
  Facts facts = Observe();
  if (!where_.image.empty()) return facts;
  if (auto where = FindAppOta(where_.root)) {
    facts.app_ota = true;
    facts.app_ota_where = *std::move(where);
  }
  return facts;
}

Facts Machine::Observe() {
  Facts facts;
  selector_.reset();
  record_.reset();
  if (where_.image.empty()) {
    ObserveDevice(facts);
  } else {
    ObserveImage(facts);
  }
  if (!names_.problem.empty() && facts.disk_problem.empty()) facts.disk_problem = names_.problem;
  if (selector_) facts.selector = ObserveSelector(*selector_);
  if (record_) facts.record = record_->Read();
  return facts;
}

void Machine::ObserveCommandLine(Facts& facts, const std::string& command_line) {
  facts.cmdline_slot_text = WordOf(command_line, "rauc.slot").value_or("");
  facts.cmdline_slot = SlotNamed(facts.cmdline_slot_text);
  facts.boot_revision = WordOf(command_line, "bf.revision");
}

void Machine::ObserveDevice(Facts& facts) {
  const auto command_line =
      host::ReadFile(host::Under(where_.root, "/proc/cmdline"), kMaxCommandLine);
  const std::string words = command_line ? *command_line : "";
  ObserveCommandLine(facts, words);
  facts.firmware = ObserveFirmware(where_.root, words);
  facts.root_revision = ImageVersion(facts::ReadOsRelease(where_.root));
  if (auto id = host::ReadLine(host::Under(where_.root, "/proc/sys/kernel/random/boot_id"))) {
    facts.boot_id = *std::move(id);
  }
  OpenDataRecord(facts);

  auto disk = facts::ReadRootDisk(where_.root);
  if (!disk || !disk->has_value()) {
    facts.disk_problem = disk ? "the root is not on a disk" : disk.error().ToString();
    facts.selector.problem = facts.disk_problem;
    return;
  }
  ObserveRunningRoot(facts, **disk);
  for (const Slot slot : kSlots) {
    std::string problem;
    SlotPartitions& partitions = facts.slots[IndexOf(slot)];
    if (const auto* p = Named(**disk, names_.boot[IndexOf(slot)], problem)) {
      partitions.boot = p->index;
    }
    if (const auto* p = Named(**disk, names_.root[IndexOf(slot)], problem)) {
      partitions.root = p->index;
    }
    if (!problem.empty()) facts.disk_problem = problem;
  }
  if (const auto* p = Named(**disk, names_.selector, facts.selector.problem)) {
    selector_ = PartitionVolume(where_.root, **disk, *p);
  }
  if (auto disks = facts::ReadDisks(where_.root)) {
    for (const facts::Disk& other : *disks) {
      std::string ignored;
      if (other.device != (*disk)->device && Named(other, names_.selector, ignored) != nullptr) {
        facts.foreign_disks.push_back(other.device);
      }
    }
  }
}

void Machine::ObserveRunningRoot(Facts& facts, const facts::Disk& disk) {
  const auto partition = facts::ReadRootPartition(where_.root);
  if (!partition || !partition->has_value()) {
    facts.root_text = disk.device;
    return;
  }
  facts.root_text = fmt::format("{} ({})", (*partition)->device, (*partition)->name);
  for (const Slot slot : kSlots) {
    if ((*partition)->name == names_.root[IndexOf(slot)]) facts.root_slot = slot;
  }
}

void Machine::OpenDataRecord(Facts& facts) {
  const auto mounts = facts::ReadMountInfo(where_.root);
  const facts::Mount* data = mounts ? facts::FindMount(*mounts, names_.data_mount) : nullptr;
  if (data == nullptr) {
    facts.record_storage_problem = "BF_DATA is not mounted";
    return;
  }
  if (data->fs_type == "tmpfs") {
    facts.record_storage_problem = "this boot is degraded, BF_DATA is kept aside";
    return;
  }
  auto beneath = host::Beneath::Open(host::Under(where_.root, names_.data_mount));
  if (!beneath) {
    facts.record_storage_problem = beneath.error().ToString();
    return;
  }
  record_.emplace(*std::move(beneath), std::string(kRecordPath));
  facts.record_writable = data->Writable();
  if (!facts.record_writable) facts.record_storage_problem = "BF_DATA is mounted read-only";
}

void Machine::ObserveImage(Facts& facts) {
  facts.firmware = ReadFirmwareNodes(where_.facts_dir);
  if (const auto text = host::ReadFile(where_.facts_dir + "/os-release")) {
    facts.root_revision = ImageVersion(facts::ParseOsRelease(*text));
  }
  if (auto id = host::ReadLine(where_.facts_dir + "/boot_id")) facts.boot_id = *std::move(id);
  auto beneath = host::Beneath::Open(where_.facts_dir);
  if (beneath) {
    record_.emplace(*std::move(beneath), "boot-record");
    facts.record_writable = true;
  } else {
    facts.record_storage_problem = beneath.error().ToString();
  }

  std::map<int, disk::Guid> ids;
  const auto disk = ReadImageTable(where_.image, ids);
  if (!disk) {
    facts.disk_problem = disk.error().ToString();
    facts.selector.problem = facts.disk_problem;
    return;
  }
  const auto volume = [&](const facts::Partition& p) {
    return ImageVolume(where_.image, p.start, p.size, disk->sector_size);
  };
  const facts::Partition* started = nullptr;
  for (const Slot slot : kSlots) {
    std::string problem;
    SlotPartitions& partitions = facts.slots[IndexOf(slot)];
    if (const auto* p = Named(*disk, names_.boot[IndexOf(slot)], problem)) {
      partitions.boot = p->index;
      if (facts.firmware.partition == static_cast<std::uint32_t>(p->index)) started = p;
    }
    if (const auto* p = Named(*disk, names_.root[IndexOf(slot)], problem)) {
      partitions.root = p->index;
    }
    if (!problem.empty()) facts.disk_problem = problem;
  }
  if (const auto* p = Named(*disk, names_.selector, facts.selector.problem)) {
    selector_ = volume(*p);
  }

  // What would be running: the command line of the partition that the firmware started.
  std::string words;
  if (auto recorded = host::ReadFile(where_.facts_dir + "/cmdline", kMaxCommandLine)) {
    words = *std::move(recorded);
  } else if (started != nullptr) {
    const auto boot = volume(*started);
    const disk::ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> data) {
      return boot->Read(offset, data);
    };
    if (const auto fat = disk::FatReader::Open(read, boot->Size())) {
      if (auto text = fat->ReadFile(kCmdlineName, kMaxCommandLine)) words = *std::move(text);
    }
  }
  ObserveCommandLine(facts, words);
  facts.root_text = WordOf(words, "root").value_or("");
  constexpr std::string_view kById = "PARTUUID=";
  if (!facts.root_text.starts_with(kById)) return;
  for (const Slot slot : kSlots) {
    const auto& root = facts.Of(slot).root;
    if (root && facts.root_text.substr(kById.size()) == ids[*root].ToString()) {
      facts.root_slot = slot;
    }
  }
}

Status Machine::ApplySelection(const Facts& facts, const Change& change) {
  if (!change.selection) return {};
  if (!selector_) return Fail("change autoboot.txt: {}", facts.selector.problem);
  const auto committed = facts.Of(change.selection->first).boot;
  const auto trial = facts.Of(change.selection->second).boot;
  if (!committed || !trial) return Fail("change autoboot.txt: {}", facts.disk_problem);
  return WriteSelector(*selector_, *committed, *trial);
}

Status Machine::ApplyRecord(const Change& change) {
  if (!change.record) return {};
  if (!record_) return Fail("the record cannot be kept");
  return record_->Write(*change.record);
}

Status Machine::Apply(const Facts& facts, const Change& change) {
  if (change.record_first) BF_TRY(ApplyRecord(change));
  BF_TRY(ApplySelection(facts, change));
  if (!change.record_first) BF_TRY(ApplyRecord(change));
  return {};
}

}  // namespace bf::boot
