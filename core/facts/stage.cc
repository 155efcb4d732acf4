// SPDX-License-Identifier: Apache-2.0
#include "core/facts/stage.h"

#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/host/file.h"

namespace bf::facts {
namespace {

std::uint64_t Microseconds(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

std::string PathOf(const std::string& root, std::string_view stage) {
  return host::Under(root, fmt::format("{}/{}.json", kStageDirectory, stage));
}

}  // namespace

std::string UnitOf(std::string_view stage) {
  return stage == "boot" ? "bf-boot-reconcile.service" : fmt::format("bf-{}.service", stage);
}

std::string StageResultToJson(const StageResult& result) {
  const nlohmann::ordered_json json = {
      {"schema", 1},
      {"stage", result.stage},
      {"result", result.result},
      {"reason", result.reason},
      {"done", result.done},
      {"problems", result.problems},
      {"started_us", result.started_us},
      {"took_us", result.took_us},
      {"cpu_us", result.cpu_us},
      {"details", result.details},
  };
  // Names from a hostile file system may not be UTF-8; they must not make the report fail.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<StageResult> ParseStageResult(std::string_view text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail("not a JSON object");
  StageResult result;
  try {
    if (json.value("schema", 0) != 1) return Fail("schema is not 1");
    result.stage = json.value("stage", "");
    result.result = json.value("result", "");
    result.reason = json.value("reason", "");
    result.done = json.value("done", std::vector<std::string>{});
    result.problems = json.value("problems", std::vector<std::string>{});
    result.started_us = json.value("started_us", std::uint64_t{0});
    result.took_us = json.value("took_us", std::uint64_t{0});
    result.cpu_us = json.value("cpu_us", std::uint64_t{0});
    if (json.contains("details")) result.details = json["details"];
  } catch (const nlohmann::json::exception& wrong) {
    return Fail("{}", wrong.what());
  }
  return result;
}

Status WriteStageResult(const std::string& root, const StageResult& result) {
  const std::string directory = host::Under(root, kStageDirectory);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return FailErrno(errno, "create {}", directory);
  }
  return host::ReplaceFile(PathOf(root, result.stage), StageResultToJson(result), 0644);
}

Result<std::optional<StageResult>> ReadStageResult(const std::string& root,
                                                   std::string_view stage) {
  const std::string path = PathOf(root, stage);
  auto text = host::ReadFile(path);
  if (!text) {
    if (text.error().sys_errno == ENOENT) return std::nullopt;
    return Failure(std::move(text).error());
  }
  auto result = ParseStageResult(*text);
  if (!result) return Failure(std::move(result).error().Context(path));
  return *std::move(result);
}

StageClock::StageClock() : started_us_(Microseconds(CLOCK_BOOTTIME)) {}

void StageClock::Stamp(StageResult& result) const {
  result.started_us = started_us_;
  result.took_us = Microseconds(CLOCK_BOOTTIME) - started_us_;
  result.cpu_us = Microseconds(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace bf::facts
