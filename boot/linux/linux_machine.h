// SPDX-License-Identifier: Apache-2.0
// The device as bf-boot sees it, or a disk image with recorded facts in its place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "boot/linux/linux_record.h"
#include "boot/linux/linux_selector.h"
#include "boot/model/change.h"
#include "boot/model/facts.h"
#include "core/host/fd.h"

namespace bf::boot {

struct Where {
  std::string root = "/";
  std::string policy_dir;
  // Instead of the running device: an image file, and a directory of facts, with
  //   partition, tryboot   as in /proc/device-tree/chosen/bootloader
  //   cmdline              the kernel command line (otherwise: cmdline.txt of that partition)
  //   os-release           of the running root (optional)
  //   boot_id              of the running boot (optional)
  //   boot-record          the record, made when there is something to record
  std::string image;
  std::string facts_dir;
};

class Machine {
 public:
  static Result<Machine> Open(Where where);

  // Nobody else changes the selection meanwhile; until this object is gone.
  Status Lock();
  // Never fails: what cannot be seen is a problem in the facts.
  Facts Observe();
  // And what nothing is decided by: a look through unit files has no place on RAUC's path.
  Facts ObserveForReport();
  // In the order the change asks for.
  Status Apply(const Facts& facts, const Change& change);

 private:
  struct Names {
    std::string selector = "BF_BOOTSEL";
    std::array<std::string, 2> boot = {"BF_BOOT_A", "BF_BOOT_B"};
    std::array<std::string, 2> root = {"BF_ROOT_A", "BF_ROOT_B"};
    std::string data_mount = "/var/lib/betterframe";
    std::string problem;  // why these are the defaults
  };
  explicit Machine(Where where) : where_(std::move(where)) {}

  static Names ReadNames(const std::string& policy_dir);
  void ObserveDevice(Facts& facts);
  void ObserveImage(Facts& facts);
  void ObserveRunningRoot(Facts& facts, const facts::Disk& disk);
  void ObserveCommandLine(Facts& facts, const std::string& command_line);
  void OpenDataRecord(Facts& facts);
  Status ApplySelection(const Facts& facts, const Change& change);
  Status ApplyRecord(const Change& change);

  Where where_;
  Names names_;
  std::unique_ptr<Volume> selector_;
  std::optional<RecordFile> record_;
  host::UniqueFd lock_;
};

}  // namespace bf::boot
