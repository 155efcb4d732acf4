// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/diff.h"

namespace bf::audit {
namespace {

using Time = policy::Located<std::int64_t>;

std::string Seconds(std::int64_t milliseconds) {
  return fmt::format("{} s", static_cast<double>(milliseconds) / 1000);
}

}  // namespace

std::vector<Change> DiffUpdate(const boot::confirm::ConfirmPolicy& before,
                               const boot::confirm::ConfirmPolicy& after) {
  Changes changes("update.toml");
  if (before.downgrade.value != after.downgrade.value) {
    const bool open = after.downgrade.value;
    changes.Add(open ? Direction::kLoosened : Direction::kTightened, "install downgrade",
                open ? "false → true" : "true → false",
                fmt::format("a signed bundle of version 1 on a device that runs version 2 is {}",
                            open ? "installed" : "refused"),
                before.downgrade.at, after.downgrade.at);
  }
  const auto add = [&](std::string_view key, const Time& was, const Time& is, Direction longer,
                       Direction shorter, std::string witness) {
    if (was.value == is.value) return;
    const auto direction = is.value > was.value ? longer : shorter;
    changes.Add(direction, fmt::format("confirmation {}", key),
                fmt::format("{} → {}", Seconds(was.value), Seconds(is.value)),
                direction == Direction::kNeutral ? "" : std::move(witness), was.at, is.at);
  };
  const auto between = [](const Time& was, const Time& is) {
    return Seconds((was.value + is.value) / 2);
  };
  add("deadline", before.deadline, after.deadline, Direction::kLoosened, Direction::kTightened,
      fmt::format(
          "an update whose kiosk never starts {} after {}",
          after.deadline.value > before.deadline.value ? "is still on trial" : "is given up",
          between(before.deadline, after.deadline)));
  add("settle", before.settle, after.settle, Direction::kTightened, Direction::kLoosened,
      fmt::format("a kiosk that crashes {} after its first picture {} as healthy",
                  between(before.settle, after.settle),
                  after.settle.value < before.settle.value ? "counts" : "does not count"));
  add("retry", before.retry, after.retry, Direction::kNeutral, Direction::kNeutral, "");
  return std::move(changes).Take();
}

}  // namespace bf::audit
