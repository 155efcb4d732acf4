// SPDX-License-Identifier: Apache-2.0
#include "provision/layout/layout.h"

#include "provision/layout/cmdline_policy.h"

namespace bf::provision::layout {
namespace {

constexpr std::size_t kMaxNameLength = 36;  // of a GPT name
constexpr std::uint64_t kMinSelector = 1 << 20;
constexpr std::uint64_t kMinBoot = 8 << 20;
constexpr std::uint64_t kMinData = 64 << 20;
constexpr std::uint64_t kMaxSize = std::uint64_t{16} << 40;

bool IsWord(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           also.find(c) != std::string_view::npos;
  });
}

std::uint64_t LeastSize(Role role) {
  switch (role) {
    case Role::kSelector:
      return kMinSelector;
    case Role::kBoot:
    case Role::kRoot:
      return kMinBoot;
    case Role::kData:
      return kMinData;
  }
  return kMinData;
}

// `placed` is cleared when role or slot is not known: what follows from them is not judged then.
PartitionPolicy ReadPartition(policy::Reader& reader, int index, bool& placed) {
  policy::Diagnostics& diagnostics = reader.diagnostics();
  PartitionPolicy partition;
  partition.index = index;
  partition.at = reader.at();
  partition.name = reader.String("name");
  partition.role = reader.Enum<Role>("role", {{"selector", Role::kSelector},
                                              {"boot", Role::kBoot},
                                              {"root", Role::kRoot},
                                              {"data", Role::kData}});
  partition.slot =
      reader.Enum<Slot>("slot", {{"A", Slot::kA}, {"B", Slot::kB}}, std::optional(Slot::kNone));
  partition.size = reader.Size("size");
  placed = placed && reader.String("role", "").value == RoleName(partition.role.value) &&
           reader.String("slot", "").value == SlotName(partition.slot.value);

  const std::string& name = partition.name.value;
  if (!name.empty() && (!IsWord(name, "_-") || name.size() > kMaxNameLength)) {
    diagnostics.Add(partition.name.at,
                    "\"{}\" is not a partition name: at most {} letters, digits, \"_\" and \"-\"",
                    name, kMaxNameLength);
  }
  if (!reader.Has("role") || !reader.Has("size")) return partition;
  const Role role = partition.role.value;
  const bool slotted = role == Role::kBoot || role == Role::kRoot;
  if (slotted && !reader.Has("slot")) {
    placed = false;
    diagnostics.Add(partition.at, "a {} partition needs slot = \"A\" or \"B\"", RoleName(role));
  }
  if (!slotted && reader.Has("slot")) {
    placed = false;
    diagnostics.Add(partition.slot.at, "a {} partition belongs to no slot", RoleName(role));
  }
  const std::uint64_t size = partition.size.value;
  if (size % kAlignment != 0) {
    diagnostics.Add(partition.size.at, "the size must be a multiple of 1MiB");
  } else if (size < LeastSize(role) || size > kMaxSize) {
    diagnostics.Add(partition.size.at, "a {} partition has at least {} and at most {}, not {}",
                    RoleName(role), policy::FormatSize(LeastSize(role)),
                    policy::FormatSize(kMaxSize), policy::FormatSize(size));
  }
  return partition;
}

const PartitionPolicy* Find(const Layout& layout, Role role, Slot slot) {
  for (const PartitionPolicy& partition : layout.partitions) {
    if (partition.role.value == role && partition.slot.value == slot) return &partition;
  }
  return nullptr;
}

std::string Describe(Role role, Slot slot) {
  std::string text = fmt::format("role = \"{}\"", RoleName(role));
  if (slot != Slot::kNone) text += fmt::format(" and slot = \"{}\"", SlotName(slot));
  return text;
}

void CheckNames(const Layout& layout, policy::Diagnostics& diagnostics) {
  const auto& list = layout.partitions;
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (list[i].name.value.empty() || list[i].name.value != list[k].name.value) continue;
      diagnostics.Add(list[i].name.at, "the name \"{}\" is used twice (first at {})",
                      list[i].name.value, list[k].name.at.ToString());
      break;
    }
  }
}

void CheckRoles(const Layout& layout, policy::Diagnostics& diagnostics) {
  for (const PartitionPolicy& partition : layout.partitions) {
    const PartitionPolicy* first = Find(layout, partition.role.value, partition.slot.value);
    if (first->index == partition.index) continue;
    diagnostics.Add(partition.role.at, "there is already a partition with {} (at {})",
                    Describe(partition.role.value, partition.slot.value), first->at.ToString());
  }
}

void CheckComplete(const Layout& layout, const SourceRef& at, policy::Diagnostics& diagnostics) {
  const auto require = [&](Role role, Slot slot) {
    if (Find(layout, role, slot) == nullptr) {
      diagnostics.Add(at, "a [[partition]] with {} is missing", Describe(role, slot));
    }
  };
  require(Role::kSelector, Slot::kNone);
  for (const Slot slot : kSlots) require(Role::kBoot, slot);
  for (const Slot slot : kSlots) require(Role::kRoot, slot);
  require(Role::kData, Slot::kNone);
}

// The Pi firmware has counted all partitions, or only bootable FATs: with the FATs first, in one
// row and led by the selector, both give the same number. Data is last so that it can grow.
void CheckOrder(const Layout& layout, policy::Diagnostics& diagnostics) {
  bool seen_other = false;
  for (const PartitionPolicy& partition : layout.partitions) {
    const Role role = partition.role.value;
    const bool fat = role == Role::kSelector || role == Role::kBoot;
    if (fat && seen_other) {
      diagnostics.Add(partition.at,
                      "{} must come before all root and data partitions: the firmware may count "
                      "FAT partitions only",
                      partition.name.value);
    }
    if (role == Role::kSelector && partition.index != 1) {
      diagnostics.Add(partition.at, "the selector must be the first partition");
    }
    if (role == Role::kData &&
        static_cast<std::size_t>(partition.index) != layout.partitions.size()) {
      diagnostics.Add(partition.at, "the data partition must be the last, so that it can grow");
    }
    seen_other = seen_other || !fat;
  }
}

// One artifact goes into either slot.
void CheckSameSize(const Layout& layout, Role role, policy::Diagnostics& diagnostics) {
  const PartitionPolicy* a = Find(layout, role, Slot::kA);
  const PartitionPolicy* b = Find(layout, role, Slot::kB);
  if (a == nullptr || b == nullptr || a->size.value == b->size.value) return;
  diagnostics.Add(b->size.at, "{} and {} must have the same size", a->name.value, b->name.value);
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kSelector:
      return "selector";
    case Role::kBoot:
      return "boot";
    case Role::kRoot:
      return "root";
    case Role::kData:
      return "data";
  }
  return "";
}

std::string_view SlotName(Slot slot) {
  return slot == Slot::kA ? "A" : slot == Slot::kB ? "B" : "";
}

const PartitionPolicy& Layout::Get(Role role, Slot slot) const { return *Find(*this, role, slot); }

Layout ReadLayout(const policy::Document& document, policy::Diagnostics& diagnostics) {
  Layout layout;
  policy::Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  const auto require_table = [&](std::string_view key,
                                 const std::function<void(policy::Reader&)>& read) {
    if (!reader.Has(key)) diagnostics.Add(reader.at(), "the table [{}] is missing", key);
    reader.SubTable(key, read);
  };
  require_table("device", [&](policy::Reader& device) {
    layout.compatible = device.String("compatible");
    if (!layout.compatible.value.empty() && !IsWord(layout.compatible.value, "-._")) {
      diagnostics.Add(layout.compatible.at,
                      "\"{}\" is not a compatibility name: letters, digits, \"-\", \".\", \"_\"",
                      layout.compatible.value);
    }
  });
  require_table("cmdline",
                [&](policy::Reader& cmdline) { layout.cmdline = ReadCmdlinePolicy(cmdline); });
  require_table("data", [&](policy::Reader& data) { layout.data = ReadDataPolicy(data); });
  bool placed = true;
  reader.Tables("partition", [&](policy::Reader& partition) {
    const int index = static_cast<int>(layout.partitions.size()) + 1;
    layout.partitions.push_back(ReadPartition(partition, index, placed));
  });
  reader.Finish();
  CheckNames(layout, diagnostics);
  if (layout.partitions.empty()) {
    diagnostics.Add(reader.at(), "there is no [[partition]]");
  } else if (placed) {
    CheckRoles(layout, diagnostics);
    CheckComplete(layout, reader.at(), diagnostics);
    CheckOrder(layout, diagnostics);
    CheckSameSize(layout, Role::kBoot, diagnostics);
    CheckSameSize(layout, Role::kRoot, diagnostics);
  }
  return layout;
}

Result<Layout> LoadLayout(const std::string& policy_dir) {
  policy::Diagnostics diagnostics;
  BF_ASSIGN(const policy::Document document,
            policy::LoadPolicyFile(policy_dir, kFileName, diagnostics));
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  Layout layout = ReadLayout(document, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return layout;
}

}  // namespace bf::provision::layout
