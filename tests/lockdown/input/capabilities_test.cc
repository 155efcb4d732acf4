// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/capabilities.h"

#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::input {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

Capabilities With(std::initializer_list<unsigned> types, std::initializer_list<unsigned> keys) {
  Capabilities device;
  for (const unsigned type : types) device.ev.Set(type);
  for (const unsigned key : keys) device.key.Set(key);
  return device;
}

TEST(VtKeyboard, TakesAnyKeyBelowTheButtons) {
  for (const unsigned key :
       {unsigned{KEY_RESERVED}, unsigned{KEY_ESC}, unsigned{KEY_POWER}, unsigned{KEY_MICMUTE},
        unsigned{BTN_MISC - 1}, unsigned{KEY_BRL_DOT1}, unsigned{KEY_BRL_DOT10}}) {
    EXPECT_TRUE(VtKeyboardTakes(With({EV_KEY}, {key}))) << key;
    EXPECT_TRUE(IsVtKey(key)) << key;
    EXPECT_FALSE(VtKeyboardTakes(With({EV_REL}, {key}))) << key;
  }
  for (const unsigned key :
       {unsigned{BTN_MISC}, unsigned{BTN_LEFT}, unsigned{BTN_TOUCH}, unsigned{KEY_OK},
        unsigned{KEY_BRL_DOT1 - 1}, unsigned{KEY_BRL_DOT10 + 1}, unsigned{KEY_MAX}}) {
    EXPECT_FALSE(VtKeyboardTakes(With({EV_KEY}, {key}))) << key;
    EXPECT_FALSE(IsVtKey(key)) << key;
  }
}

TEST(VtKeyboard, TakesSoundAlone) {
  EXPECT_TRUE(VtKeyboardTakes(With({EV_SND}, {})));
  EXPECT_FALSE(VtKeyboardTakes(With({EV_SYN}, {})));
}

TEST(Sysrq, NeedsNothingButLeftAlt) {
  EXPECT_TRUE(SysrqTakes(With({EV_KEY}, {KEY_LEFTALT})));
  EXPECT_FALSE(SysrqTakes(With({EV_KEY}, {KEY_RIGHTALT, KEY_SYSRQ})));
  EXPECT_FALSE(SysrqTakes(With({}, {KEY_LEFTALT})));
}

// For udev all of the first 31 keys make a keyboard, for the kernel one does.
TEST(VtKeyboard, IsNotFooledByAMissingLetter) {
  Capabilities device;
  device.ev.Set(EV_KEY);
  for (unsigned key = KEY_ESC; key <= KEY_S; ++key) {
    if (key != KEY_D) device.key.Set(key);
  }
  device.key.Set(KEY_LEFTALT);
  EXPECT_THAT(HandlersOf(device), ElementsAre("vt-keyboard", "sysrq", "evdev"));
}

TEST(Points, IsATouchScreenATabletOrAMouse) {
  Capabilities screen = With({EV_KEY, EV_ABS}, {BTN_TOUCH});
  EXPECT_FALSE(Points(screen));
  screen.abs.Set(ABS_MT_POSITION_X);
  EXPECT_FALSE(Points(screen));
  screen.abs.Set(ABS_MT_POSITION_Y);
  EXPECT_TRUE(Points(screen));
  Capabilities mouse = With({EV_KEY, EV_REL}, {BTN_LEFT});
  EXPECT_FALSE(Points(mouse));
  mouse.rel.Set(REL_X);
  mouse.rel.Set(REL_Y);
  EXPECT_TRUE(Points(mouse));
  Capabilities pad = With({EV_KEY, EV_ABS}, {BTN_SOUTH});
  pad.abs.Set(ABS_X);
  pad.abs.Set(ABS_Y);
  EXPECT_FALSE(Points(pad));
  pad.key.Set(BTN_LEFT);
  EXPECT_TRUE(Points(pad));
  Capabilities wheel = With({EV_KEY, EV_REL}, {KEY_A});
  wheel.rel.Set(REL_WHEEL);
  EXPECT_FALSE(Points(wheel));
}

TEST(Mousedev, TakesMiceWheelsTabletsAndPads) {
  Capabilities mouse = With({EV_KEY, EV_REL}, {BTN_LEFT});
  EXPECT_FALSE(MousedevTakes(mouse));
  mouse.rel.Set(REL_X);
  EXPECT_FALSE(MousedevTakes(mouse));
  mouse.rel.Set(REL_Y);
  EXPECT_TRUE(MousedevTakes(mouse));
  Capabilities wheel = With({EV_KEY, EV_REL}, {});
  wheel.rel.Set(REL_WHEEL);
  EXPECT_TRUE(MousedevTakes(wheel));
  Capabilities touch = With({EV_KEY, EV_ABS}, {BTN_TOUCH});
  EXPECT_FALSE(MousedevTakes(touch));
  touch.abs.Set(ABS_X);
  touch.abs.Set(ABS_Y);
  EXPECT_TRUE(MousedevTakes(touch));
  Capabilities pad = With({EV_KEY, EV_ABS}, {BTN_TOOL_FINGER});
  pad.abs = touch.abs;
  EXPECT_FALSE(MousedevTakes(pad));
  pad.abs.Set(ABS_PRESSURE);
  pad.abs.Set(ABS_TOOL_WIDTH);
  EXPECT_TRUE(MousedevTakes(pad));
  Capabilities absolute = With({EV_KEY, EV_ABS}, {BTN_LEFT});
  absolute.abs = touch.abs;
  EXPECT_TRUE(MousedevTakes(absolute));
}

TEST(OtherHandlers, TakeWhatTheirTablesName) {
  EXPECT_TRUE(JoydevMayTake(With({EV_KEY}, {BTN_GAMEPAD})));
  EXPECT_FALSE(JoydevMayTake(With({EV_KEY}, {BTN_LEFT})));
  Capabilities stick = With({EV_ABS}, {});
  stick.abs.Set(ABS_THROTTLE);
  EXPECT_TRUE(JoydevMayTake(stick));
  EXPECT_TRUE(RfkillTakes(With({EV_KEY}, {KEY_RFKILL})));
  Capabilities radio = With({EV_SW}, {});
  radio.sw.Set(SW_RFKILL_ALL);
  EXPECT_TRUE(RfkillTakes(radio));
  EXPECT_TRUE(LedsTakes(With({EV_LED}, {})));
  EXPECT_THAT(HandlersOf(With({EV_LED}, {})), Contains("leds"));
}

TEST(PowerSwitch, KeysAndSwitchesOfLogind) {
  EXPECT_TRUE(HasPowerSwitch(With({EV_KEY}, {KEY_POWER})));
  EXPECT_TRUE(HasPowerSwitch(With({EV_KEY}, {KEY_RESTART})));
  EXPECT_FALSE(HasPowerSwitch(With({EV_KEY}, {KEY_ENTER})));
  Capabilities lid = With({EV_SW}, {});
  lid.sw.Set(SW_LID);
  EXPECT_TRUE(HasPowerSwitch(lid));
}

TEST(Capabilities, TheTableNamesEachBitmapOnce) {
  Capabilities device;
  for (const CapabilityField& field : kCapabilityFields) {
    EXPECT_TRUE((device.*field.bits).None()) << field.name;
    (device.*field.bits).Set(0);
    EXPECT_TRUE(field.attribute.ends_with(field.name));
  }
}

}  // namespace
}  // namespace bf::lockdown::input
