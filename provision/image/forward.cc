// SPDX-License-Identifier: Apache-2.0
#include "provision/image/forward.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "provision/image/options.h"

namespace bf::provision::image {
namespace {

constexpr std::string_view kProgram = "bf-provision-image";

// Beside this program: bin/bf-provision → libexec/betterframe/, and in a build tree image/.
std::vector<std::string> Candidates() {
  std::string self(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  if (length <= 0) return {};
  self.resize(static_cast<std::size_t>(length));
  const std::string dir = self.substr(0, self.rfind('/'));
  return {fmt::format("{}/../libexec/betterframe/{}", dir, kProgram),
          fmt::format("{}/image/{}", dir, kProgram)};
}

std::vector<std::string> ArgumentsOf(const cli::Verb& verb, const cli::Invocation& invocation) {
  std::vector<std::string> args = {std::string(kProgram), verb.name};
  for (const auto& given : invocation.values) {
    args.push_back(given.first);
    const auto is_flag = [&](const cli::Option& option) {
      return option.name == given.first && option.value_name.empty();
    };
    const bool flag = given.first == "--dry-run" || given.first == "--json" ||
                      std::any_of(verb.options.begin(), verb.options.end(), is_flag);
    if (!flag) args.push_back(given.second);
  }
  return args;
}

Status Forward(const cli::Verb& verb, const cli::Invocation& invocation) {
  std::vector<std::string> args = ArgumentsOf(verb, invocation);
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  for (const std::string& path : Candidates()) {
    ::execv(path.c_str(), argv.data());
    if (errno != ENOENT) return FailErrno(errno, "start {}", path);
  }
  return Fail("{} is not installed; it comes with the package betterframe-factory", kProgram);
}

cli::Verb Forwarding(cli::Verb verb) {
  verb.run = [table = verb](cli::Invocation& invocation) { return Forward(table, invocation); };
  return verb;
}

}  // namespace

cli::Verb ImageVerb() { return Forwarding(ImageVerbTable()); }
cli::Verb RootfsVerb() { return Forwarding(RootfsVerbTable()); }
cli::Verb BootfsVerb() { return Forwarding(BootfsVerbTable()); }

}  // namespace bf::provision::image
