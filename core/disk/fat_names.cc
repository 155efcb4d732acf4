// SPDX-License-Identifier: Apache-2.0
#include "core/disk/fat_names.h"

#include <algorithm>

#include "core/disk/bytes.h"
#include "core/disk/utf16.h"

namespace bf::disk {
namespace {

constexpr std::string_view kShortPunctuation = "!#$%&'()-@^_`{}~";
constexpr std::string_view kLongForbidden = "\"*/:<>?\\|";
constexpr std::size_t kMaxLongUnits = 255;
constexpr std::uint8_t kLowerBase = 0x08;
constexpr std::uint8_t kLowerExtension = 0x10;

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsShortCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kShortPunctuation.find(c) != std::string_view::npos;
}

// What of `text` can stand in a short name, upper case; `lossy` if that is not all of it.
std::string ShortPart(std::string_view text, std::size_t limit, bool& lossy) {
  std::string part;
  for (const char c : text) {
    const char upper = Upper(c);
    if (upper == ' ' || upper == '.') {
      lossy = true;
      continue;
    }
    const bool usable = IsShortCharacter(upper);
    lossy = lossy || !usable;
    // A character of several bytes becomes one underscore.
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
    part += usable ? upper : '_';
  }
  if (part.size() > limit) {
    lossy = true;
    part.resize(limit);
  }
  return part;
}

FatShortName Pack(std::string_view base, std::string_view extension) {
  FatShortName name;
  name.fill(' ');
  std::copy(base.begin(), base.end(), name.begin());
  std::copy(extension.begin(), extension.end(), name.begin() + 8);
  return name;
}

}  // namespace

std::uint8_t FatNameChecksum(const FatShortName& name) {
  std::uint8_t sum = 0;
  for (const std::uint8_t c : name) {
    sum = static_cast<std::uint8_t>(((sum & 1) << 7) + (sum >> 1) + c);
  }
  return sum;
}

std::string DecodeShortName(const FatShortName& name, std::uint8_t nt_flags) {
  const auto part = [&](std::size_t from, std::size_t to, bool lower) {
    while (to > from && name[to - 1] == ' ') --to;
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
      // 0x05 stands for a first byte of 0xe5, which would mean "deleted".
      const std::uint8_t c = i == 0 && name[i] == 0x05 ? 0xe5 : name[i];
      if (c >= 0x80) {
        text += "\xef\xbf\xbd";  // of some code page, nobody knows which
      } else {
        text += lower ? Lower(static_cast<char>(c)) : static_cast<char>(c);
      }
    }
    return text;
  };
  std::string text = part(0, 8, (nt_flags & kLowerBase) != 0);
  const std::string extension = part(8, 11, (nt_flags & kLowerExtension) != 0);
  if (!extension.empty()) text += "." + extension;
  return text;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && c != '/' && c != '\\';
         });
}

Result<FatName> MakeFatName(std::string_view name, std::set<FatShortName>& taken) {
  const bool forbidden = std::any_of(name.begin(), name.end(), [](char c) {
    return kLongForbidden.find(c) != std::string_view::npos;
  });
  const auto units = Utf8ToUtf16(name);
  if (!IsPlainName(name) || forbidden || !units || name.ends_with('.') || name.ends_with(' ') ||
      units->size() > kMaxLongUnits) {
    return Fail("\"{}\" is not a possible file name on FAT", name);
  }
  const auto dot = name.rfind('.');
  const bool has_extension = dot != std::string_view::npos && dot > 0;
  bool lossy = false;
  const std::string base = ShortPart(has_extension ? name.substr(0, dot) : name, 8, lossy);
  const std::string extension =
      ShortPart(has_extension ? name.substr(dot + 1) : std::string_view(), 3, lossy);

  FatName result;
  result.short_name = Pack(base, extension);
  if (lossy || base.empty() || taken.contains(result.short_name)) {
    bool found = false;
    for (int n = 1; n < 1'000'000 && !found; ++n) {
      const std::string tail = fmt::format("~{}", n);
      result.short_name = Pack(base.substr(0, 8 - tail.size()) + tail, extension);
      found = !taken.contains(result.short_name);
    }
    if (!found) return Fail("too many names like \"{}\" in one directory", name);
  }
  taken.insert(result.short_name);
  if (DecodeShortName(result.short_name, 0) != name) result.long_name = *units;
  return result;
}

std::vector<std::array<std::byte, kFatEntrySize>> LongNameEntries(const FatName& name) {
  constexpr std::size_t kAt[kFatLongNameUnits] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
  std::vector<std::array<std::byte, kFatEntrySize>> entries(name.Entries() - 1);
  const std::uint8_t checksum = FatNameChecksum(name.short_name);
  for (std::size_t n = entries.size(); n >= 1; --n) {
    auto& entry = entries[entries.size() - n];
    entry.fill(std::byte{0});
    entry[0] = static_cast<std::byte>(n | (n == entries.size() ? 0x40 : 0));
    entry[11] = std::byte{kFatAttributeLongName};
    entry[13] = std::byte{checksum};
    for (std::size_t i = 0; i < kFatLongNameUnits; ++i) {
      const std::size_t unit = (n - 1) * kFatLongNameUnits + i;
      const std::uint16_t value = unit < name.long_name.size()    ? name.long_name[unit]
                                  : unit == name.long_name.size() ? std::uint16_t{0}
                                                                  : std::uint16_t{0xffff};
      PutLe(std::span<std::byte>(entry), kAt[i], value);
    }
  }
  return entries;
}

}  // namespace bf::disk
