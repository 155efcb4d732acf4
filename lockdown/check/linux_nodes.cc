// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"

namespace bf::lockdown::check {
namespace {

namespace fs = std::filesystem;

// Directories of /dev, and how the names of nodes in them start that could bring input.
struct Place {
  std::string directory;
  std::vector<std::string_view> prefixes;
};

std::vector<Place> Places(const std::string& root) {
  std::vector<Place> places = {{"/dev", {"hidraw", "uinput", "uhid", "cec", "lirc"}},
                               {"/dev/input", {""}},
                               {"/dev/usb", {"hiddev"}}};
  std::error_code error;
  const std::string top = host::Under(root, "/dev/bus/usb");
  for (fs::directory_iterator at(top, error), end; !error && at != end; at.increment(error))
    places.push_back({"/dev/bus/usb/" + at->path().filename().string(), {""}});
  return places;
}

void ReadTags(const std::string& root, Node& node) {
  const std::string name = node.path.substr(node.path.rfind('/') + 1);
  const bool hidraw = node.path.starts_with("/dev/hidraw");
  if (!hidraw && !node.path.starts_with("/dev/input/")) return;
  const File number =
      ReadText(root, fmt::format("/sys/class/{}/{}/dev", hidraw ? "hidraw" : "input", name));
  if (!number.read()) {
    node.problem = fmt::format("its device is not in /sys: {}", number.problem);
    return;
  }
  const File data = ReadText(root, fmt::format("/run/udev/data/c{}", number.text));
  if (data.absent()) return;
  if (!data.read()) {
    node.problem = data.problem;
    return;
  }
  // "Q:" is a tag that it has now, "G:" one that it has had; before version 1 there was only "G:".
  const bool current = data.text.find("V:1") != std::string::npos;
  const std::string_view key = current ? "Q:" : "G:";
  for (std::string_view rest = data.text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    if (line.starts_with(key)) node.tags.emplace_back(line.substr(key.size()));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

Node ReadNode(const std::string& root, const std::string& path) {
  Node node;
  node.path = path;
  const std::string real = host::Under(root, path);
  struct stat st {};
  if (::lstat(real.c_str(), &st) != 0) {
    node.problem = ::strerror(errno);
    return node;
  }
  node.mode = st.st_mode & 07777;
  node.uid = st.st_uid;
  node.gid = st.st_gid;
  // ENODATA: none; ENOTSUP: a file system that has none.
  const ssize_t size = ::lgetxattr(real.c_str(), "system.posix_acl_access", nullptr, 0);
  node.acl = size > 0;
  if (size < 0 && errno != ENODATA && errno != ENOTSUP)
    node.problem = fmt::format("its access control list: {}", ::strerror(errno));
  return node;
}

Seen<Node> ReadNodes(const std::string& root) {
  Seen<Node> nodes;
  nodes.problem.clear();
  for (const Place& place : Places(root)) {
    std::error_code error;
    fs::directory_iterator at(host::Under(root, place.directory), error);
    const bool absent = error == std::errc::no_such_file_or_directory;
    if (error && (!absent || place.directory == "/dev")) {
      nodes.problem = fmt::format("{}: {}", place.directory, error.message());
      return nodes;
    }
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      const std::string name = at->path().filename().string();
      std::error_code ignored;
      const auto type = at->symlink_status(ignored).type();
      if (type == fs::file_type::directory || type == fs::file_type::symlink) continue;
      if (std::none_of(place.prefixes.begin(), place.prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); }))
        continue;
      Node node = ReadNode(root, fmt::format("{}/{}", place.directory, name));
      ReadTags(root, node);
      nodes.items.push_back(std::move(node));
    }
  }
  std::sort(nodes.items.begin(), nodes.items.end(),
            [](const Node& a, const Node& b) { return a.path < b.path; });
  return nodes;
}

}  // namespace bf::lockdown::check
