// SPDX-License-Identifier: Apache-2.0
// The core of bf-input-filter: events of an evdev node in, events for the uinput device out. Pure.
//
// Only listed keys come through, and only in an order that a keyboard could send: down, repeats,
// up. Everything else is dropped: other keys and buttons, axes, switches, scan codes. A modifier
// that is not listed is never seen outside, so a chord with it arrives as the listed key alone.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

namespace bf::lockdown::filter {

struct Event {
  std::uint16_t type = 0;
  std::uint16_t code = 0;
  std::int32_t value = 0;
  bool operator==(const Event&) const = default;
};

// EV_SYN, SYN_REPORT: what is before it belongs together.
inline constexpr Event kReport = {0, 0, 0};

class KeyFilter {
 public:
  explicit KeyFilter(std::set<std::uint16_t> keys) : keys_(std::move(keys)) {}

  // What is to be given on now: nothing, or a whole packet that ends with kReport.
  std::vector<Event> Feed(const Event& event);
  // Lets go of every key that is down outside: at the end, or when events were lost.
  std::vector<Event> ReleaseAll();

  const std::set<std::uint16_t>& down() const { return down_; }

 private:
  void Key(const Event& event);

  std::set<std::uint16_t> keys_;
  std::set<std::uint16_t> down_;  // outside, once the packet is given on
  std::vector<Event> packet_;
  bool lost_ = false;  // until the next report nothing can be trusted
};

}  // namespace bf::lockdown::filter
