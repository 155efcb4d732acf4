// SPDX-License-Identifier: Apache-2.0
#include "provision/image/plan.h"

#include "core/disk/autoboot.h"
#include "core/disk/fat_builder.h"
#include "core/disk/fat_names.h"
#include "provision/image/cmdline.h"
#include "provision/image/identity.h"

namespace bf::provision::image {
namespace {

using layout::kAlignment;
using layout::PartitionPolicy;
using layout::Role;
using layout::Slot;
using policy::FormatSize;

std::string_view TypeOf(Role role) {
  switch (role) {
    case Role::kSelector:
    case Role::kBoot:
      return disk::kTypeMicrosoftBasicData;
    case Role::kRoot:
      return disk::kTypeLinuxData;
    case Role::kData:
      return disk::kTypeBfDataUnformatted;
  }
  return disk::kTypeLinuxData;
}

// Everything that is wrong, before any of it is done.
class Problems {
 public:
  template <class... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    std::string text = fmt::format(format, std::forward<Args>(args)...);
    if (error_.message.empty()) {
      error_.message = std::move(text);
    } else {
      error_.also.push_back(std::move(text));
    }
  }
  Status Take() {
    if (error_.message.empty()) return {};
    return Failure(std::move(error_));
  }

 private:
  Error error_;
};

class Planner {
 public:
  Planner(const layout::Layout& layout, const ImageFacts& facts, const ImageRequest& request)
      : layout_(layout), facts_(facts), request_(request) {}

  Result<WriteFat> RunBoot() {
    CheckBoot();
    BF_TRY(problems_.Take());
    const PartitionPolicy& boot = layout_.Get(Role::kBoot, Slot::kA);
    Fingerprint all;
    all.Add(static_cast<std::uint64_t>(facts_.time)).Add(request_.revision);
    for (const BootFile& file : facts_.boot.files) all.Add(file.path).Add(file.size);
    WriteFat fat;
    fat.partition = "BF_BOOT";  // of neither slot
    fat.extent = {0, boot.size.value};
    fat.serial = DeriveSerial(all.Finish(), "boot artifact");
    fat.time = facts_.time;
    AddBootFiles(fat, CommonWords(layout_.cmdline, request_.revision) + "\n");
    CheckFit(boot, fat);
    BF_TRY(problems_.Take());
    return fat;
  }

  Result<ImagePlan> Run() {
    CheckSectorSize();
    CheckBoot();
    CheckRoot();
    BF_TRY(problems_.Take());
    PlaceTable();
    AddSelector();
    for (const Slot slot : layout::kSlots) AddBoot(slot);
    AddRoots();
    const PartitionPolicy& data = layout_.Get(Role::kData);
    plan_.push_back({LeaveUnformatted{data.name.value, ExtentOf(data)}, data.role.at});
    BF_TRY(problems_.Take());
    return std::move(plan_);
  }

 private:
  void CheckSectorSize() {
    if (request_.sector_size != 512 && request_.sector_size != 4096) {
      problems_.Add("disks have sectors of 512 or 4096 bytes, not {}", request_.sector_size);
    }
  }

  void CheckBoot() {
    for (const BootFile& file : facts_.boot.files) {
      if (!file.directory && disk::EqualIgnoringCase(file.path, "config.txt")) return;
    }
    problems_.Add(
        "{}: there is no config.txt at its top; the firmware boots only from a FAT that has one",
        facts_.boot.path);
  }

  void CheckRoot() {
    const RootFacts& root = facts_.root;
    const PartitionPolicy& slot = layout_.Get(Role::kRoot, Slot::kA);
    if (root.kind != RootKind::kExt4) return;
    if (root.size > slot.size.value) {
      problems_.Add(
          "{} has {} ({} bytes), and {} only {} ({} bytes): shrink it with resize2fs, or make the "
          "slots larger at {}",
          root.path, FormatSize(root.size), root.size, slot.name.value, FormatSize(slot.size.value),
          slot.size.value, slot.size.at.ToString());
    }
  }

  // One alignment unit in front for the primary table and one behind for the backup.
  void PlaceTable() {
    WriteTable table;
    std::uint64_t at = kAlignment;
    for (const PartitionPolicy& policy : layout_.partitions) {
      TablePartition partition;
      partition.index = policy.index;
      partition.name = policy.name.value;
      partition.type = disk::Guid::Literal(TypeOf(policy.role.value));
      partition.id = DeriveGuid(Identity(), "partition " + policy.name.value);
      partition.extent = {at, policy.size.value};
      at += policy.size.value;
      table.partitions.push_back(partition);
    }
    const std::uint64_t least = at + kAlignment;
    table.disk_size = request_.size.value_or(least);
    if (table.disk_size < least) {
      problems_.Add("--size {} is too small: the partitions of {} need {}", table.disk_size,
                    layout_.partitions.front().at.file, least);
      table.disk_size = least;
    }
    if (table.disk_size % request_.sector_size != 0) {
      problems_.Add("--size {} is not a multiple of the sector size {}", table.disk_size,
                    request_.sector_size);
    }
    // Data is the last one, and takes what is left.
    TablePartition& data = table.partitions.back();
    const std::uint64_t end = (table.disk_size - kAlignment) / kAlignment * kAlignment;
    data.extent.size = end - data.extent.offset;
    table.sector_size = request_.sector_size;
    table.disk_id = DeriveGuid(Identity(), "disk");
    table_ = table;
    plan_.push_back({std::move(table), layout_.partitions.front().at});
  }

  // Of the layout as well: other sizes are another image.
  const std::string& Identity() {
    if (identity_.empty()) {
      Fingerprint all;
      all.Add(facts_.identity).Add(layout_.compatible.value);
      for (const PartitionPolicy& partition : layout_.partitions) {
        all.Add(partition.name.value).Add(partition.size.value);
      }
      identity_ = all.Finish();
    }
    return identity_;
  }

  Extent ExtentOf(const PartitionPolicy& partition) const {
    return table_.partitions.at(static_cast<std::size_t>(partition.index) - 1).extent;
  }
  disk::Guid IdOf(const PartitionPolicy& partition) const {
    return table_.partitions.at(static_cast<std::size_t>(partition.index) - 1).id;
  }

  WriteFat Fat(const PartitionPolicy& partition) {
    WriteFat fat;
    fat.partition = partition.name.value;
    fat.extent = ExtentOf(partition);
    fat.sector_size = request_.sector_size;
    fat.serial = DeriveSerial(Identity(), "fat " + partition.name.value);
    fat.time = facts_.time;
    return fat;
  }

  // Lays the file system out on paper: whether it fits is known before anything is written.
  void CheckFit(const PartitionPolicy& partition, const WriteFat& fat) {
    disk::FatOptions options;
    options.size = fat.extent.size;
    options.sector_size = fat.sector_size;
    std::vector<disk::FatSource> sources;
    for (const TextFile& text : fat.texts) {
      sources.push_back(disk::FatSource::OfText(text.path, text.text));
    }
    if (!fat.source.empty()) {
      for (const BootFile& file : facts_.boot.files) {
        const bool replaced = std::any_of(fat.texts.begin(), fat.texts.end(), [&](const auto& t) {
          return disk::EqualIgnoringCase(t.path, file.path);
        });
        if (!replaced) sources.push_back({file.path, file.directory, file.size, {}});
      }
    }
    const auto planned = disk::FatBuilder::Plan(options, std::move(sources));
    if (!planned) {
      problems_.Add("{} does not fit {} ({}): {}", fat.source.empty() ? fat.partition : fat.source,
                    fat.partition, partition.size.at.ToString(), planned.error().message);
    }
  }

  void AddSelector() {
    const PartitionPolicy& selector = layout_.Get(Role::kSelector);
    const int a = layout_.Get(Role::kBoot, Slot::kA).index;
    WriteFat fat = Fat(selector);
    // Nothing is on trial in a new device: a stray tryboot flag starts the same slot.
    fat.texts.push_back({std::string(disk::kAutobootName), disk::MakeAutoboot(a, a)});
    CheckFit(selector, fat);
    plan_.push_back({std::move(fat), selector.at});
  }

  void AddBootFiles(WriteFat& fat, std::string cmdline) {
    fat.source = facts_.boot.path;
    for (const BootFile& file : facts_.boot.files) {
      if (file.directory || disk::EqualIgnoringCase(file.path, kCmdlineName)) continue;
      ++fat.source_files;
      fat.source_bytes += file.size;
    }
    fat.texts.push_back({std::string(kCmdlineName), std::move(cmdline)});
  }

  void AddBoot(Slot slot) {
    const PartitionPolicy& boot = layout_.Get(Role::kBoot, slot);
    WriteFat fat = Fat(boot);
    AddBootFiles(fat, MakeCmdline(CommonWords(layout_.cmdline, request_.revision), SlotName(slot),
                                  IdOf(layout_.Get(Role::kRoot, slot))));
    // Both slots hold the same artifact: one report is enough.
    if (slot == Slot::kA) CheckFit(boot, fat);
    plan_.push_back({std::move(fat), boot.at});
  }

  void AddRoots() {
    const PartitionPolicy& first = layout_.Get(Role::kRoot, Slot::kA);
    auto root = PlanRoot(facts_.root, facts_.time, {"", first.size.value});
    if (!root) {
      problems_.Add("{}", root.error().message);
      return;
    }
    root->partitions.clear();
    root->extents.clear();
    for (const Slot slot : layout::kSlots) {
      const PartitionPolicy& partition = layout_.Get(Role::kRoot, slot);
      root->partitions.push_back(partition.name.value);
      root->extents.push_back(ExtentOf(partition));
    }
    plan_.push_back({std::move(*root), first.at});
  }

  const layout::Layout& layout_;
  const ImageFacts& facts_;
  const ImageRequest& request_;
  Problems problems_;
  std::string identity_;
  WriteTable table_;
  ImagePlan plan_;
};

std::string_view KindName(RootKind kind) {
  switch (kind) {
    case RootKind::kExt4:
      return "the ext4 image";
    case RootKind::kTar:
      return "an ext4 file system with the content of the archive";
    case RootKind::kDirectory:
      return "an ext4 file system with the content of the directory";
  }
  return "";
}

}  // namespace

std::string WriteTable::Describe() const {
  std::string text = fmt::format("lay out {} on {} with sectors of {} bytes", disk_id.ToString(),
                                 FormatSize(disk_size), sector_size);
  for (const TablePartition& p : partitions) {
    text += fmt::format("\n  {} {:<10} at {:>7} MiB, {:>7} MiB, {}", p.index, p.name,
                        p.extent.offset / kAlignment, p.extent.size / kAlignment, p.id.ToString());
  }
  return text;
}

std::string WriteFat::Describe() const {
  std::string text = fmt::format("make a FAT file system on {}", partition);
  if (!source.empty()) {
    text += fmt::format(" with {} file{} ({}) of {}", source_files, source_files == 1 ? "" : "s",
                        FormatSize(source_bytes), source);
  }
  for (const TextFile& file : texts) {
    text += fmt::format("{} {}", source.empty() ? " with" : " and", file.path);
  }
  return text;
}

std::string WriteRoot::Describe() const {
  return fmt::format("put {} {} on {}", KindName(kind), source, fmt::join(partitions, " and "));
}

std::string LeaveUnformatted::Describe() const {
  return fmt::format("leave {} ({}) for the first boot to format", partition,
                     FormatSize(extent.size));
}

Result<WriteRoot> PlanRoot(const RootFacts& root, std::int64_t time, const RootRequest& request) {
  WriteRoot action;
  action.partitions = {request.out};
  action.extents = {{0, request.size}};
  action.source = root.path;
  action.kind = root.kind;
  action.source_size = root.size;
  action.time = time;
  const std::string identity =
      Fingerprint().Add(root.fingerprint).Add(static_cast<std::uint64_t>(time)).Finish();
  action.uuid = DeriveGuid(identity, "root file system");
  action.hash_seed = DeriveGuid(identity, "root directory hash");
  return action;
}

Result<WriteFat> PlanBoot(const layout::Layout& layout, const BootFacts& boot, std::int64_t time,
                          const ImageRequest& request) {
  ImageFacts facts;
  facts.boot = boot;
  facts.time = time;
  return Planner(layout, facts, request).RunBoot();
}

Result<ImagePlan> PlanImage(const layout::Layout& layout, const ImageFacts& facts,
                            const ImageRequest& request) {
  return Planner(layout, facts, request).Run();
}

}  // namespace bf::provision::image
