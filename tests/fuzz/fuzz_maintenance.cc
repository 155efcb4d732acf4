// SPDX-License-Identifier: Apache-2.0
// Whatever lies on BF_DATA as a token: it is read or it is not, and what is read has one spelling.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lockdown/maintenance/token.h"

namespace {

template <class T>
void OneSpelling(const bf::Result<T>& read, std::string_view text) {
  if (read && bf::lockdown::maintenance::ToText(*read) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown::maintenance;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  OneSpelling(ParseToken(text), text);
  OneSpelling(ParseUsed(text), text);
  OneSpelling(ParseWindow(text), text);
  return 0;
}
