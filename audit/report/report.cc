// SPDX-License-Identifier: Apache-2.0
#include "audit/report/report.h"

#include <map>
#include <set>

#include "audit/diff/writable.h"
#include "audit/report/html.h"
#include "lockdown/judge/explain.h"
#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/names.h"

namespace bf::audit {
namespace {

// Light and dark, phone and paper. No font is fetched, and nothing can be: see the policy in
// <meta>.
constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>BetterFrame policies</title>
<style>
:root { color-scheme: light dark; --line: #8886; --bad: #b00020; --good: #1b7f3b; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a8a; --good: #7fd79a; } }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .5rem; text-align: left;
  vertical-align: top; overflow-wrap: break-word; }
section { overflow-x: auto; }
th { border-bottom-width: 2px; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; }
.bad td:first-child { color: var(--bad); font-weight: 600; }
.good td:first-child { color: var(--good); font-weight: 600; }
.disk { display: flex; flex-wrap: wrap; gap: 2px; }
.disk div { flex: 1 1 7rem; background: var(--soft); border: 1px solid var(--line);
  padding: .5rem; font-size: .85rem; }
.note { color: GrayText; }
@media (max-width: 45rem) {
  thead { display: none; }
  tr { display: block; border-bottom: 2px solid var(--line); padding: .4rem 0; }
  td { display: block; border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
  td:empty { display: none; }
  td::before { content: attr(data-name) ": "; color: GrayText; }
}
@media print {
  body { max-width: none; font-size: 10pt; padding: 0; }
  nav { display: none; }
  tr, .disk div { break-inside: avoid; }
  thead { display: table-header-group; }
}
</style>
</head>
<body>
)";

std::string Short(const SourceRef& at) {
  return at ? fmt::format("{}:{}", at.file.substr(at.file.rfind('/') + 1), at.line) : "";
}

std::string Section(std::string_view id, std::string_view title, const std::string& body) {
  return fmt::format("<section>\n<h2 id=\"{}\">{}</h2>\n{}</section>\n", id, Escape(title), body);
}

std::string Note(std::string_view text) {
  return fmt::format("<p class=\"note\">{}</p>\n", Escape(text));
}

std::string Disk(const provision::layout::Layout& layout) {
  std::string text = "<div class=\"disk\">\n";
  for (const auto& partition : layout.partitions)
    text += fmt::format("<div><strong>{}</strong><br>{} {}<br>{}{}</div>\n",
                        Escape(partition.name.value), partition.index,
                        Escape(std::string(RoleName(partition.role.value))),
                        partition.role.value == provision::layout::Role::kData ? "at least " : "",
                        policy::FormatSize(partition.size.value));
  text += "</div>\n";
  std::string words;
  for (const auto& word : layout.cmdline.words)
    words += fmt::format("{}<code>{}</code>", words.empty() ? "" : " ", Escape(word.value));
  return text + fmt::format("<p>The kernel is told: {}</p>\n", words);
}

std::string Writables(const PolicySet& set) {
  HtmlTable table({"path", "stays", "who", "at most", "programs", "why", "policy"});
  for (const Writable& one : WritablePaths(set)) {
    const std::string who = one.owner_known
                                ? fmt::format("{}:{} {:04o}", one.owner, one.group, one.mode)
                                : "as in the image";
    const std::string most =
        one.bytes == 0 ? "no limit"
                       : fmt::format("{}, {} files", policy::FormatSize(one.bytes), one.inodes);
    table.Row({one.path, std::string(ToString(one.keeps)), who, most, one.exec ? "run" : "none",
               one.reason, Short(one.at)},
              one.exec ? "bad" : "");
  }
  return std::move(table).Take();
}

std::string Devices(const lockdown::Policy& policy,
                    const std::vector<lockdown::device::Device>& recorded) {
  HtmlTable table({"device", "bus", "ids", "when", "nodes open to", "can", "why", "policy"});
  for (const auto& entry : policy.allows) {
    std::string can;
    for (const auto& input : entry.inputs) {
      for (const auto& power : input.can)
        can += fmt::format("{}{}", can.empty() ? "" : ", ", ToString(power.value));
    }
    table.Row({entry.name.value, std::string(ToString(entry.bus.value)),
               fmt::format("{:04x}:{:04x} {}", entry.vendor.value, entry.product.value,
                           entry.device_name.value),
               entry.maintenance.value ? "in a maintenance window" : "always",
               policy.FilterOf(entry) != nullptr ? "the key filter"
               : entry.group.value.empty()       ? "root"
                                                 : "group " + entry.group.value,
               can.empty() ? "point" : can, entry.reason.value, Short(entry.at)});
  }
  std::string text = std::move(table).Take() + Note("Every other device is denied.");
  if (recorded.empty()) return text;
  HtmlTable decisions({"decision", "device", "gate", "part", "because"});
  for (const auto& device : recorded) {
    for (const auto& decision : lockdown::JudgeAll(policy, {}, device))
      decisions.Row({std::string(ToString(decision.verdict)), lockdown::Title(device),
                     std::string(ToString(decision.gate)), decision.subject, decision.explanation},
                    decision.allowed() ? "good" : "");
  }
  return text + "<h3>Recorded devices</h3>\n" + std::move(decisions).Take();
}

std::string Console(const lockdown::Console& console, const lockdown::Usb& usb,
                    const lockdown::Maintenance& maintenance) {
  using namespace lockdown;
  const std::map<std::string, bool> open = {
      {"SysRq", console.sysrq.value != 0},
      {"switching consoles", console.vt_switch.value},
      {"Ctrl+Alt+Del", console.ctrl_alt_del.value},
      {"power keys", console.power_keys.value != PowerKeys::kIgnore},
      {"login prompts", !console.gettys.empty()},
      {"emergency shell", console.emergency_shell.value},
      {"typing by program (TIOCSTI)", console.tiocsti.value},
      {"keyboards by program (uinput)", console.uinput.value != Nodes::kOff},
      {"HID devices by program (uhid)", console.uhid.value != Nodes::kOff},
      {"Bluetooth", console.bluetooth.value != Bluetooth::kOff},
      {"infrared and HDMI-CEC", console.remotes.value},
      {"PS/2", console.ps2.value},
      {"keyboards by clients of the compositor", console.virtual_keyboards.value},
      {"USB hubs", usb.hubs.value > 0},
      {"maintenance window", maintenance.window.value != Window::kOff}};
  HtmlTable table({"is", "way in"});
  for (const auto& [name, is_open] : open)
    table.Row({is_open ? "open" : "shut", name}, is_open ? "bad" : "good");
  return std::move(table).Take();
}

// What a profile says of one system call: its action, or those of its conditions.
std::string Cell(const lockdown::sandbox::Profile& profile,
                 const std::vector<const lockdown::sandbox::Rule*>& rules) {
  std::set<std::string> actions;
  bool some = false;
  for (const auto* rule : rules) {
    actions.insert(ToString(rule->action));
    some = some || !rule->when.empty();
  }
  if (actions.empty()) return "";
  std::string text = fmt::format("{}", fmt::join(actions, ", "));
  const bool whole =
      std::any_of(rules.begin(), rules.end(), [](const auto* rule) { return rule->when.empty(); });
  if (some && !whole) {
    std::size_t shown = 0;
    for (const auto* rule : rules) {
      if (++shown > 4) break;
      std::string when;
      for (const auto& one : rule->when)
        when += (when.empty() ? "" : " && ") + ToString(*rule->syscall, one);
      text += fmt::format("; {} if {}", ToString(rule->action), when);
    }
    if (rules.size() > 4) text += fmt::format("; and {} more", rules.size() - 4);
    text += fmt::format("; else {}", ToString(profile.fallback.value));
  }
  return text;
}

std::string Sandbox(const PolicySet& set) {
  if (set.sandbox.empty()) return Note("There are no profiles.");
  HtmlTable about({"profile", "for", "everything else", "capabilities", "weakened", "policy"});
  std::vector<std::string> head = {"system call"};
  std::map<std::string, std::map<std::string, std::vector<const lockdown::sandbox::Rule*>>> matrix;
  for (const auto& [name, profile] : set.sandbox) {
    std::string weakened;
    for (const auto& relax : profile.relaxes) {
      for (const auto& what : relax.what)
        weakened += fmt::format("{}{} ({}, {})", weakened.empty() ? "" : "; ", what.value,
                                relax.because.value, relax.owner.value);
    }
    const auto names = lockdown::sandbox::CapabilityNames(profile.capabilities.bounding.value);
    about.Row({name, profile.description.value, ToString(profile.fallback.value),
               names.empty() ? "none" : names, weakened.empty() ? "nothing" : weakened,
               Short(profile.at)},
              weakened.empty() ? "" : "bad");
    head.push_back(name);
    for (const auto& rule : profile.rules)
      matrix[std::string(rule.syscall->name)][name].push_back(&rule);
  }
  HtmlTable table(head);
  for (const auto& [syscall, by_profile] : matrix) {
    std::vector<std::string> cells = {syscall};
    for (const auto& [name, profile] : set.sandbox) {
      const auto found = by_profile.find(name);
      const std::string cell =
          found == by_profile.end() ? std::string() : Cell(profile, found->second);
      cells.push_back(cell.empty() ? ToString(profile.fallback.value) : cell);
    }
    table.Row(cells);
  }
  return std::move(about).Take() +
         fmt::format("<details open>\n<summary>{} system calls that a profile names</summary>\n",
                     matrix.size()) +
         std::move(table).Take() + "</details>\n";
}

std::string Update(const boot::confirm::ConfirmPolicy& update) {
  HtmlTable table({"is", "what"});
  table.Row({update.downgrade.value ? "taken" : "refused", "a bundle older than what runs"},
            update.downgrade.value ? "bad" : "good");
  table.Row({fmt::format("{} s", update.deadline.value / 1000),
             "after which an update that is not confirmed is given up"});
  table.Row({fmt::format("{} s", update.settle.value / 1000), "that the kiosk has to stay up"});
  return std::move(table).Take();
}

std::string ChangesSince(const ReportInput& report) {
  if (report.changes.empty()) return Note("No change.");
  HtmlTable table({"change", "file", "what", "witness", "accepted", "policy"});
  for (const Change& change : report.changes) {
    const bool open = change.direction == Direction::kLoosened && !change.accepted;
    table.Row(
        {std::string(ToString(change.direction)), change.file,
         fmt::format("{}: {}", change.subject, change.what), change.witness,
         change.accepted ? fmt::format("{}: {}", change.accepted_by, change.accepted_why) : "",
         Short(change.after ? change.after : change.before)},
        open                                        ? "bad"
        : change.direction == Direction::kTightened ? "good"
                                                    : "");
  }
  return std::move(table).Take();
}

std::string FindingsTable(const std::vector<Finding>& findings) {
  if (findings.empty()) return Note("Nothing was found.");
  HtmlTable table({"finding", "what", "policy"});
  for (const Finding& one : findings)
    table.Row({std::string(one.lint), one.message, Short(one.at)}, "bad");
  return std::move(table).Take();
}

}  // namespace

std::string ToHtml(const ReportInput& report) {
  const PolicySet& set = report.set;
  std::string text(kHead);
  text += fmt::format("<h1>What the policies in {} allow</h1>\n", Escape(set.texts.name));
  text += "<nav>";
  const std::pair<std::string_view, std::string_view> links[] = {
      {"changes", "Changes"},   {"findings", "Findings"}, {"disk", "Disk"},
      {"writable", "Writable"}, {"devices", "Devices"},   {"console", "Console"},
      {"sandbox", "Sandbox"},   {"update", "Updates"}};
  for (const auto& [id, name] : links) {
    if (id == "changes" && report.old_name.empty()) continue;
    text += fmt::format("<a href=\"#{}\">{}</a>", id, name);
  }
  text += "</nav>\n";
  if (!report.old_name.empty())
    text += Section("changes", "What changed since " + report.old_name, ChangesSince(report));
  text += Section("findings", "Findings", FindingsTable(report.findings));
  if (set.layout) text += Section("disk", "Disk and kernel", Disk(*set.layout));
  text += Section("writable", "What can be written to", Writables(set));
  if (set.input) {
    text += Section("devices", "Devices", Devices(*set.input, report.recorded));
    text += Section("console", "Ways into the console",
                    Console(set.input->console, set.input->usb, set.input->maintenance));
  }
  text += Section("sandbox", "Sandbox profiles", Sandbox(set));
  if (set.update) text += Section("update", "Updates", Update(*set.update));
  HtmlTable hashes({"file", "SHA-256 of its text"});
  for (const auto& [file, ignored] : set.texts.files) hashes.Row({file, set.HashOf(file)});
  text += Section("texts", "Made from", std::move(hashes).Take());
  return text + "</body>\n</html>\n";
}

}  // namespace bf::audit
