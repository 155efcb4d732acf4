// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"

namespace bf::lockdown::check {
namespace {

// The entry of a key in one of the tables, or nothing.
std::optional<unsigned> Entry(int fd, unsigned table, unsigned index) {
  struct kbentry entry {};
  entry.kb_table = static_cast<unsigned char>(table);
  entry.kb_index = static_cast<unsigned char>(index);
  if (::ioctl(fd, KDGKBENT, &entry) != 0) return std::nullopt;
  return entry.kb_value;
}

bool Switches(unsigned value) {
  return KTYP(value) == KT_CONS || value == K_DECRCONSOLE || value == K_INCRCONSOLE ||
         value == K_CONS || value == K_SPAWNCONSOLE;
}

}  // namespace

Keymap ReadKeymap(const std::string& root) {
  Keymap keymap;
  if (ReadText(root, "/sys/class/tty/tty0/dev").absent()) {
    keymap.problem.clear();
    return keymap;
  }
  keymap.present = true;
  const auto fd = host::Open(host::Under(root, "/dev/tty0"), O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!fd) {
    keymap.problem = fd.error().ToString();
    return keymap;
  }
  for (unsigned table = 0; table < MAX_NR_KEYMAPS; ++table) {
    const auto first = Entry(fd->get(), table, 0);
    if (!first) {
      keymap.problem = fmt::format("read the keymap: {}", ::strerror(errno));
      return keymap;
    }
    if (*first == K_NOSUCHMAP) continue;
    for (unsigned index = 1; index < NR_KEYS; ++index) {
      const auto value = Entry(fd->get(), table, index);
      if (!value) break;
      if (Switches(*value)) ++keymap.switches;
      if (*value == K_SAK) ++keymap.attention;
    }
  }
  keymap.problem.clear();
  return keymap;
}

}  // namespace bf::lockdown::check
