// SPDX-License-Identifier: Apache-2.0
#include "provision/data/linux_blkid.h"

#include <blkid/blkid.h>

namespace bf::provision::data {
namespace {

struct ProbeDelete {
  void operator()(blkid_probe probe) const { blkid_free_probe(probe); }
};

std::string Lookup(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe, name, &value, nullptr) != 0 || value == nullptr) return "";
  return value;
}

}  // namespace

Probe ProbeSignatures(int fd) {
  const std::unique_ptr<struct blkid_struct_probe, ProbeDelete> probe(blkid_new_probe());
  // BADCSUM: one flipped bit must not make a file system invisible (libblkid ≥ 2.39).
  if (!probe || blkid_probe_set_device(probe.get(), fd, 0, 0) != 0 ||
      blkid_probe_enable_superblocks(probe.get(), 1) != 0 ||
      blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
                                                         BLKID_SUBLKS_USAGE | BLKID_SUBLKS_MAGIC |
                                                         BLKID_SUBLKS_BADCSUM) != 0 ||
      blkid_probe_enable_partitions(probe.get(), 1) != 0) {
    return {Probed::kUnsure, "libblkid cannot look at it"};
  }
  const int rc = blkid_do_safeprobe(probe.get());
  if (rc == 1) return {Probed::kNothing, ""};
  // -2 for several signatures, -1 for errors, and since 2.39 -1 for both.
  if (rc != 0) return {Probed::kUnsure, "several signatures, or an error while probing"};
  const std::string type = Lookup(probe.get(), "TYPE");
  const std::string label = Lookup(probe.get(), "LABEL");
  if (!type.empty()) {
    return {Probed::kFound, label.empty() ? type : fmt::format("{} \"{}\"", type, label)};
  }
  const std::string table = Lookup(probe.get(), "PTTYPE");
  return {Probed::kFound, table.empty() ? "a signature without a type"
                                        : fmt::format("a partition table ({})", table)};
}

}  // namespace bf::provision::data
