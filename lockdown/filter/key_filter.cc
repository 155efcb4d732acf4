// SPDX-License-Identifier: Apache-2.0
#include "lockdown/filter/key_filter.h"

#include <utility>

#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::filter {
namespace {

// A device that sends more in one packet is not pressed by anybody.
constexpr std::size_t kLongestPacket = 64;

enum Value { kUp = 0, kDown = 1, kRepeat = 2 };

}  // namespace

std::vector<Event> KeyFilter::Feed(const Event& event) {
  if (event.type == EV_SYN && event.code == SYN_DROPPED) {
    // The kernel lost events. A key whose release was among them would stay down outside.
    std::vector<Event> out = ReleaseAll();
    lost_ = true;
    return out;
  }
  if (event.type == EV_SYN && event.code == SYN_REPORT) {
    lost_ = false;
    if (packet_.empty()) return {};
    packet_.push_back(kReport);
    return std::exchange(packet_, {});
  }
  if (event.type == EV_KEY && !lost_) Key(event);
  if (packet_.size() <= kLongestPacket) return {};
  std::vector<Event> out = ReleaseAll();
  lost_ = true;
  return out;
}

void KeyFilter::Key(const Event& event) {
  if (!keys_.contains(event.code)) return;
  const bool is_down = down_.contains(event.code);
  switch (event.value) {
    case kDown:
      if (is_down) return;
      down_.insert(event.code);
      break;
    case kUp:
      // One that was down before the filter began, or was let go of here.
      if (!is_down) return;
      down_.erase(event.code);
      break;
    case kRepeat:
      if (!is_down) return;
      break;
    default:
      return;
  }
  packet_.push_back({EV_KEY, event.code, event.value});
}

std::vector<Event> KeyFilter::ReleaseAll() {
  // A key of the unfinished packet may be down outside, too: its release was not given on yet. To
  // let go of one that is not down is nothing to whoever reads.
  for (const Event& event : packet_) down_.insert(event.code);
  packet_.clear();
  std::vector<Event> out;
  for (const std::uint16_t code : down_) out.push_back({EV_KEY, code, kUp});
  if (!out.empty()) out.push_back(kReport);
  down_.clear();
  return out;
}

}  // namespace bf::lockdown::filter
