// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "lockdown/sandbox/filter/bpf.h"
#include "lockdown/sandbox/filter/opcodes.h"

namespace bf::lockdown::sandbox {
namespace {

bool IsOneOf(std::uint16_t value, std::initializer_list<std::uint16_t> all) {
  return std::find(all.begin(), all.end(), value) != all.end();
}

// Exactly what seccomp lets through of classic BPF; sizes other than a word are not among it.
bool IsKnown(std::uint16_t code) {
  switch (op::Class(code)) {
    case op::kLd:
      return (code & 0xff18U) == 0 &&
             IsOneOf(op::Mode(code), {op::kImm, op::kAbs, op::kMem, op::kLen});
    case op::kLdx:
      return (code & 0xff18U) == 0 && IsOneOf(op::Mode(code), {op::kImm, op::kMem, op::kLen});
    case op::kSt:
    case op::kStx:
      return (code & ~7U) == 0;
    case op::kAlu:
      if ((code & 0xff00U) != 0) return false;
      if (op::Operation(code) == op::kNeg) return op::Operand(code) == op::kK;
      return IsOneOf(op::Operation(code), {op::kAdd, op::kSub, op::kMul, op::kDiv, op::kOr,
                                           op::kAnd, op::kXor, op::kLsh, op::kRsh});
    case op::kJmp:
      if ((code & 0xff00U) != 0) return false;
      if (op::Operation(code) == op::kJa) return op::Operand(code) == op::kK;
      return IsOneOf(op::Operation(code), {op::kJeq, op::kJgt, op::kJge, op::kJset});
    case op::kRet:
      return code == (op::kRet | op::kReturnK) || code == (op::kRet | op::kReturnA);
    default:
      return code == (op::kMisc | op::kTax) || code == (op::kMisc | op::kTxa);
  }
}

bool UsesMemory(std::uint16_t code) {
  const auto kind = op::Class(code);
  return kind == op::kSt || kind == op::kStx ||
         ((kind == op::kLd || kind == op::kLdx) && op::Mode(code) == op::kMem);
}

Status CheckOne(const Program& program, std::size_t at) {
  const Instruction& one = program[at];
  const std::size_t left = program.size() - at - 1;
  if (!IsKnown(one.code)) return Fail("instruction {}: unknown opcode {:#x}", at, one.code);
  if (UsesMemory(one.code) && one.k >= op::kMemoryWords)
    return Fail("instruction {}: there is no M[{}]", at, one.k);
  switch (op::Class(one.code)) {
    case op::kLd:
      if (op::Mode(one.code) == op::kAbs && (one.k % 4 != 0 || one.k >= kDataWords * 4))
        return Fail("instruction {}: nothing to load at {}", at, one.k);
      return {};
    case op::kAlu:
      if (op::Operand(one.code) == op::kX) return {};
      if (op::Operation(one.code) == op::kDiv && one.k == 0)
        return Fail("instruction {}: division by zero", at);
      if ((op::Operation(one.code) == op::kLsh || op::Operation(one.code) == op::kRsh) &&
          one.k > 31)
        return Fail("instruction {}: shift by {}", at, one.k);
      return {};
    case op::kJmp:
      if (op::Operation(one.code) == op::kJa ? one.k >= left
                                             : one.jump_true >= left || one.jump_false >= left)
        return Fail("instruction {}: jumps out of the program", at);
      return {};
    default:
      return {};
  }
}

// Memory may only be read where every way there has written it.
Status CheckMemory(const Program& program) {
  std::vector<std::uint32_t> valid(program.size() + 1, 0xffffffff);
  valid[0] = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const Instruction& one = program[at];
    std::uint32_t now = valid[at];
    const auto kind = op::Class(one.code);
    const bool reads = UsesMemory(one.code) && kind != op::kSt && kind != op::kStx;
    if (reads && (now >> one.k & 1U) == 0)
      return Fail("instruction {}: M[{}] is not set", at, one.k);
    if (UsesMemory(one.code) && !reads) now |= std::uint32_t{1} << one.k;
    if (kind == op::kRet) continue;
    if (kind != op::kJmp) {
      valid[at + 1] &= now;
    } else if (op::Operation(one.code) == op::kJa) {
      valid[at + 1 + one.k] &= now;
    } else {
      valid[at + 1 + one.jump_true] &= now;
      valid[at + 1 + one.jump_false] &= now;
    }
  }
  return {};
}

}  // namespace

Status CheckProgram(const Program& program) {
  if (program.empty()) return Fail("the filter is empty");
  if (program.size() > kMostInstructions)
    return Fail("the filter has {} instructions; the kernel takes {}", program.size(),
                kMostInstructions);
  for (std::size_t at = 0; at < program.size(); ++at) BF_TRY(CheckOne(program, at));
  if (op::Class(program.back().code) != op::kRet)
    return Fail("the filter does not end in a return");
  return CheckMemory(program);
}

}  // namespace bf::lockdown::sandbox
