// SPDX-License-Identifier: Apache-2.0
// Text to policy. What only judges by one links neither this nor the TOML parser.
#include "core/hash/checksum.h"
#include "core/hash/sha256.h"
#include "core/host/file.h"
#include "lockdown/policy/read.h"

namespace bf::lockdown {

Result<Policy> ParsePolicy(std::string_view text, const std::string& file) {
  policy::Diagnostics diagnostics;
  const policy::Document document = policy::ParseToml(text, file, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());  // not even TOML
  Policy result;
  result.hash = hash::HashOf(text);
  result.text = {text.size(), hash::ChecksumOf(text)};
  result.at = document.at;
  policy::Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  // A file without them is a file that was cut off, or the wrong one.
  for (const std::string_view table : {"usb", "console", "maintenance"}) {
    if (!reader.Has(table)) diagnostics.Add(document.at, "the table [{}] is missing", table);
  }
  reader.SubTable("usb", [&](policy::Reader& table) { result.usb = ReadUsb(table); });
  reader.SubTable("console", [&](policy::Reader& table) { result.console = ReadConsole(table); });
  reader.SubTable("maintenance",
                  [&](policy::Reader& table) { result.maintenance = ReadMaintenance(table); });
  reader.Tables("allow", [&](policy::Reader& table) { result.allows.push_back(ReadAllow(table)); });
  reader.Tables("filter",
                [&](policy::Reader& table) { result.filters.push_back(ReadFilter(table)); });
  reader.Finish();
  if (result.allows.size() > kMostAllows)
    diagnostics.Add(result.allows[kMostAllows].at, "there are more than {} entries", kMostAllows);
  CheckTogether(result, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return result;
}

Result<Policy> LoadPolicy(const std::string& dir) {
  const std::string path = fmt::format("{}/{}", dir, kPolicyFile);
  auto text = host::ReadFile(path, policy::kMaxPolicyBytes);
  if (!text) {
    text.error().kind = ErrorKind::kPolicy;
    // Too long, and not merely absent: that is something to look at in the file.
    if (text.error().sys_errno == 0) text.error().source = SourceRef{path, 1, 1};
    return Failure(std::move(text).error().Context("policy"));
  }
  return ParsePolicy(*text, path);
}

}  // namespace bf::lockdown
