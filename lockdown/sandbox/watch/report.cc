// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bf::lockdown::sandbox {
namespace {

std::string WhySaid(const Denied& denied) {
  if (denied.foreign) return "not of this machine's own table of system calls";
  if (denied.by_default) return "the default";
  return denied.group;
}

std::string By(const Who& who) {
  return who.process == 0 ? "a process that has gone"
                          : fmt::format("{}[{}]", who.name, who.process);
}

std::vector<const Denied*> MostFirst(const Ledger& ledger) {
  std::vector<const Denied*> sorted;
  for (const Denied& one : ledger.all()) sorted.push_back(&one);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Denied* a, const Denied* b) { return a->count > b->count; });
  return sorted;
}

}  // namespace

std::string LineOf(const Denied& denied) {
  const std::string why = WhySaid(denied);
  return fmt::format("{}: {}: {}, asked for by {}{}", denied.at.ToString(), ToString(denied.action),
                     denied.what, By(denied.first), why.empty() ? "" : " (" + why + ")");
}

std::string ReportText(const Profile& profile, const Ledger& ledger, const Ending& ending) {
  const std::string how = ending.signal.empty()
                              ? fmt::format("ended with exit status {}", ending.code)
                              : "was ended by " + ending.signal;
  if (ledger.count() == 0)
    return fmt::format("{}: nothing was denied; the program {}\n", profile.name, how);
  std::string text = fmt::format("{}: {} calls of {} kinds were denied; the program {}\n",
                                 profile.name, ledger.count(), ledger.all().size(), how);
  for (const Denied* one : MostFirst(ledger))
    text += fmt::format("{:>10} x {}\n", one->count, LineOf(*one));
  return text;
}

std::string ReportJson(const Profile& profile, const Ledger& ledger, const Ending& ending) {
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"profile", profile.name},
                                 {"policy_sha256", profile.hash},
                                 {"denied_calls", ledger.count()},
                                 {"denied", nlohmann::json::array()}};
  if (ending.signal.empty())
    json["exit_status"] = ending.code;
  else
    json["signal"] = ending.signal;
  for (const Denied* one : MostFirst(ledger)) {
    nlohmann::ordered_json entry = {{"what", one->what},
                                    {"action", ToString(one->action)},
                                    {"count", one->count},
                                    {"at", one->at.ToString()}};
    if (!one->syscall.empty()) entry["syscall"] = one->syscall;
    if (!one->arguments.empty()) entry["arguments"] = one->arguments;
    const std::string why = WhySaid(*one);
    if (!why.empty()) entry["because_of"] = why;
    if (one->first.process != 0)
      entry["first"] = {{"process", one->first.process}, {"name", one->first.name}};
    json["denied"].push_back(std::move(entry));
  }
  // A process may call itself what is no UTF-8.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace bf::lockdown::sandbox
