// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/linux_facts.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "core/facts/stage.h"
#include "core/host/file.h"
#include "lockdown/check/config.h"
#include "lockdown/check/linux_compositors.h"
#include "lockdown/check/linux_devices.h"
#include "lockdown/sandbox/filter/linux_compile.h"

namespace bf::lockdown::check {
namespace {

namespace fs = std::filesystem;

// First one first.
constexpr std::string_view kPrefixes[] = {"/etc", "/run", "/usr/local/lib", "/usr/lib"};

// Names in a directory, sorted; one that is not there has none.
std::vector<std::string> Names(const std::string& root, std::string_view path,
                               std::string& problem) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator at(host::Under(root, path), error);
  for (; !error && at != fs::directory_iterator(); at.increment(error))
    names.push_back(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    problem = fmt::format("{}: {}", path, error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, unsigned, std::less<>> ReadGroups(const std::string& root) {
  std::map<std::string, unsigned, std::less<>> groups;
  const File file = ReadText(root, "/etc/group");
  for (std::string_view rest = file.text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto name = line.find(':');
    const auto number = line.find(':', std::min(name, line.size() - 1) + 1);
    if (name == line.npos || number == line.npos) continue;
    unsigned gid = 0;
    const char* begin = line.data() + number + 1;
    const auto [stop, code] = std::from_chars(begin, line.data() + line.size(), gid);
    if (code == std::errc() && stop != begin) groups.emplace(line.substr(0, name), gid);
  }
  return groups;
}

// "kernel/drivers/input/misc/uinput.ko" or a line of /proc/modules → "uinput".
std::string ModuleOf(std::string_view line) {
  line = line.substr(0, line.find(' '));
  line = line.substr(line.rfind('/') == line.npos ? 0 : line.rfind('/') + 1);
  return ModuleName(line.substr(0, line.find(".ko")));
}

void AddModules(std::string_view text, std::vector<std::string>& loaded) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end != 0) loaded.push_back(ModuleOf(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Modules ReadModules(const std::string& root) {
  Modules modules;
  modules.problem.clear();
  const auto take = [&](const std::string& path, std::vector<std::string>& into) {
    const auto text = host::ReadFile(host::Under(root, path));
    if (text)
      AddModules(*text, into);
    else
      modules.problem = text.error().ToString();
  };
  take("/proc/modules", modules.loaded);
  take(fmt::format("/lib/modules/{}/modules.builtin",
                   ReadText(root, "/proc/sys/kernel/osrelease").text),
       modules.built_in);
  modules.loaded.insert(modules.loaded.end(), modules.built_in.begin(), modules.built_in.end());
  auto configs = ReadConfigs(root, "", "modprobe.d");
  if (!configs.read()) modules.problem = configs.problem;
  modules.modprobe = std::move(configs.items);
  return modules;
}

Seen<RootHub> ReadRootHubs(const std::string& root) {
  Seen<RootHub> hubs;
  hubs.problem.clear();
  const std::string top = "/sys/bus/usb/devices";
  for (const auto& name : Names(root, top, hubs.problem)) {
    if (!name.starts_with("usb")) continue;
    const std::string path = fmt::format("{}/{}/", top, name);
    hubs.items.push_back({name, ReadText(root, path + "authorized_default"),
                          ReadText(root, path + "interface_authorized_default")});
  }
  return hubs;
}

Seen<SerioPort> ReadSerio(const std::string& root) {
  Seen<SerioPort> ports;
  ports.problem.clear();
  const std::string top = "/sys/bus/serio/devices";
  for (const auto& name : Names(root, top, ports.problem)) {
    std::error_code error;
    const auto target =
        fs::read_symlink(host::Under(root, fmt::format("{}/{}/driver", top, name)), error);
    if (error && error != std::errc::no_such_file_or_directory)
      ports.problem = fmt::format("{}/{}/driver: {}", top, name, error.message());
    ports.items.push_back({name, error ? "" : target.filename().string()});
  }
  return ports;
}

// All of them, also those that are masked: who masks whom is for the linter to say.
Seen<ConfigFile> ReadRules(const std::string& root) {
  Seen<ConfigFile> rules;
  rules.problem.clear();
  for (const auto prefix : kPrefixes) {
    const std::string directory = fmt::format("{}/udev/rules.d", prefix);
    for (const auto& name : Names(root, directory, rules.problem)) {
      if (!name.ends_with(".rules")) continue;
      const std::string path = fmt::format("{}/{}", directory, name);
      std::error_code error;
      if (fs::read_symlink(host::Under(root, path), error) == "/dev/null") {
        rules.items.push_back({path, ""});
        continue;
      }
      auto text = host::ReadFile(host::Under(root, path));
      if (!text) rules.problem = text.error().ToString();
      rules.items.push_back({path, text ? *std::move(text) : ""});
    }
  }
  return rules;
}

Seen<Installed> ReadInstalled(const std::string& root, const Expected& expected) {
  Seen<Installed> installed;
  installed.problem.clear();
  for (const Fragment& fragment : expected.fragments) {
    Installed one;
    one.path = fragment.path;
    const std::string real = host::Under(root, fragment.path);
    std::error_code error;
    one.link = fs::is_symlink(fs::symlink_status(real, error));
    if (one.link) {
      const auto target = fs::read_symlink(real, error);
      one.file = {error ? File::State::kUnreadable : File::State::kRead, target.string(),
                  error.message()};
    } else if (auto text = host::ReadFile(
                   real, std::max(host::kDefaultReadLimit, 2 * fragment.text.size()))) {
      one.file = {File::State::kRead, *std::move(text), ""};
    } else {
      one.file = {
          text.error().sys_errno == ENOENT ? File::State::kAbsent : File::State::kUnreadable, "",
          text.error().ToString()};
    }
    one.others = FindOthers(root, fragment.path);
    installed.items.push_back(std::move(one));
  }
  return installed;
}

File ReadStage(const std::string& root) {
  const auto stage = facts::ReadStageResult(root, "lockdown");
  if (!stage) return {File::State::kUnreadable, "", stage.error().ToString()};
  if (!*stage) return {File::State::kAbsent, "", ""};
  return {File::State::kRead, (*stage)->result, ""};
}

}  // namespace

File ReadText(const std::string& root, std::string_view path) {
  auto text = host::ReadLine(host::Under(root, path));
  if (text) return {File::State::kRead, *std::move(text), ""};
  const int code = text.error().sys_errno;
  const bool absent = code == ENOENT || code == ENOTDIR;
  return {absent ? File::State::kAbsent : File::State::kUnreadable, "", text.error().ToString()};
}

Seen<ConfigFile> ReadConfigs(const std::string& root, const std::string& main,
                             const std::string& directory) {
  Seen<ConfigFile> configs;
  configs.problem.clear();
  std::map<std::string, std::string> by_name;
  for (const auto prefix : kPrefixes) {
    const std::string path = fmt::format("{}/{}", prefix, directory);
    for (const auto& name : Names(root, path, configs.problem))
      if (name.ends_with(".conf")) by_name.emplace(name, path + "/" + name);
  }
  std::vector<std::string> paths;
  std::error_code error;
  if (!main.empty() && fs::exists(host::Under(root, main), error)) paths.push_back(main);
  for (auto& [name, path] : by_name) paths.push_back(path);
  for (const auto& path : paths) {
    if (fs::read_symlink(host::Under(root, path), error) == "/dev/null") continue;
    auto text = host::ReadFile(host::Under(root, path));
    if (!text) configs.problem = text.error().ToString();
    configs.items.push_back({path, text ? *std::move(text) : ""});
  }
  return configs;
}

Facts Observe(const std::string& root, const Policy& policy, const Expected& expected) {
  Facts facts;
  for (const auto path : kAttributes) facts.attributes.emplace(path, ReadText(root, path));
  facts.groups = ReadGroups(root);
  const std::string trigger = "/proc/sysrq-trigger";
  std::error_code error;
  facts.sysrq_trigger_present = fs::exists(host::Under(root, trigger), error) || error;
  facts.sysrq_trigger = ReadNode(root, trigger);
  facts.nodes = ReadNodes(root);
  facts.modules = ReadModules(root);
  facts.logind = ReadConfigs(root, "/etc/systemd/logind.conf", "systemd/logind.conf.d");
  facts.system = ReadConfigs(root, "/etc/systemd/system.conf", "systemd/system.conf.d");
  const ControlGroups running = ReadControlGroups(root);
  for (const auto name : kUnits)
    facts.units.emplace(name, ReadUnit(root, std::string(name), running));
  facts.gettys = ReadGettys(root, running);
  facts.keymap = ReadKeymap(root);
  facts.compositors = ReadCompositors(root);
  facts.root_hubs = ReadRootHubs(root);
  facts.serio = ReadSerio(root);
  facts.rules = ReadRules(root);
  facts.installed = ReadInstalled(root, expected);
  facts.sandbox_files = ReadSandboxFiles(root);
  for (const auto& syscall : sandbox::Syscalls())
    if (!sandbox::HasName(syscall)) facts.unnamed.push_back(syscall.name);
  facts.services = ReadServices(root, running);
  facts.stage = ReadStage(root);
  ReadDevices(root, policy, facts);
  return facts;
}

}  // namespace bf::lockdown::check
