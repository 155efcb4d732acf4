// SPDX-License-Identifier: Apache-2.0
#include "boot/verbs/report.h"

#include "boot/model/change.h"

namespace bf::boot {
namespace {

using Json = nlohmann::ordered_json;

Json SlotJson(const std::optional<Slot>& slot) { return slot ? Json(Name(*slot)) : Json(nullptr); }

template <class T>
Json Optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string Text(const std::optional<Slot>& slot) {
  return slot ? "slot " + std::string(Name(*slot)) : "not known";
}

std::string NextText(const Judgement& judged) {
  if (!judged.next) return "not known";
  std::string text = Text(judged.next);
  if (judged.situation == Situation::kTrial) {
    text += fmt::format(", unless slot {} is confirmed before", Name(*judged.running));
  } else if (judged.state == State::kArmed) {
    text += fmt::format("; the reboot that was asked for: slot {} on trial", Name(*judged.target));
  } else if (judged.state == State::kStaged) {
    text += fmt::format("; after `bf-boot arm`: slot {} on trial", Name(*judged.target));
  }
  return text;
}

std::string StateText(const Judgement& judged) {
  std::string text(Name(judged.state));
  if (judged.target) text += fmt::format(" (slot {})", Name(*judged.target));
  const bool counts = judged.state == State::kStaged || judged.state == State::kArmed ||
                      judged.state == State::kTrial;
  if (counts) text += fmt::format(", {} of {} trials used", judged.attempts, kMaxAttempts);
  return text;
}

std::string FirmwareText(const FirmwareFacts& firmware) {
  return fmt::format("started partition {}, tryboot {}",
                     firmware.partition ? std::to_string(*firmware.partition) : "not told",
                     firmware.tryboot ? (*firmware.tryboot ? "set" : "not set") : "not told");
}

}  // namespace

Json ToJson(const install::LastInstall& last) {
  return {{"operation", last.operation}, {"error", last.error}, {"refusal", last.refusal}};
}

Json ToJson(const Facts& facts, const Judgement& judged) {
  Json slots = Json::object();
  for (const Slot slot : kSlots) {
    slots[std::string(Name(slot))] = {{"boot_partition", Optional(facts.Of(slot).boot)},
                                      {"root_partition", Optional(facts.Of(slot).root)},
                                      {"state", IsGood(facts, slot) ? "good" : "bad"}};
  }
  return {{"schema", 1},
          {"situation", Name(judged.situation)},
          {"running", SlotJson(judged.running)},
          {"committed", SlotJson(judged.committed)},
          {"pending", SlotJson(judged.pending)},
          {"next", SlotJson(judged.next)},
          {"primary", SlotJson(judged.primary)},
          {"state", Name(judged.state)},
          {"target", SlotJson(judged.target)},
          {"attempts", judged.attempts},
          {"max_attempts", kMaxAttempts},
          {"reason", judged.reason},
          {"firmware",
           {{"partition", Optional(facts.firmware.partition)},
            {"tryboot", Optional(facts.firmware.tryboot)},
            {"source", facts.firmware.source}}},
          {"revisions",
           {{"boot", Optional(facts.boot_revision)}, {"root", Optional(facts.root_revision)}}},
          {"slots", std::move(slots)},
          {"disagreements", judged.disagreements},
          {"problems", judged.problems},
          {"app_ota", facts.app_ota}};
}

std::string ToText(const Facts& facts, const Judgement& judged, const install::LastInstall& last) {
  std::string text;
  const auto row = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<12}{}\n", name, value);
  };
  row("running", fmt::format("{} ({})", Text(judged.running), Name(judged.situation)));
  row("committed", Text(judged.committed));
  row("next boot", NextText(judged));
  row("update", StateText(judged));
  if (!judged.reason.empty()) row("last trial", judged.reason);
  if (!last.refusal.empty()) row("refused", last.refusal);
  if (!last.error.empty()) row("rauc", last.error);
  if (!last.operation.empty() && last.operation != "idle") row("rauc", last.operation);
  for (const Slot slot : kSlots) {
    row(fmt::format("slot {}", Name(slot)), IsGood(facts, slot) ? "good" : "bad, or not confirmed");
  }
  row("firmware", FirmwareText(facts.firmware));
  if (facts.boot_revision || facts.root_revision) {
    row("release", fmt::format("boot {}, root {}", facts.boot_revision.value_or("not told"),
                               facts.root_revision.value_or("not told")));
  }
  row("old updater", facts.app_ota ? "ON: BF_ENABLE_APP_OTA=1 in " + facts.app_ota_where
                                   : "off (BF_ENABLE_APP_OTA is not set)");
  for (const std::string& line : judged.disagreements) row("DISAGREES", line);
  for (const std::string& line : judged.problems) row("problem", line);
  return text;
}

}  // namespace bf::boot
