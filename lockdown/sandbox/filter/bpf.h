// SPDX-License-Identifier: Apache-2.0
// Classic BPF as seccomp(2) takes it: a check and an interpreter of our own, so that what a filter
// does is known before it is loaded. Checked against the kernel by running the same calls there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/policy/decide.h"

namespace bf::lockdown::sandbox {

// struct sock_filter.
struct Instruction {
  std::uint16_t code = 0;
  std::uint8_t jump_true = 0;
  std::uint8_t jump_false = 0;
  std::uint32_t k = 0;

  bool operator==(const Instruction&) const = default;
};
using Program = std::vector<Instruction>;

inline constexpr std::size_t kMostInstructions = 4096;  // BPF_MAXINSNS

// What the kernel would say when the program is loaded: known instructions, jumps forward and
// inside, aligned loads inside struct seccomp_data, a return at each end.
Status CheckProgram(const Program& program);

// The 16 words of struct seccomp_data: number, arch, instruction pointer, arguments; low half
// first.
inline constexpr unsigned kDataWords = 16;
std::uint32_t WordOf(const Call& call, unsigned word);
void SetWord(Call& call, unsigned word, std::uint32_t value);

// A comparison on the way of one run: (word & mask) against k.
struct Step {
  unsigned word;
  std::uint32_t mask;
  std::uint32_t k;
};
struct Ran {
  std::uint32_t result = 0;  // SECCOMP_RET_* with data
  unsigned steps = 0;        // instructions that ran
  std::uint64_t path = 0;    // tells the way through the program from others
};
// For a program that passed CheckProgram. A division by zero returns 0, as in the kernel.
Ran Run(const Program& program, const Call& call, std::vector<Step>* trace = nullptr);

// As bytes in the order of the machine, which is little endian on all that we ship.
std::string ToBytes(const Program& program);
Result<Program> FromBytes(std::string_view bytes);
// One line for each instruction.
std::string Disassemble(const Program& program);

}  // namespace bf::lockdown::sandbox
