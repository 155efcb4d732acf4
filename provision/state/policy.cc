// SPDX-License-Identifier: Apache-2.0
#include "provision/state/policy.h"

#include <algorithm>
#include <array>
#include <map>

#include "provision/layout/layout.h"

namespace bf::provision::state {
namespace {

using policy::Diagnostics;
using policy::Reader;

constexpr std::size_t kMaxEntries = 256;
constexpr std::size_t kMaxNameLength = 48;
constexpr std::uint64_t kMaxQuotaBytes = std::uint64_t{256} << 30;
constexpr std::uint64_t kMinQuotaBytes = std::uint64_t{64} << 10;
constexpr std::int64_t kMaxQuotaInodes = 10'000'000;
constexpr std::int64_t kMaxQuotaId = 9999;

// Kernel interfaces, or emptied at every boot: nothing there could be persistent.
constexpr std::array<std::string_view, 5> kVolatile = {"/proc", "/sys", "/dev", "/run", "/tmp"};
// What runs comes from the image, where updates and the reviewer can see it.
constexpr std::array<std::string_view, 7> kCode = {"/usr",   "/bin",   "/sbin", "/lib",
                                                   "/lib64", "/lib32", "/boot"};

bool IsWithin(std::string_view path, std::string_view directory) {
  return path.substr(0, directory.size()) == directory &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

bool IsName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= kMaxNameLength && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), allowed);
}

Quota ReadQuota(Reader& reader) {
  Quota quota;
  quota.at = reader.at();
  quota.id = static_cast<std::uint32_t>(reader.Integer("id", 1, kMaxQuotaId).value);
  const auto size = reader.Size("size");
  quota.bytes = size.value;
  // A missing or unreadable size was reported by the reader and reads as 0.
  if (reader.Has("size") && size.value % 1024 != 0) {
    reader.diagnostics().Add(size.at, "a quota counts whole KiB; {} bytes is not", size.value);
  } else if (reader.Has("size") && (size.value < kMinQuotaBytes || size.value > kMaxQuotaBytes)) {
    reader.diagnostics().Add(size.at, "a quota of {} makes no sense; {} to {} does",
                             policy::FormatSize(size.value), policy::FormatSize(kMinQuotaBytes),
                             policy::FormatSize(kMaxQuotaBytes));
  }
  quota.inodes = static_cast<std::uint64_t>(reader.Integer("inodes", 16, kMaxQuotaInodes).value);
  return quota;
}

Entry ReadEntry(Reader& reader) {
  Entry entry;
  entry.at = reader.at();
  entry.name = reader.String("name");
  entry.path = reader.AbsolutePath("path");
  entry.kind = reader.Enum<Kind>("kind", {{"directory", Kind::kDirectory}, {"file", Kind::kFile}});
  entry.owner = reader.String("owner");
  entry.group = reader.String("group");
  if (!reader.Has("mode")) reader.diagnostics().Add(reader.at(), "the key \"mode\" is missing");
  entry.mode = reader.Mode("mode", 0700);
  entry.seed = reader.Enum<Seed>("seed", {{"empty", Seed::kEmpty}, {"image", Seed::kImage}});
  entry.scope =
      reader.Enum<Scope>("scope", {{"shared", Scope::kShared}, {"per-slot", Scope::kPerSlot}});
  entry.reset =
      reader.Enum<OnReset>("reset", {{"keep", OnReset::kKeep}, {"clear", OnReset::kClear}});
  entry.reason = reader.String("reason").value;
  reader.SubTable("quota", [&](Reader& table) { entry.quota = ReadQuota(table); });
  return entry;
}

void CheckName(const Entry& entry, Diagnostics& diagnostics) {
  if (entry.name.value.empty() || IsName(entry.name.value)) return;
  diagnostics.Add(entry.name.at,
                  "\"{}\" cannot name a directory on BF_DATA: a-z, 0-9 and \"-\", at most {} "
                  "characters, \"-\" not first",
                  entry.name.value, kMaxNameLength);
}

void CheckPath(const Entry& entry, const std::string& data, Diagnostics& diagnostics) {
  const std::string& path = entry.path.value;
  if (path.empty()) return;  // reported by the reader
  const auto within = [&](std::string_view directory) { return IsWithin(path, directory); };
  if (IsWithin(path, data)) {
    diagnostics.Add(entry.path.at, "{} is on BF_DATA itself, which is mounted at {}", path, data);
  } else if (path == "/" || IsWithin(data, path)) {
    diagnostics.Add(entry.path.at, "{} would hide BF_DATA, which is mounted at {}", path, data);
  } else if (std::any_of(kVolatile.begin(), kVolatile.end(), within)) {
    diagnostics.Add(entry.path.at, "{} does not outlive a boot and cannot be persistent", path);
  } else if (std::any_of(kCode.begin(), kCode.end(), within)) {
    diagnostics.Add(entry.path.at, "{} holds what the image runs; it must come from the image",
                    path);
  } else if (std::count(path.begin(), path.end(), '/') == 1) {
    diagnostics.Add(entry.path.at,
                    "{} is a whole top-level directory; name what is needed below it", path);
  }
}

void CheckMode(const Entry& entry, Diagnostics& diagnostics) {
  const unsigned mode = entry.mode.value;
  if ((mode & 04000) != 0) {
    diagnostics.Add(entry.mode.at, "set-user-id has no place on persistent state");
  }
  if ((mode & 0002) != 0 && (mode & 01000) == 0) {
    diagnostics.Add(entry.mode.at,
                    "writable by everyone without the sticky bit lets anyone replace anything");
  }
  if (entry.kind.value == Kind::kFile && (mode & 03111) != 0) {
    diagnostics.Add(entry.mode.at,
                    "a state file is not a program; {:04o} has execute or "
                    "special bits",
                    mode);
  }
}

void CheckQuota(const Entry& entry, Diagnostics& diagnostics) {
  if (entry.quota && entry.kind.value == Kind::kFile) {
    diagnostics.Add(entry.quota->at, "quotas are for directories; {} is a file", entry.path.value);
  }
}

void CheckPairs(const Policy& policy, Diagnostics& diagnostics) {
  std::map<std::string_view, const Entry*> names;
  std::map<std::uint32_t, const Entry*> ids;
  for (const Entry& entry : policy.entries) {
    if (!entry.name.value.empty()) {
      const auto [same, fresh] = names.emplace(entry.name.value, &entry);
      if (!fresh) {
        diagnostics.Add(entry.name.at, "name \"{}\" is already used at {}", entry.name.value,
                        same->second->name.at.ToString());
      }
    }
    if (entry.quota && entry.quota->id != 0) {
      const auto [same, fresh] = ids.emplace(entry.quota->id, &entry);
      if (!fresh) {
        diagnostics.Add(entry.quota->at, "quota id {} already counts \"{}\" at {}", entry.quota->id,
                        same->second->name.value, same->second->quota->at.ToString());
      }
    }
  }
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const Entry& later = policy.entries[i];
    if (later.path.value.empty()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const Entry& earlier = policy.entries[j];
      if (earlier.path.value.empty()) continue;
      if (later.path.value == earlier.path.value) {
        diagnostics.Add(later.path.at, "path {} is already listed at {}", later.path.value,
                        earlier.path.at.ToString());
      } else if (IsWithin(later.path.value, earlier.path.value)) {
        diagnostics.Add(later.path.at, "{} lies inside {}, listed at {}", later.path.value,
                        earlier.path.value, earlier.path.at.ToString());
      } else if (IsWithin(earlier.path.value, later.path.value)) {
        diagnostics.Add(later.path.at, "{} would hide {}, listed at {}", later.path.value,
                        earlier.path.value, earlier.path.at.ToString());
      }
    }
  }
}

// One key of layout.toml concerns us; the rest of it is judged by the tools it is for.
std::string MountPoint(const std::string& dir) {
  Diagnostics theirs;
  std::string found(kDefaultMountPoint);
  const auto layout = policy::LoadPolicyFile(dir, layout::kFileName, theirs);
  if (!layout || !theirs.empty()) return found;
  Reader reader(layout->root, layout->at, theirs);
  reader.SubTable("data", [&](Reader& data) {
    found = data.AbsolutePath("mount_point", std::string(kDefaultMountPoint)).value;
  });
  return found.empty() ? std::string(kDefaultMountPoint) : found;
}

}  // namespace

Policy ReadPolicy(const policy::Document& document, std::string mount_point,
                  Diagnostics& diagnostics) {
  Policy result;
  result.mount_point = std::move(mount_point);
  Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  reader.Tables("state", [&](Reader& table) {
    if (result.entries.size() < kMaxEntries) {
      result.entries.push_back(ReadEntry(table));
    } else {
      diagnostics.Add(table.at(), "more than {} entries", kMaxEntries);
    }
  });
  reader.Finish();
  for (const Entry& entry : result.entries) {
    CheckName(entry, diagnostics);
    CheckPath(entry, result.mount_point, diagnostics);
    CheckMode(entry, diagnostics);
    CheckQuota(entry, diagnostics);
  }
  CheckPairs(result, diagnostics);
  return result;
}

Result<Policy> LoadPolicy(const std::string& dir) {
  Diagnostics diagnostics;
  BF_ASSIGN(const policy::Document document, policy::LoadPolicyFile(dir, kPolicyFile, diagnostics));
  // After a syntax error the document is empty, and judging it would only add noise.
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  Policy policy = ReadPolicy(document, MountPoint(dir), diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return policy;
}

std::string SourcePath(const Entry& entry, std::string_view slot) {
  if (entry.scope.value == Scope::kShared) return "state/shared/" + entry.name.value;
  return fmt::format("state/slot-{}/{}", slot, entry.name.value);
}

std::uint32_t ProjectId(const Quota& quota, Scope scope, std::string_view slot) {
  if (scope == Scope::kShared) return quota.id;
  return quota.id + (slot == "a" ? 10'000 : 20'000);
}

}  // namespace bf::provision::state
