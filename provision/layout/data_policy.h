// SPDX-License-Identifier: Apache-2.0
// The [data] table of layout.toml: how bf-data treats BF_DATA.
#pragma once

#include <string>

#include "core/policy/reader.h"

namespace bf::provision::layout {

enum class DataFormat {
  kIntent,         // only a partition whose GPT type says that it never held data
  kIntentOrBlank,  // a strictly blank one of Linux type as well
};

struct DataPolicy {
  policy::Located<DataFormat> format;
  policy::Located<std::string> mount_point;
};

DataPolicy ReadDataPolicy(policy::Reader& reader);

}  // namespace bf::provision::layout
