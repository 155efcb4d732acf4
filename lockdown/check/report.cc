// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bf::lockdown::check {
namespace {

using Json = nlohmann::ordered_json;

// What a terminal would act on becomes "?": control characters, and those of C1, which are C2 80 to
// C2 9F in UTF-8.
std::string Clean(std::string_view text) {
  std::string clean(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const bool after_c2 = i > 0 && clean[i - 1] == '\xc2';
    if (byte < 0x20 || byte == 0x7f || (after_c2 && byte >= 0x80 && byte <= 0x9f)) clean[i] = '?';
  }
  return clean;
}

// A cut shows as "…". UTF-8 is kept whole.
std::string Cell(std::string_view dirty, std::size_t width) {
  const std::string text = Clean(dirty);
  std::string cell;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool continues = (byte & 0xc0) == 0x80;
    if (!continues && columns == width) {
      // The last character makes room.
      while ((static_cast<unsigned char>(cell.back()) & 0xc0) == 0x80) cell.pop_back();
      cell.pop_back();
      return cell + "…";
    }
    if (!continues) ++columns;
    cell += text[i];
  }
  return cell + std::string(width - columns, ' ');
}

// "input.toml:12"
std::string Line(const SourceRef& at) {
  if (!at) return "";
  const std::string name = at.file.substr(at.file.rfind('/') + 1);
  return at.line == 0 ? name : fmt::format("{}:{}", name, at.line);
}

std::string TableLine(std::string_view verdict, std::string_view way, std::string_view in_effect,
                      std::string_view wants, std::string_view line) {
  std::string text = fmt::format("{} {} {} {} {}", Cell(verdict, 6), Cell(way, 21),
                                 Cell(in_effect, 31), Cell(wants, 22), Cell(line, 15));
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

}  // namespace

std::string ToTable(const std::vector<RowResult>& results) {
  std::string text = TableLine("", "WAY OUT", "IN EFFECT", "POLICY WANTS", "WHERE");
  std::string open;
  std::string drift;
  int counts[3] = {};
  for (const auto& [row, outcome] : results) {
    const Verdict verdict = outcome.verdict();
    ++counts[static_cast<int>(verdict)];
    text += TableLine(ToString(verdict), row->name, outcome.in_effect, outcome.wants,
                      Line(outcome.because));
    if (verdict == Verdict::kOpen)
      open += fmt::format("open   {}: {} ({})\n", row->name,
                          outcome.reason.empty() ? "policy says so" : outcome.reason,
                          Line(outcome.because));
    for (const auto& what : outcome.drifts) {
      drift += fmt::format("DRIFT  {}: {}", row->name, Clean(what));
      if (what.find(outcome.evidence) == what.npos)
        drift += fmt::format(" [{}]", Clean(outcome.evidence));
      drift += "\n";
    }
  }
  if (!open.empty()) text += "\n" + open;
  if (!drift.empty()) text += "\n" + drift;
  return text + fmt::format("\n{} ways out: {} closed, {} open by policy, {} drifted\n",
                            results.size(), counts[0], counts[1], counts[2]);
}

Json ToJson(const std::vector<RowResult>& results) {
  Json rows = Json::array();
  for (const auto& [row, outcome] : results)
    rows.push_back(
        {{"name", row->name},
         {"way", row->way},
         {"verdict", outcome.verdict() == Verdict::kDrift ? "drift" : ToString(outcome.verdict())},
         {"wants", outcome.wants},
         {"because", outcome.because.ToString()},
         {"reason", outcome.open ? outcome.reason : ""},
         {"in_effect", outcome.in_effect},
         {"evidence", outcome.evidence},
         {"source", ToString(row->source)},
         {"drifts", outcome.drifts}});
  return {{"schema", 1}, {"ok", !HasDrift(results)}, {"rows", std::move(rows)}};
}

std::string ToText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string RowsToMarkdown() {
  std::string text =
      "| row | way out | closed when | policy | evidence | read from |\n"
      "|---|---|---|---|---|---|\n";
  for (const Row& row : Rows()) {
    std::string evidence(row.evidence);
    for (std::size_t at = 0; (at = evidence.find('*', at)) != evidence.npos; at += 2)
      evidence.insert(at, "\\");
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", row.name, row.way, row.closed_when,
                        row.policy, evidence, ToString(row.source));
  }
  return text;
}

}  // namespace bf::lockdown::check
