// SPDX-License-Identifier: Apache-2.0
#include "audit/set/policy_set.h"

#include <charconv>

#include "core/hash/sha256.h"

namespace bf::audit {
namespace {

// "FILE:12:8: message", as the readers of other tools return it, back into a diagnostic.
void AddLine(std::string_view line, const std::string& file, policy::Diagnostics& diagnostics) {
  SourceRef at{file, 1, 1};
  const std::string prefix = file + ":";
  std::string_view rest = line;
  if (rest.starts_with(prefix)) {
    rest.remove_prefix(prefix.size());
    const char* end = rest.data() + rest.size();
    SourceRef read = at;
    const auto row = std::from_chars(rest.data(), end, read.line);
    if (row.ec == std::errc() && row.ptr != end && *row.ptr == ':') {
      const auto column = std::from_chars(row.ptr + 1, end, read.column);
      if (column.ec == std::errc() && end - column.ptr >= 2 && column.ptr[0] == ':') {
        at = read;
        rest = std::string_view(column.ptr + 2, static_cast<std::size_t>(end - column.ptr - 2));
      }
    }
  }
  diagnostics.Add(at, "{}", rest);
}

void AddError(const Error& error, const std::string& file, policy::Diagnostics& diagnostics) {
  const std::string text = error.ToString();
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    if (!line.empty()) AddLine(line, file, diagnostics);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
}

class SetReader {
 public:
  SetReader(PolicySet& set, policy::Diagnostics& diagnostics)
      : set_(set), diagnostics_(diagnostics) {}

  void Read() {
    for (const auto& [file, text] : set_.texts.files) Parse(file, text);
    // Of the layout the others need where BF_DATA is.
    if (const auto* document = Document("layout.toml"))
      set_.layout = provision::layout::ReadLayout(*document, diagnostics_);
    if (const auto* document = Document("state.toml"))
      set_.state = provision::state::ReadPolicy(*document, set_.data_mount_point(), diagnostics_);
    if (const auto* document = Document("overlays.toml")) ReadOverlays(*document);
    if (const auto* document = Document("update.toml"))
      set_.update = boot::confirm::ReadConfirmPolicy(*document, diagnostics_);
    if (const auto* document = Document(kAcceptedFile))
      set_.accepted = ReadAccepted(*document, diagnostics_);
    for (const auto& [file, text] : set_.texts.files) ReadText(file, text);
  }

 private:
  void Parse(const std::string& file, const std::string& text) {
    policy::Diagnostics wrong;
    policy::Document document = policy::ParseToml(text, set_.Shown(file), wrong);
    if (wrong.empty()) {
      set_.documents.emplace(file, std::move(document));
      return;
    }
    for (const auto& one : wrong.Sorted()) diagnostics_.Add(one.at, "{}", one.message);
  }

  const policy::Document* Document(std::string_view file) const {
    const auto found = set_.documents.find(std::string(file));
    return found == set_.documents.end() ? nullptr : &found->second;
  }

  void ReadOverlays(const policy::Document& document) {
    policy::Reader reader(document.root, document.at, diagnostics_);
    set_.overlays = overlays::ReadWritablePaths(reader);
    std::vector<overlays::ForeignPath> foreign;
    if (set_.state) {
      for (const auto& entry : set_.state->entries)
        foreign.push_back({entry.path.value, "a persistent path", entry.path.at});
    }
    const SourceRef at = set_.layout ? set_.layout->data.mount_point.at : SourceRef{};
    foreign.push_back({set_.data_mount_point(), "where BF_DATA is mounted", at});
    overlays::CheckTogether(*set_.overlays, foreign, diagnostics_);
  }

  // Those whose readers take the text.
  void ReadText(const std::string& file, const std::string& text) {
    if (!set_.documents.contains(file)) return;
    const std::string name = ProfileName(file);
    if (file == lockdown::kPolicyFile) {
      auto policy = lockdown::ParsePolicy(text, set_.Shown(file));
      if (policy)
        set_.input = *std::move(policy);
      else
        AddError(policy.error(), set_.Shown(file), diagnostics_);
    } else if (!name.empty()) {
      auto profile = lockdown::sandbox::ParseProfile(text, set_.Shown(file), name);
      if (!lockdown::sandbox::GoodProfileName(name))
        diagnostics_.Add({set_.Shown(file), 1, 1},
                         "\"{}\" is not the name of a profile: lower-case letters, digits and "
                         "\"-\"",
                         name);
      if (profile)
        set_.sandbox.emplace(name, *std::move(profile));
      else
        AddError(profile.error(), set_.Shown(file), diagnostics_);
    } else if (file != "layout.toml" && file != "state.toml" && file != "overlays.toml" &&
               file != "update.toml" && file != kAcceptedFile) {
      set_.unknown.push_back(file);
    }
  }

  PolicySet& set_;
  policy::Diagnostics& diagnostics_;
};

}  // namespace

std::string PolicySet::Shown(std::string_view file) const {
  const bool joined = texts.name.empty() || texts.name.ends_with('/') || texts.name.ends_with(':');
  return fmt::format("{}{}{}", texts.name, joined ? "" : "/", file);
}

std::string PolicySet::HashOf(const std::string& file) const {
  const auto found = texts.files.find(file);
  return found == texts.files.end() ? std::string(kNoText)
                                    : "sha256:" + hash::HashOf(found->second);
}

std::string PolicySet::data_mount_point() const {
  if (layout && !layout->data.mount_point.value.empty()) return layout->data.mount_point.value;
  return std::string(provision::state::kDefaultMountPoint);
}

std::string ProfileName(std::string_view file) {
  constexpr std::string_view kPrefix = "sandbox/";
  constexpr std::string_view kSuffix = ".toml";
  if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) return {};
  file.remove_prefix(kPrefix.size());
  if (file.size() <= kSuffix.size()) return {};
  file.remove_suffix(kSuffix.size());
  return file.find('/') == file.npos ? std::string(file) : std::string();
}

PolicySet ReadSet(Texts texts, policy::Diagnostics& diagnostics) {
  PolicySet set;
  set.texts = std::move(texts);
  SetReader(set, diagnostics).Read();
  return set;
}

}  // namespace bf::audit
