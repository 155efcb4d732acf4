// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>

#include "provision/image/host.h"
#include "provision/image/output.h"

namespace bf::provision::image {

struct LinuxHostOptions {
  std::string out;
  bool replace = false;
  bool sync = false;
  const std::atomic<bool>* cancelled = nullptr;
  Progress::Show show;
};

class LinuxImageHost : public ImageHost {
 public:
  explicit LinuxImageHost(LinuxHostOptions options);

  Status Create(std::uint64_t size) override;
  Status Write(const WriteTable& action) override;
  Status Write(const WriteFat& action) override;
  Status Write(const WriteRoot& action) override;
  Status Write(const LeaveUnformatted& action) override;
  Status Verify(const WriteTable& table) override;
  Result<std::uint64_t> Commit() override;

 private:
  Status CopyRoot(const WriteRoot& action);
  Status BuildRoot(const WriteRoot& action);

  LinuxHostOptions options_;
  Progress progress_;
  std::optional<Output> output_;
};

}  // namespace bf::provision::image
