// SPDX-License-Identifier: Apache-2.0
// What goes in and what comes out, as text: "+u" is a key down, "-u" up, "~u" its repeat, "." the
// end of a packet, "!" lost events, "=" the end of the filter. Only u and l are listed.
#include "lockdown/filter/key_filter.h"

#include <sstream>

#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::filter {
namespace {

const std::map<char, std::uint16_t> kKeys = {
    {'u', KEY_VOLUMEUP}, {'l', KEY_LEFT},  {'a', KEY_A},   {'c', KEY_LEFTCTRL},
    {'p', KEY_POWER},    {'s', KEY_SYSRQ}, {'b', BTN_LEFT}};

Event EventOf(const std::string& word) {
  if (word == ".") return kReport;
  if (word == "!") return {EV_SYN, SYN_DROPPED, 0};
  if (word == "mt") return {EV_SYN, SYN_MT_REPORT, 0};
  if (word == "scan") return {EV_MSC, MSC_SCAN, 0x70080};
  if (word == "rel") return {EV_REL, REL_X, 5};
  if (word == "abs") return {EV_ABS, ABS_MT_POSITION_X, 5};
  if (word == "sw") return {EV_SW, SW_LID, 1};
  // Numbers of other types are no keys, even where they are those of listed ones.
  if (word == "other") return {EV_MSC, KEY_VOLUMEUP, 1};
  if (word == "odd") return {EV_KEY, KEY_VOLUMEUP, 3};
  if (word == "negative") return {EV_KEY, KEY_VOLUMEUP, -1};
  const int value = word[0] == '+' ? 1 : word[0] == '-' ? 0 : 2;
  return {EV_KEY, kKeys.at(word[1]), value};
}

std::string Text(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) {
    if (event == kReport) {
      text += ". ";
      continue;
    }
    EXPECT_EQ(event.type, EV_KEY);
    text += event.value == 1 ? '+' : event.value == 0 ? '-' : '~';
    for (const auto& [name, code] : kKeys) {
      if (code == event.code) text += name;
    }
    text += ' ';
  }
  return text;
}

std::string Filtered(const std::string& words) {
  KeyFilter filter({KEY_VOLUMEUP, KEY_LEFT});
  std::string out;
  std::istringstream in(words);
  for (std::string word; in >> word;)
    out += Text(word == "=" ? filter.ReleaseAll() : filter.Feed(EventOf(word)));
  if (!out.empty()) out.pop_back();
  return out;
}

struct Row {
  const char* what;
  const char* in;
  const char* out;
};

TEST(KeyFilter, Table) {
  const Row kRows[] = {
      {"a listed key", "scan +u . scan -u .", "+u . -u ."},
      {"its repeats", "+u . ~u . ~u . -u .", "+u . ~u . ~u . -u ."},
      {"other keys, with their repeats", "+a . ~a . -a . +p . -p . +s . -s .", ""},
      {"two at once", "+u +l . -u . -l .", "+u +l . -u . -l ."},
      {"a packet in which only one is listed", "+a +u +c .", "+u ."},
      {"a packet of nothing that counts", "scan abs rel sw .", ""},
      {"a chord with a modifier that is not listed", "+c . +u . -u . -c .", "+u . -u ."},
      {"a chord of SysRq", "+c +s +u . -u -s -c .", "+u . -u ."},
      {"the repeat of another key", "+u . +a . ~a . -a . -u .", "+u . -u ."},
      {"buttons", "+b . -b .", ""},
      {"axes between keys", "+u abs rel . -u .", "+u . -u ."},
      {"a listed number in another type", "other .", ""},
      {"values that no key has", "odd . negative .", ""},
      {"up without down", "-u .", ""},
      {"a key that was down before the filter began", "~u . ~u . -u . +u . -u .", "+u . -u ."},
      {"down twice", "+u . +u . -u . -u .", "+u . -u ."},
      {"down and up in one packet", "+u -u .", "+u -u ."},
      {"nothing is given on before its packet ends", "+u -u +u", ""},
      {"reports without anything", ". . .", ""},
      {"a report of other kind is none", "+u mt .", "+u ."},
      {"at the end keys are let go of", "+u . +l . =", "+u . +l . -l -u ."},
      {"and only once", "+u . = = -u .", "+u . -u ."},
      {"at the end of nothing", "+a . =", ""},
      {"an unfinished packet at the end", "+u =", "-u ."},
      {"an unfinished release at the end", "+u . -u =", "+u . -u ."},
      {"lost events let go of all", "+u . !", "+u . -u ."},
      {"what follows up to the report is not trusted", "+u . ! +l -l +u . +l .", "+u . -u . +l ."},
      {"the release that comes after all", "+u . ! . -u . +u .", "+u . -u . +u ."},
      {"repeats of a key that was let go of", "+u . ! . ~u . ~u . -u .", "+u . -u ."},
      {"a lost release in an unfinished packet", "+u . -u ! .", "+u . -u ."},
      {"lost twice", "+u . ! ! . +u .", "+u . -u . +u ."},
  };
  for (const Row& row : kRows) EXPECT_EQ(Filtered(row.in), row.out) << row.what << ": " << row.in;
}

TEST(KeyFilter, APacketWithoutEndIsCutOff) {
  KeyFilter filter({KEY_VOLUMEUP});
  std::vector<Event> out;
  for (int i = 0; i < 100'000; ++i) {
    const auto some = filter.Feed({EV_KEY, KEY_VOLUMEUP, i % 2 == 0 ? 1 : 0});
    out.insert(out.end(), some.begin(), some.end());
  }
  EXPECT_EQ(Text(out), "-u . ");
  EXPECT_TRUE(filter.down().empty());
  EXPECT_TRUE(filter.Feed(kReport).empty());
  EXPECT_TRUE(filter.Feed({EV_KEY, KEY_VOLUMEUP, 1}).empty());
  EXPECT_EQ(Text(filter.Feed(kReport)), "+u . ");
}

// Whatever comes in: out come only listed keys, in whole packets, each key down and up in turn.
TEST(KeyFilter, AnyInputMakesAKeyboardThatCouldBe) {
  std::uint32_t random = 12345;
  const auto next = [&random](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 8U) % below;
  };
  const std::uint16_t codes[] = {0, 1, KEY_VOLUMEUP, KEY_LEFT, KEY_A, KEY_MAX};
  const std::set<std::uint16_t> listed = {KEY_VOLUMEUP, KEY_LEFT};
  KeyFilter filter(listed);
  std::set<std::uint16_t> down;
  int given = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Event event{static_cast<std::uint16_t>(next(3) == 0 ? next(6) : next(2)), codes[next(6)],
                      static_cast<std::int32_t>(next(5)) - 1};
    const auto out = next(5000) == 0 ? filter.ReleaseAll() : filter.Feed(event);
    if (out.empty()) continue;
    ASSERT_EQ(out.back(), kReport);
    for (std::size_t j = 0; j + 1 < out.size(); ++j) {
      ++given;
      ASSERT_EQ(out[j].type, EV_KEY);
      ASSERT_TRUE(listed.contains(out[j].code));
      ASSERT_TRUE(out[j].value != 1 || down.insert(out[j].code).second);
      ASSERT_TRUE(out[j].value != 2 || down.contains(out[j].code));
      if (out[j].value == 0) down.erase(out[j].code);
    }
    ASSERT_EQ(filter.down(), down);
  }
  EXPECT_GT(given, 1000);
}

}  // namespace
}  // namespace bf::lockdown::filter
