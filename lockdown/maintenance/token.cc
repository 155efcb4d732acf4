// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/token.h"

#include <algorithm>
#include <charconv>

namespace bf::lockdown::maintenance {
namespace {

constexpr std::string_view kTokenTitle = "betterframe maintenance token 1";
constexpr std::string_view kUsedTitle = "betterframe maintenance used 1";
constexpr std::string_view kWindowTitle = "betterframe maintenance window 1";
constexpr std::string_view kAnyBoot = "any";
// No time on a device is longer: a hundred years.
constexpr std::int64_t kLongestTime = std::int64_t{100} * 366 * 24 * 3600 * 1000;

bool IsHex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// The file line by line. After the first thing that is not as it has to be, everything fails.
class Lines {
 public:
  Lines(std::string_view text, std::string_view title) : rest_(text) {
    if (text.size() > kLongestFile) {
      problem_ = fmt::format("longer than {} bytes", kLongestFile);
    } else if (Next() != title) {
      Problem(fmt::format("the first line is not \"{}\"", title));
    }
  }

  // The value of the line "key value".
  std::string_view Value(std::string_view key) {
    if (!problem_.empty()) return {};
    const std::string_view line = Next();
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return line.substr(key.size() + 1);
    Problem(fmt::format("no line \"{} …\" where it belongs", key));
    return {};
  }

  std::int64_t Number(std::string_view key, std::int64_t least, std::int64_t most) {
    const std::string_view text = Value(key);
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    // "007" and "-0" are other spellings.
    if (read.ec != std::errc() || read.ptr != end || fmt::format("{}", number) != text ||
        number < least || number > most)
      Problem(fmt::format("\"{}\" is no number from {} to {}", key, least, most));
    return number;
  }

  std::string Checked(std::string_view key, bool (*good)(std::string_view)) {
    const std::string_view text = Value(key);
    if (!good(text)) Problem(fmt::format("\"{}\" is not written as it should be", key));
    return std::string(text);
  }

  bool AtEnd() const { return rest_.empty(); }

  Status End() {
    if (!rest_.empty()) Problem("there is more than there should be");
    if (!problem_.empty()) return Fail("{}", problem_);
    return {};
  }

 private:
  std::string_view Next() {
    const auto end = rest_.find('\n');
    if (end == rest_.npos) {
      Problem("it ends in the middle of a line");
      return {};
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }
  void Problem(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  std::string_view rest_;
  std::string problem_;
};

bool IsSignature(std::string_view text) { return IsHex(text, 128); }
bool IsTokenBoot(std::string_view text) { return text == kAnyBoot || IsBootId(text); }
bool IsBy(std::string_view text) {
  return text == ToString(By::kRoot) || text == ToString(By::kSignature);
}

}  // namespace

bool IsMachineId(std::string_view text) {
  return IsHex(text, 32) && text.find_first_not_of('0') != text.npos;
}

bool IsBootId(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return false;
    if (!dash && !IsHex(text.substr(i, 1), 1)) return false;
  }
  return true;
}

std::string_view ToString(By by) { return by == By::kRoot ? "root" : "signature"; }

std::string SignedText(const Token& token) {
  return fmt::format("{}\nmachine {}\nnumber {}\nfor {}\nboot {}\n", kTokenTitle, token.machine,
                     token.number, token.for_ms, token.boot.empty() ? kAnyBoot : token.boot);
}

std::string ToText(const Token& token) {
  std::string text = SignedText(token);
  if (!token.signature.empty()) text += fmt::format("signature {}\n", token.signature);
  return text;
}

Result<Token> ParseToken(std::string_view text) {
  Lines lines(text, kTokenTitle);
  Token token;
  token.machine = lines.Checked("machine", IsMachineId);
  token.number = lines.Number("number", 1, kHighestNumber);
  token.for_ms = lines.Number("for", 1, kLongestTime);
  token.boot = lines.Checked("boot", IsTokenBoot);
  if (token.boot == kAnyBoot) token.boot.clear();
  if (!lines.AtEnd()) token.signature = lines.Checked("signature", IsSignature);
  BF_TRY(lines.End());
  return token;
}

std::string ToText(const Used& used) {
  return fmt::format("{}\nnumber {}\n", kUsedTitle, used.number);
}

Result<Used> ParseUsed(std::string_view text) {
  Lines lines(text, kUsedTitle);
  Used used;
  used.number = lines.Number("number", 1, kHighestNumber);
  BF_TRY(lines.End());
  return used;
}

std::string ToText(const Window& window) {
  return fmt::format("{}\nby {}\nnumber {}\nboot {}\nfrom {}\nuntil {}\n", kWindowTitle,
                     ToString(window.by), window.number, window.boot, window.from_ms,
                     window.until_ms);
}

Result<Window> ParseWindow(std::string_view text) {
  Lines lines(text, kWindowTitle);
  Window window;
  window.by = lines.Checked("by", IsBy) == ToString(By::kSignature) ? By::kSignature : By::kRoot;
  window.number = lines.Number("number", 1, kHighestNumber);
  window.boot = lines.Checked("boot", IsBootId);
  window.from_ms = lines.Number("from", 0, kLongestTime);
  window.until_ms = lines.Number("until", 0, 2 * kLongestTime);
  BF_TRY(lines.End());
  return window;
}

}  // namespace bf::lockdown::maintenance
