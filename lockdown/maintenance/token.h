// SPDX-License-Identifier: Apache-2.0
// The three small files of a maintenance window, as text. One fact a line, in one order and one
// spelling: what can be written in two ways can be read in two ways.
//
//   control/maintenance       on BF_DATA: the token, which asks for a window. Made by root on the
//                             device, or elsewhere by whoever has the key that the policy names.
//   control/maintenance-used  on BF_DATA: the highest number of a token that was ever used here.
//   /run/betterframe/maintenance
//                             the window itself. Gone with the boot it was opened in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::lockdown::maintenance {

inline constexpr std::string_view kControl = "control";
inline constexpr std::string_view kToken = "control/maintenance";
inline constexpr std::string_view kUsed = "control/maintenance-used";
inline constexpr std::string_view kRunDirectory = "/run/betterframe";
inline constexpr std::string_view kWindow = "maintenance";  // below kRunDirectory

// None of the files is longer.
inline constexpr std::size_t kLongestFile = 1024;
// Numbers that every JSON reader keeps exact.
inline constexpr std::int64_t kHighestNumber = (std::int64_t{1} << 53) - 1;

struct Token {
  std::string machine;      // 32 hexadecimal digits: the one device it is for
  std::int64_t number = 0;  // each device takes rising numbers only
  std::int64_t for_ms = 0;
  std::string boot;       // the one boot it is for, or "" for whichever comes first
  std::string signature;  // Ed25519 over SignedText, 128 hexadecimal digits, or ""

  bool operator==(const Token&) const = default;
};
// What the signature is over: every line before its own.
std::string SignedText(const Token& token);
std::string ToText(const Token& token);
Result<Token> ParseToken(std::string_view text);

struct Used {
  std::int64_t number = 0;
  bool operator==(const Used&) const = default;
};
std::string ToText(const Used& used);
Result<Used> ParseUsed(std::string_view text);

enum class By { kRoot, kSignature };
std::string_view ToString(By by);

// Times are milliseconds of CLOCK_BOOTTIME: it counts while the device sleeps, and nobody sets it.
struct Window {
  By by = By::kRoot;
  std::int64_t number = 0;
  std::string boot;
  std::int64_t from_ms = 0;
  std::int64_t until_ms = 0;

  bool operator==(const Window&) const = default;
};
std::string ToText(const Window& window);
Result<Window> ParseWindow(std::string_view text);

bool IsMachineId(std::string_view text);
bool IsBootId(std::string_view text);

}  // namespace bf::lockdown::maintenance
