// SPDX-License-Identifier: Apache-2.0
#include "core/error/error.h"

#include <system_error>

namespace bf {

std::string SourceRef::ToString() const {
  if (file.empty() || line == 0) return file;
  return fmt::format("{}:{}:{}", file, line, column);
}

Error Error::Context(std::string_view doing) && {
  message = fmt::format("{}: {}", doing, message);
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string text;
  if (source) text = source.ToString() + ": ";
  text += message;
  // generic_category().message, unlike strerror, is safe in threads.
  if (sys_errno != 0) text += ": " + std::generic_category().message(sys_errno);
  return text;
}

}  // namespace bf
