// SPDX-License-Identifier: Apache-2.0
// policies/overlays.toml: every path of the read-only root that can be written to, what stands
// behind it, and what becomes of it when the OS below changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/reader.h"

namespace bf::overlays {

enum class Kind {
  kTmpfs,    // an empty tmpfs in place of the directory
  kOverlay,  // what the image has there, with the changes in an upper directory
};
enum class Backing {
  kTmpfs,  // changes are gone at the next boot
  kData,   // changes are kept on BF_DATA, in overlay/NAME
};
enum class OnOsChange { kDrop, kKeep, kMerge };
enum class Conflict { kUser, kVendor };

std::string_view ToString(Kind kind);
std::string_view ToString(Backing backing);
std::string_view ToString(OnOsChange choice);
std::string_view ToString(Conflict conflict);

struct WritablePath {
  SourceRef at;
  policy::Located<std::string> name;
  policy::Located<std::string> path;
  policy::Located<Kind> kind;
  policy::Located<std::string> reason;
  policy::Located<std::uint64_t> size;   // of the tmpfs, also of the one that stands in for data
  policy::Located<std::int64_t> inodes;  // the same
  policy::Located<bool> exec;            // programs may be run from it
  // kTmpfs only: an overlay takes them from the directory in the image.
  policy::Located<unsigned> mode;
  policy::Located<std::int64_t> uid;
  policy::Located<std::int64_t> gid;
  // kOverlay only.
  policy::Located<Backing> backing;
  // Backing kData only.
  policy::Located<OnOsChange> on_os_change;
  policy::Located<Conflict> conflict;
  std::vector<policy::Located<std::string>> keep;

  bool persistent() const {
    return kind.value == Kind::kOverlay && backing.value == Backing::kData;
  }
};

// A path that another policy makes writable; ours must stay clear of it.
struct ForeignPath {
  std::string path;
  std::string what;  // "a persistent path (state.toml)"
  SourceRef at;
};

struct Policy {
  std::vector<WritablePath> paths;  // in the order of their paths
  std::vector<ForeignPath> state;   // the binds of state.toml
  policy::Located<std::string> data_mount_point;
};

// The entries of overlays.toml as they stand, each checked by itself.
std::vector<WritablePath> ReadWritablePaths(policy::Reader& reader);

// What needs all entries at once: names and paths used twice, paths within each other, and paths
// that would hide a bind of state.toml or BF_DATA.
void CheckTogether(const std::vector<WritablePath>& paths, const std::vector<ForeignPath>& foreign,
                   policy::Diagnostics& diagnostics);

// True if `path` is `ancestor` or lies below it.
bool IsWithin(std::string_view path, std::string_view ancestor);

// Reads overlays.toml, and from state.toml and layout.toml what has to fit with it.
// An error of kind kPolicy has all diagnostics.
Result<Policy> LoadPolicy(const std::string& dir);

}  // namespace bf::overlays
