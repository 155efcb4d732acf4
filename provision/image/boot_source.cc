// SPDX-License-Identifier: Apache-2.0
#include "provision/image/boot_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/disk/fat.h"
#include "core/host/file.h"

namespace bf::provision::image {
namespace {

constexpr std::size_t kChunk = 256 << 10;
constexpr std::size_t kMaxDepth = 32;

Status CopyRange(const disk::ReadDisk& read, std::uint64_t from, std::uint64_t size,
                 std::uint64_t to, std::vector<std::byte>& buffer, const disk::WriteDisk& write) {
  for (std::uint64_t done = 0; done < size;) {
    const auto chunk = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - done)));
    BF_TRY(read(from + done, chunk));
    BF_TRY(write(to + done, chunk));
    done += chunk.size();
  }
  return {};
}

disk::FatSource OfFile(const std::string& root, const std::string& path, std::uint64_t size) {
  disk::FatSource source;
  source.path = path;
  source.size = size;
  source.copy = [name = root + "/" + path, size](const disk::WriteDisk& write) -> Status {
    BF_ASSIGN(const host::UniqueFd fd, host::Open(name, O_RDONLY | O_NOFOLLOW));
    std::vector<std::byte> buffer(kChunk);
    const auto read = [&](std::uint64_t offset, std::span<std::byte> data) {
      return host::ReadAt(fd.get(), offset, data, name);
    };
    return CopyRange(read, 0, size, 0, buffer, write);
  };
  return source;
}

Status WalkDirectory(const std::string& root, const std::string& below, std::size_t depth,
                     std::vector<disk::FatSource>& files) {
  const std::string here = below.empty() ? root : root + "/" + below;
  if (depth > kMaxDepth) return Fail("{} is too deep", here);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(here.c_str()), ::closedir);
  if (dir == nullptr) return FailErrno(errno, "open {}", here);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return FailErrno(errno, "read {}", here);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string path = below.empty() ? name : below + "/" + name;
    struct stat info {};
    if (::lstat((root + "/" + path).c_str(), &info) != 0) {
      return FailErrno(errno, "{}/{}", root, path);
    }
    if (S_ISDIR(info.st_mode)) {
      files.push_back({path, true, 0, {}});
      BF_TRY(WalkDirectory(root, path, depth + 1, files));
    } else if (S_ISREG(info.st_mode)) {
      files.push_back(OfFile(root, path, static_cast<std::uint64_t>(info.st_size)));
    } else {
      return Fail("{}/{} is neither a file nor a directory; FAT can hold nothing else", root, path);
    }
  }
  return {};
}

// Keeps image and reader alive for as long as any file may be copied.
struct OpenImage {
  host::UniqueFd fd;
  std::unique_ptr<disk::FatReader> reader;
};

Result<std::vector<disk::FatSource>> OpenFat(const std::string& path, std::uint64_t size) {
  auto image = std::make_shared<OpenImage>();
  BF_ASSIGN(image->fd, host::Open(path, O_RDONLY));
  const disk::ReadDisk read = [fd = image->fd.get(), path](std::uint64_t offset,
                                                           std::span<std::byte> data) {
    return host::ReadAt(fd, offset, data, path);
  };
  auto reader = disk::FatReader::Open(read, size);
  if (!reader) return Failure(std::move(reader).error().Context(path));
  image->reader = std::make_unique<disk::FatReader>(std::move(*reader));
  auto files = image->reader->Walk();
  if (!files) return Failure(std::move(files).error().Context(path));
  std::vector<disk::FatSource> sources;
  for (const disk::FatFile& file : *files) {
    disk::FatSource source;
    source.path = file.path;
    source.directory = file.entry.directory;
    source.size = file.entry.size;
    if (!source.directory) {
      // Looked up now: a broken chain is an error before anything is written.
      auto extents = image->reader->Extents(file.entry);
      if (!extents) return Failure(std::move(extents).error().Context(path));
      source.copy = [image, read,
                     extents = std::move(*extents)](const disk::WriteDisk& write) -> Status {
        std::vector<std::byte> buffer(kChunk);
        std::uint64_t to = 0;
        for (const disk::FatExtent& extent : extents) {
          BF_TRY(CopyRange(read, extent.offset, extent.size, to, buffer, write));
          to += extent.size;
        }
        return {};
      };
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

Result<std::vector<disk::FatSource>> OpenBoot(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return FailErrno(errno, "{}", path);
  if (S_ISDIR(info.st_mode)) {
    std::vector<disk::FatSource> files;
    BF_TRY(WalkDirectory(path, "", 0, files));
    return files;
  }
  if (!S_ISREG(info.st_mode)) return Fail("{} is neither a directory nor a FAT image", path);
  return OpenFat(path, static_cast<std::uint64_t>(info.st_size));
}

Result<BootFacts> ObserveBoot(const std::string& path) {
  BF_ASSIGN(const std::vector<disk::FatSource> sources, OpenBoot(path));
  BootFacts facts;
  facts.path = path;
  struct stat info {};
  facts.fat_image = ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  for (const disk::FatSource& source : sources) {
    facts.files.push_back({source.path, source.directory, source.size});
  }
  return facts;
}

}  // namespace bf::provision::image
