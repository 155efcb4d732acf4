// SPDX-License-Identifier: Apache-2.0
#include "provision/image/identity.h"

#include <fmt/format.h>

#include <cstring>

#include "core/hash/sha256.h"

namespace bf::provision::image {

Fingerprint& Fingerprint::Add(std::string_view part) {
  data_ += fmt::format("{}:", part.size());
  data_ += part;
  return *this;
}

std::string Fingerprint::Finish() const {
  const auto digest = hash::DigestOf(data_);
  return {digest.begin(), digest.end()};
}

disk::Guid DeriveGuid(std::string_view identity, std::string_view purpose) {
  const std::string digest = Fingerprint().Add(identity).Add(purpose).Finish();
  disk::Guid guid;
  std::memcpy(guid.bytes.data(), digest.data(), guid.bytes.size());
  guid.bytes[6] = static_cast<std::uint8_t>((guid.bytes[6] & 0x0f) | 0x40);
  guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

std::uint32_t DeriveSerial(std::string_view identity, std::string_view purpose) {
  const disk::Guid guid = DeriveGuid(identity, purpose);
  std::uint32_t serial = 0;
  std::memcpy(&serial, guid.bytes.data(), sizeof serial);
  return serial;
}

}  // namespace bf::provision::image
