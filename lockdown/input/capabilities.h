// SPDX-License-Identifier: Apache-2.0
// What an input device can report: /sys/class/input/inputN/capabilities/* and properties. And what
// the kernel's own handlers make of it: they, not udev's ID_INPUT_*, decide who gets the keys.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "lockdown/input/bitmap.h"

namespace bf::lockdown::input {

struct Capabilities {
  Bitmap ev;
  Bitmap key;
  Bitmap rel;
  Bitmap abs;
  Bitmap msc;
  Bitmap led;
  Bitmap snd;
  Bitmap ff;
  Bitmap sw;
  Bitmap properties;

  bool operator==(const Capabilities&) const = default;
};

// All of them, for whoever reads, writes or compares each: the file below inputN, the key in
// policies, and the words that the kernel could print.
struct CapabilityField {
  std::string_view name;       // "key"; "properties"
  std::string_view attribute;  // "capabilities/key"; "properties"
  Bitmap Capabilities::*bits;
  std::size_t max_words;
};
inline constexpr std::array<CapabilityField, 10> kCapabilityFields = {{
    {"ev", "capabilities/ev", &Capabilities::ev, 1},
    {"key", "capabilities/key", &Capabilities::key, 12},
    {"rel", "capabilities/rel", &Capabilities::rel, 1},
    {"abs", "capabilities/abs", &Capabilities::abs, 1},
    {"msc", "capabilities/msc", &Capabilities::msc, 1},
    {"led", "capabilities/led", &Capabilities::led, 1},
    {"snd", "capabilities/snd", &Capabilities::snd, 1},
    {"ff", "capabilities/ff", &Capabilities::ff, 2},
    {"sw", "capabilities/sw", &Capabilities::sw, 1},
    {"properties", "properties", &Capabilities::properties, 1},
}};

// A device whose event type is absent never reports of that type, whatever the other bitmaps say.
bool HasKey(const Capabilities& device, unsigned code);
bool HasSwitch(const Capabilities& device, unsigned code);

// The keyboard of the virtual terminals (drivers/tty/vt/keyboard.c, kbd_match): any key below
// BTN_MISC, any braille dot, or sound.
bool VtKeyboardTakes(const Capabilities& device);
// SysRq (drivers/tty/sysrq.c, sysrq_ids): anything with the left Alt key.
bool SysrqTakes(const Capabilities& device);
// /dev/input/mouseN and mice (drivers/input/mousedev.c, mousedev_ids).
bool MousedevTakes(const Capabilities& device);
// /dev/input/jsN (drivers/input/joydev.c, joydev_ids). The handler leaves some devices out again
// (touch screens, absolute mice, pads by vendor); which ones differs between kernels, so it may
// take what this names, and takes nothing else.
bool JoydevMayTake(const Capabilities& device);
// A person points with it: a touch screen, a touch pad, a tablet, a mouse. Nothing of the kernel's:
// sensors have axes and gamepads have axes and buttons, but not these.
bool Points(const Capabilities& device);
// Radio switches (net/rfkill/input.c, rfkill_ids).
bool RfkillTakes(const Capabilities& device);
// LEDs as class devices (drivers/input/input-leds.c, input_leds_ids).
bool LedsTakes(const Capabilities& device);
// evdev takes every device (drivers/input/evdev.c, evdev_ids).

// The keys and switches that logind acts on (systemd, src/login/logind-button.c) and that no
// console is needed for: power, sleep, suspend, restart, lid, dock.
bool HasPowerSwitch(const Capabilities& device);

// "vt-keyboard", "sysrq", … for messages, in that order; "evdev" always.
std::vector<std::string_view> HandlersOf(const Capabilities& device);

// Would the VT keyboard take a device for this key alone?
bool IsVtKey(unsigned code);

}  // namespace bf::lockdown::input
