// SPDX-License-Identifier: Apache-2.0
#include "overlays/policy.h"

#include <array>

namespace bf::overlays {
namespace {

constexpr std::uint64_t kSmallestTmpfs = 64 << 10;
constexpr std::uint64_t kLargestTmpfs = std::uint64_t{4} << 30;
constexpr std::int64_t kMostInodes = 1'000'000;
constexpr std::size_t kLongestName = 32;

struct Forbidden {
  std::string_view path;
  std::string_view why;
};

// Where no entry may lie, whatever its reason.
constexpr std::array kForbidden = {
    Forbidden{"/proc", "is a kernel file system"},
    Forbidden{"/sys", "is a kernel file system"},
    Forbidden{"/dev", "is made by the kernel"},
    Forbidden{"/run", "is a tmpfs already, made by systemd"},
    Forbidden{"/usr", "holds programs, which only an update may change"},
    Forbidden{"/bin", "holds programs, which only an update may change"},
    Forbidden{"/sbin", "holds programs, which only an update may change"},
    Forbidden{"/lib", "holds programs, which only an update may change"},
    Forbidden{"/lib32", "holds programs, which only an update may change"},
    Forbidden{"/lib64", "holds programs, which only an update may change"},
    Forbidden{"/boot", "holds the kernel, which only an update may change"},
};

// Names become directories on BF_DATA and mount sources: nothing in them may need escaping.
bool GoodName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!good) return false;
  }
  return name.front() != '-' && name.back() != '-';
}

// False if nothing more needs to be said of such a path.
bool CheckPlace(const policy::Located<std::string>& path, policy::Diagnostics& diagnostics) {
  if (path.value.empty()) return false;  // reported by the reader
  if (path.value == "/") {
    diagnostics.Add(path.at, "\"/\" cannot be made writable: list the directories that need it");
    return false;
  }
  for (const auto& place : kForbidden) {
    if (!IsWithin(path.value, place.path)) continue;
    diagnostics.Add(path.at, "\"{}\" cannot be made writable: {} {}", path.value, place.path,
                    place.why);
    return false;
  }
  for (const char c : path.value) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) continue;
    diagnostics.Add(path.at, "a path cannot have control characters");
    return false;
  }
  return true;
}

void CheckGlob(const policy::Located<std::string>& glob, policy::Diagnostics& diagnostics) {
  const std::string& text = glob.value;
  const std::string slashed = "/" + text + "/";
  const bool bad = text.empty() || text.front() == '/' || text.back() == '/' ||
                   slashed.find("//") != std::string::npos ||
                   slashed.find("/./") != std::string::npos ||
                   slashed.find("/../") != std::string::npos;
  if (bad)
    diagnostics.Add(glob.at,
                    "\"{}\" is not a pattern for names below the path, such as \"site.toml\" or "
                    "\"wifi/*.conf\"",
                    text);
}

std::string Where(const SourceRef& at) { return at ? fmt::format(" ({})", at.ToString()) : ""; }

// A key that has a meaning only in another kind of entry misleads whoever reads the policy.
void OnlyFor(policy::Reader& reader, bool applies, std::initializer_list<std::string_view> keys,
             std::string_view where) {
  if (applies) return;
  for (const auto key : keys) {
    if (!reader.Has(key)) continue;
    reader.diagnostics().Add(reader.At(key), "\"{}\" is only for {}", key, where);
  }
}

WritablePath ReadOne(policy::Reader& reader) {
  WritablePath entry;
  auto& diagnostics = reader.diagnostics();
  entry.at = reader.at();
  entry.name = reader.String("name");
  if (!entry.name.value.empty() && !GoodName(entry.name.value))
    diagnostics.Add(entry.name.at,
                    "\"{}\" is not a name: lower-case letters, digits and \"-\" inside, at most {}",
                    entry.name.value, kLongestName);
  entry.path = reader.AbsolutePath("path");
  if (!CheckPlace(entry.path, diagnostics)) entry.path.value.clear();
  entry.kind = reader.Enum<Kind>("kind", {{"tmpfs", Kind::kTmpfs}, {"overlay", Kind::kOverlay}});
  entry.reason = reader.String("reason");

  // The fallback only keeps a value that is no size at all from being reported twice.
  entry.size = reader.Has("size") ? reader.Size("size", kSmallestTmpfs) : reader.Size("size");
  if (reader.Has("size") && (entry.size.value < kSmallestTmpfs || entry.size.value > kLargestTmpfs))
    diagnostics.Add(entry.size.at, "size must be between {} and {}",
                    policy::FormatSize(kSmallestTmpfs), policy::FormatSize(kLargestTmpfs));
  entry.inodes = reader.Integer("inodes", 16, kMostInodes);
  entry.exec = reader.Bool("exec", false);

  const bool tmpfs = entry.kind.value == Kind::kTmpfs;
  entry.mode = reader.Mode("mode", 0755);
  entry.uid = reader.Integer("uid", 0, 65535, 0);
  entry.gid = reader.Integer("gid", 0, 65535, 0);
  OnlyFor(reader, tmpfs, {"mode", "uid", "gid"},
          "kind = \"tmpfs\"; an overlay takes it from the directory in the image");

  entry.backing = reader.Enum<Backing>(
      "backing", {{"tmpfs", Backing::kTmpfs}, {"data", Backing::kData}}, Backing::kTmpfs);
  if (!tmpfs && !reader.Has("backing"))
    diagnostics.Add(entry.at, "the key \"backing\" is missing: \"tmpfs\" or \"data\"");
  OnlyFor(reader, !tmpfs, {"backing"}, "kind = \"overlay\"");

  entry.on_os_change = reader.Enum<OnOsChange>(
      "on_os_change",
      {{"drop", OnOsChange::kDrop}, {"keep", OnOsChange::kKeep}, {"merge", OnOsChange::kMerge}},
      OnOsChange::kDrop);
  if (entry.persistent() && !reader.Has("on_os_change"))
    diagnostics.Add(
        entry.at,
        "the key \"on_os_change\" is missing: \"drop\", \"keep\" or \"merge\" decides what "
        "becomes of the changes after an update");
  entry.conflict = reader.Enum<Conflict>(
      "conflict", {{"user", Conflict::kUser}, {"vendor", Conflict::kVendor}}, Conflict::kUser);
  entry.keep = reader.Strings("keep");
  for (const auto& glob : entry.keep) CheckGlob(glob, diagnostics);
  OnlyFor(reader, entry.persistent(), {"on_os_change", "conflict", "keep"}, "backing = \"data\"");
  if (entry.persistent()) {
    OnlyFor(reader, entry.on_os_change.value == OnOsChange::kMerge, {"conflict"},
            "on_os_change = \"merge\"");
    OnlyFor(reader, entry.on_os_change.value != OnOsChange::kKeep, {"keep"},
            "on_os_change = \"drop\" or \"merge\": \"keep\" keeps everything");
  }
  return entry;
}

}  // namespace

std::string_view ToString(Kind kind) { return kind == Kind::kTmpfs ? "tmpfs" : "overlay"; }
std::string_view ToString(Backing backing) { return backing == Backing::kTmpfs ? "tmpfs" : "data"; }
std::string_view ToString(OnOsChange choice) {
  switch (choice) {
    case OnOsChange::kDrop:
      return "drop";
    case OnOsChange::kKeep:
      return "keep";
    case OnOsChange::kMerge:
      return "merge";
  }
  return "";
}
std::string_view ToString(Conflict conflict) {
  return conflict == Conflict::kUser ? "user" : "vendor";
}

bool IsWithin(std::string_view path, std::string_view ancestor) {
  if (ancestor == "/") return path.substr(0, 1) == "/";
  if (path.substr(0, ancestor.size()) != ancestor) return false;
  return path.size() == ancestor.size() || path[ancestor.size()] == '/';
}

std::vector<WritablePath> ReadWritablePaths(policy::Reader& reader) {
  std::vector<WritablePath> paths;
  reader.Schema(1);
  reader.Tables("writable", [&](policy::Reader& table) { paths.push_back(ReadOne(table)); });
  reader.Finish();
  // A file that lists nothing is a file that was cut off, or the wrong one.
  if (paths.empty())
    reader.diagnostics().Add(reader.at(), "no [[writable]] entry: nothing would be writable");
  return paths;
}

void CheckTogether(const std::vector<WritablePath>& paths, const std::vector<ForeignPath>& foreign,
                   policy::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto& one = paths[i];
    for (std::size_t j = 0; j < i; ++j) {
      const auto& other = paths[j];
      if (!one.name.value.empty() && one.name.value == other.name.value)
        diagnostics.Add(one.name.at, "the name \"{}\" is used twice, first at {}", one.name.value,
                        other.name.at.ToString());
      if (one.path.value.empty() || other.path.value.empty()) continue;
      if (one.path.value == other.path.value)
        diagnostics.Add(one.path.at, "\"{}\" is listed twice, first at {}", one.path.value,
                        other.path.at.ToString());
      else if (IsWithin(one.path.value, other.path.value) ||
               IsWithin(other.path.value, one.path.value))
        diagnostics.Add(one.path.at, "\"{}\" and \"{}\" ({}) lie within each other", one.path.value,
                        other.path.value, other.path.at.ToString());
    }
    if (one.path.value.empty()) continue;
    for (const auto& theirs : foreign) {
      if (IsWithin(theirs.path, one.path.value))
        diagnostics.Add(one.path.at, "\"{}\" would hide \"{}\", {}{}", one.path.value, theirs.path,
                        theirs.what, Where(theirs.at));
      else if (IsWithin(one.path.value, theirs.path))
        diagnostics.Add(one.path.at, "\"{}\" lies in \"{}\", {}{}, which is writable already",
                        one.path.value, theirs.path, theirs.what, Where(theirs.at));
    }
  }
}

}  // namespace bf::overlays
