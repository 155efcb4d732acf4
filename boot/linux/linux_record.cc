// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/host/file.h"

namespace bf::boot {
namespace {

// For O_DIRECT, whatever the disk's sectors are.
struct alignas(kRecordBlock) AlignedBlock {
  std::array<std::byte, kRecordBlock> bytes;
};

// The directory and the name in it.
std::pair<std::string, std::string> Split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Result<std::string> RecordFile::Bytes() const {
  BF_ASSIGN(const host::UniqueFd fd,
            directory_.OpenAt(path_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return FailErrno(errno, "stat {}", path_);
  // control/ is root's; anybody else's file got there in some other way.
  if (!S_ISREG(st.st_mode) || st.st_uid != ::geteuid() || st.st_nlink != 1) {
    return Fail("{} is not a file of our own", path_);
  }
  return host::ReadAll(fd.get(), path_, kRecordSize + 1);
}

StoredRecord RecordFile::Read() const {
  const auto bytes = Bytes();
  if (bytes) return ParseRecord(host::AsBytes(*bytes));
  StoredRecord none;
  if (bytes.error().sys_errno != ENOENT) none.problem = bytes.error().ToString();
  return none;
}

Status RecordFile::Write(const Record& record) {
  const auto bytes = Bytes();
  StoredRecord stored;
  if (bytes) stored = ParseRecord(host::AsBytes(*bytes));
  if (stored.newer_version) BF_TRY(KeepAside(*stored.newer_version));
  if (!bytes || bytes->size() != kRecordSize || stored.newer_version) {
    BF_TRY_DOING(Create(record), "record");
  } else {
    const int block = stored.record ? 1 - stored.block : 0;
    BF_TRY_DOING(WriteBlock(block, SerialiseRecord(record, stored.sequence + 1)), "record");
  }
  if (Read().record != record) return Fail("record: {} does not hold what was written", path_);
  return {};
}

Status RecordFile::Create(const Record& record) {
  const auto [parent, name] = Split(path_);
  // What is in the way and no file of ours is not ours to write to, but its place is.
  const auto there = directory_.Stat(path_);
  if (there && !S_ISREG(there->st_mode)) BF_TRY(directory_.RemoveTree(path_));
  if (parent != ".") {
    BF_TRY(directory_.MakeDirectory(parent, 0700, ::geteuid(), ::getegid()));
  }
  // Both blocks are written, so that no later write has to allocate anything.
  const std::vector<std::byte> block = SerialiseRecord(record, 1);
  std::string content(kRecordSize, '\0');
  std::memcpy(content.data(), block.data(), block.size());
  return directory_.ReplaceFile(path_, content, 0600);
}

Status RecordFile::KeepAside(std::uint32_t version) {
  const auto [parent, name] = Split(path_);
  BF_ASSIGN(const host::UniqueFd directory, directory_.OpenAt(parent, O_RDONLY | O_DIRECTORY));
  const std::string aside = fmt::format("{}.v{}", name, version);
  if (::renameat(directory.get(), name.c_str(), directory.get(), aside.c_str()) != 0) {
    return FailErrno(errno, "keep {} aside as {}", path_, aside);
  }
  return host::Sync(directory.get(), parent);
}

Status RecordFile::WriteBlock(int block, std::span<const std::byte> content) {
  const int flags = O_WRONLY | O_NOFOLLOW | O_DSYNC;
  auto fd = directory_.OpenAt(path_, flags | O_DIRECT);
  if (!fd && fd.error().sys_errno == EINVAL) fd = directory_.OpenAt(path_, flags);  // tmpfs
  if (!fd) return Failure(std::move(fd).error());
  const auto aligned = std::make_unique<AlignedBlock>();
  std::copy(content.begin(), content.end(), aligned->bytes.begin());
  return host::WriteAt(fd->get(), static_cast<std::uint64_t>(block) * kRecordBlock, aligned->bytes,
                       path_);
}

}  // namespace bf::boot
