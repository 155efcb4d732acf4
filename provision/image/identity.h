// SPDX-License-Identifier: Apache-2.0
// UUIDs and serial numbers that follow from the inputs, so that the same inputs give the same
// bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/disk/guid.h"

namespace bf::provision::image {

// Parts are length-prefixed, so that ("ab","c") differs from ("a","bc").
class Fingerprint {
 public:
  Fingerprint& Add(std::string_view part);
  Fingerprint& Add(std::uint64_t number) { return Add(std::to_string(number)); }
  std::string Finish() const;  // the 32 bytes of their SHA-256

 private:
  std::string data_;
};

// A version-4-shaped UUID for one purpose ("disk", "partition BF_ROOT_A").
disk::Guid DeriveGuid(std::string_view identity, std::string_view purpose);
std::uint32_t DeriveSerial(std::string_view identity, std::string_view purpose);

}  // namespace bf::provision::image
