// SPDX-License-Identifier: Apache-2.0
// The power is cut after each write of a first boot and of a growth, and inside each write after
// each sector; the next boot must end where an undisturbed one does.
#include "provision/data/converge.h"
#include "provision/data/judge.h"
#include "provision/layout/layout.h"
#include "tests/provision/data/fake_machine.h"

namespace bf::provision::data {
namespace {

constexpr std::uint64_t kMiB = FakeMachine::kMiB;
constexpr std::uint64_t kDisk = 500 * kMiB;
constexpr std::uint64_t kGrown = kDisk - kMiB - FakeMachine::kDataAt;

DataPolicy Policy(FormatWhen when = FormatWhen::kIntent) {
  auto layout = layout::LoadLayout(fmt::format("{}/tests/provision/data/goldens", BF_SOURCE_DIR));
  EXPECT_TRUE(layout) << layout.error().ToString();
  DataPolicy policy = layout->data;
  policy.format.value = when;
  return policy;
}

using Prepare = std::function<void(FakeMachine&)>;

struct Story {
  const char* name;
  std::uint32_t sector;
  bool formats;  // or holds somebody's data already
  FormatWhen when;
  Prepare prepare;
};

const Story kStories[] = {
    {"first boot", 512, true, FormatWhen::kIntent,
     [](FakeMachine& m) { m.LayOut(50 * kMiB, 32 * kMiB, disk::kTypeBfDataUnformatted); }},
    {"first boot on 4 KiB sectors", 4096, true, FormatWhen::kIntent,
     [](FakeMachine& m) { m.LayOut(50 * kMiB, 32 * kMiB, disk::kTypeBfDataUnformatted); }},
    {"first boot over an earlier life", 512, true, FormatWhen::kIntent,
     [](FakeMachine& m) {
       m.PutFilesystem(kGrown, "BF_DATA", true);
       m.Put(FakeMachine::kDataAt, std::vector<std::byte>(34 * kMiB));
       m.LayOut(50 * kMiB, 32 * kMiB, disk::kTypeBfDataUnformatted);
     }},
    {"a blank card laid out by others", 512, true, FormatWhen::kIntentOrBlank,
     [](FakeMachine& m) { m.LayOut(kDisk, 32 * kMiB, disk::kTypeLinuxData); }},
    {"growth", 512, false, FormatWhen::kIntent,
     [](FakeMachine& m) {
       // Large enough for a second block group, and so for a backup superblock.
       m.LayOut(200 * kMiB, 160 * kMiB, disk::kTypeLinuxData);
       m.PutFilesystem(160 * kMiB, "BF_DATA", true);
     }},
    {"an old table", 512, false, FormatWhen::kIntent,
     [](FakeMachine& m) {
       m.PutFilesystem(kGrown, "BF_DATA", true);
       m.LayOut(50 * kMiB, 32 * kMiB, disk::kTypeBfDataUnformatted);
     }},
};

void ExpectFinished(const Story& story, const FakeMachine& machine, const Outcome& outcome) {
  EXPECT_TRUE(outcome.settled);
  EXPECT_FALSE(outcome.last.degraded) << outcome.last.reason;
  EXPECT_TRUE(outcome.last.notes.empty());
  const auto table = machine.Table();
  ASSERT_TRUE(table.primary && table.backup);
  EXPECT_EQ(table.primary->entries, table.backup->entries);
  const auto* entry = table.primary->Find(2);
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(IsLinuxType(*entry));
  EXPECT_EQ((entry->last_lba - entry->first_lba + 1) * story.sector, kGrown);
  const auto super = machine.Super();
  ASSERT_TRUE(super);
  EXPECT_EQ(super->label, "BF_DATA");
  EXPECT_TRUE(super->checksum_ok);
  EXPECT_EQ(super->SizeBytes(), kGrown);
  for (const std::uint64_t offset : disk::Ext4BackupOffsets(*super)) {
    const auto backup = machine.Super(offset);
    ASSERT_TRUE(backup) << offset;
    EXPECT_EQ(backup->label, "BF_DATA");
  }
  EXPECT_TRUE(machine.HasSkeleton());
  EXPECT_EQ(machine.HasUserData(), !story.formats);
}

class CutTest : public testing::TestWithParam<Story> {
 protected:
  FakeMachine Fresh() const {
    FakeMachine machine(kDisk, GetParam().sector);
    GetParam().prepare(machine);
    machine.Boot();
    return machine;
  }
  Outcome Boot(FakeMachine& machine) const {
    return Converge(Policy(GetParam().when), machine, machine, {});
  }
};

TEST_P(CutTest, UndisturbedAndThenNothingToDo) {
  FakeMachine machine = Fresh();
  ExpectFinished(GetParam(), machine, Boot(machine));
  const int writes = machine.writes();
  EXPECT_GT(writes, 0);
  EXPECT_TRUE(Boot(machine).done.empty());
  machine.Boot();
  EXPECT_EQ(Boot(machine).done.size(), 1U) << "only the mount";
  EXPECT_EQ(machine.writes(), writes + 1) << "only the superblock, by the mount";
}

TEST_P(CutTest, ACutAfterAnyWriteAndInsideAnyLeadsToTheSamePlace) {
  FakeMachine whole = Fresh();
  const int before = whole.writes();
  Boot(whole);
  const int writes = whole.writes() - before;
  // 1 splits the table's head, 3 the superblock, 40 lets the entry array through.
  for (const int torn : {0, 1, 3, 40}) {
    for (int after = 0; after < writes; ++after) {
      SCOPED_TRACE(fmt::format("{}: cut after write {}, {} sectors of the next", GetParam().name,
                               after, torn));
      FakeMachine machine = Fresh();
      machine.CutAfter(after, torn);
      EXPECT_THROW((void)Boot(machine), PowerCut);
      const auto super = machine.Super();
      const bool finished = super && super->checksum_ok && super->label == "BF_DATA";
      const int formats = machine.formats();
      machine.Boot();
      ASSERT_TRUE(machine.boots());
      ExpectFinished(GetParam(), machine, Boot(machine));
      if (finished) {
        EXPECT_EQ(machine.formats(), formats) << "formatted a finished file system";
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST_P(CutTest, ACutOfTheSecondAttemptAsWell) {
  for (int first = 0; first < 40; first += 5) {
    for (int second = 0; second < 40; second += 11) {
      SCOPED_TRACE(fmt::format("{}: {} then {}", GetParam().name, first, second));
      FakeMachine machine = Fresh();
      for (const int after : {first, second}) {
        machine.CutAfter(after, 1);
        try {
          (void)Boot(machine);
        } catch (const PowerCut&) {
        }
        machine.Boot();
        ASSERT_TRUE(machine.boots());
      }
      ExpectFinished(GetParam(), machine, Boot(machine));
      if (testing::Test::HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, CutTest, testing::ValuesIn(kStories), [](const auto& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

}  // namespace
}  // namespace bf::provision::data
