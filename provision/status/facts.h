// SPDX-License-Identifier: Apache-2.0
// What the device says of itself.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/facts/stage.h"

namespace bf::provision::status {

struct PartitionRow {
  int number = 0;
  std::string name;
  std::string device;
  std::uint64_t size = 0;
  std::string mounted_at;  // "/" for the running root
};

struct DiskRow {
  std::string device;
  std::uint64_t size = 0;
  std::vector<PartitionRow> partitions;
};

struct DataRow {
  std::string mount_point;
  std::string source;  // "/dev/vda6"
  std::string fs_type;
  std::vector<std::string> options;
  std::uint64_t size = 0;
  std::uint64_t used = 0;
  std::string formatted;  // UTC; empty when not known
  bool is_volatile = false;
  bool reset_requested = false;
  std::string last_reset;  // UTC
};

struct QuotaRow {
  std::uint64_t limit_bytes = 0;
  std::uint64_t limit_inodes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t used_inodes = 0;
};

struct StateRow {
  std::string path;
  std::string owner;  // "root:root 0700"
  std::string scope;  // "shared", "per-slot"
  std::string reset;  // "keep", "clear"
  bool bound = false;
  std::optional<QuotaRow> quota;
};

struct WritableRow {
  std::string path;
  std::string fs_type;
  std::string source;      // what bf-state, bf-overlay or the system mounted there
  std::string behind;      // "BF_DATA", "memory", "overlay on BF_DATA", …
  std::uint64_t size = 0;  // of a tmpfs
  std::uint64_t used = 0;
};

struct OverlayRow {
  std::string path;
  std::string kind;
  std::string state;
};

// One thing that is not as it should be, and what a person can do.
struct Attention {
  std::string stage;
  std::string what;
  std::string todo;
};

struct Status {
  std::string os;  // "betterframe-device 1.0.0 (test)"
  std::string slot;
  std::string machine_id;
  std::optional<DiskRow> disk;
  std::string disk_problem;
  std::optional<DataRow> data;
  std::vector<StateRow> state;
  std::vector<OverlayRow> overlays;
  std::vector<WritableRow> writable;
  std::vector<facts::StageResult> stages;  // those that ran
  std::vector<Attention> attention;

  bool healthy() const { return attention.empty(); }
};

nlohmann::ordered_json ToJson(const Status& status);
// For people; with colours for a terminal.
std::string ToText(const Status& status, bool colour);

// What stands in the way of "healthy", from what was found. Pure.
std::vector<Attention> Judge(const Status& status);

// Looks at the machine below `root`. What cannot be seen is left out; it never fails.
Status Observe(const std::string& root, const std::string& policy_dir);

}  // namespace bf::provision::status
