// SPDX-License-Identifier: Apache-2.0
#include "lockdown/wayland/linux_globals.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <wayland-client.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "core/host/file.h"

namespace bf::lockdown::wayland {
namespace {

// Compositors have some fifty, with names of some thirty characters.
constexpr std::size_t kMostGlobals = 1000;
constexpr std::size_t kLongestName = 100;

struct Listing {
  std::vector<std::string> interfaces;
  std::string problem;
};

// What a line of output can hold, and no terminal acts on.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

// Exceptions must not pass through the library, which is C.
void OnGlobal(void* data, wl_registry*, std::uint32_t, const char* interface,
              std::uint32_t) noexcept {
  auto& listing = *static_cast<Listing*>(data);
  if (!listing.problem.empty()) return;
  if (!IsName(interface))
    listing.problem = "it offers something whose name is none";
  else if (listing.interfaces.size() == kMostGlobals)
    listing.problem = fmt::format("it offers more than {} things", kMostGlobals);
  else
    listing.interfaces.emplace_back(interface);
}
void OnRemove(void*, wl_registry*, std::uint32_t) noexcept {}
constexpr wl_registry_listener kListener = {OnGlobal, OnRemove};

void Quiet(const char*, va_list) noexcept {}

// The path that whoever listens there bound, whatever it was renamed to since.
std::string BoundName(int connection) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getpeername(connection, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const std::size_t length = std::min<std::size_t>(size, sizeof address);
  const std::string_view name(address.sun_path, length - offsetof(sockaddr_un, sun_path));
  return std::string(name.substr(0, name.find('\0')));
}

}  // namespace

Result<host::UniqueFd> Connect(const std::string& socket) {
  BF_ASSIGN(const host::UniqueFd there, host::Open(socket, O_PATH | O_NOFOLLOW));
  struct stat what {};
  if (::fstat(there.get(), &what) != 0) return FailErrno(errno, "{}", socket);
  if (!S_ISSOCK(what.st_mode)) return Fail("{} is no socket", socket);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto end = fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1,
                                    "/proc/self/fd/{}", there.get());
  *end.out = '\0';
  host::UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!connection.valid()) return FailErrno(errno, "make a socket");
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return FailErrno(errno, "connect to {}", socket);
  if (BoundName(connection.get()) != socket) return Fail("another socket was put in its place");
  return connection;
}

Result<std::vector<std::string>> AskGlobals(host::UniqueFd connection) {
  ::wl_log_set_handler_client(Quiet);
  const std::unique_ptr<wl_display, decltype(&wl_display_disconnect)> display(
      ::wl_display_connect_to_fd(connection.Release()), wl_display_disconnect);
  if (!display) return FailErrno(errno, "ask a compositor");
  const std::unique_ptr<wl_registry, decltype(&wl_registry_destroy)> registry(
      ::wl_display_get_registry(display.get()), wl_registry_destroy);
  Listing listing;
  if (!registry || ::wl_registry_add_listener(registry.get(), &kListener, &listing) != 0)
    return FailErrno(errno, "ask a compositor");
  // Whoever answers the second request has answered the first.
  if (::wl_display_roundtrip(display.get()) < 0)
    return Fail("it does not speak Wayland: {}",
                std::generic_category().message(::wl_display_get_error(display.get())));
  if (!listing.problem.empty()) return Fail("{}", listing.problem);
  return std::move(listing.interfaces);
}

}  // namespace bf::lockdown::wayland
