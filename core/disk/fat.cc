// SPDX-License-Identifier: Apache-2.0
#include "core/disk/fat.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "core/disk/bytes.h"
#include "core/disk/fat_names.h"
#include "core/disk/utf16.h"

namespace bf::disk {
namespace {

constexpr std::size_t kMaxDirectoryBytes = 2 << 20;  // 65536 entries, by the specification
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxFiles = 100'000;
constexpr std::uint32_t kMaxFat12 = 4084;
constexpr std::uint32_t kMaxFat16 = 65524;
constexpr std::uint32_t kMaxFat32 = 0x0ffffff5;
constexpr std::size_t kWindow = 16 << 10;

bool IsPowerOfTwo(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

std::string Trimmed(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte b : bytes) text += static_cast<char>(b);
  while (text.ends_with(' ') || text.ends_with('\0')) text.pop_back();
  return text;
}

Result<FatGeometry> ParseBootSector(std::span<const std::byte> sector, std::uint64_t size) {
  if (sector[510] != std::byte{0x55} || sector[511] != std::byte{0xaa}) {
    return Fail("not a FAT file system: no boot sector signature");
  }
  FatGeometry g;
  g.sector_size = Get16(sector, 11);
  const std::uint64_t per_cluster = std::to_integer<std::uint64_t>(sector[13]);
  const std::uint64_t reserved = Get16(sector, 14);
  g.fat_count = std::to_integer<std::uint32_t>(sector[16]);
  g.root_entries = Get16(sector, 17);
  const std::uint64_t total = Get16(sector, 19) != 0 ? Get16(sector, 19) : Get32(sector, 32);
  const bool fat32 = Get16(sector, 22) == 0;
  const std::uint64_t fat_sectors = fat32 ? Get32(sector, 36) : Get16(sector, 22);
  if (!IsPowerOfTwo(g.sector_size) || g.sector_size < 512 || g.sector_size > 4096 ||
      !IsPowerOfTwo(per_cluster) || reserved == 0 || g.fat_count == 0 || g.fat_count > 4 ||
      fat_sectors == 0 || total == 0) {
    return Fail("not a FAT file system: the boot sector makes no sense");
  }
  g.cluster_size = static_cast<std::uint32_t>(per_cluster * g.sector_size);
  g.size = total * g.sector_size;
  if (g.size > size) {
    return Fail("truncated: the FAT file system has {} bytes, but there are only {}", g.size, size);
  }
  g.fat_offset = reserved * g.sector_size;
  g.fat_size = fat_sectors * g.sector_size;
  g.root_offset = g.fat_offset + g.fat_count * g.fat_size;
  const std::uint64_t root_bytes = std::uint64_t{g.root_entries} * kFatEntrySize;
  g.data_offset = g.root_offset + (root_bytes + g.sector_size - 1) / g.sector_size * g.sector_size;
  if (g.data_offset >= g.size) return Fail("the FAT file system has no room for data");
  const std::uint64_t clusters = (g.size - g.data_offset) / g.cluster_size;
  if (clusters == 0 || clusters > kMaxFat32) return Fail("{} clusters are not possible", clusters);
  g.cluster_count = static_cast<std::uint32_t>(clusters);
  g.bits = fat32 ? 32 : clusters <= kMaxFat12 ? 12 : 16;
  if ((!fat32 && clusters > kMaxFat16) || (fat32 != (g.root_entries == 0))) {
    return Fail("the boot sector contradicts itself about the kind of FAT");
  }
  if ((std::uint64_t{g.cluster_count} + 2) * static_cast<unsigned>(g.bits) > g.fat_size * 8) {
    return Fail("the allocation table is too small for {} clusters", clusters);
  }
  const std::size_t extended = fat32 ? 66 : 38;
  if (fat32) g.root_cluster = Get32(sector, 44);
  if (sector[extended] == std::byte{0x29}) {
    g.serial = Get32(sector, extended + 1);
    g.label = Trimmed(sector.subspan(extended + 5, 11));
  }
  return g;
}

// Collects the parts of a long name while a directory is read.
class LongName {
 public:
  void Add(std::span<const std::byte> entry) {
    const auto order = std::to_integer<std::uint8_t>(entry[0]);
    const std::size_t n = order & 0x1f;
    if ((order & 0x40) != 0) {
      units_.assign(n * kFatLongNameUnits, 0);
      checksum_ = std::to_integer<std::uint8_t>(entry[13]);
      expected_ = n;
    }
    if (n == 0 || n > 20 || n != expected_ ||
        std::to_integer<std::uint8_t>(entry[13]) != checksum_) {
      Reset();
      return;
    }
    constexpr std::size_t kAt[] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    for (std::size_t i = 0; i < kFatLongNameUnits; ++i) {
      units_[(n - 1) * kFatLongNameUnits + i] = Get16(entry, kAt[i]);
    }
    --expected_;
  }
  void Reset() {
    units_.clear();
    expected_ = 0;
  }
  // The name, if all of it was there and belongs to this short name.
  std::string Take(const FatShortName& short_name) {
    std::string name;
    if (!units_.empty() && expected_ == 0 && FatNameChecksum(short_name) == checksum_) {
      name = Utf16ToUtf8(units_);
    }
    Reset();
    return name;
  }

 private:
  std::vector<std::uint16_t> units_;
  std::size_t expected_ = 0;
  std::uint8_t checksum_ = 0;
};

}  // namespace

struct FatReader::State {
  ReadDisk read;
  FatGeometry geometry;
  // The part of the table that was read last.
  std::vector<std::byte> window;
  std::uint64_t window_offset = 0;

  bool IsData(std::uint32_t cluster) const {
    return cluster >= 2 && cluster - 2 < geometry.cluster_count;
  }

  Result<std::uint32_t> ReadTable(std::uint64_t offset, std::size_t bytes) {
    if (offset < window_offset || offset + bytes > window_offset + window.size()) {
      window_offset = offset / kWindow * kWindow;
      window.resize(static_cast<std::size_t>(
          std::min<std::uint64_t>(kWindow + 4, geometry.fat_size - window_offset)));
      if (offset + bytes > window_offset + window.size()) return Fail("beyond the table");
      BF_TRY(read(geometry.fat_offset + window_offset, window));
    }
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) {
      value = (value << 8) | std::to_integer<std::uint32_t>(window[offset - window_offset + i]);
    }
    return value;
  }

  // The cluster after this one; 0 at the end of the chain.
  Result<std::uint32_t> Next(std::uint32_t cluster) {
    std::uint32_t value = 0;
    std::uint32_t end = 0;
    if (geometry.bits == 12) {
      BF_ASSIGN(value, ReadTable(cluster + cluster / 2, 2));
      value = (cluster & 1) != 0 ? value >> 4 : value & 0xfff;
      end = 0xff8;
    } else if (geometry.bits == 16) {
      BF_ASSIGN(value, ReadTable(std::uint64_t{cluster} * 2, 2));
      end = 0xfff8;
    } else {
      BF_ASSIGN(value, ReadTable(std::uint64_t{cluster} * 4, 4));
      value &= 0x0fffffff;
      end = 0x0ffffff8;
    }
    if (value >= end) return 0u;
    if (!IsData(value)) {
      return Fail("the chain goes from cluster {} to {}, which is none", cluster, value);
    }
    return value;
  }

  // Runs of neighbouring clusters from `first`, up to `wanted` of them or the end of the chain.
  // It ends on a loop too, because it never takes more than `wanted`.
  Result<std::vector<FatExtent>> Chain(std::uint32_t first, std::uint64_t wanted) {
    std::vector<FatExtent> runs;
    if (!IsData(first)) return Fail("the chain starts at cluster {}, which is none", first);
    std::uint32_t cluster = first;
    for (std::uint64_t n = 0; n < wanted; ++n) {
      const std::uint64_t offset = geometry.ClusterOffset(cluster);
      if (!runs.empty() && runs.back().offset + runs.back().size == offset) {
        runs.back().size += geometry.cluster_size;
      } else {
        runs.push_back({offset, geometry.cluster_size});
      }
      if (n + 1 == wanted) break;
      BF_ASSIGN(cluster, Next(cluster));
      if (cluster == 0) break;
    }
    return runs;
  }
};

FatReader::FatReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
FatReader::FatReader(FatReader&&) noexcept = default;
FatReader& FatReader::operator=(FatReader&&) noexcept = default;
FatReader::~FatReader() = default;

const FatGeometry& FatReader::geometry() const { return state_->geometry; }

Result<FatReader> FatReader::Open(ReadDisk read, std::uint64_t size) {
  std::array<std::byte, 512> sector{};
  if (size < sector.size()) return Fail("not a FAT file system: only {} bytes", size);
  BF_TRY(read(0, sector));
  BF_ASSIGN(FatGeometry geometry, ParseBootSector(sector, size));
  auto state = std::make_unique<State>();
  state->read = std::move(read);
  state->geometry = std::move(geometry);
  return FatReader(std::move(state));
}

Result<std::vector<FatEntry>> FatReader::ListDirectory(const FatEntry* directory) const {
  const FatGeometry& g = state_->geometry;
  std::vector<FatExtent> runs;
  if (directory == nullptr && g.bits != 32) {
    runs.push_back({g.root_offset, std::uint64_t{g.root_entries} * kFatEntrySize});
  } else {
    const std::uint32_t first = directory == nullptr ? g.root_cluster : directory->first_cluster;
    // One more than allowed, to tell a long one from one that loops.
    const std::uint64_t limit = std::max<std::uint64_t>(kMaxDirectoryBytes / g.cluster_size, 1) + 1;
    BF_ASSIGN(runs, state_->Chain(first, limit));
    std::uint64_t total = 0;
    for (const FatExtent& run : runs) total += run.size;
    if (total > limit * g.cluster_size - g.cluster_size) {
      return Fail("the directory has no end: its chain of clusters loops");
    }
  }

  std::vector<FatEntry> entries;
  LongName long_name;
  std::vector<std::byte> buffer;
  for (const FatExtent& run : runs) {
    buffer.resize(run.size);
    BF_TRY(state_->read(run.offset, buffer));
    for (std::size_t at = 0; at + kFatEntrySize <= buffer.size(); at += kFatEntrySize) {
      const auto raw = std::span<const std::byte>(buffer).subspan(at, kFatEntrySize);
      const auto lead = std::to_integer<std::uint8_t>(raw[0]);
      const auto attributes = std::to_integer<std::uint8_t>(raw[11]);
      if (lead == 0) return entries;
      if (lead == 0xe5) {
        long_name.Reset();
        continue;
      }
      if ((attributes & 0x3f) == kFatAttributeLongName) {
        long_name.Add(raw);
        continue;
      }
      FatShortName short_name;
      std::memcpy(short_name.data(), raw.data(), short_name.size());
      FatEntry entry;
      entry.name = long_name.Take(short_name);
      if ((attributes & kFatAttributeVolume) != 0) continue;
      if (entry.name.empty()) {
        entry.name = DecodeShortName(short_name, std::to_integer<std::uint8_t>(raw[12]));
      }
      entry.directory = (attributes & kFatAttributeDirectory) != 0;
      entry.read_only = (attributes & kFatAttributeReadOnly) != 0;
      entry.size = entry.directory ? 0 : Get32(raw, 28);
      entry.first_cluster = Get16(raw, 26);
      if (g.bits == 32) entry.first_cluster |= std::uint32_t{Get16(raw, 20)} << 16;
      entry.entry_offset = run.offset + at;
      if (entry.name == "." || entry.name == "..") continue;
      if (!IsPlainName(entry.name)) return Fail("a file has an impossible name");
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

Result<FatEntry> FatReader::Find(std::string_view path) const {
  FatEntry found;
  bool at_root = true;
  std::string_view rest = path;
  std::size_t depth = 0;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (++depth > kMaxDepth) return Fail("{} is too deep", path);
    if (!at_root && !found.directory) return FailErrno(ENOTDIR, "{}", path);
    BF_ASSIGN(std::vector<FatEntry> entries, ListDirectory(at_root ? nullptr : &found));
    const auto match = std::find_if(entries.begin(), entries.end(), [&](const FatEntry& entry) {
      return EqualIgnoringCase(entry.name, name);
    });
    if (match == entries.end()) return FailErrno(ENOENT, "{}", path);
    found = std::move(*match);
    at_root = false;
  }
  if (at_root) return Fail("the root directory has no entry of its own");
  return found;
}

Result<std::vector<FatEntry>> FatReader::List(std::string_view path) const {
  if (path.empty()) return ListDirectory(nullptr);
  BF_ASSIGN(const FatEntry directory, Find(path));
  if (!directory.directory) return FailErrno(ENOTDIR, "{}", path);
  return ListDirectory(&directory);
}

Result<std::vector<FatFile>> FatReader::Walk() const {
  struct Pending {
    std::string path;
    FatEntry entry;
    std::size_t depth = 0;
    bool root = false;
  };
  std::vector<FatFile> files;
  std::set<std::uint32_t> seen;  // first clusters of directories
  std::vector<Pending> stack{{"", {}, 0, true}};
  while (!stack.empty()) {
    const Pending here = std::move(stack.back());
    stack.pop_back();
    if (!here.root) files.push_back({here.path, here.entry});
    if (files.size() + stack.size() > kMaxFiles) return Fail("more than {} files", kMaxFiles);
    if (!here.root && !here.entry.directory) continue;
    if (here.depth > kMaxDepth) return Fail("{}: too deep", here.path);
    if (!here.root && !seen.insert(here.entry.first_cluster).second) {
      return Fail("{}: this directory is also found elsewhere", here.path);
    }
    auto entries = ListDirectory(here.root ? nullptr : &here.entry);
    if (!entries) return Failure(std::move(entries).error().Context(here.path));
    for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
      const std::string path = here.path.empty() ? entry->name : here.path + "/" + entry->name;
      stack.push_back({path, *entry, here.depth + 1, false});
    }
  }
  return files;
}

Result<std::vector<FatExtent>> FatReader::Extents(const FatEntry& file) const {
  if (file.directory) return Fail("{} is a directory", file.name);
  if (file.size == 0) return std::vector<FatExtent>{};
  const std::uint64_t cluster_size = state_->geometry.cluster_size;
  const std::uint64_t wanted = (file.size + cluster_size - 1) / cluster_size;
  if (wanted > state_->geometry.cluster_count) {
    return Fail("{} claims {} bytes, more than the volume has", file.name, file.size);
  }
  auto runs = state_->Chain(file.first_cluster, wanted);
  if (!runs) return Failure(std::move(runs).error().Context(file.name));
  std::vector<FatExtent> sorted = *runs;
  std::sort(sorted.begin(), sorted.end(),
            [](const FatExtent& a, const FatExtent& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].offset < sorted[i - 1].offset + sorted[i - 1].size) {
      return Fail("{}: its chain of clusters loops", file.name);
    }
  }
  std::uint64_t left = file.size;
  for (FatExtent& run : *runs) {
    run.size = std::min(run.size, left);
    left -= run.size;
  }
  if (left != 0) return Fail("{} ends {} bytes too early", file.name, left);
  return runs;
}

Result<std::string> FatReader::ReadFile(std::string_view path, std::size_t limit) const {
  BF_ASSIGN(const FatEntry file, Find(path));
  if (file.size > limit) return Fail("{} has {} bytes, more than {}", path, file.size, limit);
  BF_ASSIGN(const std::vector<FatExtent> extents, Extents(file));
  std::string text(file.size, '\0');
  std::size_t at = 0;
  for (const FatExtent& extent : extents) {
    BF_TRY(state_->read(extent.offset,
                        std::as_writable_bytes(std::span(text).subspan(at, extent.size))));
    at += extent.size;
  }
  return text;
}

}  // namespace bf::disk
