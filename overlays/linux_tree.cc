// SPDX-License-Identifier: Apache-2.0
#include "overlays/linux_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>

#include "core/hash/sha256.h"
#include "core/host/file.h"
#include "core/host/mount.h"
#include "overlays/linux_xattrs.h"

namespace bf::overlays {
namespace {

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::vector<std::string>> ListNames(int dir_fd, const std::string& shown) {
  // A descriptor of its own: the position in a directory belongs to the open file.
  const int own = ::openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return FailErrno(errno, "list {}", shown);
  std::unique_ptr<DIR, DirCloser> dir(::fdopendir(own));
  if (dir == nullptr) {
    const int code = errno;
    ::close(own);
    return FailErrno(code, "list {}", shown);
  }
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) {
      if (errno != 0) return FailErrno(errno, "list {}", shown);
      std::sort(names.begin(), names.end());
      return names;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() >= kMaxEntries) return Fail("{} has more than {} entries", shown, kMaxEntries);
    names.emplace_back(name);
  }
}

class Scanner {
 public:
  Scanner(bool upper, dev_t device) : upper_(upper), device_(device) {}

  Status ScanDirectory(int dir_fd, const std::string& shown, int depth, Entry& entry);
  Status FillNode(int parent_fd, const std::string& name, const struct stat& st,
                  const std::string& shown, Node& node);

 private:
  Status HashFile(int parent_fd, const std::string& name, const std::string& shown, Node& node);

  bool upper_;
  dev_t device_;
  std::size_t entries_ = 0;
  std::uint64_t bytes_ = 0;
};

Status Scanner::HashFile(int parent_fd, const std::string& name, const std::string& shown,
                         Node& node) {
  const host::UniqueFd fd(
      ::openat(parent_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return FailErrno(errno, "open {}", shown);
  hash::Sha256 hash;
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read {}", shown);
    if (got == 0) break;
    bytes_ += static_cast<std::uint64_t>(got);
    if (bytes_ > kMaxTreeBytes)
      return Fail("{}: the files together exceed {}", shown, policy::FormatSize(kMaxTreeBytes));
    hash.Add({buffer.data(), static_cast<std::size_t>(got)});
  }
  node.content = hash.Hex();
  return {};
}

Status Scanner::FillNode(int parent_fd, const std::string& name, const struct stat& st,
                         const std::string& shown, Node& node) {
  node.mode = st.st_mode & 07777;
  node.uid = st.st_uid;
  node.gid = st.st_gid;
  switch (st.st_mode & S_IFMT) {
    case S_IFREG:
      node.type = NodeType::kFile;
      BF_TRY(HashFile(parent_fd, name, shown, node));
      break;
    case S_IFDIR:
      node.type = NodeType::kDirectory;
      break;
    case S_IFLNK: {
      node.type = NodeType::kSymlink;
      std::array<char, 4096> target;
      const ssize_t length = ::readlinkat(parent_fd, name.c_str(), target.data(), target.size());
      if (length < 0) return FailErrno(errno, "read the symlink {}", shown);
      node.content.assign(target.data(), static_cast<std::size_t>(length));
      break;
    }
    case S_IFIFO:
      node.type = NodeType::kFifo;
      break;
    case S_IFSOCK:
      node.type = NodeType::kSocket;
      break;
    case S_IFCHR:
      if (upper_ && st.st_rdev == 0) {
        node = Node{NodeType::kWhiteout, 0, 0, 0, {}, {}, false};
        return {};
      }
      node.type = NodeType::kCharDevice;
      break;
    default:
      node.type = NodeType::kBlockDevice;
      break;
  }
  if (node.type == NodeType::kCharDevice || node.type == NodeType::kBlockDevice)
    node.content = fmt::format("{}:{}", major(st.st_rdev), minor(st.st_rdev));
  BF_ASSIGN(const auto xattrs, ReadXattrs(parent_fd, name, shown));
  node.xattrs = HashXattrs(xattrs);
  return {};
}

Status Scanner::ScanDirectory(int dir_fd, const std::string& shown, int depth, Entry& entry) {
  if (depth > kMaxDepth) return Fail("{} is deeper than {} directories", shown, kMaxDepth);
  BF_ASSIGN(const auto names, ListNames(dir_fd, shown));
  for (const auto& name : names) {
    const std::string below = fmt::format("{}/{}", shown, Printable(name));
    if (++entries_ > kMaxEntries) return Fail("{}: more than {} entries", below, kMaxEntries);
    struct stat st {};
    if (::fstatat(dir_fd, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
      return FailErrno(errno, "stat {}", below);
    if (st.st_dev != device_) return Fail("{} is on another file system", below);
    Entry& child = entry.children[name];
    BF_TRY(FillNode(dir_fd, name, st, below, child.node));
    if (!child.node.is_directory()) continue;
    const host::UniqueFd fd(
        ::openat(dir_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) return FailErrno(errno, "open {}", below);
    child.node.opaque = upper_ && IsOpaque(fd.get());
    BF_TRY(ScanDirectory(fd.get(), below, depth + 1, child));
  }
  return {};
}

}  // namespace

bool IsOpaque(int dir_fd) {
  char value = 0;
  return ::fgetxattr(dir_fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

Result<Entry> ScanTree(int dir_fd, bool upper, const std::string& shown) {
  struct stat st {};
  if (::fstat(dir_fd, &st) != 0) return FailErrno(errno, "stat {}", shown);
  if (!S_ISDIR(st.st_mode)) return Fail("{} is not a directory", shown);
  Entry top;
  Scanner scanner(upper, st.st_dev);
  BF_TRY(scanner.FillNode(dir_fd, ".", st, shown, top.node));
  BF_TRY(scanner.ScanDirectory(dir_fd, shown, 0, top));
  return top;
}

Result<host::UniqueFd> OpenWithoutMounts(const std::string& path) {
  BF_ASSIGN(host::UniqueFd fd, host::Open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  auto clone = host::CloneTree(fd.get(), /*recursive=*/false, path);
  if (!clone) return host::Open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  // The clone is a path; a directory to read is opened through it.
  host::UniqueFd readable(::openat(clone->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable.valid()) return FailErrno(errno, "open {}", path);
  return readable;
}

}  // namespace bf::overlays
