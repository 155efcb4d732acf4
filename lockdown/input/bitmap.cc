// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/bitmap.h"

#include <bit>
#include <optional>

namespace bf::lockdown::input {
namespace {

std::optional<std::uint64_t> ParseWord(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t word = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    word = (word << 4) | digit;
  }
  return word;
}

}  // namespace

bool Bitmap::IsSubsetOf(const Bitmap& other) const {
  for (std::size_t i = 0; i < kWords; ++i) {
    if ((words_[i] & ~other.words_[i]) != 0) return false;
  }
  return true;
}

std::size_t Bitmap::Count() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

Result<Bitmap> ParseBitmap(std::string_view text, std::size_t max_words) {
  std::array<std::uint64_t, Bitmap::kWords> words{};
  std::size_t count = 0;
  std::string_view rest = text;
  while (true) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const auto word = ParseWord(rest.substr(0, end));
    if (!word) {
      return Fail(
          "word {} of the bitmap is not one to sixteen hex digits as the kernel prints them",
          count + 1);
    }
    if (count == std::min(max_words, words.size())) {
      return Fail("the bitmap has more than {} words", count);
    }
    words[count++] = *word;
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  if (count > 1 && words[0] == 0) return Fail("the first word of the bitmap is 0");
  Bitmap bitmap;
  for (std::size_t i = 0; i < count; ++i) bitmap.SetWord(count - 1 - i, words[i]);
  return bitmap;
}

std::string ToString(const Bitmap& bitmap) {
  std::string text;
  for (std::size_t i = Bitmap::kWords; i-- > 0;) {
    if (text.empty() && bitmap.Word(i) == 0 && i != 0) continue;
    if (!text.empty()) text += ' ';
    text += fmt::format("{:x}", bitmap.Word(i));
  }
  return text;
}

}  // namespace bf::lockdown::input
