// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/plan.h"
#include "provision/status/facts.h"

namespace bf::provision::status {
namespace {

constexpr std::size_t kMaxColumn = 44;

std::string Duration(std::uint64_t microseconds) {
  if (microseconds >= 1'000'000) {
    return fmt::format("{:.1f} s", static_cast<double>(microseconds) / 1e6);
  }
  return fmt::format("{:.1f} ms", static_cast<double>(microseconds) / 1e3);
}

// FormatSize() is exact; here three figures do.
std::string Size(std::uint64_t bytes) {
  constexpr std::uint64_t kKi = 1024;
  if (bytes < kKi) return fmt::format("{} B", bytes);
  const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / kKi;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < std::size(units)) {
    value /= kKi;
    ++unit;
  }
  if (value < 9.95 && value != static_cast<double>(static_cast<int>(value))) {
    return fmt::format("{:.1f} {}", value, units[unit]);
  }
  return fmt::format("{:.0f} {}", value, units[unit]);
}

std::string Joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ","));
}

class Writer {
 public:
  explicit Writer(bool colour) : colour_(colour) {}

  std::string Bold(const std::string& text) const { return Paint("1", text); }
  std::string Good(const std::string& text) const { return Paint("32", text); }
  std::string Bad(const std::string& text) const { return Paint("31", text); }
  std::string Dim(const std::string& text) const { return Paint("2", text); }

  void Line(const std::string& text) { text_ += text + "\n"; }
  void Heading(const std::string& text, const std::string& rest = {}) {
    text_ += "\n" + Bold(text) + (rest.empty() ? "" : "  " + rest) + "\n";
  }

  // Rows in columns as wide as their widest cell; the last cell of a row takes what it needs.
  void Table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
      if (widths.size() < row.size()) widths.resize(row.size());
      for (std::size_t i = 0; i + 1 < row.size(); ++i) {
        widths[i] = std::max(widths[i], std::min(row[i].size(), kMaxColumn));
      }
    }
    for (const auto& row : rows) {
      std::string line = " ";
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += i + 1 < row.size() ? fmt::format(" {:<{}} ", row[i], widths[i]) : " " + row[i];
      }
      while (line.ends_with(' ')) line.pop_back();
      Line(line);
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string Paint(const char* code, const std::string& text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }

  bool colour_;
  std::string text_;
};

void Head(const Status& status, Writer& out) {
  out.Line(out.Bold(status.os.empty() ? "unknown OS" : status.os) + "  slot " +
           (status.slot.empty()  ? "unknown"
            : status.slot == "a" ? "A"
                                 : "B") +
           "  machine id " + (status.machine_id.empty() ? "none" : status.machine_id));
  if (status.healthy()) {
    out.Line(out.Good("healthy: everything is as the policies ask"));
    return;
  }
  out.Line(out.Bad(fmt::format("needs attention: {} finding{}", status.attention.size(),
                               status.attention.size() == 1 ? "" : "s")));
  for (const Attention& one : status.attention) {
    out.Line(fmt::format("  {} {}: {}", out.Bad("!"), one.stage, reset::Printable(one.what)));
    out.Line("    " + out.Dim(one.todo));
  }
}

void DiskSection(const Status& status, Writer& out) {
  if (!status.disk) {
    out.Heading("Disk", status.disk_problem.empty() ? "not seen" : status.disk_problem);
    return;
  }
  out.Heading("Disk " + status.disk->device, Size(status.disk->size));
  std::vector<std::vector<std::string>> rows;
  for (const PartitionRow& p : status.disk->partitions) {
    rows.push_back({fmt::format("{}", p.number), p.name.empty() ? "-" : p.name, p.device,
                    fmt::format("{:>8}", Size(p.size)),
                    p.mounted_at == "/" ? "the running root, read-only" : p.mounted_at});
  }
  out.Table(rows);
}

void DataSection(const Status& status, Writer& out) {
  if (!status.data) {
    out.Heading("BF_DATA", "nothing is mounted");
    return;
  }
  const DataRow& data = *status.data;
  out.Heading("BF_DATA", data.source + " on " + data.mount_point);
  std::vector<std::vector<std::string>> rows;
  if (data.is_volatile) rows.push_back({"degraded", "in memory: gone at the next boot"});
  if (!data.formatted.empty()) rows.push_back({"formatted", data.formatted});
  for (const facts::StageResult& stage : status.stages) {
    if (stage.stage != "data") continue;
    const auto flag = [&](const char* key) {
      const auto found = stage.details.find(key);
      return found != stage.details.end() && found->is_boolean() && found->get<bool>();
    };
    std::vector<std::string> now;
    if (flag("formatted")) now.emplace_back("formatted");
    if (flag("grown")) now.emplace_back("grown to the disk");
    if (flag("repaired")) now.emplace_back("repaired");
    rows.push_back({"this boot", now.empty() ? "nothing formatted, nothing grown"
                                             : fmt::format("{}", fmt::join(now, ", "))});
  }
  rows.push_back({"mounted", data.fs_type + " " + Joined(data.options)});
  if (data.size != 0) {
    rows.push_back({"used", fmt::format("{} of {} ({} %)", Size(data.used), Size(data.size),
                                        data.used * 100 / data.size)});
  }
  if (data.reset_requested) rows.push_back({"reset", "asked for: carried out at the next boot"});
  if (!data.last_reset.empty()) rows.push_back({"last reset", data.last_reset});
  out.Table(rows);
}

void StateSection(const Status& status, Writer& out) {
  out.Heading("Persistent paths", fmt::format("{}", status.state.size()));
  std::vector<std::vector<std::string>> rows;
  for (const StateRow& row : status.state) {
    std::string quota = "no limit";
    if (row.quota && row.quota->limit_bytes != 0) {
      quota = fmt::format("{} of {}, {} of {} inodes", Size(row.quota->used_bytes),
                          Size(row.quota->limit_bytes), row.quota->used_inodes,
                          row.quota->limit_inodes);
    }
    rows.push_back({row.path, row.owner, row.scope == "shared" ? "both slots" : "per slot",
                    row.reset == "keep" ? "kept by a reset" : "reset clears it",
                    row.bound ? quota : "NOT BOUND"});
  }
  out.Table(rows);
}

void OverlaySection(const Status& status, Writer& out) {
  out.Heading("Overlays and tmpfs", fmt::format("{}", status.overlays.size()));
  std::vector<std::vector<std::string>> rows;
  for (const OverlayRow& row : status.overlays) rows.push_back({row.path, row.kind, row.state});
  out.Table(rows);
}

void WritableSection(const Status& status, Writer& out) {
  out.Heading("Every writable path", fmt::format("{}", status.writable.size()));
  std::vector<std::vector<std::string>> rows;
  for (const WritableRow& row : status.writable) {
    rows.push_back({row.path, row.behind,
                    row.size == 0 ? "" : fmt::format("{} of {}", Size(row.used), Size(row.size))});
  }
  out.Table(rows);
}

void StageSection(const Status& status, Writer& out) {
  out.Heading("Boot stages");
  std::vector<std::vector<std::string>> rows;
  for (const facts::StageResult& stage : status.stages) {
    rows.push_back({stage.stage, stage.result, "at " + Duration(stage.started_us),
                    "took " + Duration(stage.took_us), "CPU " + Duration(stage.cpu_us),
                    stage.done.empty() ? "nothing to do"
                                       : fmt::format("{} step{}", stage.done.size(),
                                                     stage.done.size() == 1 ? "" : "s")});
  }
  out.Table(rows);
}

}  // namespace

std::string ToText(const Status& status, bool colour) {
  Writer out(colour);
  Head(status, out);
  DiskSection(status, out);
  DataSection(status, out);
  StateSection(status, out);
  OverlaySection(status, out);
  WritableSection(status, out);
  StageSection(status, out);
  return out.Take();
}

}  // namespace bf::provision::status
