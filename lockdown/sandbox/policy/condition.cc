// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/condition.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lockdown/sandbox/policy/names.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::string_view kWhyNoRanges =
    "comparisons other than \"==\", \"in [...]\" and \"& MASK ==\" are refused: filters compiled "
    "from them have been found to allow more than was asked for; list what is meant";

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Thrown away by ParseCondition; never leaves this file.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  tl::expected<Condition, ConditionProblem> Run() {
    Condition condition;
    condition.alternatives.emplace_back();
    do {
      if (!Term(condition)) return tl::unexpected(problem_);
    } while (Take("&&"));
    Skip();
    if (at_ != text_.size()) {
      Fail(at_, text_[at_] == '|' ? "alternatives are conditions of their own, or \"in [...]\""
                                  : "this is not understood; conditions are joined with \"&&\"");
      return tl::unexpected(problem_);
    }
    for (auto& one : condition.alternatives) std::sort(one.begin(), one.end());
    return condition;
  }

 private:
  bool Fail(std::size_t offset, std::string message, bool unknown_name = false) {
    problem_ = {offset, std::move(message), unknown_name};
    return false;
  }
  void Skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool Take(std::string_view token) {
    Skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string_view Word() {
    Skip();
    const std::size_t start = at_;
    while (at_ < text_.size() && IsWord(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  bool Name(Condition& condition, unsigned& index, Width& width) {
    Skip();
    const std::size_t start = at_;
    const std::string_view name = Word();
    const Syscall* syscall = FindSyscall(name);
    if (name.empty()) return Fail(start, "a condition starts with SYSCALL.ARGUMENT");
    if (!Take(".")) return Fail(at_, "a condition starts with SYSCALL.ARGUMENT");
    if (syscall == nullptr) {
      std::vector<std::string_view> names;
      for (const Syscall& one : Syscalls()) names.push_back(one.name);
      const auto closest = policy::ClosestMatch(name, names);
      return Fail(start,
                  closest.empty() ? fmt::format("there is no system call \"{}\"", name)
                                  : fmt::format("there is no system call \"{}\" (did you mean "
                                                "\"{}\"?)",
                                                name, closest),
                  true);
    }
    if (condition.syscall != nullptr && condition.syscall != syscall)
      return Fail(start, fmt::format("one condition is about one system call: this one is about "
                                     "\"{}\"",
                                     condition.syscall->name));
    condition.syscall = syscall;
    const std::size_t where = at_;
    const std::string_view argument = Word();
    const auto arguments = ArgumentsOf(*syscall);
    const auto found = std::find_if(arguments.begin(), arguments.end(),
                                    [&](const Argument& one) { return one.name == argument; });
    if (found == arguments.end()) {
      std::vector<std::string_view> names;
      for (const Argument& one : arguments) names.push_back(one.name);
      return Fail(where, fmt::format("\"{}\" has no argument \"{}\" (it has: {})", name, argument,
                                     fmt::join(names, ", ")));
    }
    if (found->width == Width::kPointer)
      return Fail(where,
                  fmt::format("\"{}.{}\" is a pointer: a filter cannot look at what it leads "
                              "to, and that can change after the look",
                              name, argument));
    index = static_cast<unsigned>(found - arguments.begin());
    width = found->width;
    return true;
  }

  bool Atom(std::uint64_t& value, Width width) {
    Skip();
    const std::size_t start = at_;
    if (Take("(")) return Value(value, width) && (Take(")") || Fail(at_, "\")\" is missing"));
    const bool negative = Take("-");
    const std::string_view word = Word();
    if (word.empty()) return Fail(start, "a number or the name of a constant is missing");
    if (word.front() >= '0' && word.front() <= '9') {
      const bool hex = word.starts_with("0x");
      const std::string_view digits = hex ? word.substr(2) : word;
      // 010 is 8 for a C programmer and 10 for everybody else.
      if (!hex && word.size() > 1 && word.front() == '0')
        return Fail(start, fmt::format("\"{}\": a number does not start with 0", word));
      const auto [end, code] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
      if (code != std::errc() || end != digits.data() + digits.size())
        return Fail(start, fmt::format("\"{}\" is not a number of at most 64 bits", word));
    } else {
      const auto found = Lookup(Constants(), word);
      if (!found || negative) {
        const auto names = NamesOf(Constants());
        const auto closest = policy::ClosestMatch(word, names);
        return Fail(start, closest.empty() || negative
                               ? fmt::format("there is no constant \"{}\"; a number will do", word)
                               : fmt::format("there is no constant \"{}\" (did you mean \"{}\"?)",
                                             word, closest));
      }
      value = *found;
    }
    if (negative) {
      if (value == 0 || value > (std::uint64_t{1} << (width == Width::k32 ? 31U : 63U)))
        return Fail(start, "a negative number of this size does not fit the argument");
      value = ~value + 1;
      if (width == Width::k32) value &= 0xffffffff;
    }
    if (width == Width::k32 && value > std::numeric_limits<std::uint32_t>::max())
      return Fail(start, "the kernel takes 32 bits of this argument; the number has more");
    return true;
  }

  bool Value(std::uint64_t& value, Width width) {
    value = 0;
    do {
      std::uint64_t one = 0;
      if (!Atom(one, width)) return false;
      value |= one;
      Skip();
    } while (!text_.substr(at_).starts_with("||") && Take("|"));
    return true;
  }

  bool OneValue(std::vector<std::uint64_t>& values, std::uint64_t mask, Width width) {
    Skip();
    const std::size_t start = at_;
    std::uint64_t value = 0;
    if (!Value(value, width)) return false;
    if ((value & ~mask) != 0)
      return Fail(start, "this never holds: the value has bits that the mask has not");
    if (std::find(values.begin(), values.end(), value) != values.end())
      return Fail(start, "this value is listed twice");
    values.push_back(value);
    return true;
  }

  bool Values(std::vector<std::uint64_t>& values, std::uint64_t mask, Width width) {
    Skip();
    const std::size_t start = at_;
    if (Take("==")) return OneValue(values, mask, width);
    for (const std::string_view refused : {"!=", "<=", ">=", "<", ">", "not "}) {
      if (text_.substr(at_).starts_with(refused)) return Fail(start, std::string(kWhyNoRanges));
    }
    if (Word() != "in" || !Take("["))
      return Fail(start, "\"== VALUE\" or \"in [VALUE, ...]\" is missing");
    do {
      if (!OneValue(values, mask, width)) return false;
    } while (Take(","));
    return Take("]") || Fail(at_, "\"]\" is missing");
  }

  bool Term(Condition& condition) {
    Skip();
    const std::size_t start = at_;
    unsigned index = 0;
    Width width = Width::k64;
    if (!Name(condition, index, width)) return false;
    const std::uint64_t full = width == Width::k32 ? 0xffffffffU : ~std::uint64_t{0};
    std::uint64_t mask = full;
    Skip();
    if (!text_.substr(at_).starts_with("&&") && Take("&")) {
      if (!Value(mask, width)) return false;
      if (mask == 0) return Fail(start, "a mask of 0 leaves nothing to compare");
    }
    std::vector<std::uint64_t> values;
    if (!Values(values, mask, width)) return false;
    std::vector<std::vector<Comparison>> product;
    for (const auto& so_far : condition.alternatives) {
      for (const std::uint64_t value : values) {
        auto one = so_far;
        if (Join(one, {index, mask, value})) product.push_back(std::move(one));
      }
    }
    if (product.empty()) return Fail(start, "this never holds together with what is before it");
    if (product.size() > kMostAlternatives)
      return Fail(start, fmt::format("these are more than {} combinations", kMostAlternatives));
    condition.alternatives = std::move(product);
    return true;
  }

  // A filter has one comparison for an argument: two become one. False if both cannot hold.
  static bool Join(std::vector<Comparison>& all, const Comparison& more) {
    for (Comparison& one : all) {
      if (one.argument != more.argument) continue;
      if (((one.value ^ more.value) & one.mask & more.mask) != 0) return false;
      one.mask |= more.mask;
      one.value |= more.value;
      return true;
    }
    all.push_back(more);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  ConditionProblem problem_{};
};

std::string Number(std::uint64_t value) {
  const auto name = NameOf(Constants(), value);
  return value > 64 && !name.empty() ? std::string(name) : fmt::format("{:#x}", value);
}

}  // namespace

bool IsCondition(std::string_view text) {
  return text.find_first_of(".=<>&[ ") != std::string_view::npos;
}

tl::expected<Condition, ConditionProblem> ParseCondition(std::string_view text) {
  return Parser(text).Run();
}

std::string ToString(const Syscall& syscall, const Comparison& comparison) {
  const Argument argument = ArgumentsOf(syscall)[comparison.argument];
  const std::uint64_t full = argument.width == Width::k32 ? 0xffffffffU : ~std::uint64_t{0};
  const std::string mask = comparison.mask == full ? "" : fmt::format(" & {:#x}", comparison.mask);
  return fmt::format("{}.{}{} == {}", syscall.name, argument.name, mask, Number(comparison.value));
}

}  // namespace bf::lockdown::sandbox
