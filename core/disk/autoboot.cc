// SPDX-License-Identifier: Apache-2.0
#include "core/disk/autoboot.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace bf::disk {
namespace {

constexpr std::size_t kMaxOddities = 16;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank(" \t\0", 3);
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

class Parser {
 public:
  Autoboot Parse(std::string_view bytes) {
    if (bytes.size() != kAutobootSize) {
      Note("{} bytes long, not {}", bytes.size(), kAutobootSize);
      bytes = bytes.substr(0, kAutobootSize);
    }
    if (bytes.find('\r') != std::string_view::npos) Note("has carriage returns");
    if (bytes.find('\0') != std::string_view::npos) Note("has NUL bytes");
    while (!bytes.empty()) {
      const auto end = bytes.find_first_of("\r\n");
      Line(bytes.substr(0, end));
      bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    }
    if (!result_.committed) Note("says of no partition that it is to be started");
    if (!result_.tryboot) Note("has no boot_partition in [tryboot]");
    if (!result_.tryboot_a_b) Note("does not say tryboot_a_b=1");
    return std::move(result_);
  }

 private:
  template <class... Args>
  void Note(fmt::format_string<Args...> format, Args&&... args) {
    if (result_.oddities.size() >= kMaxOddities) return;
    result_.oddities.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void Line(std::string_view line) {
    line = Trim(line.substr(0, line.find('#')));
    if (line.empty()) return;
    if (line.starts_with('[') && line.ends_with(']')) {
      section_ = std::string(Trim(line.substr(1, line.size() - 2)));
      std::transform(section_.begin(), section_.end(), section_.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      if (section_ != "all" && section_ != "tryboot") Note("section [{}]", section_);
      return;
    }
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      Note("\"{}\" is no setting", line);
      return;
    }
    Setting(Trim(line.substr(0, equals)), Trim(line.substr(equals + 1)));
  }

  void Setting(std::string_view key, std::string_view value) {
    if (section_ != "all" && section_ != "tryboot") return;
    if (!seen_.insert(section_ + "/" + std::string(key)).second) {
      Note("{} twice in [{}]", key, section_);
    }
    if (key == "boot_partition") {
      std::optional<int> number = Number(value);
      if (!number) Note("boot_partition={} is not a partition number", value);
      (section_ == "all" ? result_.committed : result_.tryboot) = number;
    } else if (key == "tryboot_a_b" && section_ == "all") {
      result_.tryboot_a_b = value == "1";
    } else {
      Note("unknown setting {} in [{}]", key, section_);
    }
  }

  static std::optional<int> Number(std::string_view text) {
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < 0) {
      return std::nullopt;
    }
    return number;
  }

  Autoboot result_;
  std::string section_ = "all";
  std::set<std::string> seen_;
};

}  // namespace

std::string MakeAutoboot(int committed, int trial) {
  std::string text = fmt::format(
      "[all]\n"
      "tryboot_a_b=1\n"
      "boot_partition={}\n"
      "[tryboot]\n"
      "boot_partition={}\n",
      committed, trial);
  // Comment lines of at most 64 characters: the firmware's limit for a line is 98.
  constexpr std::size_t kLine = 64;
  while (text.size() < kAutobootSize) {
    const std::size_t length = std::min(kLine, kAutobootSize - text.size());
    text += length == 1 ? "\n" : "#" + std::string(length - 2, ' ') + "\n";
  }
  return text;
}

Autoboot ParseAutoboot(std::string_view bytes) { return Parser().Parse(bytes); }

}  // namespace bf::disk
