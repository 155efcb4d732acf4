// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <map>

#include "audit/diff/diff.h"

namespace bf::audit {
namespace {

using namespace provision::layout;

std::string_view KeyOf(std::string_view word) { return word.substr(0, word.find('=')); }

enum class Sense {
  kIndifferent,  // says nothing that somebody could use
  kShuts,        // with it, less is possible
};
struct Known {
  std::string_view key;
  std::optional<std::string_view> value;  // none: whichever
  Sense sense;
  std::string_view witness;  // kShuts: what happens without it
};
// Words that are not here may do anything: adding, changing and removing them is a loosening.
constexpr Known kKnown[] = {
    {"quiet", std::nullopt, Sense::kIndifferent, ""},
    {"splash", std::nullopt, Sense::kIndifferent, ""},
    {"loglevel", std::nullopt, Sense::kIndifferent, ""},
    {"logo.nologo", std::nullopt, Sense::kIndifferent, ""},
    {"vt.global_cursor_default", std::nullopt, Sense::kIndifferent, ""},
    {"fbcon", std::nullopt, Sense::kIndifferent, ""},
    // Bounded by the reader.
    {"panic", std::nullopt, Sense::kIndifferent, ""},
    {"rootwait", std::nullopt, Sense::kIndifferent, ""},
    {"init", "/sbin/init", Sense::kShuts, "a kernel that finds no init starts /bin/sh as root"},
    {"watchdog.open_timeout", std::nullopt, Sense::kShuts,
     "a start that hangs before systemd is never reset"},
    {"sysctl.kernel.sysrq", "0", Sense::kShuts, "Alt+SysRq+b before bf-lockdown has run"},
    {"sysctl.kernel.ctrl-alt-del", "0", Sense::kShuts, "Ctrl+Alt+Del restarts at once"},
    {"i8042.nokbd", std::nullopt, Sense::kShuts, "a PS/2 keyboard gets a driver"},
    {"i8042.noaux", std::nullopt, Sense::kShuts, "a PS/2 mouse gets a driver"},
    {"slab_nomerge", std::nullopt, Sense::kShuts, "kernel objects of different kinds share pages"},
    {"init_on_alloc", "1", Sense::kShuts, "a driver reads what memory held before"},
    {"init_on_free", "1", Sense::kShuts, "freed memory keeps its content"},
    {"page_alloc.shuffle", "1", Sense::kShuts, "free pages are handed out in order"},
    {"randomize_kstack_offset", "on", Sense::kShuts, "the kernel stack starts at the same offset"},
    {"randomize_kstack_offset", "1", Sense::kShuts, "the kernel stack starts at the same offset"},
    {"vsyscall", "none", Sense::kShuts, "code at a fixed address in every process"},
    {"module.sig_enforce", "1", Sense::kShuts, "root loads an unsigned module"},
    {"module.sig_enforce", std::nullopt, Sense::kShuts, "root loads an unsigned module"},
    {"lockdown", "confidentiality", Sense::kShuts, "root reads kernel memory"},
    {"lockdown", "integrity", Sense::kShuts, "root changes the running kernel"},
    {"iommu", "force", Sense::kShuts, "a device reads all memory"},
    {"oops", "panic", Sense::kShuts, "the kernel goes on after an oops"},
};

const Known* FindKnown(std::string_view word) {
  const auto key = KeyOf(word);
  for (const Known& known : kKnown) {
    if (known.key != key) continue;
    if (!known.value) return &known;
    if (word.size() == key.size() + 1 + known.value->size() && word.ends_with(*known.value))
      return &known;
  }
  return nullptr;
}

using Words = std::map<std::string, SourceRef>;

Words WordsOf(const CmdlinePolicy& cmdline) {
  Words words;
  for (const auto& word : cmdline.words) words.emplace(word.value, word.at);
  return words;
}

void CompareCmdline(const CmdlinePolicy& before, const CmdlinePolicy& after, Changes& changes) {
  const Words was = WordsOf(before);
  const Words is = WordsOf(after);
  for (const auto& [word, at] : is) {
    if (was.contains(word)) continue;
    const Known* known = FindKnown(word);
    const std::string subject = "cmdline " + word;
    if (known == nullptr)
      changes.Add(Direction::kLoosened, subject, "added",
                  fmt::format("the kernel is started with {}: bf-audit cannot judge it", word),
                  before.at, at);
    else if (known->sense == Sense::kIndifferent)
      changes.Add(Direction::kNeutral, subject, "added", "", before.at, at);
    else
      changes.Add(Direction::kTightened, subject, "added",
                  fmt::format("no longer: {}", known->witness), before.at, at);
  }
  for (const auto& [word, at] : was) {
    if (is.contains(word)) continue;
    const Known* known = FindKnown(word);
    const std::string subject = "cmdline " + word;
    if (known == nullptr)
      changes.Add(Direction::kLoosened, subject, "removed",
                  fmt::format("the kernel is started without {}: bf-audit cannot judge it", word),
                  at, after.at);
    else if (known->sense == Sense::kIndifferent)
      changes.Add(Direction::kNeutral, subject, "removed", "", at, after.at);
    else
      changes.Add(Direction::kLoosened, subject, "removed", std::string(known->witness), at,
                  after.at);
  }
}

std::string Text(const PartitionPolicy& partition) {
  return fmt::format("{} {} {}{}{}", partition.index, partition.name.value,
                     RoleName(partition.role.value), partition.slot.value == Slot::kNone ? "" : " ",
                     SlotName(partition.slot.value));
}

void ComparePartitions(const Layout& before, const Layout& after, Changes& changes) {
  for (std::size_t i = 0; i < std::max(before.partitions.size(), after.partitions.size()); ++i) {
    const auto* was = i < before.partitions.size() ? &before.partitions[i] : nullptr;
    const auto* is = i < after.partitions.size() ? &after.partitions[i] : nullptr;
    const auto& named = i < after.partitions.size() ? after.partitions[i] : before.partitions[i];
    const std::string subject = fmt::format("partition {}", named.name.value);
    const SourceRef old_at = was != nullptr ? was->at : SourceRef{};
    const SourceRef new_at = is != nullptr ? is->at : SourceRef{};
    // Which partition is whose is what a device of the field is found by.
    if (was == nullptr || is == nullptr || Text(*was) != Text(*is))
      changes.Add(
          Direction::kLoosened, subject,
          fmt::format("{} → {}", was != nullptr ? Text(*was) : "none",
                      is != nullptr ? Text(*is) : "none"),
          fmt::format("partition {} of a device in the field is taken for another one", i + 1),
          old_at, new_at);
    else if (was->size.value != is->size.value)
      changes.Add(
          Direction::kNeutral, subject,
          fmt::format("{} → {}; devices in the field keep theirs",
                      policy::FormatSize(was->size.value), policy::FormatSize(is->size.value)),
          "", was->size.at, is->size.at);
  }
}

template <class T>
void AddNumber(std::string_view key, const policy::Located<T>& was, const policy::Located<T>& is,
               Direction more, Direction less, const std::string& witness, Changes& changes) {
  if (was.value == is.value) return;
  const auto direction = is.value > was.value ? more : less;
  changes.Add(direction, fmt::format("data {}", key), fmt::format("{} → {}", was.value, is.value),
              direction == Direction::kNeutral ? std::string() : witness, was.at, is.at);
}

void CompareData(const DataPolicy& was, const DataPolicy& is, Changes& changes) {
  constexpr auto kLoose = Direction::kLoosened;
  constexpr auto kTight = Direction::kTightened;
  constexpr auto kSame = Direction::kNeutral;
  if (was.format.value != is.format.value) {
    const bool blank = is.format.value == FormatWhen::kIntentOrBlank;
    changes.Add(blank ? kLoose : kTight, "data format",
                blank ? "intent → intent-or-blank" : "intent-or-blank → intent",
                fmt::format("a blank partition of Linux type called BF_DATA is {}",
                            blank ? "formatted" : "left alone"),
                was.format.at, is.format.at);
  }
  if (was.damaged_superblock.value != is.damaged_superblock.value) {
    const bool repair = is.damaged_superblock.value == DamagedSuperblock::kRepair;
    changes.Add(repair ? kLoose : kTight, "data damaged_superblock",
                repair ? "keep → repair" : "repair → keep",
                fmt::format("a finished BF_DATA with a flipped byte in its superblock is {}",
                            repair ? "written to by e2fsck" : "left as it is"),
                was.damaged_superblock.at, is.damaged_superblock.at);
  }
  AddNumber(
      "degraded_size", was.degraded_size, is.degraded_size, kLoose, kTight,
      fmt::format("a degraded device has {} of memory filled",
                  policy::FormatSize(std::max(was.degraded_size.value, is.degraded_size.value))),
      changes);
  AddNumber("degraded_inodes", was.degraded_inodes, is.degraded_inodes, kLoose, kTight,
            fmt::format("a degraded device has {} files in memory",
                        std::max(was.degraded_inodes.value, is.degraded_inodes.value)),
            changes);
  // Less room for the log of a repair: one that cannot be undone is not begun.
  AddNumber("undo_size", was.undo_size, is.undo_size, kSame, kSame, "", changes);
  AddNumber("min_growth", was.min_growth, is.min_growth, kSame, kSame, "", changes);
  AddNumber("format_timeout", was.format_timeout, is.format_timeout, kSame, kSame, "", changes);
  AddNumber("check_timeout", was.check_timeout, is.check_timeout, kSame, kSame, "", changes);
  AddNumber("repair_timeout", was.repair_timeout, is.repair_timeout, kSame, kSame, "", changes);
}

}  // namespace

std::vector<Change> DiffLayout(const Layout& before, const Layout& after) {
  Changes changes("layout.toml");
  if (before.compatible.value != after.compatible.value)
    changes.Add(
        Direction::kLoosened, "device compatible",
        fmt::format("{} → {}", before.compatible.value, after.compatible.value),
        fmt::format("a bundle for \"{}\" is taken, and was refused", after.compatible.value),
        before.compatible.at, after.compatible.at);
  ComparePartitions(before, after, changes);
  CompareCmdline(before.cmdline, after.cmdline, changes);
  CompareData(before.data, after.data, changes);
  return std::move(changes).Take();
}

}  // namespace bf::audit
