// SPDX-License-Identifier: Apache-2.0
// All policies of one directory, as texts and as what they mean.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/set/accepted.h"
#include "boot/confirm/policy.h"
#include "lockdown/policy/policy.h"
#include "lockdown/sandbox/policy/policy.h"
#include "overlays/policy.h"
#include "provision/layout/layout.h"
#include "provision/state/policy.h"

namespace bf::audit {

// Every *.toml below a policy directory: "input.toml", "sandbox/kiosk.toml".
struct Texts {
  std::string name;  // as it was asked for; files are shown as NAME/FILE
  std::map<std::string, std::string> files;
};

struct PolicySet {
  Texts texts;
  // Absent where there is no such file.
  std::optional<lockdown::Policy> input;
  std::map<std::string, lockdown::sandbox::Profile> sandbox;  // by name
  std::optional<provision::state::Policy> state;
  std::optional<std::vector<overlays::WritablePath>> overlays;
  std::optional<provision::layout::Layout> layout;
  std::optional<boot::confirm::ConfirmPolicy> update;
  std::vector<Accept> accepted;
  // By file, for what compares them as they were written.
  std::map<std::string, policy::Document> documents;
  std::vector<std::string> unknown;  // files that no tool of ours reads

  std::string Shown(std::string_view file) const;
  // "sha256:…" of a file's text, or "none".
  std::string HashOf(const std::string& file) const;
  std::string data_mount_point() const;
};

// The name of the profile in "sandbox/NAME.toml", or "".
std::string ProfileName(std::string_view file);

// Reads all there is, and reports everything that is wrong with any of it. The set counts only if
// nothing was.
PolicySet ReadSet(Texts texts, policy::Diagnostics& diagnostics);

}  // namespace bf::audit
