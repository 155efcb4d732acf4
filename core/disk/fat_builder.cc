// SPDX-License-Identifier: Apache-2.0
#include "core/disk/fat_builder.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <limits>
#include <set>

#include "core/disk/bytes.h"
#include "core/disk/fat_names.h"

namespace bf::disk {
namespace {

constexpr std::uint32_t kFats = 2;
constexpr std::uint32_t kRootEntries = 512;
// Other implementations are off by a few at the borders between FAT12, 16 and 32; mkfs.fat keeps
// this distance too.
constexpr std::uint64_t kMargin = 16;
constexpr std::uint64_t kMaxFat12 = 4084;
constexpr std::uint64_t kMaxFat16 = 65524;
constexpr std::uint64_t kFat32From = 512ull << 20;
constexpr std::uint64_t kDataAlignment = 4096;
constexpr std::size_t kMaxDirectoryEntries = 65536;
constexpr std::size_t kBuffer = 64 << 10;

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

struct DosTime {
  std::uint16_t date = 0;
  std::uint16_t time = 0;
};

// FAT knows 1980 to 2107 in steps of two seconds; UTC, for want of a better zone.
DosTime ToDosTime(std::int64_t seconds) {
  const std::time_t clamped =
      static_cast<std::time_t>(std::clamp<std::int64_t>(seconds, 315532800, 4354819198));
  std::tm tm{};
  gmtime_r(&clamped, &tm);
  return {
      static_cast<std::uint16_t>(((tm.tm_year - 80) << 9) | ((tm.tm_mon + 1) << 5) | tm.tm_mday),
      static_cast<std::uint16_t>((tm.tm_hour << 11) | (tm.tm_min << 5) | (tm.tm_sec / 2))};
}

// Sizes of the areas for one choice of table width and cluster size.
std::optional<FatGeometry> Fit(const FatOptions& options, int bits, std::uint64_t cluster_size) {
  const std::uint64_t sector = options.sector_size;
  FatGeometry g;
  g.bits = bits;
  g.sector_size = options.sector_size;
  g.cluster_size = static_cast<std::uint32_t>(cluster_size);
  g.fat_count = kFats;
  g.size = options.size / sector * sector;
  g.root_entries = bits == 32 ? 0 : kRootEntries;
  g.root_cluster = bits == 32 ? 2 : 0;
  g.serial = options.serial;
  g.label = options.label;
  const std::uint64_t root_bytes = RoundUp(std::uint64_t{g.root_entries} * kFatEntrySize, sector);
  const std::uint64_t least_reserved = (bits == 32 ? 32 : 1) * sector;
  // The table must cover the clusters that its own size leaves: grows until it does.
  g.fat_size = sector;
  while (true) {
    g.data_offset =
        RoundUp(least_reserved + kFats * g.fat_size + root_bytes, std::max(kDataAlignment, sector));
    if (g.data_offset + cluster_size > g.size) return std::nullopt;
    const std::uint64_t clusters = (g.size - g.data_offset) / cluster_size;
    if (clusters > 0x0ffffff5) return std::nullopt;
    g.cluster_count = static_cast<std::uint32_t>(clusters);
    const std::uint64_t needed =
        RoundUp(((clusters + 2) * static_cast<unsigned>(bits) + 7) / 8, sector);
    if (needed <= g.fat_size) break;
    g.fat_size = needed;
  }
  g.root_offset = g.data_offset - root_bytes;
  g.fat_offset = g.root_offset - kFats * g.fat_size;
  const std::uint64_t n = g.cluster_count;
  const bool right_kind = bits == 12   ? n <= kMaxFat12 - kMargin
                          : bits == 16 ? n > kMaxFat12 + kMargin && n <= kMaxFat16 - kMargin
                                       : n > kMaxFat16 + kMargin;
  if (!right_kind || g.fat_offset / sector > 0xffff) return std::nullopt;
  return g;
}

Result<FatGeometry> ChooseGeometry(const FatOptions& options) {
  const std::uint64_t sector = options.sector_size;
  if (sector != 512 && sector != 1024 && sector != 2048 && sector != 4096) {
    return Fail("FAT has sectors of 512 to 4096 bytes, not {}", sector);
  }
  if (options.size / sector > std::numeric_limits<std::uint32_t>::max()) {
    return Fail("FAT cannot have {} bytes", options.size);
  }
  if (options.size > kFat32From) {
    for (std::uint64_t cluster = std::max<std::uint64_t>(4096, sector); cluster >= sector;
         cluster /= 2) {
      if (auto g = Fit(options, 32, cluster)) return *g;
    }
  }
  // The smallest clusters that leave the table well below its limit; small ones waste least.
  for (const int bits : {16, 12}) {
    for (std::uint64_t cluster = sector; cluster <= (32u << 10); cluster *= 2) {
      if (auto g = Fit(options, bits, cluster)) return *g;
    }
  }
  return Fail("a FAT file system of {} bytes with sectors of {} is not possible", options.size,
              sector);
}

struct Node {
  std::string name;
  bool directory = false;
  std::uint64_t size = 0;  // of a file
  const FatSource* source = nullptr;
  std::map<std::string, std::unique_ptr<Node>> children;  // by name: the order on disk
  Node* parent = nullptr;

  FatName fat_name;
  std::uint32_t first_cluster = 0;
  std::uint32_t clusters = 0;

  // Bytes of the directory's content.
  std::size_t DirectoryBytes(bool root, bool has_label) const {
    std::size_t entries = root ? (has_label ? 1 : 0) : 2;
    for (const auto& [_, child] : children) entries += child->fat_name.Entries();
    return entries * kFatEntrySize;
  }
};

class EntryWriter {
 public:
  EntryWriter(const FatGeometry& geometry, DosTime time, std::vector<std::byte>& out)
      : geometry_(geometry), time_(time), out_(out) {}

  void Add(const FatShortName& name, std::uint8_t attributes, std::uint32_t cluster,
           std::uint32_t size) {
    std::array<std::byte, kFatEntrySize> raw{};
    const auto entry = std::span<std::byte>(raw);
    std::memcpy(raw.data(), name.data(), name.size());
    raw[11] = std::byte{attributes};
    for (const std::size_t at : {14U, 22U}) PutLe(entry, at, time_.time);
    for (const std::size_t at : {16U, 18U, 24U}) PutLe(entry, at, time_.date);
    if (geometry_.bits == 32) PutLe(entry, 20, static_cast<std::uint16_t>(cluster >> 16));
    PutLe(entry, 26, static_cast<std::uint16_t>(cluster & 0xffff));
    PutLe(entry, 28, size);
    Append(raw);
  }
  void Append(const std::array<std::byte, kFatEntrySize>& raw) {
    out_.insert(out_.end(), raw.begin(), raw.end());
  }

 private:
  const FatGeometry& geometry_;
  DosTime time_;
  std::vector<std::byte>& out_;
};

FatShortName PaddedName(std::string_view text) {
  FatShortName name;
  name.fill(' ');
  std::copy_n(text.begin(), std::min(text.size(), name.size()), name.begin());
  return name;
}

// The allocation table as a stream: chains are runs of neighbours, so each entry follows from the
// ends of the runs.
class TableWriter {
 public:
  TableWriter(const FatGeometry& geometry, const std::vector<std::uint32_t>& ends,
              std::uint32_t used)
      : geometry_(geometry), ends_(ends), used_(used) {}

  std::uint32_t Value(std::uint32_t cluster) {
    const std::uint32_t all = geometry_.bits == 12   ? 0xfff
                              : geometry_.bits == 16 ? 0xffff
                                                     : 0x0fffffff;
    if (cluster == 0) return (all & ~0xffu) | 0xf8;  // the media byte
    if (cluster == 1) return all;                    // clean, no errors
    if (cluster >= 2 + used_) return 0;
    while (next_end_ < ends_.size() && ends_[next_end_] < cluster) ++next_end_;
    return next_end_ < ends_.size() && ends_[next_end_] == cluster ? all : cluster + 1;
  }

  Status Write(std::uint64_t at, const WriteDisk& write) {
    next_end_ = 0;
    const std::uint64_t bytes =
        (std::uint64_t{2 + used_} * static_cast<unsigned>(geometry_.bits) + 7) / 8;
    std::vector<std::byte> buffer;
    std::uint32_t cluster = 0;
    for (std::uint64_t done = 0; done < bytes; done += buffer.size()) {
      buffer.clear();
      // Two entries of twelve bits are three bytes: an even number of entries per round.
      while (buffer.size() < kBuffer && cluster < 2 + used_) {
        // Value() goes forward only, so the order of the two calls matters.
        const std::uint32_t first = Value(cluster);
        const std::uint32_t second = cluster + 1 < 2 + used_ ? Value(cluster + 1) : 0;
        Append(buffer, first, second);
        cluster += 2;
      }
      BF_TRY(write(at + done, buffer));
    }
    return {};
  }

 private:
  void Append(std::vector<std::byte>& buffer, std::uint32_t a, std::uint32_t b) const {
    const auto put = [&](std::uint32_t value, int bytes) {
      for (int i = 0; i < bytes; ++i) buffer.push_back(static_cast<std::byte>(value >> (8 * i)));
    };
    if (geometry_.bits == 12) {
      put(a | (b << 12), 3);
    } else {
      put(a, geometry_.bits / 8);
      put(b, geometry_.bits / 8);
    }
  }

  const FatGeometry& geometry_;
  const std::vector<std::uint32_t>& ends_;
  std::uint32_t used_;
  std::size_t next_end_ = 0;
};

}  // namespace

struct FatBuilder::State {
  FatOptions options;
  std::vector<FatSource> files;
  FatGeometry geometry;
  Node root;
  std::vector<Node*> in_order;  // as their clusters follow each other
  std::uint32_t used = 0;       // clusters

  Status AddFile(const FatSource& source);
  Status NameChildren(Node& directory, bool is_root);
  Status Place(Node& node, std::uint64_t bytes);
  Status PlaceAll();
  std::vector<std::byte> Directory(const Node& node) const;
  std::vector<std::byte> BootSector() const;
  Status WriteHead(const WriteDisk& write) const;
};

Status FatBuilder::State::AddFile(const FatSource& source) {
  Node* here = &root;
  std::string_view rest = source.path;
  while (true) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string name(rest.substr(0, end));
    const bool last = end == rest.size();
    auto& slot = here->children[name];
    if (slot == nullptr) {
      slot = std::make_unique<Node>();
      slot->name = name;
      slot->parent = here;
      slot->directory = !last || source.directory;
      if (!slot->directory) {
        slot->size = source.size;
        slot->source = &source;
      }
    } else if (!slot->directory || (last && !source.directory)) {
      return Fail("{}: there is already a file of this name", source.path);
    }
    if (last) return {};
    here = slot.get();
    rest.remove_prefix(end + 1);
  }
}

Status FatBuilder::State::NameChildren(Node& directory, bool is_root) {
  std::set<FatShortName> taken;
  std::set<std::string> folded;
  for (auto& [name, child] : directory.children) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!folded.insert(lower).second) {
      return Fail("\"{}\" differs from another file only by upper and lower case", name);
    }
    BF_ASSIGN(child->fat_name, MakeFatName(name, taken));
    if (child->directory) BF_TRY(NameChildren(*child, false));
  }
  const std::size_t entries =
      directory.DirectoryBytes(is_root, !options.label.empty()) / kFatEntrySize;
  const bool fixed_root = is_root && geometry.bits != 32;
  if (entries > (fixed_root ? kRootEntries : kMaxDirectoryEntries)) {
    return Fail("too many files in {}", is_root ? "the root directory" : directory.name);
  }
  return {};
}

Status FatBuilder::State::Place(Node& node, std::uint64_t bytes) {
  const std::uint64_t clusters = (bytes + geometry.cluster_size - 1) / geometry.cluster_size;
  if (clusters > geometry.cluster_count - used) {
    std::uint64_t total = 0;
    for (const FatSource& file : files) total += RoundUp(file.size, geometry.cluster_size);
    return Fail("the files take {} bytes, the file system holds {}", total,
                std::uint64_t{geometry.cluster_count} * geometry.cluster_size);
  }
  node.clusters = static_cast<std::uint32_t>(clusters);
  node.first_cluster = clusters == 0 ? 0 : 2 + used;
  used += node.clusters;
  if (clusters != 0) in_order.push_back(&node);
  return {};
}

// Directories first, then the files in the order given: their data is then one long run.
Status FatBuilder::State::PlaceAll() {
  const bool has_label = !options.label.empty();
  if (geometry.bits == 32) {
    BF_TRY(Place(root, std::max<std::uint64_t>(root.DirectoryBytes(true, has_label), 1)));
  }
  std::vector<Node*> stack{&root};
  std::map<const FatSource*, Node*> by_source;
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    if (node != &root && node->directory) BF_TRY(Place(*node, node->DirectoryBytes(false, false)));
    if (node->source != nullptr) by_source[node->source] = node;
    for (auto child = node->children.rbegin(); child != node->children.rend(); ++child) {
      stack.push_back(child->second.get());
    }
  }
  for (const FatSource& source : files) {
    const auto found = by_source.find(&source);
    if (found != by_source.end()) BF_TRY(Place(*found->second, source.size));
  }
  return {};
}

std::vector<std::byte> FatBuilder::State::Directory(const Node& node) const {
  std::vector<std::byte> bytes;
  EntryWriter entries(geometry, ToDosTime(options.time), bytes);
  if (&node == &root) {
    if (!options.label.empty()) entries.Add(PaddedName(options.label), kFatAttributeVolume, 0, 0);
  } else {
    const Node& up = *node.parent;
    entries.Add(PaddedName("."), kFatAttributeDirectory, node.first_cluster, 0);
    // ".." of a directory in the root is 0, even on FAT32 where the root has a cluster.
    entries.Add(PaddedName(".."), kFatAttributeDirectory, &up == &root ? 0 : up.first_cluster, 0);
  }
  for (const auto& [_, child] : node.children) {
    for (const auto& part : LongNameEntries(child->fat_name)) entries.Append(part);
    entries.Add(child->fat_name.short_name,
                child->directory ? kFatAttributeDirectory : kFatAttributeArchive,
                child->first_cluster, static_cast<std::uint32_t>(child->size));
  }
  return bytes;
}

std::vector<std::byte> FatBuilder::State::BootSector() const {
  const FatGeometry& g = geometry;
  std::vector<std::byte> sector(g.sector_size);
  const auto s = std::span<std::byte>(sector);
  const auto text = [&](std::size_t at, std::string_view value) {
    std::memcpy(sector.data() + at, value.data(), value.size());
  };
  const bool fat32 = g.bits == 32;
  const auto total = static_cast<std::uint32_t>(g.size / g.sector_size);
  const auto fat_sectors = static_cast<std::uint32_t>(g.fat_size / g.sector_size);
  sector[0] = std::byte{0xeb};
  sector[1] = fat32 ? std::byte{0x58} : std::byte{0x3c};
  sector[2] = std::byte{0x90};
  text(3, "BFDEVICE");
  PutLe(s, 11, static_cast<std::uint16_t>(g.sector_size));
  sector[13] = static_cast<std::byte>(g.cluster_size / g.sector_size);
  PutLe(s, 14, static_cast<std::uint16_t>(g.fat_offset / g.sector_size));
  sector[16] = static_cast<std::byte>(kFats);
  PutLe(s, 17, static_cast<std::uint16_t>(g.root_entries));
  if (!fat32 && total < 0x10000) {
    PutLe(s, 19, static_cast<std::uint16_t>(total));
  } else {
    PutLe(s, 32, total);
  }
  sector[21] = std::byte{0xf8};
  if (!fat32) PutLe(s, 22, static_cast<std::uint16_t>(fat_sectors));
  PutLe<std::uint16_t>(s, 24, 63);
  PutLe<std::uint16_t>(s, 26, 255);
  PutLe(s, 28,
        static_cast<std::uint32_t>(std::min<std::uint64_t>(
            options.hidden_sectors, std::numeric_limits<std::uint32_t>::max())));
  if (fat32) {
    PutLe(s, 36, fat_sectors);
    PutLe(s, 44, g.root_cluster);
    PutLe<std::uint16_t>(s, 48, 1);  // the information sector
    PutLe<std::uint16_t>(s, 50, 6);  // the backup of this sector
  }
  const std::size_t extended = fat32 ? 64 : 36;
  sector[extended] = std::byte{0x80};
  sector[extended + 2] = std::byte{0x29};
  PutLe(s, extended + 3, g.serial);
  const FatShortName label = PaddedName(g.label.empty() ? "NO NAME" : g.label);
  std::memcpy(sector.data() + extended + 7, label.data(), label.size());
  text(extended + 18, g.bits == 12 ? "FAT12   " : g.bits == 16 ? "FAT16   " : "FAT32   ");
  sector[510] = std::byte{0x55};
  sector[511] = std::byte{0xaa};
  return sector;
}

Status FatBuilder::State::WriteHead(const WriteDisk& write) const {
  const std::vector<std::byte> boot = BootSector();
  BF_TRY(write(0, boot));
  if (geometry.bits != 32) return {};
  std::vector<std::byte> info(geometry.sector_size);
  const auto s = std::span<std::byte>(info);
  PutLe<std::uint32_t>(s, 0, 0x41615252);
  PutLe<std::uint32_t>(s, 484, 0x61417272);
  PutLe<std::uint32_t>(s, 488, geometry.cluster_count - used);
  PutLe<std::uint32_t>(s, 492, 2 + used - 1);  // the last one given away
  PutLe<std::uint32_t>(s, 508, 0xaa550000);
  BF_TRY(write(geometry.sector_size, info));
  BF_TRY(write(6ull * geometry.sector_size, boot));
  return write(7ull * geometry.sector_size, info);
}

FatSource FatSource::OfText(std::string path, std::string text) {
  FatSource source;
  source.path = std::move(path);
  source.size = text.size();
  source.copy = [text = std::move(text)](const WriteDisk& write) {
    return write(0, std::as_bytes(std::span(text)));
  };
  return source;
}

FatBuilder::FatBuilder(std::unique_ptr<State> state) : state_(std::move(state)) {}
FatBuilder::FatBuilder(FatBuilder&&) noexcept = default;
FatBuilder& FatBuilder::operator=(FatBuilder&&) noexcept = default;
FatBuilder::~FatBuilder() = default;

const FatGeometry& FatBuilder::geometry() const { return state_->geometry; }

std::uint64_t FatBuilder::UsedBytes() const {
  return std::uint64_t{state_->used} * state_->geometry.cluster_size;
}

Result<std::uint64_t> FatBuilder::OffsetOf(const std::string& path) const {
  for (const Node* node : state_->in_order) {
    if (node->source != nullptr && node->source->path == path) {
      return state_->geometry.ClusterOffset(node->first_cluster);
    }
  }
  return Fail("{} has no data on the volume", path);
}

Result<FatBuilder> FatBuilder::Plan(FatOptions options, std::vector<FatSource> files) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->files = std::move(files);
  if (state->options.label.size() > 11) {
    return Fail("the label \"{}\" is longer than 11 characters", state->options.label);
  }
  BF_ASSIGN(state->geometry, ChooseGeometry(state->options));
  state->root.directory = true;
  for (const FatSource& file : state->files) {
    if (file.size > std::numeric_limits<std::uint32_t>::max()) {
      return Fail("{} has {} bytes, more than FAT can hold in a file", file.path, file.size);
    }
    BF_TRY(state->AddFile(file));
  }
  BF_TRY(state->NameChildren(state->root, true));
  BF_TRY(state->PlaceAll());
  return FatBuilder(std::move(state));
}

Status FatBuilder::Write(const WriteDisk& write) const {
  const State& state = *state_;
  const FatGeometry& g = state.geometry;
  BF_TRY(state.WriteHead(write));
  std::vector<std::uint32_t> ends;
  for (const Node* node : state.in_order) ends.push_back(node->first_cluster + node->clusters - 1);
  TableWriter table(g, ends, state.used);
  for (std::uint32_t copy = 0; copy < kFats; ++copy) {
    BF_TRY(table.Write(g.fat_offset + copy * g.fat_size, write));
  }
  if (g.bits != 32) BF_TRY(write(g.root_offset, state.Directory(state.root)));
  for (const Node* node : state.in_order) {
    const std::uint64_t offset = g.ClusterOffset(node->first_cluster);
    if (node->directory) {
      BF_TRY(write(offset, state.Directory(*node)));
      continue;
    }
    const auto status =
        node->source->copy([&](std::uint64_t at, std::span<const std::byte> data) -> Status {
          if (at > node->size || data.size() > node->size - at) {
            return Fail("the file grew while it was read");
          }
          return write(offset + at, data);
        });
    if (!status) return Failure(Error(status.error()).Context(node->source->path));
  }
  return {};
}

}  // namespace bf::disk
