// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/host/file.h"
#include "provision/image/output.h"
#include "provision/image/tree.h"

namespace bf::provision::image {
namespace {

constexpr std::size_t kChunk = 512 << 10;
constexpr std::size_t kMaxXattr = 64 << 10;

// A label of the machine that builds says nothing about the device.
bool IsForTheImage(std::string_view xattr) { return xattr != "security.selinux"; }

class Walker {
 public:
  Walker(std::string root, const TreeVisitor& visit) : root_(std::move(root)), visit_(visit) {}

  Status Run() {
    struct stat info {};
    if (::stat(root_.c_str(), &info) != 0) return FailErrno(errno, "{}", root_);
    device_ = info.st_dev;
    return Visit("", info);
  }

 private:
  std::string Full(const std::string& path) const {
    return path.empty() ? root_ : root_ + "/" + path;
  }

  Status Visit(const std::string& path, const struct stat& info) {
    TreeEntry entry;
    entry.path = path;
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime = info.st_mtime;
    BF_TRY(ReadXattrs(entry));
    if (!S_ISDIR(info.st_mode) && info.st_nlink > 1) {
      const auto [first, is_new] = links_.emplace(std::pair(info.st_dev, info.st_ino), path);
      if (!is_new) {
        entry.kind = EntryKind::kHardLink;
        entry.target = first->second;
        return visit_(entry, {});
      }
    }
    switch (info.st_mode & S_IFMT) {
      case S_IFDIR:
        entry.kind = EntryKind::kDirectory;
        BF_TRY(visit_(entry, {}));
        return info.st_dev == device_ ? VisitChildren(path) : Status();
      case S_IFREG:
        return VisitFile(entry, info);
      case S_IFLNK: {
        entry.kind = EntryKind::kSymlink;
        std::string target(4096, '\0');
        const ssize_t length = ::readlink(Full(path).c_str(), target.data(), target.size());
        if (length < 0) return FailErrno(errno, "read the link {}", Full(path));
        target.resize(static_cast<std::size_t>(length));
        entry.target = std::move(target);
        return visit_(entry, {});
      }
      case S_IFCHR:
      case S_IFBLK:
        entry.kind = S_ISCHR(info.st_mode) ? EntryKind::kCharDevice : EntryKind::kBlockDevice;
        entry.device_major = major(info.st_rdev);
        entry.device_minor = minor(info.st_rdev);
        return visit_(entry, {});
      default:
        entry.kind = S_ISFIFO(info.st_mode) ? EntryKind::kFifo : EntryKind::kSocket;
        return visit_(entry, {});
    }
  }

  Status VisitChildren(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(Full(path).c_str()), ::closedir);
    if (dir == nullptr) return FailErrno(errno, "open {}", Full(path));
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* child = ::readdir(dir.get())) {
      const std::string name = child->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) return FailErrno(errno, "read {}", Full(path));
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const std::string child = path.empty() ? name : path + "/" + name;
      struct stat info {};
      if (::lstat(Full(child).c_str(), &info) != 0) return FailErrno(errno, "{}", Full(child));
      BF_TRY(Visit(child, info));
    }
    return {};
  }

  Status VisitFile(TreeEntry& entry, const struct stat& info) {
    const std::string name = Full(entry.path);
    BF_ASSIGN(const host::UniqueFd fd, host::Open(name, O_RDONLY | O_NOFOLLOW));
    entry.kind = EntryKind::kFile;
    entry.size = static_cast<std::uint64_t>(info.st_size);
    BF_TRY(ForEachData(fd.get(), name, 0, entry.size, [&](std::uint64_t at, std::uint64_t size) {
      entry.data.push_back({at, size});
      return Status();
    }));
    const FileContent content = [&](const auto& take) -> Status {
      buffer_.resize(kChunk);
      for (const Region& region : entry.data) {
        for (std::uint64_t done = 0; done < region.size;) {
          const auto chunk = std::span(buffer_).first(
              static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, region.size - done)));
          BF_TRY(host::ReadAt(fd.get(), region.offset + done, chunk, name));
          BF_TRY(take(region.offset + done, chunk));
          done += chunk.size();
        }
      }
      return {};
    };
    return visit_(entry, content);
  }

  Status ReadXattrs(TreeEntry& entry) const {
    const std::string name = Full(entry.path);
    std::string list(kMaxXattr, '\0');
    const ssize_t length = ::llistxattr(name.c_str(), list.data(), list.size());
    if (length < 0 && errno == ENOTSUP) return {};
    if (length < 0) return FailErrno(errno, "list the attributes of {}", name);
    list.resize(static_cast<std::size_t>(length));
    for (std::size_t at = 0; at < list.size();) {
      const std::string key = list.c_str() + at;
      at += key.size() + 1;
      if (!IsForTheImage(key)) continue;
      std::string value(kMaxXattr, '\0');
      const ssize_t got = ::lgetxattr(name.c_str(), key.c_str(), value.data(), value.size());
      if (got < 0) return FailErrno(errno, "read the attribute {} of {}", key, name);
      value.resize(static_cast<std::size_t>(got));
      entry.xattrs[key] = std::move(value);
    }
    return {};
  }

  std::string root_;
  const TreeVisitor& visit_;
  dev_t device_ = 0;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
  std::vector<std::byte> buffer_;
};

}  // namespace

Status WalkDirectoryTree(const std::string& directory, const TreeVisitor& visit) {
  return Walker(directory, visit).Run();
}

}  // namespace bf::provision::image
