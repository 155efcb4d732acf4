// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/policy.h"

namespace bf::boot::confirm {
namespace {

constexpr std::string_view kFileName = "update.toml";
constexpr std::int64_t kSecond = 1000;

ConfirmPolicy ReadTable(policy::Reader& reader) {
  ConfirmPolicy policy;
  policy.deadline = reader.Milliseconds("deadline", 600 * kSecond);
  policy.settle = reader.Milliseconds("settle", 10 * kSecond);
  policy.retry = reader.Milliseconds("retry", 10 * kSecond);
  auto& wrong = reader.diagnostics();
  if (policy.deadline.value < 60 * kSecond || policy.deadline.value > 3600 * kSecond) {
    wrong.Add(policy.deadline.at,
              "a deadline is 1min to 1h: less gives up what only starts slowly, more leaves a bad "
              "update on the screen");
  }
  if (policy.retry.value < kSecond) wrong.Add(policy.retry.at, "retry must be at least 1s");
  if (policy.settle.value + policy.retry.value > policy.deadline.value / 2) {
    wrong.Add(policy.settle.at, "settle and retry take more than half of the deadline");
  }
  return policy;
}

}  // namespace

ConfirmPolicy ReadConfirmPolicy(const policy::Document& document,
                                policy::Diagnostics& diagnostics) {
  policy::Reader reader(document.root, document.at, diagnostics);
  reader.Schema(1);
  ConfirmPolicy policy = DefaultConfirmPolicy();
  if (!reader.Has("confirmation")) {
    diagnostics.Add(reader.at(), "[confirmation] is missing");
  }
  reader.SubTable("confirmation", [&](policy::Reader& table) { policy = ReadTable(table); });
  reader.SubTable(
      "install", [&](policy::Reader& table) { policy.downgrade = table.Bool("downgrade", false); });
  reader.Finish();
  return policy;
}

Result<ConfirmPolicy> LoadConfirmPolicy(const std::string& policy_dir) {
  policy::Diagnostics diagnostics;
  BF_ASSIGN(const policy::Document document,
            policy::LoadPolicyFile(policy_dir, kFileName, diagnostics));
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  ConfirmPolicy policy = ReadConfirmPolicy(document, diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return policy;
}

ConfirmPolicy DefaultConfirmPolicy() {
  const policy::Table nothing;
  policy::Diagnostics none;
  policy::Reader reader(nothing, {}, none);
  return ReadTable(reader);
}

}  // namespace bf::boot::confirm
