// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "lockdown/compile/compile.h"
#include "lockdown/policy/policy.h"

// Any text: read, and compiled if it is a policy. No line of what comes out may run anything but
// ours, whatever the names in the policy are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = ParsePolicy(text, "input.toml");
  if (!policy) {
    if (policy.error().kind != bf::ErrorKind::kPolicy) __builtin_trap();
    return 0;
  }
  for (const OutputFile& file : Compile(*policy)) {
    if (!file.path.ends_with(".rules")) continue;
    bool quoted = false;
    std::string outside;  // of quotes, where keys and operators are, since the last value
    for (std::size_t i = 0; i < file.text.size(); ++i) {
      const char c = file.text[i];
      const bool comment = !quoted && c == '#' && (i == 0 || file.text[i - 1] == '\n');
      if (comment) {
        i = std::min(file.text.find('\n', i), file.text.size());
      } else if (quoted && c == '\\' && i + 1 < file.text.size() && file.text[i + 1] == '"') {
        ++i;
      } else if (c == '"') {
        quoted = !quoted;
        if (!quoted) continue;
        const bool runs = outside.find("RUN") != std::string::npos;
        const auto value = std::string_view(file.text).substr(i + 1);
        if (runs && !value.starts_with("/usr/libexec/betterframe/bf-lockdown-decide ") &&
            !value.starts_with("/usr/bin/true\""))
          __builtin_trap();
        outside.clear();
      } else if (quoted) {
        if (c == '\n') __builtin_trap();
      } else {
        outside += c;
      }
    }
    if (quoted || outside.find("RUN") != std::string::npos) __builtin_trap();
  }
  return 0;
}
