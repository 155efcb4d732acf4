// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "lockdown/sandbox/filter/bpf.h"
#include "lockdown/sandbox/filter/opcodes.h"

namespace bf::lockdown::sandbox {
namespace {

static_assert(sizeof(Instruction) == 8, "as struct sock_filter");

constexpr std::string_view kAlu[] = {"add", "sub", "mul", "div", "or", "and",
                                     "lsh", "rsh", "neg", "?",   "xor"};

std::string WordName(std::uint32_t offset) {
  if (offset == 0) return "number";
  if (offset == 4) return "arch";
  if (offset < 16) return offset == 8 ? "ip.low" : "ip.high";
  return fmt::format("arg{}.{}", (offset - 16) / 8, offset % 8 == 0 ? "low" : "high");
}

std::string ReturnName(std::uint32_t value) {
  const auto action = FromReturn(value);
  return action ? ToString(*action) : fmt::format("{:#x}", value);
}

std::string JumpTo(const Instruction& one, std::size_t at) {
  static constexpr std::string_view kSigns[] = {"", "==", ">", ">=", "&"};
  const auto operation = op::Operation(one.code);
  if (operation == op::kJa) return fmt::format("goto {}", at + 1 + one.k);
  const std::string operand = op::Operand(one.code) == op::kX ? "X" : fmt::format("{:#x}", one.k);
  return fmt::format("if A {} {} goto {} else {}", kSigns[operation >> 4U], operand,
                     at + 1 + one.jump_true, at + 1 + one.jump_false);
}

std::string Line(const Instruction& one, std::size_t at) {
  switch (op::Class(one.code)) {
    case op::kLd:
      if (op::Mode(one.code) == op::kAbs) return "A = " + WordName(one.k);
      if (op::Mode(one.code) == op::kMem) return fmt::format("A = M[{}]", one.k);
      return op::Mode(one.code) == op::kLen ? "A = length" : fmt::format("A = {:#x}", one.k);
    case op::kLdx:
      if (op::Mode(one.code) == op::kMem) return fmt::format("X = M[{}]", one.k);
      return op::Mode(one.code) == op::kLen ? "X = length" : fmt::format("X = {:#x}", one.k);
    case op::kSt:
      return fmt::format("M[{}] = A", one.k);
    case op::kStx:
      return fmt::format("M[{}] = X", one.k);
    case op::kAlu:
      return fmt::format("A = A {} {}", kAlu[op::Operation(one.code) >> 4U],
                         op::Operand(one.code) == op::kX ? "X" : fmt::format("{:#x}", one.k));
    case op::kJmp:
      return JumpTo(one, at);
    case op::kRet:
      return op::Returned(one.code) == op::kReturnA ? "return A" : "return " + ReturnName(one.k);
    default:
      return op::Misc(one.code) == op::kTax ? "X = A" : "A = X";
  }
}

}  // namespace

std::string ToBytes(const Program& program) {
  std::string bytes(program.size() * sizeof(Instruction), '\0');
  if (!program.empty()) std::memcpy(bytes.data(), program.data(), bytes.size());
  return bytes;
}

Result<Program> FromBytes(std::string_view bytes) {
  if (bytes.size() % sizeof(Instruction) != 0)
    return Fail("{} bytes are no whole number of instructions", bytes.size());
  Program program(bytes.size() / sizeof(Instruction));
  if (!bytes.empty()) std::memcpy(program.data(), bytes.data(), bytes.size());
  return program;
}

std::string Disassemble(const Program& program) {
  std::string text;
  for (std::size_t at = 0; at < program.size(); ++at)
    text += fmt::format("{:4}: {}\n", at, Line(program[at], at));
  return text;
}

}  // namespace bf::lockdown::sandbox
