// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/filter/bpf.h"

#include <array>

#include "lockdown/sandbox/filter/opcodes.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::uint32_t kDataBytes = kDataWords * 4;

// False where a division or a shift has no meaning: the kernel refuses those with a constant, and
// returns 0 for those with X.
bool Compute(std::uint16_t operation, std::uint32_t& a, std::uint32_t operand) {
  switch (operation) {
    case op::kAdd:
      a += operand;
      return true;
    case op::kSub:
      a -= operand;
      return true;
    case op::kMul:
      a *= operand;
      return true;
    case op::kDiv:
      if (operand == 0) return false;
      a /= operand;
      return true;
    case op::kOr:
      a |= operand;
      return true;
    case op::kAnd:
      a &= operand;
      return true;
    case op::kXor:
      a ^= operand;
      return true;
    case op::kLsh:  // a count beyond 31 counts modulo 32, as the kernel's own machine has it
      a <<= operand & 31U;
      return true;
    case op::kRsh:
      a >>= operand & 31U;
      return true;
    case op::kNeg:
      a = ~a + 1;
      return true;
    default:
      return false;
  }
}

bool Compare(std::uint16_t operation, std::uint32_t a, std::uint32_t operand) {
  switch (operation) {
    case op::kJeq:
      return a == operand;
    case op::kJgt:
      return a > operand;
    case op::kJge:
      return a >= operand;
    default:
      return (a & operand) != 0;
  }
}

// Where A came from: a word of the data, some of its bits.
struct Source {
  bool known = false;
  unsigned word = 0;
  std::uint32_t mask = 0;
};

struct Machine {
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  std::array<std::uint32_t, op::kMemoryWords> memory{};
  Source source;
};

void Load(Machine& machine, const Instruction& one, const Call& call) {
  machine.source = {};
  switch (op::Mode(one.code)) {
    case op::kAbs:
      machine.a = WordOf(call, one.k / 4);
      machine.source = {true, one.k / 4, 0xffffffff};
      break;
    case op::kLen:
      machine.a = kDataBytes;
      break;
    case op::kMem:
      machine.a = machine.memory[one.k];
      break;
    default:
      machine.a = one.k;
      break;
  }
}

void LoadX(Machine& machine, const Instruction& one) {
  const auto mode = op::Mode(one.code);
  machine.x = mode == op::kMem ? machine.memory[one.k] : mode == op::kLen ? kDataBytes : one.k;
}

bool Arithmetic(Machine& machine, const Instruction& one) {
  const auto operation = op::Operation(one.code);
  const bool by_x = op::Operand(one.code) == op::kX;
  if (operation == op::kAnd && !by_x && machine.source.known)
    machine.source.mask &= one.k;
  else
    machine.source = {};
  return Compute(operation, machine.a, by_x ? machine.x : one.k);
}

}  // namespace

std::uint32_t WordOf(const Call& call, unsigned word) {
  if (word == 0) return call.number;
  if (word == 1) return call.arch;
  if (word < 4) return 0;  // the instruction pointer
  const std::uint64_t argument = call.arguments[(word - 4) / 2];
  return static_cast<std::uint32_t>(word % 2 == 0 ? argument : argument >> 32U);
}

void SetWord(Call& call, unsigned word, std::uint32_t value) {
  if (word == 0) call.number = value;
  if (word == 1) call.arch = value;
  if (word < 4) return;
  std::uint64_t& argument = call.arguments[(word - 4) / 2];
  const std::uint64_t wide = value;
  argument = word % 2 == 0 ? (argument & 0xffffffff00000000U) | wide
                           : (argument & 0xffffffffU) | wide << 32U;
}

Ran Run(const Program& program, const Call& call, std::vector<Step>* trace) {
  Machine machine;
  Ran ran;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const Instruction& one = program[at];
    ++ran.steps;
    switch (op::Class(one.code)) {
      case op::kLd:
        Load(machine, one, call);
        break;
      case op::kLdx:
        LoadX(machine, one);
        break;
      case op::kSt:
        machine.memory[one.k] = machine.a;
        break;
      case op::kStx:
        machine.memory[one.k] = machine.x;
        break;
      case op::kAlu:
        if (!Arithmetic(machine, one)) {
          ran.path ^= at;  // apart from the way that goes on from here
          return ran;
        }
        break;
      case op::kJmp: {
        if (op::Operation(one.code) == op::kJa) {
          at += one.k;
          break;
        }
        const bool by_x = op::Operand(one.code) == op::kX;
        const std::uint32_t operand = by_x ? machine.x : one.k;
        if (trace != nullptr && machine.source.known)
          trace->push_back({machine.source.word, machine.source.mask, operand});
        at += Compare(op::Operation(one.code), machine.a, operand) ? one.jump_true : one.jump_false;
        ran.path = (ran.path ^ at) * 0x9e3779b97f4a7c15U;
        break;
      }
      case op::kRet:
        ran.result = op::Returned(one.code) == op::kReturnA ? machine.a : one.k;
        return ran;
      default:
        if (op::Misc(one.code) == op::kTax) {
          machine.x = machine.a;
        } else {
          machine.a = machine.x;
          machine.source = {};
        }
        break;
    }
  }
  return ran;
}

}  // namespace bf::lockdown::sandbox
