// SPDX-License-Identifier: Apache-2.0
// The record as a file below a directory that nobody trusts (BF_DATA).
#pragma once

#include <string>

#include "boot/model/record.h"
#include "core/host/beneath.h"

namespace bf::boot {

class RecordFile {
 public:
  RecordFile(host::Beneath directory, std::string path)
      : directory_(std::move(directory)), path_(std::move(path)) {}

  // No file is no problem: then there is no record yet.
  StoredRecord Read() const;
  // One block in place, durable when it returns, and read back. A file of a newer version is kept
  // aside as PATH.vVERSION, for the system that wrote it, and a new one is begun.
  Status Write(const Record& record);

 private:
  Result<std::string> Bytes() const;
  Status Create(const Record& record);
  Status KeepAside(std::uint32_t version);
  Status WriteBlock(int block, std::span<const std::byte> content);

  host::Beneath directory_;
  std::string path_;
};

}  // namespace bf::boot
