// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/linux_compositors.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "core/host/file.h"
#include "core/host/spawn.h"
#include "lockdown/check/unix_sockets.h"

namespace bf::lockdown::check {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostSockets = 16;
constexpr std::chrono::milliseconds kEach{2'000};
constexpr std::chrono::milliseconds kTogether{5'000};
constexpr std::size_t kLongestTable = 16 << 20;
constexpr std::size_t kLongestAnswer = 128 << 10;

// Sockets called as a compositor's, and how many listen at each, in the tables of all network
// namespaces in which the first thread of a process is, each once: a service with PrivateNetwork=
// listens in a table of its own, and whoever sees its file can connect all the same.
struct Sockets {
  std::map<std::string, int> by_path;
  std::string problem;
};

Sockets ReadTables(const std::string& root, Clock::time_point deadline) {
  Sockets sockets;
  std::error_code error;
  std::set<std::string> namespaces;
  const auto read = [&](const std::string& process) {
    const std::string path = process + "/net/unix";
    const auto text = host::ReadFile(host::Under(root, path), kLongestTable);
    if (!text) return text.error().ToString();
    auto listening = ListeningSockets(*text);
    for (auto& one : listening.items)
      if (IsWaylandName(one)) ++sockets.by_path[std::move(one)];
    return listening.read() ? std::string() : path + ": " + listening.problem;
  };
  sockets.problem = read("/proc/self");
  namespaces.insert(fs::read_symlink(host::Under(root, "/proc/self/ns/net"), error).string());
  for (const auto& entry : host::Entries(host::Under(root, "/proc"))) {
    const std::string pid = entry.substr(entry.rfind('/') + 1);
    if (pid.find_first_not_of("0123456789") != pid.npos) continue;
    if (Clock::now() > deadline) {
      sockets.problem = "there are too many tables of sockets to read in time";
      break;
    }
    const std::string process = "/proc/" + pid;
    const auto space = fs::read_symlink(host::Under(root, process + "/ns/net"), error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::no_such_process)
      continue;  // it has ended
    if (error) {
      sockets.problem = fmt::format("{}/ns/net: {}", process, error.message());
      continue;
    }
    if (namespaces.contains(space.string())) continue;
    // One that ends meanwhile is not read, and the next of its namespace is.
    const std::string problem = read(process);
    if (problem.empty()) {
      namespaces.insert(space.string());
      continue;
    }
    const bool ended = fs::read_symlink(host::Under(root, process + "/ns/net"), error).empty();
    if (!ended) sockets.problem = problem;
  }
  return sockets;
}

// One name in a line.
std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Compositor Ask(const std::string& root, const std::string& program, const std::string& socket,
               std::chrono::milliseconds limit) {
  Compositor compositor{socket, {}, {}};
  if (!socket.starts_with('/')) {
    compositor.problem = "it has no path";
    return compositor;
  }
  const auto done =
      host::Run({{program, host::Under(root, socket)}, limit, {}, {}, kLongestAnswer});
  if (!done)
    compositor.problem = done.error().ToString();
  else if (done->timed_out)
    compositor.problem = "it does not answer";
  else if (!done->ok())
    compositor.problem =
        done->exit_code == 1 && !done->output.empty()
            ? Lines(done->output).front()
            : fmt::format("asking it ended with {} {}", done->signal != 0 ? "signal" : "exit code",
                          done->signal != 0 ? done->signal : done->exit_code);
  else
    compositor.globals = Lines(done->output);
  return compositor;
}

}  // namespace

Seen<Compositor> ReadCompositors(const std::string& root, const std::string& program) {
  Seen<Compositor> compositors;
  const auto deadline = Clock::now() + kTogether;
  const Sockets sockets = ReadTables(root, deadline);
  compositors.problem = sockets.problem;
  for (const auto& [socket, count] : sockets.by_path) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (compositors.items.size() == kMostSockets) {
      compositors.problem = fmt::format("{} listen, and no more than {} are asked",
                                        sockets.by_path.size(), kMostSockets);
      break;
    }
    if (left.count() <= 0) {
      compositors.problem =
          fmt::format("{} listen, and there was no time for all of them", sockets.by_path.size());
      break;
    }
    auto compositor = Ask(root, program, socket, std::min(kEach, left));
    // A path leads to one of them; who has the other as a descriptor still talks to it.
    if (count > 1 && compositor.problem.empty()) compositor.problem = "more than one listen there";
    compositors.items.push_back(std::move(compositor));
  }
  return compositors;
}

}  // namespace bf::lockdown::check
