// SPDX-License-Identifier: Apache-2.0
#include "core/disk/crc.h"

#include <gtest/gtest.h>

namespace bf::disk {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The check values that catalogues of CRCs list for "123456789".
TEST(Crc32, CheckValue) { EXPECT_EQ(Crc32(Bytes("123456789")), 0xcbf43926u); }
TEST(Crc32, Empty) { EXPECT_EQ(Crc32({}), 0u); }
TEST(Crc32, ContinuesFromASeed) {
  EXPECT_EQ(Crc32(Bytes("6789"), Crc32(Bytes("12345"))), 0xcbf43926u);
}
TEST(Crc32c, CheckValueWithFinalInversion) {
  EXPECT_EQ(~Crc32c(~0u, Bytes("123456789")), 0xe3069283u);
}
TEST(Crc32c, ContinuesFromASeed) {
  EXPECT_EQ(Crc32c(Crc32c(~0u, Bytes("1234")), Bytes("56789")), Crc32c(~0u, Bytes("123456789")));
}

}  // namespace
}  // namespace bf::disk
