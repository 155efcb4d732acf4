// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/privileges.h"

#include <charconv>
#include <optional>

#include "lockdown/sandbox/policy/names.h"

namespace bf::lockdown::sandbox {
namespace {

// "CapInh:\t0000000000000000\n", or NoNewPrivs with one digit.
std::optional<std::uint64_t> Field(std::string_view text, std::string_view name) {
  const std::string start = fmt::format("\n{}:\t", name);
  const auto at = text.find(start);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + start.size());
  text = text.substr(0, text.find('\n'));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void Compare(std::string_view what, std::uint64_t is, std::uint64_t wanted, std::string& text) {
  if (is == wanted) return;
  const auto names = [](std::uint64_t set) {
    // Numbers that have no name yet are capabilities as well.
    const std::string known = CapabilityNames(set);
    return known.empty() ? fmt::format("{:#x}", set) : known;
  };
  if ((is & ~wanted) != 0) text += fmt::format("; {} also has {}", what, names(is & ~wanted));
  if ((wanted & ~is) != 0) text += fmt::format("; {} lacks {}", what, names(wanted & ~is));
}

}  // namespace

Result<Privileges> ReadStatus(std::string_view text) {
  Privileges read;
  const std::pair<std::string_view, std::uint64_t*> sets[] = {{"CapInh", &read.inheritable},
                                                              {"CapPrm", &read.permitted},
                                                              {"CapEff", &read.effective},
                                                              {"CapBnd", &read.bounding},
                                                              {"CapAmb", &read.ambient}};
  for (const auto& [name, set] : sets) {
    const auto value = Field(text, name);
    if (!value) return Fail("/proc/self/status has no {}", name);
    *set = *value;
  }
  const auto no_new_privs = Field(text, "NoNewPrivs");
  if (!no_new_privs) return Fail("/proc/self/status has no NoNewPrivs");
  read.no_new_privs = *no_new_privs != 0;
  return read;
}

Privileges WantedOf(const Stored& stored) {
  return {stored.ambient,  stored.permitted, stored.permitted,
          stored.bounding, stored.ambient,   stored.no_new_privs};
}

Status RequireSame(const Privileges& is, const Privileges& wanted) {
  std::string text;
  Compare("inheritable", is.inheritable, wanted.inheritable, text);
  Compare("permitted", is.permitted, wanted.permitted, text);
  Compare("effective", is.effective, wanted.effective, text);
  Compare("bounding", is.bounding, wanted.bounding, text);
  Compare("ambient", is.ambient, wanted.ambient, text);
  if (is.no_new_privs != wanted.no_new_privs)
    text += is.no_new_privs ? "; no_new_privs is set" : "; no_new_privs is not set";
  if (text.empty()) return {};
  return FailKind(ErrorKind::kRefused, "the process is not what the profile says{}", text);
}

}  // namespace bf::lockdown::sandbox
