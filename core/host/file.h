// SPDX-License-Identifier: Apache-2.0
// Files, whole: bounded reads, complete writes, durable replacement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::host {

// "/" + "/sys/x" → "/sys/x"; "/tmp/tree" + "/sys/x" → "/tmp/tree/sys/x". Every absolute path in
// our code goes through here, so that --root cannot be passed by.
std::string Under(std::string_view root, std::string_view absolute_path);

// O_CLOEXEC is always added. The error names the path.
Result<UniqueFd> Open(const std::string& path, int flags, unsigned mode = 0);

inline constexpr std::size_t kDefaultReadLimit = 1 << 20;

// The whole file; an error if it is longer than `limit`.
Result<std::string> ReadFile(const std::string& path, std::size_t limit = kDefaultReadLimit);
Result<std::string> ReadAll(int fd, const std::string& name, std::size_t limit = kDefaultReadLimit);
// A one-line file such as a sysfs attribute, without the newline at its end.
Result<std::string> ReadLine(const std::string& path);

// Exactly data.size() bytes at `offset`; a short file is an error.
Status ReadAt(int fd, std::uint64_t offset, std::span<std::byte> data, const std::string& name);
Status WriteAt(int fd, std::uint64_t offset, std::span<const std::byte> data,
               const std::string& name);
Status WriteAll(int fd, std::string_view text, const std::string& name);
// One write(2) of the whole text, for sysfs and procfs attributes.
Status WriteAttribute(const std::string& path, std::string_view text);

// What is in a directory, full paths, by name; nothing where it cannot be read.
std::vector<std::string> Entries(const std::string& directory);

Status Sync(int fd, const std::string& name);  // fsync
Status SyncDirectory(const std::string& path);

// Replaces `name` in the directory `dir_fd`, so that after a power cut either the old or the new
// content is there, whole: temporary file, fsync, rename, fsync of the directory. `shown` is the
// path for messages.
Status ReplaceFileAt(int dir_fd, const std::string& name, std::string_view content, unsigned mode,
                     const std::string& shown);
Status ReplaceFile(const std::string& path, std::string_view content, unsigned mode);

std::span<const std::byte> AsBytes(std::string_view text);

}  // namespace bf::host
