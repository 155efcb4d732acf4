// SPDX-License-Identifier: Apache-2.0
#include "audit/verbs/text.h"

#include <map>
#include <nlohmann/json.hpp>

#include "audit/model/visible.h"
#include "core/policy/quote.h"

namespace bf::audit {
namespace {

using Json = nlohmann::ordered_json;

std::string Where(const Change& change) {
  std::string where;
  if (change.before) where = Visible(change.before.ToString());
  if (change.after) where += (where.empty() ? "" : " → ") + Visible(change.after.ToString());
  return where;
}

// Nothing that a policy says steers the terminal it is shown on.
std::string Quoted(std::string_view text) { return policy::Quote(Visible(text)); }

// What to put into accepted.toml once somebody has looked.
std::string Proposal(const std::vector<Change>& changes, const PolicySet& after) {
  std::map<std::string, std::vector<std::string>> open;
  for (const Change& change : changes) {
    if (change.direction != Direction::kLoosened || change.accepted) continue;
    auto& subjects = open[change.file];
    if (std::find(subjects.begin(), subjects.end(), change.subject) == subjects.end())
      subjects.push_back(change.subject);
  }
  std::string text;
  for (const auto& [file, subjects] : open) {
    text += fmt::format("\n[[accept]]\nfile = {}\nhash = \"{}\"\nwhat = [", Quoted(file),
                        after.HashOf(file));
    for (std::size_t i = 0; i < subjects.size(); ++i)
      text += (i == 0 ? "" : ", ") + Quoted(subjects[i]);
    text += "]\nwho = \"\"\nwhy = \"\"\n";
  }
  return text.empty() ? "" : "\nto accept what was looked at, in accepted.toml:\n" + text;
}

}  // namespace

Counts Count(const std::vector<Change>& changes) {
  Counts counts;
  for (const Change& change : changes) {
    if (change.direction == Direction::kLoosened) {
      ++counts.loosened;
      if (change.accepted) ++counts.accepted;
    } else if (change.direction == Direction::kTightened) {
      ++counts.tightened;
    } else {
      ++counts.neutral;
    }
  }
  return counts;
}

std::string DiffToText(const std::vector<Change>& changes, const PolicySet& after) {
  if (changes.empty()) return "no change\n";
  std::string text;
  std::string file;
  for (const Change& change : changes) {
    if (change.file != file) text += (text.empty() ? "" : "\n") + Visible(change.file) + "\n";
    file = change.file;
    text += fmt::format("  {:<10} {}: {}\n", ToString(change.direction), Visible(change.subject),
                        Visible(change.what));
    if (!change.witness.empty())
      text += fmt::format("             witness: {}\n", Visible(change.witness));
    if (change.accepted)
      text += fmt::format("             accepted by {}: {}\n", Visible(change.accepted_by),
                          Visible(change.accepted_why));
    if (const std::string where = Where(change); !where.empty())
      text += fmt::format("             {}\n", where);
  }
  const Counts counts = Count(changes);
  text += fmt::format("\n{} loosened ({} accepted), {} tightened, {} neutral\n", counts.loosened,
                      counts.accepted, counts.tightened, counts.neutral);
  return text + Proposal(changes, after);
}

Json DiffToJson(const std::vector<Change>& changes, const std::string& before,
                const std::string& after) {
  const Counts counts = Count(changes);
  Json json = {{"schema", 1},
               {"old", before},
               {"new", after},
               {"loosened", counts.loosened},
               {"accepted", counts.accepted},
               {"tightened", counts.tightened},
               {"neutral", counts.neutral},
               {"changes", Json::array()}};
  const auto place = [](const SourceRef& at) -> Json {
    return at ? Json(at.ToString()) : Json(nullptr);
  };
  for (const Change& change : changes) {
    Json one = {{"direction", ToString(change.direction)},
                {"file", change.file},
                {"subject", change.subject},
                {"what", change.what},
                {"witness", change.witness},
                {"before", place(change.before)},
                {"after", place(change.after)}};
    if (change.direction == Direction::kLoosened) one["accepted"] = change.accepted;
    if (change.accepted) {
      one["who"] = change.accepted_by;
      one["why"] = change.accepted_why;
    }
    json["changes"].push_back(std::move(one));
  }
  return json;
}

std::string ToText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bf::audit
