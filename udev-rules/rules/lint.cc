// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/lint.h"

#include <algorithm>
#include <map>

#include "udev-rules/rules/reach.h"

namespace bf::udev_rules {
namespace {

// One of each kind that our rules decide about, and whether it has a node.
struct Sample {
  DeviceKind kind;
  bool node = false;
};
constexpr Sample kSamples[] = {
    {{"input", "event3", "add"}, true},
    {{"input", "js0", "add"}, true},
    {{"input", "mouse0", "add"}, true},
    {{"input", "mice", "add"}, true},
    {{"hidraw", "hidraw0", "add"}, true},
    {{"usb", "1-1", "add"}, true},
    {{"misc", "uinput", "add"}, true},
    {{"misc", "uhid", "add"}, true},
    {{"input", "event3", "change"}, true},
    {{"hidraw", "hidraw0", "change"}, true},
    {{"usb", "1-1", "change"}, true},
    {{"input", "input3", "add"}},
    {{"input", "input3", "change"}},
    {{"usb", "usb1", "add"}},
    {{"usb", "1-1:1.0", "add"}},
    {{"usb", "1-1:1.0", "bind"}},
    {{"hid", "0003:0627:0001.0001", "add"}},
    {{"hid", "0003:0627:0001.0001", "bind"}},
};
constexpr std::size_t kSampleCount = std::size(kSamples);

// The attributes that are our gates, wherever below a device they are reached from.
constexpr std::string_view kGates[] = {
    "inhibited", "authorized",     "authorized_default", "interface_authorized_default",
    "bind",      "unbind",         "drivers_probe",      "drivers_autoprobe",
    "new_id",    "driver_override"};
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

// Does the tag matter on this kind? logind takes power keys from input devices alone.
bool IsOpeningTag(std::string_view tag, const DeviceKind& kind) {
  if (tag == "uaccess") return true;
  if (tag == "power-switch") return kind.subsystem == "input";
  // The tag of the seat itself, as 73-seat-late.rules gives it; any other may become one of those.
  return HasSubstitution(tag) && tag != "$env{ID_SEAT}";
}

bool IsNodeKey(Key key) { return key == Key::kMode || key == Key::kOwner || key == Key::kGroup; }

// For each line of a file, the samples that may get into it.
std::vector<std::vector<std::size_t>> MayApply(const RuleFile& file) {
  std::vector<std::vector<std::size_t>> samples(file.lines.size());
  for (std::size_t sample = 0; sample < kSampleCount; ++sample) {
    const DeviceKind& kind = kSamples[sample].kind;
    const std::vector<bool> reachable = Reachable(file, kind);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      if (reachable[i] && HoldsFor(file.lines[i], kind) != Verdict::kNo) {
        samples[i].push_back(sample);
      }
    }
  }
  return samples;
}

constexpr std::size_t kNever = std::string::npos;

// What ours do about one key of one sample, as places among the files.
struct Answer {
  std::size_t first_final = kNever;
  std::size_t last = kNever;
};

class Linter {
 public:
  Linter(const RuleSet& set, std::span<const std::string> ours) : set_(set), ours_(ours) {}

  std::vector<Finding> Run() {
    CheckOurs();
    for (std::size_t i = 0; i < set_.files.size(); ++i) {
      if (IsOurs(set_.files[i].path)) CollectAnswers(i);
    }
    for (std::size_t i = 0; i < set_.files.size(); ++i) {
      CheckReach(set_.files[i]);
      if (!IsOurs(set_.files[i].path)) CheckForeign(i);
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
      if (std::none_of(set_.files.begin(), set_.files.end(),
                       [&](const RuleFile& file) { return BaseName(file.path) == name; })) {
        Find(FindingKind::kMissing, {name, 0, 0}, "no directory of rules has it");
      }
    }
  }

  void CollectAnswers(std::size_t index) {
    const RuleFile& file = set_.files[index];
    const auto samples = MayApply(file);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const Token& token : file.lines[i].tokens) {
        const bool takes = token.key == Key::kTag && token.op == Op::kRemove;
        if (!IsNodeKey(token.key) && !takes) continue;
        for (const std::size_t sample : samples[i]) {
          Answer& answer = answers_[{sample, takes ? token.value : token.name}];
          answer.last = index;
          if (token.op == Op::kFinal && answer.first_final == kNever) answer.first_final = index;
        }
      }
    }
  }

  const Answer* FindAnswer(std::size_t sample, const std::string& what) const {
    const auto found = answers_.find({sample, what});
    return found == answers_.end() ? nullptr : &found->second;
  }

  void CheckReach(const RuleFile& file) {
    const std::vector<bool> reachable = Reachable(file, {});
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      // One finding for each stretch of them; the label that ends it may be one nobody goes to.
      if (reachable[i] || (i > 0 && !reachable[i - 1])) continue;
      Find(FindingKind::kUnreachable, file.lines[i].at, "every device leaves by a GOTO above");
    }
  }

  void CheckForeign(std::size_t index) {
    const RuleFile& file = set_.files[index];
    const auto samples = MayApply(file);
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const Token& token : file.lines[i].tokens) {
        if (token.key == Key::kSysctl) {
          Find(FindingKind::kSysctl, token.at, "writes {}", token.Shown());
        } else if (token.key == Key::kAttr && IsGate(token.attribute) && !samples[i].empty()) {
          Find(FindingKind::kGate, token.at, "writes {} to {}", token.value, token.Shown());
        } else {
          CheckNode(index, file.lines[i], token, samples[i]);
        }
      }
    }
  }

  void CheckNode(std::size_t index, const Line& line, const Token& token,
                 const std::vector<std::size_t>& samples) {
    for (const std::size_t sample : samples) {
      const DeviceKind& kind = kSamples[sample].kind;
      if (!kSamples[sample].node) continue;
      if (IsNodeKey(token.key) && WinsNode(index, token, sample)) {
        return Find(FindingKind::kNode, token.at,
                    "sets {} of {} to \"{}\", and ours do not undo it", token.name, kind.kernel,
                    token.value);
      }
      if (token.key == Key::kTag && token.op != Op::kRemove && IsOpeningTag(token.value, kind) &&
          WinsTag(index, token, sample)) {
        return Find(FindingKind::kTag, token.at, "gives {} the tag \"{}\", and ours do not undo it",
                    kind.kernel, token.value);
      }
      if (token.key == Key::kRun && token.attribute == "builtin" && token.value == "uaccess" &&
          !AsksForTag(line)) {
        return Find(FindingKind::kTag, token.at, "opens {} to the seat whatever its tags",
                    kind.kernel);
      }
    }
  }

  // What ours do not write for a kind of device is not theirs to decide.
  bool WinsNode(std::size_t index, const Token& token, std::size_t sample) const {
    const Answer* ours = FindAnswer(sample, token.name);
    if (ours == nullptr) return false;
    if (ours->first_final != kNever) return token.op == Op::kFinal && index < ours->first_final;
    return token.op == Op::kFinal || index > ours->last;
  }

  bool WinsTag(std::size_t index, const Token& token, std::size_t sample) const {
    const Answer* ours = FindAnswer(sample, token.value);
    return ours == nullptr || index > ours->last;
  }

  static bool AsksForTag(const Line& line) {
    return std::any_of(line.tokens.begin(), line.tokens.end(), [](const Token& token) {
      return token.key == Key::kMatchTag && token.op == Op::kMatch && token.value == "uaccess";
    });
  }

  const RuleSet& set_;
  std::span<const std::string> ours_;
  std::map<std::pair<std::size_t, std::string>, Answer> answers_;
  std::vector<Finding> findings_;
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
