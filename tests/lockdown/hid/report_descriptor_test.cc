// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "tests/lockdown/hid/samples.h"

namespace bf::lockdown::hid {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string ErrorOf(const Bytes& bytes) {
  const auto parsed = Parse(bytes);
  return parsed ? "" : parsed.error().message;
}
UsageRange One(Usage usage) { return {usage, usage}; }
// Of all fields.
std::vector<UsageRange> UsagesIn(const Bytes& bytes) {
  const auto parsed = Parse(bytes);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().ToString();
  return parsed ? parsed->usages : std::vector<UsageRange>();
}

const Bytes kPage7 = {0x05, 0x07};
const Bytes kInput = {0x81, 0x02};

TEST(ReportDescriptor, TheBootKeyboard) {
  const auto parsed = Parse(BootKeyboard());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  EXPECT_THAT(parsed->Applications(), ElementsAre(kKeyboard));
  ASSERT_EQ(parsed->fields.size(), 5u);
  const Field& modifiers = parsed->fields[0];
  EXPECT_EQ(modifiers.kind, FieldKind::kInput);
  EXPECT_TRUE(modifiers.Variable());
  EXPECT_EQ(modifiers.report_size, 1u);
  EXPECT_EQ(modifiers.report_count, 8u);
  EXPECT_EQ(modifiers.collection, 0);
  EXPECT_THAT(parsed->UsagesOf(modifiers),
              ElementsAre(UsageRange{MakeUsage(7, 0xe0), MakeUsage(7, 0xe7)}));
  EXPECT_TRUE(parsed->fields[1].Constant());
  EXPECT_EQ(parsed->fields[1].usage_count, 0u);
  EXPECT_EQ(parsed->fields[2].kind, FieldKind::kOutput);
  EXPECT_THAT(parsed->UsagesOf(parsed->fields[4]),
              ElementsAre(UsageRange{MakeUsage(7, 0), MakeUsage(7, 0x65)}));
}

TEST(ReportDescriptor, CollectionsNestAndKnowTheirParents) {
  const auto parsed = Parse(Mouse() + BootKeyboard());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  EXPECT_THAT(parsed->Applications(), ElementsAre(kMouse, kKeyboard));
  EXPECT_TRUE(parsed->HasApplication(kKeyboard));
  EXPECT_FALSE(parsed->HasApplication(kTouchScreen));
  ASSERT_EQ(parsed->collections.size(), 3u);
  EXPECT_EQ(parsed->collections[1].type, CollectionType::kPhysical);
  EXPECT_EQ(parsed->collections[1].parent, 0);
  EXPECT_EQ(parsed->collections[2].parent, -1);
}

TEST(ReportDescriptor, ReportIdsAndFeatures) {
  const auto parsed = Parse(TouchScreen());
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  EXPECT_EQ(parsed->fields.back().kind, FieldKind::kFeature);
  EXPECT_EQ(parsed->fields.back().report_id, 1);
  EXPECT_THAT(parsed->UsagesOf(parsed->fields.back()), ElementsAre(One(MakeUsage(0x0d, 0x55))));
}

TEST(ReportDescriptor, PushAndPopKeepThePage) {
  // Page 7, push, page 9, pop: the usage is of page 7.
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0xa4, 0x05, 0x09, 0xb4, 0x09, 0x04} + kInput),
              ElementsAre(One(MakeUsage(7, 4))));
}

TEST(ReportDescriptor, ExtendedUsagesBringTheirPage) {
  EXPECT_THAT(UsagesIn(Bytes{0x05, 0x01, 0x0b, 0x04, 0x00, 0x07, 0x00} + kInput),
              ElementsAre(One(MakeUsage(7, 4))));
  EXPECT_THAT(UsagesIn(Bytes{0x05, 0x01, 0x1b, 0x04, 0, 7, 0, 0x2b, 0x1d, 0, 7, 0} + kInput),
              ElementsAre(UsageRange{MakeUsage(7, 4), MakeUsage(7, 0x1d)}));
}

TEST(ReportDescriptor, APageAfterItsUsageCountsBothWays) {
  // Kernels before 5.4 read a pointer here, later ones a key.
  EXPECT_THAT(UsagesIn(Bytes{0x05, 0x01, 0x09, 0x04} + kPage7 + kInput),
              ElementsAre(One(MakeUsage(1, 4)), One(MakeUsage(7, 4))));
}

TEST(ReportDescriptor, ARangeWithOneLongEndCountsBothWays) {
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0x19, 0x04, 0x2b, 0x1d, 0, 7, 0} + kInput),
              ElementsAre(UsageRange{0x04, MakeUsage(7, 0x1d)},
                          UsageRange{MakeUsage(7, 4), MakeUsage(7, 0x1d)}));
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0x1b, 0x04, 0, 7, 0, 0x29, 0x1d} + kInput),
              ElementsAre(UsageRange{MakeUsage(7, 4), MakeUsage(7, 0x1d)}));
}

TEST(ReportDescriptor, AMaximumBeforeItsMinimumIsARangeToo) {
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0x29, 0x1d, 0x19, 0x04} + kInput),
              Contains(UsageRange{MakeUsage(7, 4), MakeUsage(7, 0x1d)}));
}

TEST(ReportDescriptor, AllAlternativesOfADelimiterCount) {
  EXPECT_THAT(
      UsagesIn(kPage7 + Bytes{0xa9, 0x01, 0x09, 0x04, 0x09, 0x05, 0x09, 0x06, 0xa9, 0x00} + kInput),
      ElementsAre(One(MakeUsage(7, 4)), One(MakeUsage(7, 5)), One(MakeUsage(7, 6))));
}

TEST(ReportDescriptor, UsagesEndWithTheirMainItem) {
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0x09, 0x04} + kInput + kInput),
              ElementsAre(One(MakeUsage(7, 4))));
  // A collection uses them up as well.
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0x09, 0x04, 0xa1, 0x00} + kInput + Bytes{0xc0}), IsEmpty());
}

TEST(ReportDescriptor, LongItemsAreStridden) {
  EXPECT_THAT(UsagesIn(kPage7 + Bytes{0xfe, 0x03, 0xf0, 0x09, 0x05, 0x81, 0x09, 0x04} + kInput),
              ElementsAre(One(MakeUsage(7, 4))));
}

TEST(ReportDescriptor, ErrorsNameTheirOffset) {
  EXPECT_EQ(ErrorOf({}), "an empty report descriptor");
  EXPECT_EQ(ErrorOf({0x05}), "offset 0: an item that is cut off");
  EXPECT_EQ(ErrorOf(kPage7 + Bytes{0x0b, 1, 2, 3}), "offset 2: an item that is cut off");
  EXPECT_EQ(ErrorOf({0xfe, 0x05, 0x01, 0, 0, 0, 0}), "offset 0: a long item that is cut off");
  EXPECT_EQ(ErrorOf({0xfe, 0x00}), "offset 0: a long item that is cut off");
  EXPECT_EQ(ErrorOf({0xc0}), "offset 0: no collection to close");
  EXPECT_EQ(ErrorOf({0xa1, 0x01}), "a collection is not closed");
  EXPECT_EQ(ErrorOf({0xb4}), "offset 0: Pop without Push");
  EXPECT_EQ(ErrorOf({0xa4, 0xa4, 0xa4, 0xa4, 0xa4}), "offset 4: too many Push");
  EXPECT_EQ(ErrorOf({0x85, 0x00}), "offset 0: report id 0 is not possible");
  EXPECT_EQ(ErrorOf({0x86, 0x00, 0x01}), "offset 0: report id 256 is not possible");
  EXPECT_EQ(ErrorOf({0x76, 0x01, 0x01}), "offset 0: report size 257 is not possible");
  EXPECT_EQ(ErrorOf({0x97, 0xff, 0xff, 0xff, 0xff}),
            "offset 0: report count 4294967295 is not possible");
  EXPECT_EQ(ErrorOf({0xc5, 0x00}), "offset 0: unknown global item 0xc");
  EXPECT_EQ(ErrorOf({0xa9, 0x01, 0xa9, 0x01}), "offset 2: delimiters do not nest");
  EXPECT_EQ(ErrorOf({0xa9, 0x00}), "offset 0: delimiters do not nest");
  EXPECT_EQ(ErrorOf({0xa9, 0x02}), "offset 0: delimiter 2 is not possible");
  EXPECT_EQ(ErrorOf({0xa9, 0x01}), "a delimiter is not closed");
  EXPECT_EQ(ErrorOf({0xa9, 0x01, 0x81, 0x02}), "offset 2: a main item inside a delimiter");
  EXPECT_THAT(ErrorOf(Bytes(4097, 0xa0)), HasSubstr("at most 4096"));
}

TEST(ReportDescriptor, EveryCutIsSeenOrTheRestOfItBalanced) {
  const Bytes whole = BootKeyboard();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = Parse(Bytes(whole.begin(), whole.begin() + static_cast<int>(size)));
    // Before the collection opens, a cut between items is a whole descriptor of nothing.
    EXPECT_EQ(parsed.has_value(), size == 2 || size == 4) << size;
  }
}

TEST(ReportDescriptor, TheWorstOfFourKibibytesTakesNoTime) {
  Bytes nested(2048, 0xa0);
  nested = nested + Bytes(2048, 0xc0);
  Bytes usages;
  while (usages.size() < 4090) usages = usages + Bytes{0x08, 0x04};
  usages.resize(4080);
  usages = usages + kPage7 + kInput;
  Bytes ranges = {0x17, 0, 0, 0, 0};  // logical minimum, to get to a round size
  while (ranges.size() < 4080) ranges = ranges + Bytes{0x2b, 0xff, 0xff, 0xff, 0xff};
  ranges = ranges + kInput;
  const auto start = std::chrono::steady_clock::now();
  for (const Bytes& bytes : {nested, usages, ranges, Bytes(4096, 0x80), Bytes(4096, 0x08)}) {
    EXPECT_EQ(ErrorOf(bytes), "");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
}

}  // namespace
}  // namespace bf::lockdown::hid
