// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>

#include "provision/image/posix_acl.h"
#include "provision/image/tree.h"

namespace bf::provision::image {
namespace {

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using ArchivePtr = std::unique_ptr<archive, FreeArchive>;

std::string_view OrEmpty(const char* text) { return text == nullptr ? "" : text; }

Failure Problem(archive* a, const std::string& path) {
  const std::string_view why = OrEmpty(archive_error_string(a));
  return Fail("{}: {}", path, why.empty() ? "the archive cannot be read" : why);
}

Result<EntryKind> KindOf(archive_entry* raw, const std::string& path) {
  if (archive_entry_hardlink(raw) != nullptr) return EntryKind::kHardLink;
  switch (archive_entry_filetype(raw)) {
    case AE_IFDIR:
      return EntryKind::kDirectory;
    case AE_IFREG:
      return EntryKind::kFile;
    case AE_IFLNK:
      return EntryKind::kSymlink;
    case AE_IFCHR:
      return EntryKind::kCharDevice;
    case AE_IFBLK:
      return EntryKind::kBlockDevice;
    case AE_IFIFO:
      return EntryKind::kFifo;
    case AE_IFSOCK:
      return EntryKind::kSocket;
    default:
      return Fail("{}: an entry of an unknown kind", path);
  }
}

void ReadAttributes(archive_entry* raw, TreeEntry& entry) {
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(raw);
  while (archive_entry_xattr_next(raw, &name, &value, &size) == ARCHIVE_OK) {
    if (std::strcmp(name, "security.selinux") == 0) continue;
    entry.xattrs[name] = std::string(static_cast<const char*>(value), size);
  }
}

Status ReadAcl(archive_entry* raw, int type, const std::string& attribute, TreeEntry& entry) {
  PosixAcl acl;
  if (archive_entry_acl_reset(raw, type) == 0) return {};
  int entry_type = 0;
  int permissions = 0;
  int tag = 0;
  int id = 0;
  const char* name = nullptr;
  while (archive_entry_acl_next(raw, type, &entry_type, &permissions, &tag, &id, &name) ==
         ARCHIVE_OK) {
    const auto bits = static_cast<unsigned>(permissions) & 7;
    const auto number = static_cast<std::uint32_t>(id);
    switch (tag) {
      case ARCHIVE_ENTRY_ACL_USER_OBJ:
        acl.push_back({AclTag::kUserObj, bits, 0});
        break;
      case ARCHIVE_ENTRY_ACL_USER:
      case ARCHIVE_ENTRY_ACL_GROUP:
        // A name would have to be looked up among the users of the building machine.
        if (id < 0) return Fail("{}: an ACL for \"{}\" has no number", entry.path, OrEmpty(name));
        acl.push_back(
            {tag == ARCHIVE_ENTRY_ACL_USER ? AclTag::kUser : AclTag::kGroup, bits, number});
        break;
      case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
        acl.push_back({AclTag::kGroupObj, bits, 0});
        break;
      case ARCHIVE_ENTRY_ACL_MASK:
        acl.push_back({AclTag::kMask, bits, 0});
        break;
      case ARCHIVE_ENTRY_ACL_OTHER:
        acl.push_back({AclTag::kOther, bits, 0});
        break;
      default:
        return Fail("{}: an ACL of an unknown kind", entry.path);
    }
  }
  if (!acl.empty()) entry.xattrs[attribute] = SerialiseAcl(std::move(acl));
  return {};
}

Result<TreeEntry> Convert(archive_entry* raw, const std::string& archive_name) {
  TreeEntry entry;
  const std::string_view path = OrEmpty(archive_entry_pathname(raw));
  if (path.empty()) return Fail("{}: an entry without a name", archive_name);
  BF_ASSIGN(entry.path, NormalisePath(path));
  BF_ASSIGN(entry.kind, KindOf(raw, entry.path));
  entry.mode = archive_entry_perm(raw) & 07777;
  entry.uid = static_cast<std::uint32_t>(archive_entry_uid(raw));
  entry.gid = static_cast<std::uint32_t>(archive_entry_gid(raw));
  entry.mtime = archive_entry_mtime(raw);
  if (entry.kind == EntryKind::kHardLink) {
    BF_ASSIGN(entry.target, NormalisePath(OrEmpty(archive_entry_hardlink(raw))));
  }
  if (entry.kind == EntryKind::kSymlink) entry.target = OrEmpty(archive_entry_symlink(raw));
  if (entry.kind == EntryKind::kCharDevice || entry.kind == EntryKind::kBlockDevice) {
    entry.device_major = static_cast<unsigned>(archive_entry_rdevmajor(raw));
    entry.device_minor = static_cast<unsigned>(archive_entry_rdevminor(raw));
  }
  if (entry.kind == EntryKind::kFile) {
    entry.size = static_cast<std::uint64_t>(std::max<std::int64_t>(archive_entry_size(raw), 0));
    if (archive_entry_sparse_reset(raw) > 0) {
      std::int64_t offset = 0;
      std::int64_t size = 0;
      while (archive_entry_sparse_next(raw, &offset, &size) == ARCHIVE_OK) {
        if (size > 0) {
          entry.data.push_back(
              {static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(size)});
        }
      }
    } else if (entry.size > 0) {
      entry.data.push_back({0, entry.size});
    }
  }
  ReadAttributes(raw, entry);
  if (entry.kind != EntryKind::kHardLink && entry.kind != EntryKind::kSymlink) {
    BF_TRY(ReadAcl(raw, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access", entry));
    BF_TRY(ReadAcl(raw, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default", entry));
  }
  return entry;
}

}  // namespace

Status WalkArchive(const std::string& path, const TreeVisitor& visit) {
  const ArchivePtr a(archive_read_new());
  archive_read_support_filter_all(a.get());
  archive_read_support_format_tar(a.get());
  if (archive_read_open_filename(a.get(), path.c_str(), 1 << 20) != ARCHIVE_OK) {
    return Problem(a.get(), path);
  }
  bool any = false;
  while (true) {
    archive_entry* raw = nullptr;
    const int got = archive_read_next_header(a.get(), &raw);
    if (got == ARCHIVE_EOF) break;
    // A warning means that something of the entry was lost.
    if (got != ARCHIVE_OK) return Problem(a.get(), path);
    any = true;
    auto entry = Convert(raw, path);
    if (!entry) return Failure(std::move(entry).error().Context(path));
    const FileContent content = [&](const auto& take) -> Status {
      while (true) {
        const void* data = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int block = archive_read_data_block(a.get(), &data, &size, &offset);
        if (block == ARCHIVE_EOF) return {};
        if (block != ARCHIVE_OK) return Problem(a.get(), path);
        BF_TRY(
            take(static_cast<std::uint64_t>(offset), {static_cast<const std::byte*>(data), size}));
      }
    };
    BF_TRY(visit(*entry, content));
  }
  if (!any) return Fail("{}: the archive is empty", path);
  return {};
}

}  // namespace bf::provision::image
