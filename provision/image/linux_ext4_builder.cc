// SPDX-License-Identifier: Apache-2.0
#include "provision/image/ext4_builder.h"

extern "C" {
#include <et/com_err.h>  // declares nothing for C++
}
#include <ext2fs/ext2fs.h>

#include <cstring>
#include <unordered_map>

#include "core/host/spawn.h"
#include "core/policy/reader.h"

namespace bf::provision::image {
namespace {

constexpr std::uint64_t kBlock = 4096;
// Largest length of one initialised extent.
constexpr std::uint64_t kMaxExtent = 32768;

Failure Ext2Error(errcode_t code, const std::string& path, const Ext4Options& options) {
  if (code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL ||
      code == EXT2_ET_DIR_NO_SPACE || code == ENOSPC) {
    return Fail(
        "/{}: the root file system of {} is full ({}); make the root smaller or the slots "
        "larger in layout.toml",
        path, policy::FormatSize(options.size),
        code == EXT2_ET_INODE_ALLOC_FAIL ? "no inodes left" : "no blocks left");
  }
  return Fail("/{}: {}", path, error_message(code));
}

// Fixed features and no mke2fs.conf: what is made depends on nothing but the input.
Status RunMke2fs(const Ext4Options& options) {
  host::Command command;
  command.argv = {
      "mke2fs",
      "-q",
      "-F",
      "-t",
      "ext4",
      "-b",
      "4096",
      "-I",
      "256",
      "-i",
      "16384",
      "-m",
      "0",
      "-O",
      "none,filetype,sparse_super,large_file,huge_file,dir_index,ext_attr,extent,flex_bg,64bit,"
      "dir_nlink,extra_isize,metadata_csum",
      "-U",
      options.uuid.ToString(),
      "-E",
      fmt::format("offset={},hash_seed={},nodiscard,root_owner=0:0,lazy_itable_init=0,"
                  "assume_storage_prezeroed=1",
                  options.offset, options.hash_seed.ToString()),
      options.path,
      std::to_string(options.size / kBlock)};
  command.environment = {
      "MKE2FS_CONFIG=/dev/null", "MKE2FS_SYNC=0",
      fmt::format("E2FSPROGS_FAKE_TIME={}", std::max<std::int64_t>(options.time, 1))};
  BF_TRY(host::RunOk(command));
  return {};
}

std::uint8_t FileType(EntryKind kind) {
  switch (kind) {
    case EntryKind::kDirectory:
      return EXT2_FT_DIR;
    case EntryKind::kSymlink:
      return EXT2_FT_SYMLINK;
    case EntryKind::kCharDevice:
      return EXT2_FT_CHRDEV;
    case EntryKind::kBlockDevice:
      return EXT2_FT_BLKDEV;
    case EntryKind::kFifo:
      return EXT2_FT_FIFO;
    case EntryKind::kSocket:
      return EXT2_FT_SOCK;
    default:
      return EXT2_FT_REG_FILE;
  }
}

std::uint16_t TypeBits(EntryKind kind) {
  switch (kind) {
    case EntryKind::kDirectory:
      return LINUX_S_IFDIR;
    case EntryKind::kSymlink:
      return LINUX_S_IFLNK;
    case EntryKind::kCharDevice:
      return LINUX_S_IFCHR;
    case EntryKind::kBlockDevice:
      return LINUX_S_IFBLK;
    case EntryKind::kFifo:
      return LINUX_S_IFIFO;
    case EntryKind::kSocket:
      return LINUX_S_IFSOCK;
    default:
      return LINUX_S_IFREG;
  }
}

struct Known {
  ext2_ino_t inode = 0;
  EntryKind kind = EntryKind::kFile;
};

}  // namespace

struct Ext4Builder::State {
  Ext4Options options;
  WriteData write;
  ext2_filsys fs = nullptr;
  std::unordered_map<std::string, Known> known;
  blk64_t next_block = 0;  // where the last allocation ended: files follow each other on disk

  ~State() {
    if (fs != nullptr) ext2fs_free(fs);
  }

  Status Check(errcode_t code, const std::string& path) const {
    if (code == 0) return {};
    return Ext2Error(code, path, options);
  }

  Result<ext2_ino_t> ParentOf(const std::string& path);
  Status Link(const TreeEntry& entry, ext2_ino_t parent, ext2_ino_t inode);
  Status SetMeta(const TreeEntry& entry, ext2_ino_t number);
  Status SetXattrs(const TreeEntry& entry, ext2_ino_t number);
  Status AddDirectory(const TreeEntry& entry);
  Status AddSpecial(const TreeEntry& entry, const FileContent& content);
  Status AddHardLink(const TreeEntry& entry);
  Status AddSymlink(const TreeEntry& entry);
  Status FillFile(const TreeEntry& entry, ext2_ino_t number, const FileContent& content);
};

namespace {

std::string NameOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::int64_t ClampTime(std::int64_t mtime, std::int64_t latest) {
  return std::clamp<std::int64_t>(mtime, 0, std::max<std::int64_t>(latest, 0));
}

// A logical block that has a place.
struct Mapped {
  std::uint64_t logical = 0;
  std::uint64_t physical = 0;
  std::uint64_t length = 0;
};

class Mapping {
 public:
  void Add(Mapped piece) { pieces_.push_back(piece); }
  // Where the byte `at` of the file is, and how many bytes follow it there.
  Result<Region> Find(std::uint64_t at) {
    const std::uint64_t block = at / kBlock;
    while (next_ < pieces_.size() && pieces_[next_].logical + pieces_[next_].length <= block) {
      ++next_;
    }
    if (next_ == pieces_.size() || block < pieces_[next_].logical) {
      return Fail("data where the entry announced a hole");
    }
    const Mapped& piece = pieces_[next_];
    return Region{piece.physical * kBlock + (at - piece.logical * kBlock),
                  (piece.logical + piece.length) * kBlock - at};
  }

 private:
  std::vector<Mapped> pieces_;
  std::size_t next_ = 0;  // content comes in order
};

}  // namespace

Result<ext2_ino_t> Ext4Builder::State::ParentOf(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  const auto found = known.find(parent);
  if (found == known.end()) {
    // An archive may leave out the directories on the way.
    TreeEntry directory;
    directory.path = parent;
    directory.kind = EntryKind::kDirectory;
    directory.mode = 0755;
    directory.mtime = options.time;
    BF_TRY(AddDirectory(directory));
    return known.at(parent).inode;
  }
  if (found->second.kind != EntryKind::kDirectory) {
    return Fail("/{}: /{} is not a directory", path, parent);
  }
  return found->second.inode;
}

Status Ext4Builder::State::Link(const TreeEntry& entry, ext2_ino_t parent, ext2_ino_t inode) {
  const std::string name = NameOf(entry.path);
  const auto kind = entry.kind == EntryKind::kHardLink ? known.at(entry.target).kind : entry.kind;
  errcode_t code = ext2fs_link(fs, parent, name.c_str(), inode, FileType(kind));
  if (code == EXT2_ET_DIR_NO_SPACE) {
    BF_TRY(Check(ext2fs_expand_dir(fs, parent), entry.path));
    code = ext2fs_link(fs, parent, name.c_str(), inode, FileType(kind));
  }
  return Check(code, entry.path);
}

Status Ext4Builder::State::SetMeta(const TreeEntry& entry, ext2_ino_t number) {
  ext2_inode_large large{};
  auto* inode = reinterpret_cast<ext2_inode*>(&large);
  BF_TRY(Check(ext2fs_read_inode_full(fs, number, inode, sizeof large), entry.path));
  large.i_mode = static_cast<std::uint16_t>(TypeBits(entry.kind) | (entry.mode & 07777));
  large.i_uid = static_cast<std::uint16_t>(entry.uid & 0xffff);
  large.osd2.linux2.l_i_uid_high = static_cast<std::uint16_t>(entry.uid >> 16);
  large.i_gid = static_cast<std::uint16_t>(entry.gid & 0xffff);
  large.osd2.linux2.l_i_gid_high = static_cast<std::uint16_t>(entry.gid >> 16);
  const auto time = static_cast<std::uint32_t>(ClampTime(entry.mtime, options.time));
  large.i_atime = large.i_mtime = large.i_ctime = large.i_crtime = time;
  return Check(ext2fs_write_inode_full(fs, number, inode, sizeof large), entry.path);
}

Status Ext4Builder::State::SetXattrs(const TreeEntry& entry, ext2_ino_t number) {
  if (entry.xattrs.empty()) return {};
  ext2_xattr_handle* handle = nullptr;
  BF_TRY(Check(ext2fs_xattrs_open(fs, number, &handle), entry.path));
  errcode_t code = ext2fs_xattrs_read(handle);
  for (const auto& [name, value] : entry.xattrs) {
    if (code == 0) code = ext2fs_xattr_set(handle, name.c_str(), value.data(), value.size());
  }
  const errcode_t closed = ext2fs_xattrs_close(&handle);
  return Check(code != 0 ? code : closed, entry.path);
}

Status Ext4Builder::State::AddDirectory(const TreeEntry& entry) {
  if (const auto found = known.find(entry.path); found != known.end()) {
    if (found->second.kind != EntryKind::kDirectory) {
      return Fail("/{} is there twice, as a directory and as something else", entry.path);
    }
    BF_TRY(SetMeta(entry, found->second.inode));
    return SetXattrs(entry, found->second.inode);
  }
  BF_ASSIGN(const ext2_ino_t parent, ParentOf(entry.path));
  ext2_ino_t number = 0;
  BF_TRY(Check(ext2fs_new_inode(fs, parent, LINUX_S_IFDIR | 0755, nullptr, &number), entry.path));
  const std::string name = NameOf(entry.path);
  errcode_t code = ext2fs_mkdir(fs, parent, number, name.c_str());
  if (code == EXT2_ET_DIR_NO_SPACE) {
    BF_TRY(Check(ext2fs_expand_dir(fs, parent), entry.path));
    code = ext2fs_mkdir(fs, parent, number, name.c_str());
  }
  BF_TRY(Check(code, entry.path));
  known[entry.path] = {number, EntryKind::kDirectory};
  BF_TRY(SetMeta(entry, number));
  return SetXattrs(entry, number);
}

Status Ext4Builder::State::AddHardLink(const TreeEntry& entry) {
  const auto target = known.find(entry.target);
  if (target == known.end() || target->second.kind == EntryKind::kDirectory) {
    return Fail("/{} is a hard link to /{}, which is no file that came before it", entry.path,
                entry.target);
  }
  BF_ASSIGN(const ext2_ino_t parent, ParentOf(entry.path));
  ext2_inode inode{};
  BF_TRY(Check(ext2fs_read_inode(fs, target->second.inode, &inode), entry.path));
  ++inode.i_links_count;
  BF_TRY(Check(ext2fs_write_inode(fs, target->second.inode, &inode), entry.path));
  BF_TRY(Link(entry, parent, target->second.inode));
  known[entry.path] = target->second;
  return {};
}

Status Ext4Builder::State::AddSymlink(const TreeEntry& entry) {
  if (entry.target.empty() || entry.target.size() >= kBlock) {
    return Fail("/{}: a symbolic link to {} bytes of path is not possible", entry.path,
                entry.target.size());
  }
  BF_ASSIGN(const ext2_ino_t parent, ParentOf(entry.path));
  ext2_ino_t number = 0;
  BF_TRY(Check(ext2fs_new_inode(fs, parent, LINUX_S_IFLNK | 0777, nullptr, &number), entry.path));
  const std::string name = NameOf(entry.path);
  errcode_t code = ext2fs_symlink(fs, parent, number, name.c_str(), entry.target.c_str());
  if (code == EXT2_ET_DIR_NO_SPACE) {
    BF_TRY(Check(ext2fs_expand_dir(fs, parent), entry.path));
    code = ext2fs_symlink(fs, parent, number, name.c_str(), entry.target.c_str());
  }
  BF_TRY(Check(code, entry.path));
  known[entry.path] = {number, EntryKind::kSymlink};
  TreeEntry meta = entry;
  meta.mode = 0777;
  BF_TRY(SetMeta(meta, number));
  return SetXattrs(entry, number);
}

Status Ext4Builder::State::AddSpecial(const TreeEntry& entry, const FileContent& content) {
  BF_ASSIGN(const ext2_ino_t parent, ParentOf(entry.path));
  ext2_ino_t number = 0;
  BF_TRY(Check(ext2fs_new_inode(fs, parent, TypeBits(entry.kind), nullptr, &number), entry.path));
  ext2_inode inode{};
  inode.i_mode = TypeBits(entry.kind);
  inode.i_links_count = 1;
  if (entry.kind == EntryKind::kCharDevice || entry.kind == EntryKind::kBlockDevice) {
    const unsigned major = entry.device_major;
    const unsigned minor = entry.device_minor;
    // The kernel's old and new encoding; the new one is used where the old is zero.
    if (major < 256 && minor < 256) {
      inode.i_block[0] = major * 256 + minor;
    } else {
      inode.i_block[1] = (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
    }
  }
  if (entry.kind == EntryKind::kFile) {
    // On an inode without blocks this only writes the empty head of an extent tree.
    ext2_extent_handle_t handle = nullptr;
    BF_TRY(Check(ext2fs_extent_open2(fs, number, &inode, &handle), entry.path));
    ext2fs_extent_free(handle);
    BF_TRY(Check(ext2fs_inode_size_set(fs, &inode, static_cast<ext2_off64_t>(entry.size)),
                 entry.path));
  }
  BF_TRY(Check(ext2fs_write_new_inode(fs, number, &inode), entry.path));
  ext2fs_inode_alloc_stats2(fs, number, +1, 0);
  BF_TRY(Link(entry, parent, number));
  known[entry.path] = {number, entry.kind};
  BF_TRY(SetMeta(entry, number));
  if (entry.kind == EntryKind::kFile) BF_TRY(FillFile(entry, number, content));
  return SetXattrs(entry, number);
}

Status Ext4Builder::State::FillFile(const TreeEntry& entry, ext2_ino_t number,
                                    const FileContent& content) {
  Mapping mapping;
  ext2_inode inode{};
  BF_TRY(Check(ext2fs_read_inode(fs, number, &inode), entry.path));
  ext2_extent_handle_t handle = nullptr;
  BF_TRY(Check(ext2fs_extent_open2(fs, number, &inode, &handle), entry.path));
  const std::unique_ptr<ext2_extent_handle, void (*)(ext2_extent_handle_t)> owner(
      handle, ext2fs_extent_free);
  std::uint64_t done = 0;  // blocks before this one are mapped
  std::uint64_t added = 0;
  for (const Region& region : entry.data) {
    if (region.size == 0) continue;
    if (region.offset + region.size > entry.size) {
      return Fail("/{}: data beyond the end of the file", entry.path);
    }
    std::uint64_t block = std::max(region.offset / kBlock, done);
    const std::uint64_t end = (region.offset + region.size + kBlock - 1) / kBlock;
    while (block < end) {
      blk64_t physical = 0;
      blk64_t length = 0;
      BF_TRY(Check(ext2fs_new_range(fs, 0, next_block, std::min(end - block, kMaxExtent), nullptr,
                                    &physical, &length),
                   entry.path));
      ext2fs_block_alloc_stats_range(fs, physical, static_cast<blk_t>(length), +1);
      next_block = physical + length;
      ext2fs_extent extent{};
      extent.e_pblk = physical;
      extent.e_lblk = block;
      extent.e_len = static_cast<std::uint32_t>(length);
      BF_TRY(Check(ext2fs_extent_insert(handle, added == 0 ? 0 : EXT2_EXTENT_INSERT_AFTER, &extent),
                   entry.path));
      BF_TRY(Check(ext2fs_extent_fix_parents(handle), entry.path));
      mapping.Add({block, physical, length});
      added += length;
      block += length;
    }
    done = std::max(done, end);
  }
  BF_TRY(Check(ext2fs_iblk_add_blocks(fs, &inode, added), entry.path));
  BF_TRY(Check(ext2fs_write_inode(fs, number, &inode), entry.path));

  std::uint64_t received = 0;
  const auto take = [&](std::uint64_t at, std::span<const std::byte> data) -> Status {
    if (at > entry.size || data.size() > entry.size - at) {
      return Fail("/{}: the file grew while it was read", entry.path);
    }
    received = at + data.size();
    while (!data.empty()) {
      BF_ASSIGN(const Region place, mapping.Find(at));
      const auto part =
          data.first(static_cast<std::size_t>(std::min<std::uint64_t>(place.size, data.size())));
      BF_TRY(write(options.offset + place.offset, part));
      at += part.size();
      data = data.subspan(part.size());
    }
    return {};
  };
  BF_TRY(content(take));
  const std::uint64_t expected =
      entry.data.empty() ? 0 : entry.data.back().offset + entry.data.back().size;
  if (received < expected && !entry.data.empty() && entry.data.back().size > 0) {
    return Fail("/{}: the file ends {} bytes too early", entry.path, expected - received);
  }
  return {};
}

Ext4Builder::Ext4Builder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ext4Builder::Ext4Builder(Ext4Builder&&) noexcept = default;
Ext4Builder::~Ext4Builder() = default;

Result<Ext4Builder> Ext4Builder::Create(const Ext4Options& options, WriteData write) {
  add_error_table(&et_ext2_error_table);
  BF_TRY(RunMke2fs(options));
  auto state = std::make_unique<State>();
  state->options = options;
  state->write = std::move(write);
  const std::string io = fmt::format("offset={}", options.offset);
  const errcode_t code =
      ext2fs_open2(options.path.c_str(), io.c_str(), EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0,
                   unix_io_manager, &state->fs);
  BF_TRY(state->Check(code, ""));
  // Every time stamp that libext2fs sets by itself.
  state->fs->now = static_cast<time_t>(std::max<std::int64_t>(options.time, 1));
  BF_TRY(state->Check(ext2fs_read_bitmaps(state->fs), ""));
  state->known[""] = {EXT2_ROOT_INO, EntryKind::kDirectory};
  ext2_ino_t lost_found = 0;
  if (ext2fs_lookup(state->fs, EXT2_ROOT_INO, "lost+found", 10, nullptr, &lost_found) == 0) {
    state->known["lost+found"] = {lost_found, EntryKind::kDirectory};
  }
  return Ext4Builder(std::move(state));
}

Status Ext4Builder::Add(const TreeEntry& entry, const FileContent& content) {
  if (entry.kind == EntryKind::kDirectory) return state_->AddDirectory(entry);
  if (entry.path.empty()) return Fail("the root of the tree is not a directory");
  if (state_->known.contains(entry.path)) {
    return Fail("/{} is there twice", entry.path);
  }
  if (entry.kind == EntryKind::kHardLink) return state_->AddHardLink(entry);
  if (entry.kind == EntryKind::kSymlink) return state_->AddSymlink(entry);
  return state_->AddSpecial(entry, content);
}

Status Ext4Builder::Finish() {
  ext2_filsys fs = std::exchange(state_->fs, nullptr);
  const errcode_t code = ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
  return state_->Check(code, "");
}

}  // namespace bf::provision::image
