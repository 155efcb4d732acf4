// SPDX-License-Identifier: Apache-2.0
#include "lockdown/wayland/tool.h"

#include "core/host/file.h"
#include "lockdown/wayland/linux_globals.h"
#include "lockdown/wayland/linux_privileges.h"

namespace bf::lockdown::wayland {
namespace {

constexpr int kUsage = 64;

Result<std::string> List(const std::string& socket) {
  // With the rights of the caller, because the directory of the socket may be its user's alone;
  // from here on without any.
  BF_ASSIGN(host::UniqueFd connection, Connect(socket));
  BF_TRY(GiveUpPrivileges());
  BF_ASSIGN(const auto globals, AskGlobals(std::move(connection)));
  std::string text;
  for (const auto& interface : globals) text += interface + "\n";
  return text;
}

}  // namespace

int RunGlobals(const std::vector<std::string>& args) {
  const std::string usage =
      "Usage: bf-wayland-globals SOCKET\n\n"
      "Lists the interfaces that the Wayland compositor listening there offers "
      "its clients.\n";
  if (args == std::vector<std::string>{"--help"}) return host::WriteAll(1, usage, "stdout") ? 0 : 1;
  if (args.size() != 1) {
    (void)host::WriteAll(2, usage, "stderr");
    return kUsage;
  }
  const auto text = List(args[0]);
  if (text) return host::WriteAll(1, *text, "stdout") ? 0 : 1;
  (void)host::WriteAll(2, text.error().ToString() + "\n", "stderr");
  return 1;
}

}  // namespace bf::lockdown::wayland
