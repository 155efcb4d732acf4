// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/state.h"

#include <charconv>

#include "udev-rules/rules/format.h"

namespace bf::udev_rules {
namespace {

std::string WithoutDev(const std::string& node) {
  return node.starts_with("/dev/") ? node.substr(5) : node;
}

std::string TrailingDigits(const std::string& text) {
  const std::size_t last = text.find_last_not_of("0123456789");
  return text.substr(last == std::string::npos ? 0 : last + 1);
}

}  // namespace

State::State(const Event& the_event) : event(the_event), device(the_event.device()) {
  const std::pair<const char*, std::string> own[] = {{"ACTION", event.action},
                                                     {"DEVPATH", device.devpath},
                                                     {"SUBSYSTEM", device.subsystem},
                                                     {"DRIVER", device.driver},
                                                     {"DEVNAME", device.node}};
  for (const auto& [key, value] : own) {
    if (!value.empty()) device.properties.try_emplace(key, value);
  }
}

std::optional<std::string> State::Attribute(std::size_t index, const std::string& attribute) {
  const auto [entry, first] = read_.try_emplace({index, attribute});
  if (!first) return entry->second;
  const Device& from = At(index);
  if (const auto found = from.attributes.find(attribute); found != from.attributes.end()) {
    entry->second = found->second;
  } else if (attribute == "subsystem" && !from.subsystem.empty()) {
    entry->second = from.subsystem;  // these two are links, and read as what they point to
  } else if (attribute == "driver" && !from.driver.empty()) {
    entry->second = from.driver;
  }
  return entry->second;
}

void State::WriteAttribute(const std::string& attribute, const std::string& value) {
  device.attributes[attribute] = value;
}

std::string State::Property(const std::string& property) const {
  const auto found = device.properties.find(property);
  return found == device.properties.end() ? std::string() : found->second;
}

void State::SetProperty(const std::string& property, const std::string& value) {
  if (value.empty()) {
    device.properties.erase(property);
  } else {
    device.properties[property] = value;
  }
}

std::string State::Formatted(std::string_view text) {
  return Format(text, [this](Substitution substitution, std::string_view argument) {
    return Substitute(static_cast<int>(substitution), argument);
  });
}

void State::Unanswered(const Token& token, const std::string& question) {
  outcome.unanswered.push_back({token.Shown(), token.op, question, token.at, false});
}

std::string State::ResultPart(std::string_view argument) const {
  if (argument.empty()) return result;
  const bool rest = argument.ends_with('+');
  if (rest) argument.remove_suffix(1);
  unsigned wanted = 0;
  const char* end = argument.data() + argument.size();
  const auto [stopped, code] = std::from_chars(argument.data(), end, wanted);
  if (code != std::errc() || stopped != end || wanted == 0) return result;
  std::string_view text = result;
  for (unsigned i = 1;; ++i) {
    const std::size_t start = text.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) return "";
    text.remove_prefix(start);
    if (i == wanted) break;
    text.remove_prefix(std::min(text.find_first_of(" \t\n"), text.size()));
  }
  return std::string(rest ? text : text.substr(0, text.find_first_of(" \t\n")));
}

std::string State::Substitute(int substitution, std::string_view argument) {
  switch (static_cast<Substitution>(substitution)) {
    case Substitution::kDevnode:
      return device.node;
    case Substitution::kAttr: {
      const std::string attribute(argument);
      if (attribute.starts_with('[')) {
        const auto found = event.answers.other_attributes.find(attribute);
        if (found == event.answers.other_attributes.end()) return "";
        return ReplaceUnsafe(found->second, kAllowedInput);
      }
      auto value = Attribute(0, attribute);
      if (!value && parent != 0) value = Attribute(parent, attribute);
      if (!value) return "";
      value->erase(value->find_last_not_of(" \t\r\n") + 1);
      return ReplaceUnsafe(*value, kAllowedInput);
    }
    case Substitution::kEnv:
      return Property(std::string(argument));
    case Substitution::kKernel:
      return device.kernel;
    case Substitution::kNumber:
      return TrailingDigits(device.kernel);
    case Substitution::kDriver:
      return At(parent).driver;
    case Substitution::kDevpath:
      return device.devpath;
    case Substitution::kId:
      return At(parent).kernel;
    case Substitution::kMajor:
      return Property("MAJOR").empty() ? "0" : Property("MAJOR");
    case Substitution::kMinor:
      return Property("MINOR").empty() ? "0" : Property("MINOR");
    case Substitution::kResult:
      return ResultPart(argument);
    case Substitution::kParent:
      return event.chain.size() > 1 ? WithoutDev(event.chain[1].node) : "";
    case Substitution::kName:
      return !name.empty() ? name : device.node.empty() ? device.kernel : WithoutDev(device.node);
    case Substitution::kLinks: {
      std::string links;
      for (const auto& [link, decided] : outcome.links) links += (links.empty() ? "" : " ") + link;
      return links;
    }
    case Substitution::kRoot:
      return "/dev";
    case Substitution::kSys:
      return "/sys";
  }
  return "";
}

}  // namespace bf::udev_rules
