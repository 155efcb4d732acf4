// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/error/error.h"

namespace bf::provision::data::undo {

// Where libbf-undo.so is: beside the tool's own installation.
std::string PreloadLibrary();

// True if a log with a header is there: the library was loaded.
bool HasHeader(const std::string& log);
// Number of records; 0 when nothing was changed.
Result<std::uint64_t> CountRecords(const std::string& log);
// Puts back all that the log holds. The device must not be mounted. Doing it twice is harmless.
Status Restore(const std::string& log, const std::string& root, const std::string& device);
// The same onto a copy of the partition: a file, or another block device.
Status RestoreOnto(const std::string& log, const std::string& path);

}  // namespace bf::provision::data::undo
