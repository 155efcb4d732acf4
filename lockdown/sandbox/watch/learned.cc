// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/learned.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/names.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::size_t kMostUnnamed = 64;
constexpr std::size_t kMostKindsRead = 100'000;

}  // namespace

std::string ToString(const Kind& kind) {
  return kind.when.empty() ? std::string(kind.syscall->name)
                           : SpellConditions(*kind.syscall, kind.when);
}

tl::expected<Kind, std::string> ParseKind(std::string_view text) {
  if (!IsCondition(text)) {
    const Syscall* syscall = FindSyscall(text);
    if (syscall == nullptr)
      return tl::unexpected(fmt::format("there is no system call \"{}\"", text));
    return Kind{syscall, {}};
  }
  auto parsed = ParseCondition(text);
  if (!parsed) return tl::unexpected(parsed.error().message);
  if (parsed->alternatives.size() != 1)
    return tl::unexpected(fmt::format("\"{}\" is more than one", text));
  return Kind{parsed->syscall, std::move(parsed->alternatives.front())};
}

void Learned::Add(const Kind& kind, std::uint64_t count) {
  const Kind any{kind.syscall, {}};
  if (const auto found = kinds.find(any); found != kinds.end()) {
    found->second += count;
    return;
  }
  kinds[kind] += count;
  const auto first = kinds.lower_bound(any);
  auto last = first;
  std::size_t values = 0;
  std::uint64_t all = 0;
  for (; last != kinds.end() && last->first.syscall == kind.syscall; ++last) {
    all += last->second;
    ++values;
  }
  if (values < 2 || (!kind.when.empty() && values <= kMostValues)) return;
  kinds.erase(first, last);
  kinds[any] = all;
}

void Learned::Merge(const Learned& other) {
  for (const auto& [kind, count] : other.kinds) Add(kind, count);
  clone3 += other.clone3;
  foreign += other.foreign;
  unnamed.insert(other.unnamed.begin(), other.unnamed.end());
  programs.insert(other.programs.begin(), other.programs.end());
  environment.insert(other.environment.begin(), other.environment.end());
  capabilities |= other.capabilities;
  activation = activation || other.activation;
}

Recorder::Recorder(Arch arch) : arch_(arch) {
  for (const Syscall& one : Syscalls()) {
    if (one.Number(arch) < 0) continue;
    const auto number = static_cast<std::size_t>(one.Number(arch));
    if (by_number_.size() <= number) by_number_.resize(number + 1);
    by_number_[number] = &one;
  }
}

bool Recorder::Add(const Call& call) {
  const bool x32 = arch_ == Arch::kX86_64 && call.number >= kX32Bit && call.number != 0xffffffff;
  if (call.arch != AuditArch(arch_) || x32) {
    ++learned_.foreign;
    return true;
  }
  const Syscall* syscall = call.number < by_number_.size() ? by_number_[call.number] : nullptr;
  if (syscall == nullptr) {
    if (learned_.unnamed.size() < kMostUnnamed) learned_.unnamed.insert(call.number);
    return true;
  }
  // Its flags are in memory: no filter can tell a thread from a namespace. The sandbox refuses it,
  // and what libraries do then is what has to be learned.
  if (syscall->name == "clone3") {
    ++learned_.clone3;
    return false;
  }
  Kind kind{syscall, KindOf(*syscall, call)};
  if (const auto found = learned_.kinds.find(kind); found != learned_.kinds.end())
    ++found->second;
  else
    learned_.Add(kind, 1);
  return true;
}

std::string ToJson(const Learned& learned) {
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"programs", learned.programs},
                                 {"environment", learned.environment},
                                 {"capabilities", nlohmann::json::array()},
                                 {"activation", learned.activation},
                                 {"clone3", learned.clone3},
                                 {"foreign", learned.foreign},
                                 {"unnamed", learned.unnamed},
                                 {"calls", nlohmann::json::object()}};
  for (const Named& one : Capabilities()) {
    if ((learned.capabilities >> one.value & 1U) != 0) json["capabilities"].push_back(one.name);
  }
  for (const auto& [kind, count] : learned.kinds) json["calls"][ToString(kind)] = count;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

namespace {

// Of the byte at which the reader stopped.
SourceRef At(std::string_view text, std::size_t byte, const std::string& name) {
  const auto before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const auto begin = before.rfind('\n');
  const auto column = begin == before.npos ? before.size() : before.size() - begin - 1;
  return {name, static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

Failure NoRecording(SourceRef at, std::string why) {
  return Failure(Error{ErrorKind::kPolicy,
                       fmt::format("it is no recording of `bf-lockdown learn --json`: {}", why),
                       std::move(at), 0});
}

}  // namespace

Result<Learned> FromJson(std::string_view text, const std::string& name) {
  Learned learned;
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("schema") != 1) return NoRecording({name, 0, 0}, "its schema is another");
    json.at("programs").get_to(learned.programs);
    json.at("environment").get_to(learned.environment);
    json.at("activation").get_to(learned.activation);
    json.at("clone3").get_to(learned.clone3);
    json.at("foreign").get_to(learned.foreign);
    json.at("unnamed").get_to(learned.unnamed);
    for (const auto& one : json.at("capabilities")) {
      const auto number = Lookup(Capabilities(), one.get<std::string>());
      if (!number)
        return NoRecording({name, 0, 0}, fmt::format("there is no capability {}", one.dump()));
      learned.capabilities |= std::uint64_t{1} << *number;
    }
    const auto& calls = json.at("calls");
    if (!calls.is_object() || calls.size() > kMostKindsRead)
      return NoRecording({name, 0, 0}, "\"calls\" is not what it should be");
    for (const auto& [entry, count] : calls.items()) {
      const auto kind = ParseKind(entry);
      if (!kind) return NoRecording({name, 0, 0}, fmt::format("\"{}\": {}", entry, kind.error()));
      learned.Add(*kind, count.get<std::uint64_t>());
    }
  } catch (const nlohmann::json::parse_error& error) {
    return NoRecording(At(text, error.byte, name),
                       error.byte > text.size() ? "it ends too soon" : "this is not JSON");
  } catch (const nlohmann::json::exception&) {
    return NoRecording({name, 0, 0}, "something is missing in it, or of another type");
  }
  return learned;
}

}  // namespace bf::lockdown::sandbox
