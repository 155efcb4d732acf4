// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/lint.h"

#include <algorithm>

#include "udev-rules/rules/reach.h"

namespace bf::udev_rules {
namespace {

// One of each kind that our rules decide about.
constexpr DeviceKind kOurKinds[] = {
    {"input", "event3", "add"},      {"input", "input3", "add"},
    {"input", "js0", "add"},         {"input", "mouse0", "add"},
    {"input", "mice", "add"},        {"hidraw", "hidraw0", "add"},
    {"usb", "1-1", "add"},           {"usb", "1-1:1.0", "add"},
    {"usb", "usb1", "add"},          {"hid", "0003:0627:0001.0001", "add"},
    {"misc", "uinput", "add"},       {"misc", "uhid", "add"},
    {"input", "event3", "change"},   {"input", "input3", "change"},
    {"hidraw", "hidraw0", "change"}, {"usb", "1-1", "change"},
    {"usb", "1-1:1.0", "bind"},      {"hid", "0003:0627:0001.0001", "bind"},
};

// The attributes that are our gates, wherever below a device they are reached from.
constexpr std::string_view kGates[] = {
    "inhibited", "authorized",     "authorized_default", "interface_authorized_default",
    "bind",      "unbind",         "drivers_probe",      "drivers_autoprobe",
    "new_id",    "driver_override"};
constexpr std::string_view kTags[] = {"uaccess", "power-switch"};

bool Contains(const auto& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

bool HasSubstitution(std::string_view text) {
  return text.find_first_of("$%") != std::string_view::npos;
}

bool IsGate(std::string_view attribute) {
  // "device/inhibited" and "[drivers/hid]bind" are ways to the same files.
  const std::string_view name = attribute.substr(attribute.find_last_of("/]") + 1);
  return Contains(kGates, name) || HasSubstitution(name);
}

class Linter {
 public:
  Linter(const RuleSet& set, std::span<const std::string> ours) : set_(set), ours_(ours) {}

  std::vector<Finding> Run() {
    CheckOurs();
    for (std::size_t i = 0; i < set_.files.size(); ++i) {
      const RuleFile& file = set_.files[i];
      CheckReach(file);
      if (!IsOurs(file.path)) CheckForeign(file, i<first_, i> last_);
    }
    return std::move(findings_);
  }

 private:
  bool IsOurs(std::string_view path) const { return Contains(ours_, BaseName(path)); }

  template <class... Args>
  void Find(FindingKind kind, const SourceRef& at, fmt::format_string<Args...> format,
            Args&&... args) {
    findings_.push_back({kind, at, fmt::format(format, std::forward<Args>(args)...)});
  }

  void CheckOurs() {
    for (const Masked& masked : set_.masked) {
      if (!IsOurs(masked.path)) continue;
      Find(FindingKind::kMasked, {masked.by, 0, 0}, "takes the place of {}", masked.path);
    }
    for (const std::string& name : ours_) {
      const auto found =
          std::find_if(set_.files.begin(), set_.files.end(),
                       [&](const RuleFile& file) { return BaseName(file.path) == name; });
      if (found == set_.files.end()) {
        Find(FindingKind::kMissing, {name, 0, 0}, "no directory of rules has it");
        continue;
      }
      const auto index = static_cast<std::size_t>(found - set_.files.begin());
      first_ = found_ ? std::min(first_, index) : index;
      found_ = true;
      last_ = std::max(last_, index);
    }
  }

  void CheckReach(const RuleFile& file) {
    const std::vector<bool> reachable = Reachable(file, {});
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      // One finding for each stretch of them; the label that ends it may be one nobody goes to.
      if (reachable[i] || (i > 0 && !reachable[i - 1])) continue;
      Find(FindingKind::kUnreachable, file.lines[i].at, "every device leaves by a GOTO above");
    }
  }

  void CheckForeign(const RuleFile& file, bool before, bool after) {
    std::vector<bool> applies(file.lines.size(), false);
    for (const DeviceKind& kind : kOurKinds) {
      const std::vector<bool> reachable = Reachable(file, kind);
      for (std::size_t i = 0; i < file.lines.size(); ++i) {
        if (reachable[i] && HoldsFor(file.lines[i], kind) != Verdict::kNo) applies[i] = true;
      }
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const Token& token : file.lines[i].tokens) {
        if (token.key == Key::kSysctl) {
          Find(FindingKind::kSysctl, token.at, "writes {}", token.Shown());
        }
        if (applies[i]) CheckWrite(token, before, after);
      }
    }
  }

  void CheckWrite(const Token& token, bool before, bool after) {
    switch (token.key) {
      case Key::kAttr:
        if (!IsGate(token.attribute)) return;
        return Find(FindingKind::kGate, token.at, "writes {} to {}", token.value, token.Shown());
      case Key::kMode:
      case Key::kOwner:
      case Key::kGroup:
        // Before ours any value is replaced, unless it is final; after ours none is.
        if (before && token.op == Op::kFinal) {
          return Find(FindingKind::kNode, token.at, "makes {} \"{}\" final before our rules",
                      token.name, token.value);
        }
        if (before) return;
        return Find(FindingKind::kNode, token.at, "sets {} to \"{}\" {} our rules", token.name,
                    token.value, after ? "after" : "between");
      case Key::kTag:
        if (before || token.op == Op::kRemove) return;
        if (!Contains(kTags, token.value) && !HasSubstitution(token.value)) return;
        return Find(FindingKind::kTag, token.at, "adds the tag \"{}\" {} our rules", token.value,
                    after ? "after" : "between");
      default:
        return;
    }
  }

  const RuleSet& set_;
  std::span<const std::string> ours_;
  std::vector<Finding> findings_;
  // Where ours are in the set; without any, all others come after.
  bool found_ = false;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

}  // namespace

std::string_view ToString(FindingKind kind) {
  constexpr std::string_view kNames[] = {"masked", "missing", "gate",       "node",
                                         "tag",    "sysctl",  "unreachable"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<Finding> Lint(const RuleSet& set, std::span<const std::string> ours) {
  return Linter(set, ours).Run();
}

}  // namespace bf::udev_rules
