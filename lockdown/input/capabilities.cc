// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/capabilities.h"

#include <algorithm>

#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::input {
namespace {

static_assert(KEY_CNT == Bitmap::kBits, "a kernel with more keys: give the bitmap more words");

bool HasAxis(const Capabilities& device, unsigned code) {
  return device.ev.Test(EV_ABS) && device.abs.Test(code);
}
bool HasRelative(const Capabilities& device, unsigned code) {
  return device.ev.Test(EV_REL) && device.rel.Test(code);
}

}  // namespace

bool HasKey(const Capabilities& device, unsigned code) {
  return device.ev.Test(EV_KEY) && device.key.Test(code);
}

bool HasSwitch(const Capabilities& device, unsigned code) {
  return device.ev.Test(EV_SW) && device.sw.Test(code);
}

bool IsVtKey(unsigned code) {
  return code < BTN_MISC || (code >= KEY_BRL_DOT1 && code <= KEY_BRL_DOT10);
}

bool VtKeyboardTakes(const Capabilities& device) {
  if (device.ev.Test(EV_SND)) return true;
  return device.ev.Test(EV_KEY) && (device.key.AnyOf(KEY_RESERVED, BTN_MISC - 1) ||
                                    device.key.AnyOf(KEY_BRL_DOT1, KEY_BRL_DOT10));
}

bool SysrqTakes(const Capabilities& device) { return HasKey(device, KEY_LEFTALT); }

bool MousedevTakes(const Capabilities& device) {
  // A handler's table asks for event types first, and then for single bits.
  const bool keys = device.ev.Test(EV_KEY);
  const bool relative_pair = HasRelative(device, REL_X) && HasRelative(device, REL_Y);
  const bool absolute_pair = HasAxis(device, ABS_X) && HasAxis(device, ABS_Y);
  if (!keys) return false;
  if (HasRelative(device, REL_WHEEL)) return true;
  if (relative_pair && device.key.Test(BTN_LEFT)) return true;
  if (!absolute_pair) return false;
  return device.key.Test(BTN_TOUCH) || device.key.Test(BTN_LEFT) ||
         (device.key.Test(BTN_TOOL_FINGER) && device.abs.Test(ABS_PRESSURE) &&
          device.abs.Test(ABS_TOOL_WIDTH));
}

bool JoydevMayTake(const Capabilities& device) {
  constexpr std::array<unsigned, 4> kAxes = {ABS_X, ABS_Z, ABS_WHEEL, ABS_THROTTLE};
  constexpr std::array<unsigned, 3> kButtons = {BTN_JOYSTICK, BTN_GAMEPAD, BTN_TRIGGER_HAPPY};
  return std::any_of(kAxes.begin(), kAxes.end(),
                     [&](unsigned axis) { return HasAxis(device, axis); }) ||
         std::any_of(kButtons.begin(), kButtons.end(),
                     [&](unsigned button) { return HasKey(device, button); });
}

bool Points(const Capabilities& device) {
  const bool pair = (HasRelative(device, REL_X) && HasRelative(device, REL_Y)) ||
                    (HasAxis(device, ABS_X) && HasAxis(device, ABS_Y)) ||
                    (HasAxis(device, ABS_MT_POSITION_X) && HasAxis(device, ABS_MT_POSITION_Y));
  return pair && (HasKey(device, BTN_TOUCH) || HasKey(device, BTN_LEFT));
}

bool RfkillTakes(const Capabilities& device) {
  constexpr std::array<unsigned, 5> kKeys = {KEY_WLAN, KEY_BLUETOOTH, KEY_UWB, KEY_WIMAX,
                                             KEY_RFKILL};
  return HasSwitch(device, SW_RFKILL_ALL) ||
         std::any_of(kKeys.begin(), kKeys.end(), [&](unsigned key) { return HasKey(device, key); });
}

bool LedsTakes(const Capabilities& device) { return device.ev.Test(EV_LED); }

bool HasPowerSwitch(const Capabilities& device) {
  constexpr std::array<unsigned, 5> kKeys = {KEY_POWER, KEY_POWER2, KEY_SLEEP, KEY_SUSPEND,
                                             KEY_RESTART};
  return HasSwitch(device, SW_LID) || HasSwitch(device, SW_DOCK) ||
         std::any_of(kKeys.begin(), kKeys.end(), [&](unsigned key) { return HasKey(device, key); });
}

std::vector<std::string_view> HandlersOf(const Capabilities& device) {
  std::vector<std::string_view> handlers;
  if (VtKeyboardTakes(device)) handlers.push_back("vt-keyboard");
  if (SysrqTakes(device)) handlers.push_back("sysrq");
  if (MousedevTakes(device)) handlers.push_back("mousedev");
  if (JoydevMayTake(device)) handlers.push_back("joydev");
  if (RfkillTakes(device)) handlers.push_back("rfkill");
  if (LedsTakes(device)) handlers.push_back("leds");
  handlers.push_back("evdev");
  return handlers;
}

}  // namespace bf::lockdown::input
