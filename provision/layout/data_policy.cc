// SPDX-License-Identifier: Apache-2.0
#include "provision/layout/data_policy.h"

namespace bf::provision::layout {

DataPolicy ReadDataPolicy(policy::Reader& reader) {
  DataPolicy data;
  data.format = reader.Enum<DataFormat>(
      "format", {{"intent", DataFormat::kIntent}, {"intent-or-blank", DataFormat::kIntentOrBlank}});
  data.mount_point = reader.AbsolutePath("mount_point", "/var/lib/betterframe");
  return data;
}

}  // namespace bf::provision::layout
