// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "lockdown/units/unit_file.h"

namespace bf::lockdown::check {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Calls `each` with every line of a file of modprobe.d; a backslash at the end joins the next.
void ForLines(std::string_view text, const std::function<void(std::string_view)>& each) {
  std::string joined;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = Trim(text.substr(0, end));
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    const bool comment = line.starts_with('#');
    if (!joined.empty() && comment) continue;
    const bool goes_on = !comment && line.ends_with('\\') && !text.empty();
    if (goes_on) line.remove_suffix(1);
    joined += line;
    if (goes_on) {
      joined += ' ';
      continue;
    }
    if (!comment && !joined.empty()) each(joined);
    joined.clear();
  }
}

void ForSettings(const ConfigFile& file, std::string_view section, std::string_view key,
                 const std::function<void(Setting)>& each) {
  for (auto& one : units::ReadSettings(file.text)) {
    if (one.section == section && one.key == key)
      each({std::move(one.value), fmt::format("{}:{}", file.path, one.line)});
  }
}

}  // namespace

std::optional<Setting> FindSetting(const std::vector<ConfigFile>& files, std::string_view section,
                                   std::string_view key) {
  std::optional<Setting> found;
  for (const auto& file : files) {
    ForSettings(file, section, key, [&](Setting setting) {
      found = setting.value.empty() ? std::nullopt : std::optional(std::move(setting));
    });
  }
  return found;
}

std::vector<Setting> ListSetting(const std::vector<ConfigFile>& files, std::string_view section,
                                 std::string_view key) {
  std::vector<Setting> list;
  for (const auto& file : files) {
    ForSettings(file, section, key, [&](Setting setting) {
      if (setting.value.empty())
        list.clear();
      else
        list.push_back(std::move(setting));
    });
  }
  return list;
}

std::set<std::string, std::less<>> RefusedModules(const std::vector<ConfigFile>& files) {
  static const std::set<std::string_view> kRefuse = {"/bin/false", "/bin/true", "/usr/bin/false",
                                                     "/usr/bin/true"};
  std::set<std::string, std::less<>> refused;
  std::set<std::string, std::less<>> decided;
  for (const auto& file : files) {
    ForLines(file.text, [&](std::string_view line) {
      const auto words = SplitWords(line);
      if (words.size() < 3 || words[0] != "install") return;
      const std::string module = ModuleName(words[1]);
      // Of several install lines for a module modprobe runs the first.
      if (decided.insert(module).second && words.size() == 3 && kRefuse.contains(words[2]))
        refused.insert(module);
    });
  }
  return refused;
}

std::string ModuleName(std::string_view name) {
  std::string plain(name);
  std::replace(plain.begin(), plain.end(), '-', '_');
  return plain;
}

std::vector<std::string> SplitWords(std::string_view command_line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : command_line) {
    if (c == '"') quoted = !quoted;
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank || quoted) {
      word += c;
      continue;
    }
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::optional<std::string> LastValue(const std::vector<std::string>& words, std::string_view key) {
  std::optional<std::string> value;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (ModuleName(word.substr(0, equals)) != ModuleName(key)) continue;
    value = equals == word.npos ? "" : word.substr(equals + 1);
  }
  return value;
}

}  // namespace bf::lockdown::check
