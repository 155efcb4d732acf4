// SPDX-License-Identifier: Apache-2.0
#include "lockdown/units/aliases.h"

#include <algorithm>

namespace bf::lockdown::units {
namespace {

// systemd gives up a chain that is longer.
constexpr int kMostLinks = 8;

bool IsTemplate(std::string_view name) { return name.find("@.") != name.npos; }

// "tty1" of "getty@tty1.service".
std::string_view InstanceOf(std::string_view name) {
  const auto at = name.find('@');
  return name.substr(at + 1, name.rfind('.') - at - 1);
}

// "getty@.service" and "tty1" → "getty@tty1.service"; any other name as it is.
std::string Filled(std::string_view name, std::string_view instance) {
  if (!IsTemplate(name)) return std::string(name);
  const auto at = name.find('@') + 1;
  return std::string(name.substr(0, at)) + std::string(instance) + std::string(name.substr(at));
}

}  // namespace

std::string TemplateOf(std::string_view name) {
  const auto at = name.find('@');
  const auto dot = name.rfind('.');
  if (at == name.npos || dot == name.npos || dot <= at + 1) return "";
  return std::string(name.substr(0, at + 1)) + std::string(name.substr(dot));
}

std::string EndOf(const Links& links, std::string_view name) {
  std::string end(name);
  for (int followed = 0; followed < kMostLinks; ++followed) {
    const std::string base = TemplateOf(end);
    auto link = links.find(end);
    if (link == links.end() && !base.empty()) link = links.find(base);
    if (link == links.end()) break;
    end = base.empty() ? link->second : Filled(link->second, InstanceOf(end));
  }
  return end;
}

std::vector<std::string> NamesOf(const Links& links, std::string_view name) {
  const std::string end = EndOf(links, name);
  std::vector<std::string> names{end};
  const bool is_instance = !TemplateOf(end).empty();
  for (const auto& [alias, target] : links) {
    const std::string one = is_instance ? Filled(alias, InstanceOf(end)) : alias;
    if (EndOf(links, one) == end) names.push_back(one);
  }
  std::sort(names.begin() + 1, names.end());
  names.erase(std::unique(names.begin() + 1, names.end()), names.end());
  return names;
}

}  // namespace bf::lockdown::units
