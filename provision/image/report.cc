// SPDX-License-Identifier: Apache-2.0
#include "provision/image/report.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/policy/reader.h"

namespace bf::provision::image {
namespace {

using Json = nlohmann::ordered_json;
using policy::FormatSize;

const WriteTable& TableOf(const ImagePlan& plan) {
  for (const auto& step : plan) {
    if (const auto* table = std::get_if<WriteTable>(&step.action)) return *table;
  }
  static const WriteTable kNone;
  return kNone;
}

}  // namespace

std::string TextReport(const ImagePlan& plan, const Made& made) {
  std::string text = fmt::format("{}: {}, {} of it in use\n", made.out, FormatSize(made.size),
                                 FormatSize(made.allocated));
  for (const TablePartition& p : TableOf(plan).partitions) {
    text += fmt::format("  {} {:<10} {:>7} MiB  PARTUUID={}\n", p.index, p.name,
                        p.extent.size >> 20, p.id.ToString());
  }
  return text;
}

std::string JsonReport(const ImagePlan& plan, const Made& made) {
  const WriteTable& table = TableOf(plan);
  Json partitions = Json::array();
  for (const TablePartition& p : table.partitions) {
    partitions.push_back({{"number", p.index},
                          {"name", p.name},
                          {"type", p.type.ToString()},
                          {"partuuid", p.id.ToString()},
                          {"start", p.extent.offset},
                          {"size", p.extent.size}});
  }
  const Json json = {{"schema", 1},
                     {"image", made.out},
                     {"size", made.size},
                     {"allocated", made.allocated},
                     {"sector_size", table.sector_size},
                     {"disk_id", table.disk_id.ToString()},
                     {"partitions", std::move(partitions)}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string JsonReport(const WriteRoot& root, const Made& made) {
  const Json json = {{"schema", 1},
                     {"file", made.out},
                     {"size", made.size},
                     {"allocated", made.allocated},
                     {"uuid", root.uuid.ToString()}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string JsonReport(const WriteFat& boot, const Made& made) {
  const Json json = {{"schema", 1},
                     {"file", made.out},
                     {"size", made.size},
                     {"allocated", made.allocated},
                     {"serial", boot.serial}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Progress::Show ProgressBar(std::ostream& err, bool is_terminal) {
  if (!is_terminal) return {};
  using Clock = std::chrono::steady_clock;
  return [&err, last = Clock::time_point()](std::uint64_t done, std::uint64_t total) mutable {
    const auto now = Clock::now();
    const bool finished = done >= total;
    if (total == 0 || (!finished && now - last < std::chrono::milliseconds(100))) return;
    last = now;
    constexpr std::uint64_t kWidth = 40;
    const std::uint64_t filled = std::min(done, total) * kWidth / total;
    err << fmt::format("\r[{:<{}}] {} of {}\x1b[K", std::string(filled, '#'), kWidth,
                       FormatSize(done >> 20 << 20), FormatSize(total >> 20 << 20));
    err.flush();
  };
}

}  // namespace bf::provision::image
