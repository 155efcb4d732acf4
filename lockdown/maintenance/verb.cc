// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/verb.h"

#include <nlohmann/json.hpp>

#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::lockdown::maintenance {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kUnit = "bf-maintenance.service";

Failure Refuse(std::string why) { return FailKind(ErrorKind::kRefused, "{}", why); }

// One key of layout.toml concerns us. Everything else in it is checked by the tool it is for.
std::string DataMountPoint(const std::string& policy_dir) {
  std::string mount_point = "/var/lib/betterframe";
  policy::Diagnostics ignored;
  const auto document = policy::LoadPolicyFile(policy_dir, "layout.toml", ignored);
  if (!document) return mount_point;
  policy::Reader reader(document->root, document->at, ignored);
  reader.SubTable("data", [&](policy::Reader& data) {
    mount_point = data.AbsolutePath("mount_point", mount_point).value;
  });
  return mount_point;
}

struct Session {
  cli::Invocation& invocation;
  Policy policy;
  Machine machine;
  Now now;

  // On another root there is no service manager to ask.
  bool live() const { return machine.root == "/"; }
};

Status Systemctl(const char* what) {
  host::Command command;
  command.argv = {"systemctl", what, kUnit};
  command.timeout = std::chrono::minutes(2);
  BF_TRY(host::RunOk(command));
  return {};
}

std::string ToText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status Print(Session& session) {
  const State state = MaintenanceNow(session.policy, ReadWindow(session.machine.root),
                                     ReadNow(session.machine.root));
  const Start token =
      JudgeToken(session.policy, ReadToken(session.machine, session.policy), session.now);
  const bool grants = token.window.has_value();
  if (session.invocation.json) {
    session.invocation.out() << ToText(
        Json{{"schema", 1},
             {"maintenance", state.open ? "open" : "closed"},
             {"why", state.why},
             {"left_ms", state.left_ms},
             {"token", {{"grants_a_window", grants}, {"why", token.why}}},
             {"machine", session.now.machine},
             {"boot", session.now.boot}});
    return {};
  }
  session.invocation.out() << fmt::format(
      "maintenance: {}: {}\ntoken: {}\nmachine: {}\nboot: {}\n", state.open ? "open" : "closed",
      state.why, grants ? "would open a window" : token.why, session.now.machine, session.now.boot);
  return {};
}

// How long root asks for it.
Result<std::int64_t> Asked(const Session& session) {
  const auto& invocation = session.invocation;
  const std::int64_t longest = session.policy.maintenance.longest_ms.value;
  if (invocation.Has("--for") == invocation.Has("--boot"))
    return FailKind(ErrorKind::kUsage, "open needs --for TIME or --boot");
  if (invocation.Has("--boot")) return longest;
  const std::string text = invocation.Get("--for");
  const auto asked = policy::ParseMilliseconds(text);
  if (!asked || *asked == 0)
    return FailKind(ErrorKind::kUsage, "\"{}\" is not a time such as 90s or 10min", text);
  if (*asked > longest)
    return Refuse(fmt::format("{} is longer than \"longest\" in [maintenance] ({})", text,
                              session.policy.maintenance.longest_ms.at.ToString()));
  return *asked;
}

Result<Token> RootToken(const Session& session) {
  Token token;
  BF_ASSIGN(token.for_ms, Asked(session));
  const TokenFacts facts = ReadToken(session.machine, session.policy);
  Used used;
  if (facts.used.there || !facts.used.problem.empty()) {
    auto read = ParseUsed(facts.used.text);
    if (!facts.used.problem.empty() || !read)
      return Refuse(
          fmt::format("which tokens were used is not known: {}; whoever removes {}/{} makes them "
                      "all good again",
                      facts.used.problem.empty() ? read.error().message : facts.used.problem,
                      session.machine.data, kUsed));
    used = *read;
  }
  if (used.number == kHighestNumber) return Refuse("there is no number left for a token");
  token.number = used.number + 1;
  token.machine = session.now.machine;
  token.boot = session.now.boot;
  return token;
}

Result<std::string> TokenToWrite(const Session& session) {
  const auto& invocation = session.invocation;
  switch (session.policy.maintenance.window.value) {
    case lockdown::Window::kOff:
      return Refuse(MaintenanceNow(session.policy, {}, session.now).why);
    case lockdown::Window::kRoot: {
      if (invocation.Has("--token"))
        return FailKind(ErrorKind::kUsage, "--token is only for window = \"signed\"");
      BF_ASSIGN(const Token token, RootToken(session));
      return maintenance::ToText(token);
    }
    case lockdown::Window::kSigned:
      break;
  }
  if (invocation.Has("--for") || invocation.Has("--boot") || !invocation.Has("--token"))
    return FailKind(ErrorKind::kUsage,
                    "the policy asks for a signed token: open --token FILE, and nothing else");
  BF_ASSIGN(std::string text, host::ReadFile(invocation.Get("--token"), kLongestFile));
  if (auto token = ParseToken(text); !token)
    return Failure(std::move(token).error().Context(invocation.Get("--token")));
  return text;
}

Status Open(Session& session) {
  if (MaintenanceNow(session.policy, ReadWindow(session.machine.root), session.now).open)
    return Refuse("a maintenance window is open already: close it first");
  BF_ASSIGN(const std::string text, TokenToWrite(session));
  if (session.invocation.dry_run) {
    session.invocation.out() << "would write the token\n" << text;
    return {};
  }
  BF_TRY(WriteToken(session.machine, text));
  const Status started = [&]() -> Status {
    if (session.live()) return Systemctl("start");
    BF_TRY(StartWindow(session.machine, session.policy, session.now));
    return {};
  }();
  if (!started) {
    // Nothing of it must be left for a later boot.
    (void)EndWindow(session.machine);
    return Failure(started.error());
  }
  return Print(session);
}

Status Close(Session& session) {
  if (session.invocation.dry_run) return Print(session);
  BF_TRY(EndWindow(session.machine));
  // Shuts again what the window let in.
  if (session.live()) BF_TRY(Systemctl("stop"));
  return Print(session);
}

Status Act(Session& session, const std::string& action) {
  if (action == "status") return Print(session);
  if (action == "open") return Open(session);
  if (action == "close") return Close(session);
  if (session.invocation.dry_run)
    return FailKind(ErrorKind::kUsage, "--dry-run is for open and close");
  if (action == "start") {
    BF_TRY(StartWindow(session.machine, session.policy, session.now));
    session.invocation.Say(cli::Level::kWarning, "a maintenance window is open");
    return {};
  }
  if (action == "wait") {
    const State state = WaitForEnd(session.machine.root, session.policy);
    session.invocation.Say(cli::Level::kNotice, "the maintenance window is closed: " + state.why);
    return {};
  }
  if (action == "end") return EndWindow(session.machine);
  return FailKind(ErrorKind::kUsage,
                  "\"{}\" is not one of status, open, close, start, wait and end", action);
}

}  // namespace

cli::Verb MaintenanceVerb(Verifier verify) {
  cli::Verb verb;
  verb.name = "maintenance";
  verb.summary = "status, open or close: a time in which entries for maintenance count, too";
  verb.options = {
      {"--for", "TIME", "How long, such as 10min; at most \"longest\" of the policy.", false},
      {"--boot", "", "For as long as the policy lets, and no longer than this boot.", false},
      {"--token", "FILE", "A signed token.", false}};
  verb.positionals = {"ACTION"};
  verb.run = [verify = std::move(verify)](cli::Invocation& invocation) -> Status {
    const std::string action = invocation.positionals.front();
    Machine machine{invocation.root, DataMountPoint(invocation.policy_dir), verify};
    // What shuts must not need a policy that can be read.
    if (action == "end" && !invocation.dry_run) return EndWindow(machine);
    BF_ASSIGN(Policy policy, LoadPolicy(invocation.policy_dir));
    Session session{invocation, std::move(policy), std::move(machine), ReadNow(invocation.root)};
    return Act(session, action);
  };
  return verb;
}

}  // namespace bf::lockdown::maintenance
