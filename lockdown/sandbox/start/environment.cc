// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/environment.h"

#include <algorithm>
#include <charconv>

namespace bf::lockdown::sandbox {
namespace {

// sd_listen_fds(3).
constexpr std::string_view kActivation[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
constexpr unsigned kMostDescriptors = 1024;

std::string_view NameOf(std::string_view entry) { return entry.substr(0, entry.find('=')); }

bool Keeps(const Stored& stored, std::string_view name) {
  const bool activation =
      stored.activation &&
      std::find(std::begin(kActivation), std::end(kActivation), name) != std::end(kActivation);
  return activation || std::find(stored.keep.begin(), stored.keep.end(), name) != stored.keep.end();
}

template <class T>
bool Number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::vector<std::string> EnvironmentFor(const Stored& stored,
                                        const std::vector<std::string>& given) {
  std::vector<std::string> environment = stored.set;
  for (const std::string& entry : given) {
    const auto name = NameOf(entry);
    if (name.size() == entry.size() || !Keeps(stored, name)) continue;
    // A name that comes twice reads as the first to some and as the last to others.
    const bool twice = std::any_of(environment.begin(), environment.end(),
                                   [&](const std::string& one) { return NameOf(one) == name; });
    if (!twice) environment.push_back(entry);
  }
  return environment;
}

std::string_view ValueOf(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string_view entry : environment) {
    if (NameOf(entry) == name && name.size() < entry.size()) return entry.substr(name.size() + 1);
  }
  return {};
}

Result<unsigned> HandedOver(const Stored& stored, const std::vector<std::string>& given,
                            std::int64_t pid) {
  if (!stored.activation) return 0U;
  std::int64_t to = 0;
  if (!Number(ValueOf(given, "LISTEN_PID"), to) || to != pid) return 0U;
  unsigned count = 0;
  if (!Number(ValueOf(given, "LISTEN_FDS"), count) || count > kMostDescriptors)
    return Fail("LISTEN_FDS makes no sense");
  return count;
}

void HandOn(std::vector<std::string>& environment, std::int64_t from, std::int64_t to) {
  for (std::string& entry : environment) {
    if (entry == fmt::format("LISTEN_PID={}", from)) entry = fmt::format("LISTEN_PID={}", to);
  }
}

}  // namespace bf::lockdown::sandbox
