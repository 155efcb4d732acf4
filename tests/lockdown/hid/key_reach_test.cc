// SPDX-License-Identifier: Apache-2.0
#include "lockdown/hid/key_reach.h"

#include <chrono>

#include "lockdown/hid/key_usages.h"
#include "lockdown/input/linux_codes.h"
#include "tests/lockdown/hid/samples.h"

namespace bf::lockdown::hid {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

KeyReach Reach(const Bytes& bytes) {
  const auto parsed = Parse(bytes);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().ToString();
  return parsed ? ReachOf(*parsed) : KeyReach();
}
// One input field of this one usage, `size` bits wide, `count` times.
Bytes Input(std::uint16_t page, std::uint16_t id, std::uint8_t size = 1, std::uint8_t count = 1) {
  return {0x06,
          static_cast<std::uint8_t>(page & 0xff),
          static_cast<std::uint8_t>(page >> 8),
          0x0a,
          static_cast<std::uint8_t>(id & 0xff),
          static_cast<std::uint8_t>(id >> 8),
          0x75,
          size,
          0x95,
          count,
          0x81,
          0x02};
}

TEST(UsageEffects, AreInOrderWithoutOverlaps) {
  const auto rows = UsageEffects();
  ASSERT_GT(rows.size(), 300u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_LE(rows[i].first, rows[i].last);
    if (i == 0) continue;
    EXPECT_GT(rows[i].first, rows[i - 1].last) << UsageToString(rows[i].first);
  }
}

TEST(KeyReach, AKeyboardTypesItsKeysAndNoOthers) {
  const KeyReach reach = Reach(BootKeyboard());
  EXPECT_EQ(reach.CanType(), Typing::kYes);
  EXPECT_THAT(reach.unknown, IsEmpty());
  for (const int key : {KEY_A, KEY_Z, KEY_0, KEY_ENTER, KEY_SYSRQ, KEY_DELETE, KEY_F12, KEY_LEFTALT,
                        KEY_RIGHTMETA, KEY_102ND, KEY_COMPOSE, KEY_KPDOT}) {
    EXPECT_TRUE(reach.CouldSend(static_cast<unsigned>(key))) << key;
  }
  for (const int key : {KEY_POWER, KEY_F13, KEY_VOLUMEUP, BTN_LEFT, BTN_MISC, KEY_UNKNOWN}) {
    EXPECT_FALSE(reach.CouldSend(static_cast<unsigned>(key))) << key;
  }
}

TEST(KeyReach, PointersDoNotType) {
  const KeyReach mouse = Reach(Mouse());
  EXPECT_EQ(mouse.CanType(), Typing::kNo);
  EXPECT_TRUE(mouse.CouldSend(BTN_LEFT));
  EXPECT_TRUE(mouse.CouldSend(BTN_MIDDLE));
  EXPECT_FALSE(mouse.CouldSend(KEY_A));
  const KeyReach touch = Reach(TouchScreen());
  EXPECT_EQ(touch.CanType(), Typing::kNo);
  EXPECT_TRUE(touch.CouldSend(BTN_TOUCH));
  EXPECT_FALSE(touch.CouldSend(KEY_ENTER));
}

TEST(KeyReach, AMouseWithAKeyboardCollectionTypes) {
  EXPECT_EQ(Reach(Mouse() + BootKeyboard()).CanType(), Typing::kYes);
}

TEST(KeyReach, OneKeyIsEnough) {
  EXPECT_EQ(Reach(Input(0x07, 0x46)).CanType(), Typing::kYes);  // SysRq
  EXPECT_TRUE(Reach(Input(0x07, 0xe2)).CouldSend(KEY_LEFTALT));
  // Beyond the tables is KEY_UNKNOWN, a key to every handler.
  EXPECT_TRUE(Reach(Input(0x07, 0x1234)).keys.Test(KEY_UNKNOWN));
  // Errors and padding are no keys.
  for (const unsigned id : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(Reach(Input(0x07, static_cast<std::uint16_t>(id))).CanType(), Typing::kNo) << id;
  }
}

TEST(KeyReach, OtherPagesOfKeys) {
  EXPECT_TRUE(Reach(Input(0x01, 0x81)).CouldSend(KEY_POWER));
  EXPECT_TRUE(Reach(Input(0x01, 0x82)).CouldSend(KEY_SLEEP));
  EXPECT_TRUE(Reach(Input(0x01, 0x8f)).CouldSend(KEY_RESTART));
  EXPECT_TRUE(Reach(Input(0x0c, 0xe9)).CouldSend(KEY_VOLUMEUP));
  EXPECT_TRUE(Reach(Input(0x0c, 0x223)).CouldSend(KEY_HOMEPAGE));
  EXPECT_TRUE(Reach(Input(0x0c, 0x30)).CouldSend(KEY_POWER));
  EXPECT_EQ(Reach(Input(0x0c, 0x7777)).CanType(), Typing::kYes);
  EXPECT_TRUE(Reach(Input(0x0b, 0xb1)).CouldSend(KEY_NUMERIC_1));
  EXPECT_EQ(Reach(Input(0x0c, 0x238, 8)).CanType(), Typing::kNo);  // horizontal scroll
}

TEST(KeyReach, VendorsMayDoAnything) {
  const KeyReach reach = Reach(Input(0xff00, 0x01, 8) + Input(0x0b, 0x20, 8));
  EXPECT_EQ(reach.CanType(), Typing::kPerhaps);
  EXPECT_TRUE(reach.CouldSend(KEY_A));
  EXPECT_THAT(reach.unknown, ElementsAre(UsageRange{MakeUsage(0x0b, 0x20), MakeUsage(0x0b, 0x20)},
                                         UsageRange{MakeUsage(0xff00, 1), MakeUsage(0xff00, 1)}));
}

TEST(KeyReach, OutputsAndFeaturesSendNothing) {
  Bytes output = Input(0x07, 0x04);
  output[10] = 0x91;
  EXPECT_EQ(Reach(output).CanType(), Typing::kNo);
  output[10] = 0xb1;
  EXPECT_EQ(Reach(output).CanType(), Typing::kNo);
}

TEST(KeyReach, ConstantInputsCount) {
  Bytes constant = Input(0x07, 0x04);
  constant[11] = 0x03;
  EXPECT_EQ(Reach(constant).CanType(), Typing::kYes);
}

// hid-input gives a usage whose code is taken the next free one: 245 one-bit usages of no meaning
// fill BTN_MISC and all after it, up to the braille dots.
TEST(KeyReach, ManyNamelessBitsEndInBrailleDots) {
  EXPECT_FALSE(Reach(Input(0x0d, 0x70, 1, 100)).CouldSend(KEY_BRL_DOT1));
  EXPECT_EQ(Reach(Input(0x0d, 0x70, 1, 100)).CanType(), Typing::kNo);
  EXPECT_TRUE(Reach(Input(0x0d, 0x70, 1, 245)).CouldSend(KEY_BRL_DOT1));
  EXPECT_EQ(Reach(Input(0x0d, 0x70, 1, 245)).CanType(), Typing::kYes);
  // Over many fields as well.
  Bytes fields;
  for (int i = 0; i < 245; ++i) fields = fields + Input(0x0d, 0x70);
  EXPECT_EQ(Reach(fields).CanType(), Typing::kYes);
  // Wider ones are axes.
  EXPECT_EQ(Reach(Input(0x0d, 0x70, 8, 245)).CanType(), Typing::kNo);
}

TEST(KeyReach, HighButtonsAreBrailleDots) {
  EXPECT_EQ(Reach(Input(0x09, 0x08)).CanType(), Typing::kNo);
  // Button 0xf2 of a device that calls itself nothing in particular: 0x100 + 0xf1.
  EXPECT_EQ(Reach(Input(0x09, 0xf2)).CanType(), Typing::kYes);
}

TEST(KeyReach, ARangeOverAllPagesReachesEverything) {
  const KeyReach reach =
      Reach({0x1b, 0, 0, 0, 0, 0x2b, 0xff, 0xff, 0xff, 0xff, 0x75, 0x01, 0x95, 0x01, 0x81, 0x00});
  EXPECT_EQ(reach.CanType(), Typing::kYes);
  EXPECT_TRUE(reach.keys.Test(KEY_A));
  EXPECT_TRUE(reach.keys.Test(BTN_LEFT));
  EXPECT_TRUE(reach.keys.Test(KEY_NUMERIC_1));
  ASSERT_FALSE(reach.unknown.empty());
  EXPECT_EQ(reach.unknown.back().last, 0xffffffffu);
}

TEST(KeyReach, TheWorstOfFourKibibytesTakesNoTime) {
  Bytes bytes;
  // Each field: an extended range over everything.
  const Bytes field = {0x1b, 0, 0, 0, 0, 0x2b, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00};
  while (bytes.size() + field.size() <= kMaxReportDescriptor) bytes = bytes + field;
  Bytes single;
  for (unsigned id = 0; single.size() < 4080; ++id) {
    single = single + Bytes{0x0a, static_cast<std::uint8_t>(id * 7), static_cast<std::uint8_t>(id)};
  }
  single = single + Bytes{0x05, 0x09, 0x81, 0x02};
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Reach(bytes).CanType(), Typing::kYes);
  Reach(single);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace bf::lockdown::hid
