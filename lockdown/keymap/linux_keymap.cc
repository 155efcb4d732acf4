// SPDX-License-Identifier: Apache-2.0
#include "lockdown/keymap/linux_keymap.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "core/host/file.h"

namespace bf::lockdown {
namespace {

using Visit = std::function<Status(kbentry&)>;

kbentry At(unsigned table, unsigned index) {
  kbentry entry{};
  entry.kb_table = static_cast<unsigned char>(table);
  entry.kb_index = static_cast<unsigned char>(index);
  return entry;
}

bool Switches(unsigned value) {
  return KTYP(value) == KT_CONS || value == K_DECRCONSOLE || value == K_INCRCONSOLE ||
         value == K_CONS || value == K_SPAWNCONSOLE;
}

// Every key of every table that there is.
Status ForEach(int fd, const Visit& visit) {
  for (unsigned table = 0; table < MAX_NR_KEYMAPS; ++table) {
    // The first says whether there is such a table.
    kbentry entry = At(table, 0);
    if (::ioctl(fd, KDGKBENT, &entry) != 0) return FailErrno(errno, "read the keymap");
    if (entry.kb_value == K_NOSUCHMAP) continue;
    for (unsigned index = 1; index < NR_KEYS; ++index) {
      entry = At(table, index);
      if (::ioctl(fd, KDGKBENT, &entry) != 0) return FailErrno(errno, "read the keymap");
      BF_TRY(visit(entry));
    }
  }
  return {};
}

Result<Chords> Count(int fd) {
  Chords chords;
  BF_TRY(ForEach(fd, [&](const kbentry& entry) -> Status {
    if (Switches(entry.kb_value)) ++chords.switches;
    if (entry.kb_value == K_SAK) ++chords.attention;
    return {};
  }));
  return chords;
}

Result<host::UniqueFd> OpenTerminal(const std::string& root) {
  return host::Open(host::Under(root, "/dev/tty0"), O_RDONLY | O_NOCTTY | O_NONBLOCK);
}

}  // namespace

Result<std::optional<Chords>> ReadChords(const std::string& root) {
  const std::string attribute = host::Under(root, "/sys/class/tty/tty0/dev");
  if (::access(attribute.c_str(), F_OK) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return FailErrno(errno, "look for {}", attribute);
  }
  BF_ASSIGN(const auto terminal, OpenTerminal(root));
  BF_ASSIGN(const Chords chords, Count(terminal.get()));
  return chords;
}

Status DropChords(const std::string& root, bool switches) {
  BF_ASSIGN(const auto terminal, OpenTerminal(root));
  const int fd = terminal.get();
  BF_TRY(ForEach(fd, [&](kbentry& entry) -> Status {
    if (entry.kb_value != K_SAK && !(switches && Switches(entry.kb_value))) return {};
    entry.kb_value = K_HOLE;
    if (::ioctl(fd, KDSKBENT, &entry) != 0) return FailErrno(errno, "change the keymap");
    return {};
  }));
  BF_ASSIGN(const Chords left, Count(fd));
  if (left.attention == 0 && (!switches || left.switches == 0)) return {};
  return Fail("the keymap still has {} chords that change terminals and {} SAK", left.switches,
              left.attention);
}

}  // namespace bf::lockdown
