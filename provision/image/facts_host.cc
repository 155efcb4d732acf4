// SPDX-License-Identifier: Apache-2.0
// Looks at the inputs.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "core/host/file.h"
#include "core/policy/reader.h"
#include "provision/image/facts.h"
#include "provision/image/identity.h"
#include "provision/image/tree.h"

namespace bf::provision::image {
namespace {

constexpr std::uint64_t kSample = 1 << 20;

struct Magic {
  std::uint64_t offset;
  std::string_view bytes;
  std::string_view what;
};
// What people have at hand instead.
constexpr Magic kOthers[] = {
    {0, "hsqs", "a squashfs image; the root slots hold ext4"},
    {1024, std::string_view("\xe2\xe1\xf5\xe0", 4), "an EROFS image; the root slots hold ext4"},
    {0, std::string_view("\x3a\xff\x26\xed", 4),
     "an Android sparse image; unpack it with simg2img first"},
    {0, "QFI\xfb", "a qcow2 image; convert it with qemu-img convert -O raw first"},
    {512, "EFI PART", "an image of a whole disk; give the root file system alone"},
};

Result<std::string> Sample(int fd, const std::string& path, std::uint64_t offset,
                           std::uint64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  BF_TRY(host::ReadAt(fd, offset, std::as_writable_bytes(std::span(bytes)), path));
  return bytes;
}

Status JudgeExt4(RootFacts& root, const std::string& superblock) {
  const disk::Ext4Super& super = root.super;
  if (!super.checksum_ok) {
    return Fail("{}: the checksum of its superblock is wrong; run e2fsck -fy on it", root.path);
  }
  if (super.SizeBytes() > root.size) {
    return Fail("{} is truncated: the file system has {} bytes, the file only {}", root.path,
                super.SizeBytes(), root.size);
  }
  if (super.needs_recovery) {
    return Fail("{} was not unmounted: its journal must be replayed; run e2fsck -fy on it",
                root.path);
  }
  if (super.has_errors || !super.clean) {
    return Fail("{} is marked as damaged; run e2fsck -fy on it", root.path);
  }
  root.fingerprint = Fingerprint().Add("ext4").Add(root.size).Add(superblock).Finish();
  return {};
}

// Enough of a tar to tell it from another, without reading all of it twice.
Status FingerprintArchive(RootFacts& root, int fd) {
  const std::uint64_t size = std::min(kSample, root.size);
  BF_ASSIGN(const std::string head, Sample(fd, root.path, 0, size));
  BF_ASSIGN(const std::string tail, Sample(fd, root.path, root.size - size, size));
  root.fingerprint = Fingerprint().Add("tar").Add(root.size).Add(head).Add(tail).Finish();
  return {};
}

Status FingerprintDirectory(RootFacts& root) {
  Fingerprint all;
  all.Add("directory");
  BF_TRY(WalkDirectoryTree(root.path, [&](const TreeEntry& entry, const FileContent&) {
    all.Add(entry.path).Add(entry.size).Add(entry.mode).Add(entry.target);
    return Status();
  }));
  root.fingerprint = all.Finish();
  return {};
}

}  // namespace

Result<std::optional<std::int64_t>> SourceDateEpoch() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return std::optional<std::int64_t>();
  std::int64_t seconds = 0;
  const char* end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, seconds);
  // ext4 as we make it counts to 2038 in the fields that everything reads.
  if (parsed.ec != std::errc() || parsed.ptr != end || seconds < 0 || seconds > 0x7fffffff) {
    return FailKind(ErrorKind::kUsage, "SOURCE_DATE_EPOCH=\"{}\" is not a number of seconds", text);
  }
  return std::optional(seconds);
}

Result<RootFacts> ObserveRoot(const std::string& path) {
  RootFacts root;
  root.path = path;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return FailErrno(errno, "{}", path);
  if (S_ISDIR(info.st_mode)) {
    root.kind = RootKind::kDirectory;
    BF_TRY(FingerprintDirectory(root));
    return root;
  }
  if (!S_ISREG(info.st_mode)) return Fail("{} is neither a file nor a directory", path);
  root.size = static_cast<std::uint64_t>(info.st_size);
  if (root.size == 0) return Fail("{} is empty", path);
  BF_ASSIGN(const host::UniqueFd fd, host::Open(path, O_RDONLY));
  BF_ASSIGN(const std::string head,
            Sample(fd.get(), path, 0, std::min<std::uint64_t>(root.size, 4096)));
  if (head.size() >= disk::kExt4SuperOffset + disk::kExt4SuperSize) {
    const std::string superblock = head.substr(disk::kExt4SuperOffset, disk::kExt4SuperSize);
    if (const auto super = disk::ParseExt4Super(std::as_bytes(std::span(superblock)))) {
      root.kind = RootKind::kExt4;
      root.super = *super;
      BF_TRY(JudgeExt4(root, superblock));
      return root;
    }
  }
  for (const Magic& other : kOthers) {
    if (head.size() >= other.offset + other.bytes.size() &&
        head.compare(other.offset, other.bytes.size(), other.bytes) == 0) {
      return Fail("{} is {}", path, other.what);
    }
  }
  // Whether libarchive can read it shows when it is read; the first entry must be there now.
  root.kind = RootKind::kTar;
  const Error enough{ErrorKind::kInternal, "enough", {}, 0};
  bool seen = false;
  const Status status = WalkArchive(path, [&](const TreeEntry&, const FileContent&) -> Status {
    seen = true;
    return Failure(enough);
  });
  if (!seen) {
    return Fail("{} is neither an ext4 image, a tar archive nor a directory ({})", path,
                status ? "empty" : status.error().message);
  }
  BF_TRY(FingerprintArchive(root, fd.get()));
  return root;
}

Result<ImageFacts> ObserveImage(const std::string& boot, const std::string& root) {
  BF_ASSIGN(const std::optional<std::int64_t> epoch, SourceDateEpoch());
  ImageFacts facts;
  auto boot_facts = ObserveBoot(boot);
  auto root_facts = ObserveRoot(root);
  if (!boot_facts && !root_facts) {
    Error both = std::move(boot_facts).error();
    both.also.push_back(root_facts.error().ToString());
    return Failure(std::move(both));
  }
  if (!boot_facts) return Failure(std::move(boot_facts).error());
  if (!root_facts) return Failure(std::move(root_facts).error());
  facts.boot = std::move(*boot_facts);
  facts.root = std::move(*root_facts);
  facts.time = epoch.value_or(static_cast<std::int64_t>(std::time(nullptr)));
  if (epoch) {
    Fingerprint all;
    all.Add(static_cast<std::uint64_t>(*epoch)).Add(facts.root.fingerprint);
    for (const BootFile& file : facts.boot.files) all.Add(file.path).Add(file.size);
    facts.identity = all.Finish();
  } else {
    facts.identity = disk::Guid::Random().ToString();
  }
  return facts;
}

}  // namespace bf::provision::image
