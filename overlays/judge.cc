// SPDX-License-Identifier: Apache-2.0
#include "overlays/judge.h"

#include <charconv>

namespace bf::overlays {
namespace {

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t unit = 1;
  if (!text.empty() && text.back() == 'k') unit = 1024;
  if (!text.empty() && text.back() == 'm') unit = 1U << 20;
  if (unit != 1) text.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number * unit;
}

// tmpfs counts in pages: what it shows is what was asked for, rounded up.
bool SameSize(std::uint64_t shown, std::uint64_t asked) {
  constexpr std::uint64_t kLargestPage = 64 << 10;
  return shown >= asked && shown - asked < kLargestPage;
}

void JudgeFlags(const WritablePath& entry, const facts::Mount& mount,
                std::vector<std::string>& wrong) {
  for (const char* flag : {"nosuid", "nodev"}) {
    if (!mount.HasOption(flag)) wrong.push_back(fmt::format("mounted without {}", flag));
  }
  if (!entry.exec.value && !mount.HasOption("noexec")) wrong.push_back("mounted without noexec");
  if (!mount.Writable()) wrong.push_back("mounted read-only");
}

void JudgeTmpfs(const WritablePath& entry, const facts::Mount& mount, Judgement& judgement) {
  if (mount.fs_type != "tmpfs") {
    judgement.wrong.push_back(
        fmt::format("{} from {} is mounted there, not a tmpfs", mount.fs_type, mount.source));
    return;
  }
  judgement.can_adjust = true;
  JudgeFlags(entry, mount, judgement.wrong);
  const auto size = Number(mount.SuperOption("size"));
  if (!size || !SameSize(*size, entry.size.value))
    judgement.wrong.push_back(fmt::format("may hold {}, not {}",
                                          size ? policy::FormatSize(*size) : "half of the memory",
                                          policy::FormatSize(entry.size.value)));
  const auto inodes = Number(mount.SuperOption("nr_inodes"));
  if (!inodes || *inodes != static_cast<std::uint64_t>(entry.inodes.value))
    judgement.wrong.push_back(fmt::format("may hold {} files, not {}",
                                          inodes ? fmt::format("{}", *inodes) : "any number of",
                                          entry.inodes.value));
}

// overlayfs shows layers as they were written, with a backslash before what it would misread.
std::string WithoutBackslashes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

// The upper directory has to be the newest generation's; where the store was not looked at
// (nobody but root may), any of the entry's own will do.
bool OwnGeneration(const std::string& upper, const WritablePath& entry, const Facts& facts,
                   const std::string& data_mount_point) {
  const auto store = facts.stores.find(entry.name.value);
  const auto* newest = store == facts.stores.end() ? nullptr : store->second.Newest();
  if (newest != nullptr)
    return upper == GenerationPath(data_mount_point, entry.name.value, newest->number) + "/upper";
  return upper.starts_with(StorePath(data_mount_point, entry.name.value) + "/generation-");
}

void JudgeOverlay(const WritablePath& entry, const facts::Mount& mount, const Facts& facts,
                  const std::string& data_mount_point, Judgement& judgement) {
  auto& wrong = judgement.wrong;
  if (mount.fs_type != "overlay") {
    wrong.push_back(
        fmt::format("{} from {} is mounted there, not an overlay", mount.fs_type, mount.source));
    return;
  }
  JudgeFlags(entry, mount, wrong);
  for (auto& option : WrongOverlayOptions(mount, facts.defaults))
    wrong.push_back(std::move(option));

  const std::string upper = WithoutBackslashes(mount.SuperOption("upperdir"));
  const std::string lower = WithoutBackslashes(mount.SuperOption("lowerdir"));
  const std::string backing = BackingPath(entry.name.value) + "/upper";
  const bool on_tmpfs = upper == backing;
  if (on_tmpfs && entry.persistent()) judgement.state = MountState::kStandIn;
  // A stand-in may have the old upper directory, read-only, between itself and the image.
  const bool own_lower = lower == entry.path.value || (judgement.state == MountState::kStandIn &&
                                                       lower.ends_with(":" + entry.path.value));
  if (!own_lower)
    wrong.push_back(fmt::format("lies over \"{}\", not over {}", lower, entry.path.value));
  if (!on_tmpfs && (!entry.persistent() || !OwnGeneration(upper, entry, facts, data_mount_point)))
    wrong.push_back(fmt::format("keeps its changes in \"{}\"", upper));

  const auto path = facts.paths.find(entry.name.value);
  if (on_tmpfs && path != facts.paths.end()) {
    if (!SameSize(path->second.fs_bytes, entry.size.value))
      wrong.push_back(fmt::format("may hold {}, not {}", policy::FormatSize(path->second.fs_bytes),
                                  policy::FormatSize(entry.size.value)));
    if (path->second.fs_inodes != static_cast<std::uint64_t>(entry.inodes.value))
      wrong.push_back(
          fmt::format("may hold {} files, not {}", path->second.fs_inodes, entry.inodes.value));
  }
}

}  // namespace

const std::vector<OverlayOption>& OverlayOptions() {
  // Each of these features ties an upper directory to one very lower: with them, changing the OS
  // below is undefined, or refused with ESTALE (Documentation/filesystems/overlayfs.rst).
  static const std::vector<OverlayOption> kOptions = {{"index", "off"},
                                                      {"metacopy", "off"},
                                                      {"redirect_dir", "off"},
                                                      {"nfs_export", "off"},
                                                      {"xino", "off"}};
  return kOptions;
}

std::vector<std::string> WrongOverlayOptions(const facts::Mount& mount,
                                             const OverlayDefaults& defaults) {
  std::vector<std::string> wrong;
  const auto demand_off = [&](const char* name, const std::optional<bool>& fallback) {
    const std::string shown = mount.SuperOption(name);
    // "follow" and "nofollow" tell what is done with redirects of others; both make none.
    if (shown == "off" || shown == "nofollow" || shown == "follow") return;
    if (!shown.empty())
      wrong.push_back(fmt::format("{} is {}", name, shown));
    else if (!fallback)
      wrong.push_back(fmt::format("{} is not shown, and the module's default is not known", name));
    else if (*fallback)
      wrong.push_back(fmt::format("{} is on, the module's default", name));
  };
  demand_off("index", defaults.index);
  demand_off("metacopy", defaults.metacopy);
  demand_off("redirect_dir", defaults.redirect_dir);
  demand_off("nfs_export", defaults.nfs_export);
  demand_off("xino", defaults.xino);
  for (const char* never : {"volatile", "userxattr"}) {
    if (mount.HasSuperOption(never)) wrong.push_back(fmt::format("mounted with {}", never));
  }
  return wrong;
}

Judgement Judge(const WritablePath& entry, const Facts& facts,
                const std::string& data_mount_point) {
  Judgement judgement;
  const auto* mount = facts::FindMount(facts.mounts, entry.path.value);
  if (mount == nullptr) return judgement;
  judgement.state = MountState::kRight;
  if (entry.kind.value == Kind::kTmpfs)
    JudgeTmpfs(entry, *mount, judgement);
  else
    JudgeOverlay(entry, *mount, facts, data_mount_point, judgement);
  if (!judgement.wrong.empty()) judgement.state = MountState::kWrong;
  return judgement;
}

}  // namespace bf::overlays
