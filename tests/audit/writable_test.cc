// SPDX-License-Identifier: Apache-2.0
// The verdict on who writes where, against asking each user at each path.
#include <random>

#include "audit/diff/diff.h"

namespace bf::audit {
namespace {

const std::vector<std::string> kPlaces = {"/a", "/a/b", "/a/b/c", "/d"};

PolicySet Random(std::mt19937_64& random) {
  const auto pick = [&](auto... values) {
    const std::common_type_t<decltype(values)...> all[] = {values...};
    return all[random() % sizeof...(values)];
  };
  PolicySet set;
  set.state.emplace();
  set.overlays.emplace();
  for (const std::string& place : kPlaces) {
    const auto kind = random() % 3;
    if (kind == 1) {
      provision::state::Entry entry;
      entry.path.value = place;
      entry.owner.value = pick("root", "kiosk");
      entry.group.value = pick("root", "video");
      entry.mode.value = pick(0700U, 0755U, 0770U, 0777U, 01777U);
      entry.reason = "x";
      set.state->entries.push_back(entry);
    } else if (kind == 2) {
      overlays::WritablePath path;
      path.path.value = place;
      path.kind.value = overlays::Kind::kTmpfs;
      path.mode.value = pick(0700U, 0755U, 0777U, 01777U);
      path.exec.value = random() % 2 == 0;
      path.size.value = 1;
      path.inodes.value = 1;
      path.reason.value = "x";
      set.overlays->push_back(path);
    }
  }
  return set;
}

// What there is at a path: by the entry of the longest place it lies in.
struct Answer {
  std::string place;
  bool exec = false;
  bool persistent = false;
  bool owner_writes = false;  // user kiosk
  bool group_writes = false;  // a member of video
  bool others_write = false;
};
Answer At(const PolicySet& set, const std::string& path) {
  Answer answer;
  const auto in = [&](const std::string& place) {
    return path.starts_with(place + "/") && place.size() > answer.place.size();
  };
  for (const auto& entry : set.state->entries) {
    if (!in(entry.path.value)) continue;
    const bool others = (entry.mode.value & 2U) != 0;
    answer = {entry.path.value,
              false,
              true,
              others || entry.owner.value == "kiosk",
              others || (entry.group.value == "video" && (entry.mode.value & 020U) != 0),
              others};
  }
  for (const auto& one : *set.overlays) {
    if (!in(one.path.value)) continue;
    const bool others = (one.mode.value & 2U) != 0;
    answer = {one.path.value, one.exec.value, false, others, others, others};
  }
  return answer;
}

bool Looser(const Answer& was, const Answer& is) {
  return (was.place.empty() && !is.place.empty()) || (is.exec && !was.exec) ||
         (is.persistent && !was.persistent) || (is.owner_writes && !was.owner_writes) ||
         (is.group_writes && !was.group_writes) || (is.others_write && !was.others_write);
}

TEST(WritableDiff, AgreesWithAskingEverybodyEverywhere) {
  std::mt19937_64 random(20261124);
  std::size_t loosened = 0;
  for (int i = 0; i < 3000; ++i) {
    SCOPED_TRACE(i);
    const PolicySet before = Random(random);
    const PolicySet after = Random(random);
    const auto changes = DiffWritable(before, after);
    const auto told = [&](const std::string& place, Direction direction) {
      return std::any_of(changes.begin(), changes.end(), [&](const Change& one) {
        return one.direction == direction && one.subject.ends_with(" " + place);
      });
    };
    for (const std::string& place : kPlaces) {
      const Answer was = At(before, place + "/x");
      const Answer is = At(after, place + "/x");
      // Where no entry of either begins, the place above tells of it.
      if (was.place != place && is.place != place) continue;
      if (Looser(was, is)) {
        EXPECT_TRUE(told(place, Direction::kLoosened)) << place;
        ++loosened;
      }
      if (Looser(is, was)) {
        EXPECT_TRUE(told(place, Direction::kTightened)) << place;
      }
    }
    if (changes.empty()) continue;
    for (const Change& change : DiffWritable(after, after)) ADD_FAILURE() << change.what;
  }
  EXPECT_GT(loosened, 1000u);
}

}  // namespace
}  // namespace bf::audit
