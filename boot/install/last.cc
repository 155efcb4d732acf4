// SPDX-License-Identifier: Apache-2.0
#include "boot/install/last.h"

#include <nlohmann/json.hpp>

#include "core/facts/stage.h"
#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::boot::install {
namespace {

std::string RefusalPath(const std::string& root) {
  return host::Under(root, facts::kStageDirectory) + "/bundle-refused";
}

std::string TextOf(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return "";
  const auto data = json.find("data");
  return data != json.end() && data->is_string() ? data->get<std::string>() : "";
}

}  // namespace

LastInstall ParseRauc(std::string_view properties) {
  const std::size_t end = properties.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view rest = properties.substr(end + 1);
  return {TextOf(properties.substr(0, end)), TextOf(rest.substr(0, rest.find('\n'))), {}};
}

LastInstall ReadLastInstall(const std::string& root) {
  LastInstall last;
  if (root == "/") {
    host::Command command;
    command.argv = {"busctl",
                    "--auto-start=no",
                    "--timeout=5",
                    "--json=short",
                    "get-property",
                    "de.pengutronix.rauc",
                    "/",
                    "de.pengutronix.rauc.Installer",
                    "Operation",
                    "LastError"};
    if (const auto output = host::RunOk(command)) last = ParseRauc(*output);
  }
  // Ours is told only with RAUC's word for it: a later bundle may have failed for another reason.
  if (!last.error.empty() && last.error.find("andler") == std::string::npos) return last;
  if (auto refusal = host::ReadLine(RefusalPath(root))) last.refusal = *std::move(refusal);
  return last;
}

Status KeepRefusal(const std::string& root, const std::string& reason) {
  return host::ReplaceFile(RefusalPath(root), reason + "\n", 0644);
}

}  // namespace bf::boot::install
