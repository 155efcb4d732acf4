// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lockdown/device/device.h"

namespace bf::lockdown::device {

std::string ToHex(std::string_view bytes);
// Pairs of digits of either case; an empty optional for anything else.
std::optional<std::string> FromHex(std::string_view text);

// "0eef": four lower-case digits, as lsusb(8) prints ids.
std::string Hex16(std::uint16_t value);
// Exactly four digits of either case.
std::optional<std::uint16_t> ParseHex16(std::string_view text);

// "03/01/02"
std::string ToString(const ClassCode& code);
std::optional<ClassCode> ParseClassCode(std::string_view text);

// "0003:0eef:0001:0111": bus, vendor, product, version.
std::string ToString(const InputId& id);
std::optional<InputId> ParseInputId(std::string_view text);

}  // namespace bf::lockdown::device
