// SPDX-License-Identifier: Apache-2.0
#include "provision/image/linux_table.h"

#include <libfdisk/libfdisk.h>

#include <memory>

namespace bf::provision::image {
namespace {

struct Unref {
  void operator()(fdisk_context* c) const { fdisk_unref_context(c); }
  void operator()(fdisk_partition* p) const { fdisk_unref_partition(p); }
  void operator()(fdisk_parttype* t) const { fdisk_unref_parttype(t); }
};
template <class T>
using Ref = std::unique_ptr<T, Unref>;

// libfdisk returns 0 or a negative errno.
Status Check(int code, std::string_view doing) {
  if (code >= 0) return {};
  return FailErrno(-code, "{}", doing);
}

Status AddPartition(fdisk_context* context, const TablePartition& partition,
                    std::uint32_t sector_size) {
  const Ref<fdisk_parttype> type(fdisk_new_parttype());
  const Ref<fdisk_partition> p(fdisk_new_partition());
  if (!type || !p) return FailErrno(ENOMEM, "add a partition");
  BF_TRY(Check(fdisk_parttype_set_typestr(type.get(), partition.type.ToString().c_str()), "type"));
  BF_TRY(Check(fdisk_partition_set_type(p.get(), type.get()), "type"));
  BF_TRY(Check(fdisk_partition_set_partno(p.get(), static_cast<std::size_t>(partition.index) - 1),
               "number"));
  BF_TRY(Check(fdisk_partition_set_start(p.get(), partition.extent.offset / sector_size), "start"));
  BF_TRY(Check(fdisk_partition_set_size(p.get(), partition.extent.size / sector_size), "size"));
  BF_TRY(Check(fdisk_partition_set_name(p.get(), partition.name.c_str()), "name"));
  BF_TRY(Check(fdisk_partition_set_uuid(p.get(), partition.id.ToString().c_str()), "uuid"));
  return Check(fdisk_add_partition(context, p.get(), nullptr),
               fmt::format("add partition {}", partition.name));
}

}  // namespace

Status WritePartitionTable(const std::string& path, const WriteTable& table) {
  const Ref<fdisk_context> context(fdisk_new_context());
  if (!context) return FailErrno(ENOMEM, "lay out {}", path);
  BF_TRY(Check(fdisk_disable_dialogs(context.get(), 1), "disable dialogs"));
  BF_TRY(Check(fdisk_save_user_sector_size(context.get(), table.sector_size, table.sector_size),
               "sector size"));
  BF_TRY(Check(fdisk_assign_device(context.get(), path.c_str(), 0), "open the image"));
  BF_TRY(Check(fdisk_create_disklabel(context.get(), "gpt"), "create a GPT"));
  BF_TRY(Check(fdisk_set_disklabel_id_from_string(context.get(), table.disk_id.ToString().c_str()),
               "disk GUID"));
  for (const TablePartition& partition : table.partitions) {
    BF_TRY(AddPartition(context.get(), partition, table.sector_size));
  }
  BF_TRY(Check(fdisk_write_disklabel(context.get()), "write the partition table"));
  // Without a sync of its own: whether to wait for the disk is decided for the whole image.
  return Check(fdisk_deassign_device(context.get(), 1), "close the image");
}

}  // namespace bf::provision::image
