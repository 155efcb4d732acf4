// SPDX-License-Identifier: Apache-2.0
#include "provision/layout/cmdline_policy.h"

#include <charconv>

namespace bf::provision::layout {
namespace {

using policy::Located;

// COMMAND_LINE_SIZE is 2048 on arm64 and x86; the slot's own words need some of it.
constexpr std::size_t kMaxLength = 1536;

struct Refused {
  std::string_view key;
  std::string_view why;
};
constexpr Refused kRefused[] = {
    {"root", "is made for each slot from its PARTUUID"},
    {"rauc.slot", "is made for each slot"},
    {"rw", "would mount the root writable"},
    {"rootwait", "without a number waits for ever; write rootwait=SECONDS"},
    {"nogpt", "is the opposite of \"gpt\""},
    {"init", "starts something else than the system"},
    {"rdinit", "starts something else than the system"},
    {"single", "opens a shell"},
    {"s", "opens a shell"},
    {"S", "opens a shell"},
    {"1", "opens a shell"},
    {"emergency", "opens a shell"},
    {"-b", "opens a shell"},
    {"rescue", "opens a shell"},
    {"break", "opens a shell"},
    {"rd.break", "opens a shell"},
    {"rd.shell", "opens a shell"},
    {"systemd.unit", "starts something else than the system"},
    {"rd.systemd.unit", "starts something else than the system"},
    {"systemd.debug_shell", "opens a shell"},
    {"systemd.debug-shell", "opens a shell"},
    {"systemd.run", "runs a command as root"},
    {"systemd.machine_id", "gives all devices one identity"},
};

std::string_view KeyOf(std::string_view word) { return word.substr(0, word.find('=')); }
std::string_view ValueOf(std::string_view word) {
  const auto equals = word.find('=');
  return equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
}

bool IsPlain(std::string_view word) {
  // Quotes would let a word swallow the ones after it.
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\'';
  });
}

void CheckWord(const Located<std::string>& word, policy::Diagnostics& diagnostics) {
  if (!IsPlain(word.value)) {
    diagnostics.Add(word.at, "\"{}\" is not one plain ASCII word without quotes", word.value);
    return;
  }
  const std::string_view key = KeyOf(word.value);
  for (const Refused& refused : kRefused) {
    if (key != refused.key) continue;
    // rootwait=N is what we ask for.
    if (key == "rootwait" && word.value != key) continue;
    if (word.value == "init=/sbin/init") continue;
    diagnostics.Add(word.at, "\"{}\" {}", key, refused.why);
  }
}

// `key=N` with min <= N <= max, exactly once.
void RequireNumber(const CmdlinePolicy& cmdline, std::string_view key, int min, int max,
                   std::string_view why, policy::Diagnostics& diagnostics) {
  bool found = false;
  for (const auto& word : cmdline.words) {
    if (KeyOf(word.value) != key || word.value == key) continue;
    found = true;
    const std::string_view text = ValueOf(word.value);
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < min ||
        number > max) {
      diagnostics.Add(word.at, "\"{}\" must be a number between {} and {}", key, min, max);
    }
  }
  const bool bare = std::any_of(cmdline.words.begin(), cmdline.words.end(),
                                [&](const auto& word) { return word.value == key; });
  if (!found && !bare) diagnostics.Add(cmdline.at, "the word \"{}=N\" is missing: {}", key, why);
}

void RequireWord(const CmdlinePolicy& cmdline, std::string_view wanted, std::string_view why,
                 policy::Diagnostics& diagnostics) {
  for (const auto& word : cmdline.words) {
    if (word.value == wanted) return;
    if (KeyOf(word.value) == KeyOf(wanted)) {
      diagnostics.Add(word.at, "\"{}\" must be \"{}\": {}", word.value, wanted, why);
      return;
    }
  }
  diagnostics.Add(cmdline.at, "the word \"{}\" is missing: {}", wanted, why);
}

void CheckDuplicates(const CmdlinePolicy& cmdline, policy::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < cmdline.words.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const std::string& word = cmdline.words[i].value;
      const std::string& earlier = cmdline.words[k].value;
      // Consoles add up; of anything else the kernel takes the last one and says nothing.
      const bool adds_up = KeyOf(word) == "console" && word != earlier;
      if (KeyOf(word) == KeyOf(earlier) && !adds_up) {
        diagnostics.Add(cmdline.words[i].at, "\"{}\" is given twice (first at {})", KeyOf(word),
                        cmdline.words[k].at.ToString());
        break;
      }
    }
  }
}

}  // namespace

CmdlinePolicy ReadCmdlinePolicy(policy::Reader& reader) {
  CmdlinePolicy cmdline;
  cmdline.at = reader.At("words");
  cmdline.words = reader.Strings("words");
  policy::Diagnostics& diagnostics = reader.diagnostics();
  std::size_t length = 0;
  for (const auto& word : cmdline.words) {
    CheckWord(word, diagnostics);
    length += word.value.size() + 1;
  }
  CheckDuplicates(cmdline, diagnostics);
  if (length > kMaxLength) {
    diagnostics.Add(cmdline.at, "the words are {} bytes long, the kernel takes {}", length,
                    kMaxLength);
  }
  RequireWord(cmdline, "ro", "the root is read-only from the first moment", diagnostics);
  RequireWord(cmdline, "gpt", "without it a torn primary table leaves no partitions at all",
              diagnostics);
  RequireWord(cmdline, "usbcore.authorized_default=0", "it holds back USB until policy is loaded",
              diagnostics);
  RequireNumber(cmdline, "panic", 1, 300, "a panic must end in a reboot", diagnostics);
  RequireNumber(cmdline, "rootwait", 1, 300, "a root that never comes must end in a reboot",
                diagnostics);
  return cmdline;
}

}  // namespace bf::provision::layout
