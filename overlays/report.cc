// SPDX-License-Identifier: Apache-2.0
#include "overlays/report.h"

#include <nlohmann/json.hpp>

#include "overlays/judge.h"

namespace bf::overlays {
namespace {

std::string_view ToString(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kDegraded:
      return "degraded";
    case Severity::kFailed:
      return "failed";
  }
  return "";
}

std::string_view StateName(MountState state) {
  switch (state) {
    case MountState::kAbsent:
      return "not mounted";
    case MountState::kRight:
      return "mounted";
    case MountState::kStandIn:
      return "degraded";
    case MountState::kWrong:
      return "wrong";
  }
  return "";
}

Json OsToJson(const OsIdentity& os) {
  return {{"image_id", os.image_id},
          {"image_version", os.image_version},
          {"build_id", os.build_id},
          {"root_fs", os.root_fs}};
}

std::string KindOf(const WritablePath& entry) {
  if (entry.kind.value == Kind::kTmpfs) return "tmpfs";
  return fmt::format("overlay on {}", ToString(entry.backing.value));
}

Json DecisionsOf(const BuildGeneration& build) {
  Json list = Json::array();
  for (const auto& decision : build.decisions)
    list.push_back(
        {{"path", decision.path}, {"outcome", ToString(decision.outcome)}, {"why", decision.why}});
  return list;
}

}  // namespace

Json PlanToJson(const OverlayPlan& plan) {
  Json steps = plan::ToJson(plan.steps);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (const auto* build = std::get_if<BuildGeneration>(&plan.steps[i].action))
      steps[i]["decisions"] = DecisionsOf(*build);
  }
  Json problems = Json::array();
  for (const auto& problem : plan.problems)
    problems.push_back(
        {{"severity", ToString(problem.severity)}, {"name", problem.name}, {"text", problem.text}});
  return {{"schema", 1}, {"steps", std::move(steps)}, {"problems", std::move(problems)}};
}

facts::StageResult StageOf(const Policy& policy, const Applied& applied, const OverlayPlan& plan,
                           const Facts& after) {
  facts::StageResult stage;
  stage.stage = "overlay";
  stage.result = applied.result();
  stage.done = applied.done;
  for (const auto& problem : applied.problems) {
    stage.problems.push_back(problem.text);
    // The first of the worst is the reason.
    const bool counts = ToString(problem.severity) == stage.result;
    if (counts && stage.reason.empty()) stage.reason = problem.text;
  }
  Json paths = Json::array();
  for (const auto& entry : policy.paths) {
    const auto judgement = Judge(entry, after, policy.data_mount_point.value);
    paths.push_back({{"name", entry.name.value},
                     {"path", entry.path.value},
                     {"kind", KindOf(entry)},
                     {"state", StateName(judgement.state)}});
  }
  stage.details["paths"] = std::move(paths);
  Json changes = Json::object();
  for (const auto& step : plan.steps) {
    const auto* build = std::get_if<BuildGeneration>(&step.action);
    if (build != nullptr && build->from != 0) changes[build->path] = DecisionsOf(*build);
  }
  stage.details["os_change"] = std::move(changes);
  return stage;
}

std::string CheckToText(const CheckReport& report) {
  std::string text;
  for (const auto& writable : report.writable)
    text += fmt::format("writable  {}  {}  {}\n", writable.path, writable.fs_type,
                        writable.allowed_by.empty() ? "NOT LISTED" : writable.allowed_by);
  for (const auto& api : ApiMounts())
    text += fmt::format("built in  {}{}  {}  {}\n", api.path, api.below ? "/*" : "", api.fs_type,
                        api.why);
  for (const auto& finding : report.findings) {
    text += fmt::format("finding   {}: {}; {}", finding.path, finding.what, finding.todo);
    if (finding.because) text += fmt::format(" ({})", finding.because.ToString());
    text += '\n';
  }
  text += report.findings.empty() ? "ok: nothing is writable that the policies do not list\n"
                                  : fmt::format("{} finding{}\n", report.findings.size(),
                                                report.findings.size() == 1 ? "" : "s");
  return text;
}

Json CheckToJson(const CheckReport& report) {
  Json findings = Json::array();
  for (const auto& finding : report.findings)
    findings.push_back({{"path", finding.path},
                        {"what", finding.what},
                        {"todo", finding.todo},
                        {"because", finding.because.ToString()}});
  Json writable = Json::array();
  for (const auto& mount : report.writable)
    writable.push_back({{"path", mount.path},
                        {"fs_type", mount.fs_type},
                        {"source", mount.source},
                        {"allowed_by", mount.allowed_by}});
  Json built_in = Json::array();
  for (const auto& api : ApiMounts())
    built_in.push_back({{"path", fmt::format("{}{}", api.path, api.below ? "/*" : "")},
                        {"fs_type", api.fs_type},
                        {"why", api.why}});
  return {{"schema", 1},
          {"ok", report.findings.empty()},
          {"findings", std::move(findings)},
          {"writable", std::move(writable)},
          {"built_in", std::move(built_in)}};
}

std::string StatusToText(const StatusReport& report) {
  std::string text = fmt::format("OS: {}\n", report.os.ToString());
  if (report.stage) {
    text += fmt::format("this boot: {}{}{}\n", report.stage->result,
                        report.stage->reason.empty() ? "" : ": ", report.stage->reason);
    for (const auto& problem : report.stage->problems) text += fmt::format("  {}\n", problem);
  } else {
    text += "this boot: bf-overlay has not run\n";
  }
  for (const auto& path : report.paths) {
    const WritablePath& entry = *path.entry;
    text += fmt::format("\n{}  {}, {}", entry.path.value, KindOf(entry), path.state);
    if (path.bytes != 0)
      text += fmt::format(", {}, {} files", policy::FormatSize(path.bytes), path.inodes);
    text += fmt::format("\n  {}\n", entry.reason.value);
    for (const auto& wrong : path.wrong) text += fmt::format("  wrong: {}\n", wrong);
    if (!entry.persistent()) continue;
    if (!path.store_problem.empty()) text += fmt::format("  {}\n", path.store_problem);
    for (const auto& generation : path.generations) {
      text += fmt::format("  {}{}: ", GenerationName(generation.number),
                          generation.number == path.in_force ? " (in force)" : "");
      text += generation.good()
                  ? fmt::format("made on {}, {}\n", generation.stamp->os.ToString(),
                                generation.stamp->from == 0
                                    ? "from nothing"
                                    : fmt::format("{} from generation {}", generation.stamp->how,
                                                  generation.stamp->from))
                  : fmt::format("not used: {}\n", generation.problem);
    }
    text += fmt::format("  when the OS changes: {}\n", ToString(entry.on_os_change.value));
    if (!path.pins_problem.empty())
      text += fmt::format("  what it pins is not known: {}\n", path.pins_problem);
    for (const auto& pin : path.pins)
      text += fmt::format("  {}  {}/{}  {}\n", ToString(pin.kind), entry.path.value,
                          Printable(pin.path), Explain(pin.kind));
    if (path.pins.empty() && path.pins_problem.empty() && path.in_force != 0)
      text += "  pins nothing: all of it is as in the image\n";
  }
  return text;
}

Json StatusToJson(const StatusReport& report) {
  Json paths = Json::array();
  for (const auto& path : report.paths) {
    const WritablePath& entry = *path.entry;
    Json json = {{"name", entry.name.value},
                 {"path", entry.path.value},
                 {"kind", ToString(entry.kind.value)},
                 {"reason", entry.reason.value},
                 {"because", entry.at.ToString()},
                 {"state", path.state},
                 {"wrong", path.wrong},
                 {"bytes", path.bytes},
                 {"inodes", path.inodes}};
    if (entry.kind.value == Kind::kOverlay) json["backing"] = ToString(entry.backing.value);
    if (entry.persistent()) {
      json["on_os_change"] = ToString(entry.on_os_change.value);
      json["in_force"] = path.in_force;
      json["problem"] = path.store_problem;
      json["generations"] = Json::array();
      for (const auto& generation : path.generations) {
        Json one = {{"number", generation.number}, {"problem", generation.problem}};
        if (generation.stamp) {
          one["os"] = OsToJson(generation.stamp->os);
          one["how"] = generation.stamp->how;
          one["from"] = generation.stamp->from;
        }
        json["generations"].push_back(std::move(one));
      }
      json["pins_problem"] = path.pins_problem;
      json["pins"] = Json::array();
      for (const auto& pin : path.pins)
        json["pins"].push_back(
            {{"path", pin.path}, {"kind", ToString(pin.kind)}, {"why", Explain(pin.kind)}});
    }
    paths.push_back(std::move(json));
  }
  Json json = {{"schema", 1}, {"os", OsToJson(report.os)}, {"paths", std::move(paths)}};
  json["stage"] = report.stage ? Json::parse(facts::StageResultToJson(*report.stage)) : Json();
  return json;
}

std::string ToText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bf::overlays
