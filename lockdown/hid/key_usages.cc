// SPDX-License-Identifier: Apache-2.0
#include "lockdown/hid/key_usages.h"

#include <array>
#include <vector>

#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::hid {
namespace {

// Page 0x07 from usage 0x04 on, in the order of the usage tables.
constexpr std::uint16_t kKeyboardFrom04[] = {
    KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G, KEY_H, KEY_I, KEY_J, KEY_K, KEY_L, KEY_M,
    KEY_N, KEY_O, KEY_P, KEY_Q, KEY_R, KEY_S, KEY_T, KEY_U, KEY_V, KEY_W, KEY_X, KEY_Y, KEY_Z,
    // 0x1e
    KEY_1, KEY_2, KEY_3, KEY_4, KEY_5, KEY_6, KEY_7, KEY_8, KEY_9, KEY_0,
    // 0x28
    KEY_ENTER, KEY_ESC, KEY_BACKSPACE, KEY_TAB, KEY_SPACE, KEY_MINUS, KEY_EQUAL, KEY_LEFTBRACE,
    KEY_RIGHTBRACE, KEY_BACKSLASH, KEY_BACKSLASH, KEY_SEMICOLON, KEY_APOSTROPHE, KEY_GRAVE,
    KEY_COMMA, KEY_DOT, KEY_SLASH, KEY_CAPSLOCK,
    // 0x3a
    KEY_F1, KEY_F2, KEY_F3, KEY_F4, KEY_F5, KEY_F6, KEY_F7, KEY_F8, KEY_F9, KEY_F10, KEY_F11,
    KEY_F12,
    // 0x46
    KEY_SYSRQ, KEY_SCROLLLOCK, KEY_PAUSE, KEY_INSERT, KEY_HOME, KEY_PAGEUP, KEY_DELETE, KEY_END,
    KEY_PAGEDOWN, KEY_RIGHT, KEY_LEFT, KEY_DOWN, KEY_UP, KEY_NUMLOCK,
    // 0x54
    KEY_KPSLASH, KEY_KPASTERISK, KEY_KPMINUS, KEY_KPPLUS, KEY_KPENTER, KEY_KP1, KEY_KP2, KEY_KP3,
    KEY_KP4, KEY_KP5, KEY_KP6, KEY_KP7, KEY_KP8, KEY_KP9, KEY_KP0, KEY_KPDOT,
    // 0x64
    KEY_102ND, KEY_COMPOSE, KEY_POWER, KEY_KPEQUAL, KEY_F13, KEY_F14, KEY_F15, KEY_F16, KEY_F17,
    KEY_F18, KEY_F19, KEY_F20, KEY_F21, KEY_F22, KEY_F23, KEY_F24,
    // 0x74
    KEY_OPEN, KEY_HELP, KEY_PROPS, KEY_FRONT, KEY_STOP, KEY_AGAIN, KEY_UNDO, KEY_CUT, KEY_COPY,
    KEY_PASTE, KEY_FIND, KEY_MUTE, KEY_VOLUMEUP, KEY_VOLUMEDOWN, KEY_UNKNOWN, KEY_UNKNOWN,
    KEY_UNKNOWN, KEY_KPCOMMA, KEY_UNKNOWN,
    // 0x87
    KEY_RO, KEY_KATAKANAHIRAGANA, KEY_YEN, KEY_HENKAN, KEY_MUHENKAN, KEY_KPJPCOMMA, KEY_UNKNOWN,
    KEY_UNKNOWN, KEY_UNKNOWN, KEY_HANGEUL, KEY_HANJA, KEY_KATAKANA, KEY_HIRAGANA,
    KEY_ZENKAKUHANKAKU};
// From 0xe0 on: the modifiers, and what keyboards with media keys use after them.
constexpr std::uint16_t kKeyboardFromE0[] = {
    KEY_LEFTCTRL, KEY_LEFTSHIFT, KEY_LEFTALT,    KEY_LEFTMETA, KEY_RIGHTCTRL,    KEY_RIGHTSHIFT,
    KEY_RIGHTALT, KEY_RIGHTMETA, KEY_PLAYPAUSE,  KEY_STOPCD,   KEY_PREVIOUSSONG, KEY_NEXTSONG,
    KEY_EJECTCD,  KEY_VOLUMEUP,  KEY_VOLUMEDOWN, KEY_MUTE,     KEY_WWW,          KEY_BACK,
    KEY_FORWARD,  KEY_STOP,      KEY_FIND,       KEY_SCROLLUP, KEY_SCROLLDOWN,   KEY_EDIT,
    KEY_SLEEP,    KEY_COFFEE,    KEY_REFRESH,    KEY_CALC};

constexpr std::uint16_t kSystemFrom81[] = {
    KEY_POWER,  KEY_SLEEP, KEY_WAKEUP, KEY_CONTEXT_MENU, KEY_MENU, KEY_PROG1,  KEY_HELP,   KEY_EXIT,
    KEY_SELECT, KEY_RIGHT, KEY_LEFT,   KEY_UP,           KEY_DOWN, KEY_POWER2, KEY_RESTART};

struct Pair {
  std::uint16_t id;
  std::uint16_t key;
};

constexpr Pair kConsumer[] = {
    {0x030, KEY_POWER},
    {0x031, KEY_RESTART},
    {0x032, KEY_SLEEP},
    {0x034, KEY_SLEEP},
    {0x035, KEY_KBDILLUMTOGGLE},
    {0x036, BTN_MISC},
    {0x040, KEY_MENU},
    {0x041, KEY_SELECT},
    {0x042, KEY_UP},
    {0x043, KEY_DOWN},
    {0x044, KEY_LEFT},
    {0x045, KEY_RIGHT},
    {0x046, KEY_ESC},
    {0x047, KEY_KPPLUS},
    {0x048, KEY_KPMINUS},
    {0x060, KEY_INFO},
    {0x061, KEY_SUBTITLE},
    {0x063, KEY_VCR},
    {0x065, KEY_CAMERA},
    {0x069, KEY_RED},
    {0x06a, KEY_GREEN},
    {0x06b, KEY_BLUE},
    {0x06c, KEY_YELLOW},
    {0x06d, KEY_ASPECT_RATIO},
    {0x06f, KEY_BRIGHTNESSUP},
    {0x070, KEY_BRIGHTNESSDOWN},
    {0x072, KEY_BRIGHTNESS_TOGGLE},
    {0x073, KEY_BRIGHTNESS_MIN},
    {0x074, KEY_BRIGHTNESS_MAX},
    {0x075, KEY_BRIGHTNESS_AUTO},
    {0x082, KEY_VIDEO_NEXT},
    {0x083, KEY_LAST},
    {0x084, KEY_ENTER},
    {0x088, KEY_PC},
    {0x089, KEY_TV},
    {0x08a, KEY_WWW},
    {0x08b, KEY_DVD},
    {0x08c, KEY_PHONE},
    {0x08d, KEY_PROGRAM},
    {0x08e, KEY_VIDEOPHONE},
    {0x08f, KEY_GAMES},
    {0x090, KEY_MEMO},
    {0x091, KEY_CD},
    {0x092, KEY_VCR},
    {0x093, KEY_TUNER},
    {0x094, KEY_EXIT},
    {0x095, KEY_HELP},
    {0x096, KEY_TAPE},
    {0x097, KEY_TV2},
    {0x098, KEY_SAT},
    {0x09a, KEY_PVR},
    {0x09c, KEY_CHANNELUP},
    {0x09d, KEY_CHANNELDOWN},
    {0x0a0, KEY_VCR2},
    {0x0b0, KEY_PLAY},
    {0x0b1, KEY_PAUSE},
    {0x0b2, KEY_RECORD},
    {0x0b3, KEY_FASTFORWARD},
    {0x0b4, KEY_REWIND},
    {0x0b5, KEY_NEXTSONG},
    {0x0b6, KEY_PREVIOUSSONG},
    {0x0b7, KEY_STOPCD},
    {0x0b8, KEY_EJECTCD},
    {0x0bc, KEY_MEDIA_REPEAT},
    {0x0b9, KEY_SHUFFLE},
    {0x0bf, KEY_SLOW},
    {0x0cd, KEY_PLAYPAUSE},
    {0x0cf, KEY_VOICECOMMAND},
    {0x0e0, KEY_VOLUMEUP},
    {0x0e2, KEY_MUTE},
    {0x0e5, KEY_BASSBOOST},
    {0x0e9, KEY_VOLUMEUP},
    {0x0ea, KEY_VOLUMEDOWN},
    {0x0f5, KEY_SLOW},
    {0x181, KEY_BUTTONCONFIG},
    {0x182, KEY_BOOKMARKS},
    {0x183, KEY_CONFIG},
    {0x184, KEY_WORDPROCESSOR},
    {0x185, KEY_EDITOR},
    {0x186, KEY_SPREADSHEET},
    {0x187, KEY_GRAPHICSEDITOR},
    {0x188, KEY_PRESENTATION},
    {0x189, KEY_DATABASE},
    {0x18a, KEY_MAIL},
    {0x18b, KEY_NEWS},
    {0x18c, KEY_VOICEMAIL},
    {0x18d, KEY_ADDRESSBOOK},
    {0x18e, KEY_CALENDAR},
    {0x18f, KEY_TASKMANAGER},
    {0x190, KEY_JOURNAL},
    {0x191, KEY_FINANCE},
    {0x192, KEY_CALC},
    {0x193, KEY_PLAYER},
    {0x194, KEY_FILE},
    {0x196, KEY_WWW},
    {0x199, KEY_CHAT},
    {0x19c, KEY_LOGOFF},
    {0x19e, KEY_COFFEE},
    {0x19f, KEY_CONTROLPANEL},
    {0x1a2, KEY_APPSELECT},
    {0x1a3, KEY_NEXT},
    {0x1a4, KEY_PREVIOUS},
    {0x1a6, KEY_HELP},
    {0x1a7, KEY_DOCUMENTS},
    {0x1ab, KEY_SPELLCHECK},
    {0x1ae, KEY_KEYBOARD},
    {0x1b1, KEY_SCREENSAVER},
    {0x1b4, KEY_FILE},
    {0x1b6, KEY_IMAGES},
    {0x1b7, KEY_AUDIO},
    {0x1b8, KEY_VIDEO},
    {0x1bc, KEY_MESSENGER},
    {0x1bd, KEY_INFO},
    {0x1cb, KEY_ASSISTANT},
    {0x201, KEY_NEW},
    {0x202, KEY_OPEN},
    {0x203, KEY_CLOSE},
    {0x204, KEY_EXIT},
    {0x207, KEY_SAVE},
    {0x208, KEY_PRINT},
    {0x209, KEY_PROPS},
    {0x21a, KEY_UNDO},
    {0x21b, KEY_COPY},
    {0x21c, KEY_CUT},
    {0x21d, KEY_PASTE},
    {0x21f, KEY_FIND},
    {0x221, KEY_SEARCH},
    {0x222, KEY_GOTO},
    {0x223, KEY_HOMEPAGE},
    {0x224, KEY_BACK},
    {0x225, KEY_FORWARD},
    {0x226, KEY_STOP},
    {0x227, KEY_REFRESH},
    {0x22a, KEY_BOOKMARKS},
    {0x22d, KEY_ZOOMIN},
    {0x22e, KEY_ZOOMOUT},
    {0x22f, KEY_ZOOMRESET},
    {0x232, KEY_FULL_SCREEN},
    {0x233, KEY_SCROLLUP},
    {0x234, KEY_SCROLLDOWN},
    {0x23d, KEY_EDIT},
    {0x25f, KEY_CANCEL},
    {0x269, KEY_INSERT},
    {0x26a, KEY_DELETE},
    {0x279, KEY_REDO},
    {0x289, KEY_REPLY},
    {0x28b, KEY_FORWARDMAIL},
    {0x28c, KEY_SEND},
    {0x29d, KEY_KBD_LAYOUT_NEXT},
};

// Undefined, and horizontal scroll.
constexpr std::uint16_t kConsumerNoKey[] = {0x000, 0x238};

class Table {
 public:
  Table() {
    rows_.reserve(700);
    None(0x00, 0x0000, 0xffff);
    Desktop();
    None(0x02, 0x0000, 0xffff);  // simulation: axes
    // Virtual reality, sport, games, batteries: no keys, but see TakesNextFree.
    for (const unsigned page : {0x03u, 0x04u, 0x05u, 0x06u}) None(page, 0x0000, 0xffff);
    Keyboard();
    None(0x08, 0x0000, 0xffff);  // LEDs
    rows_.push_back({MakeUsage(0x09, 0), MakeUsage(0x09, 0xffff), Effect::kButton, 0});
    None(0x0a, 0x0000, 0xffff);  // ordinals
    Telephony();
    Consumer();
    Digitizer();
    None(0x0e, 0x0000, 0xffff);  // haptics
    None(0x0f, 0x0000, 0x00a3);  // forces
    Key(0x0f, 0x00a4, 0x00a4, BTN_DEAD);
    None(0x0f, 0x00a5, 0xffff);
    // Sensors, lights, monitors, power
    for (const unsigned page : {0x20u, 0x59u, 0x80u, 0x81u, 0x84u, 0x85u}) {
      None(page, 0x0000, 0xffff);
    }
  }
  std::span<const UsageEffect> rows() const { return rows_; }

 private:
  void None(unsigned page, unsigned first, unsigned last) {
    rows_.push_back({MakeUsage(page, first), MakeUsage(page, last), Effect::kNoKey, 0});
  }
  void Key(unsigned page, unsigned first, unsigned last, unsigned key) {
    rows_.push_back({MakeUsage(page, first), MakeUsage(page, last), Effect::kKey,
                     static_cast<std::uint16_t>(key)});
  }
  void Keys(unsigned page, unsigned first, std::span<const std::uint16_t> keys) {
    for (const std::uint16_t key : keys) {
      Key(page, first, first, key);
      ++first;
    }
  }

  void Desktop() {
    None(0x01, 0x00, 0x3c);
    Key(0x01, 0x3d, 0x3d, BTN_START);
    Key(0x01, 0x3e, 0x3e, BTN_SELECT);
    None(0x01, 0x3f, 0x80);
    Keys(0x01, 0x81, kSystemFrom81);
    None(0x01, 0x90, 0x93);  // the four of a pad, as a hat
    Key(0x01, 0x94, 0xa8, KEY_UNKNOWN);
    Key(0x01, 0xa9, 0xa9, KEY_MICMUTE);
    Key(0x01, 0xaa, 0xb4, KEY_UNKNOWN);
    Key(0x01, 0xb5, 0xb5, KEY_SWITCHVIDEOMODE);
    Key(0x01, 0xb6, 0xc5, KEY_UNKNOWN);
    Key(0x01, 0xc6, 0xc6, KEY_RFKILL);
    None(0x01, 0xc7, 0xffff);
  }

  void Keyboard() {
    None(0x07, 0x00, 0x03);  // "no event" and three kinds of error
    Keys(0x07, 0x04, kKeyboardFrom04);
    constexpr unsigned kAfter = 0x04 + std::size(kKeyboardFrom04);
    Key(0x07, kAfter, 0xb5, KEY_UNKNOWN);
    Key(0x07, 0xb6, 0xb6, KEY_KPLEFTPAREN);
    Key(0x07, 0xb7, 0xb7, KEY_KPRIGHTPAREN);
    Key(0x07, 0xb8, 0xdf, KEY_UNKNOWN);
    Keys(0x07, 0xe0, kKeyboardFromE0);
    Key(0x07, 0xe0 + std::size(kKeyboardFromE0), 0xffff, KEY_UNKNOWN);
  }

  // What hid-input does not know here it leaves alone; drivers of headsets do not. So only what is
  // known has a row.
  void Telephony() {
    Key(0x0b, 0x2f, 0x2f, KEY_MICMUTE);
    constexpr std::uint16_t kDial[] = {
        KEY_NUMERIC_0, KEY_NUMERIC_1, KEY_NUMERIC_2,    KEY_NUMERIC_3,
        KEY_NUMERIC_4, KEY_NUMERIC_5, KEY_NUMERIC_6,    KEY_NUMERIC_7,
        KEY_NUMERIC_8, KEY_NUMERIC_9, KEY_NUMERIC_STAR, KEY_NUMERIC_POUND,
        KEY_NUMERIC_A, KEY_NUMERIC_B, KEY_NUMERIC_C,    KEY_NUMERIC_D};
    Keys(0x0b, 0xb0, kDial);
  }

  // Whatever is not in the list hid-input makes KEY_UNKNOWN, which counts as a key to all handlers.
  void Consumer() {
    std::array<std::uint16_t, 0x300> keys;
    keys.fill(KEY_UNKNOWN);
    for (const Pair& pair : kConsumer) keys[pair.id] = pair.key;
    for (const std::uint16_t id : kConsumerNoKey) keys[id] = KEY_RESERVED;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto id = static_cast<std::uint16_t>(i);
      if (keys[id] == KEY_RESERVED) {
        None(0x0c, id, id);
      } else {
        Key(0x0c, id, id, keys[id]);
      }
    }
    Key(0x0c, static_cast<unsigned>(keys.size()), 0xffff, KEY_UNKNOWN);
  }

  void Digitizer() {
    None(0x0d, 0x00, 0x2f);
    Key(0x0d, 0x30, 0x30, BTN_TOUCH);  // pressure, where there is no touch
    None(0x0d, 0x31, 0x31);
    Key(0x0d, 0x32, 0x32, BTN_TOOL_PEN);
    Key(0x0d, 0x33, 0x33, BTN_TOUCH);
    None(0x0d, 0x34, 0x3b);
    Key(0x0d, 0x3c, 0x3c, BTN_TOOL_RUBBER);
    None(0x0d, 0x3d, 0x41);
    Key(0x0d, 0x42, 0x43, BTN_TOUCH);
    Key(0x0d, 0x44, 0x44, BTN_STYLUS);
    Key(0x0d, 0x45, 0x45, BTN_TOOL_RUBBER);
    Key(0x0d, 0x46, 0x46, BTN_STYLUS2);
    None(0x0d, 0x47, 0x59);
    Key(0x0d, 0x5a, 0x5a, BTN_STYLUS);
    None(0x0d, 0x5b, 0xffff);
  }

  std::vector<UsageEffect> rows_;
};

constexpr UsageRange kNextFree[] = {{MakeUsage(0x01, 0), MakeUsage(0x01, 0xffff)},
                                    {MakeUsage(0x03, 0), MakeUsage(0x06, 0xffff)},
                                    {MakeUsage(0x09, 0), MakeUsage(0x0a, 0xffff)},
                                    {MakeUsage(0x0d, 0), MakeUsage(0xffff, 0xffff)}};

}  // namespace

bool TakesNextFree(UsageRange usages) {
  for (const UsageRange& range : kNextFree) {
    if (usages.Overlaps(range.first, range.last)) return true;
  }
  return false;
}

std::span<const UsageEffect> UsageEffects() {
  static const Table kTable;
  return kTable.rows();
}

}  // namespace bf::lockdown::hid
