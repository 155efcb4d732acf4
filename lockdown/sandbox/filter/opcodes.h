// SPDX-License-Identifier: Apache-2.0
// The parts of a classic BPF opcode, as bpf(4) names them.
#pragma once

#include <cstdint>

namespace bf::lockdown::sandbox::op {

using Code = std::uint16_t;
inline constexpr Code kLd = 0, kLdx = 1, kSt = 2, kStx = 3, kAlu = 4, kJmp = 5, kRet = 6, kMisc = 7;
inline constexpr Code kImm = 0x00, kAbs = 0x20, kMem = 0x60, kLen = 0x80;  // of loads, 32 bits
inline constexpr Code kAdd = 0x00, kSub = 0x10, kMul = 0x20, kDiv = 0x30, kOr = 0x40, kAnd = 0x50,
                      kLsh = 0x60, kRsh = 0x70, kNeg = 0x80, kXor = 0xa0;
inline constexpr Code kJa = 0x00, kJeq = 0x10, kJgt = 0x20, kJge = 0x30, kJset = 0x40;
inline constexpr Code kK = 0x00, kX = 0x08;
inline constexpr Code kReturnK = 0x00, kReturnA = 0x10;
inline constexpr Code kTax = 0x00, kTxa = 0x80;
inline constexpr unsigned kMemoryWords = 16;

constexpr Code Class(Code code) { return code & 0x07U; }
constexpr Code Mode(Code code) { return code & 0xe0U; }
constexpr Code Operation(Code code) { return code & 0xf0U; }
constexpr Code Operand(Code code) { return code & 0x08U; }
constexpr Code Returned(Code code) { return code & 0x18U; }
constexpr Code Misc(Code code) { return code & 0xf8U; }

}  // namespace bf::lockdown::sandbox::op
