// SPDX-License-Identifier: Apache-2.0
#include "boot/model/judge.h"

#include "tests/boot/model/device.h"

namespace bf::boot {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Judge, ADeviceAsItShouldBe) {
  const Judgement judged = Judge(Healthy());
  EXPECT_EQ(judged.situation, Situation::kNormal);
  EXPECT_EQ(judged.running, Slot::kA);
  EXPECT_EQ(judged.committed, Slot::kA);
  EXPECT_EQ(judged.pending, std::nullopt);
  EXPECT_EQ(judged.primary, Slot::kA);
  EXPECT_THAT(judged.disagreements, IsEmpty());
  EXPECT_THAT(judged.problems, IsEmpty());
  EXPECT_FALSE(judged.new_record);
  EXPECT_FALSE(judged.new_selection);
}

TEST(Judge, ATrial) {
  const Judgement judged = Judge(OnTrial());
  EXPECT_EQ(judged.situation, Situation::kTrial);
  EXPECT_EQ(judged.state, State::kTrial);
  EXPECT_EQ(judged.next, Slot::kA);
  EXPECT_EQ(judged.primary, Slot::kB);
  EXPECT_EQ(judged.attempts, 1u);
  EXPECT_THAT(judged.disagreements, IsEmpty());
}

// One spoiled fact of a trial each: none of them may be confirmed.
struct Spoiled {
  const char* name;
  void (*spoil)(Facts&);
  const char* says;
};

class Disagreement : public ::testing::TestWithParam<Spoiled> {};

TEST_P(Disagreement, BlocksTheConfirmationAndSaysWhy) {
  Facts facts = OnTrial();
  ASSERT_TRUE(SetGood(facts, Slot::kB)) << "the trial could be confirmed before";
  GetParam().spoil(facts);
  EXPECT_THAT(Judge(facts).disagreements, Contains(HasSubstr(GetParam().says)));
  const auto change = SetGood(facts, Slot::kB);
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().kind, ErrorKind::kRefused);
}

INSTANTIATE_TEST_SUITE_P(
    Facts, Disagreement,
    ::testing::Values(
        Spoiled{"NoPartition", [](Facts& f) { f.firmware.partition.reset(); },
                "does not tell which partition"},
        Spoiled{"ForeignPartition", [](Facts& f) { f.firmware.partition = 5; },
                "no boot partition of a slot"},
        Spoiled{"AsciiPartition", [](Facts& f) { f.firmware.partition = 0x32000000; },
                "no boot partition of a slot"},
        Spoiled{"OtherPartition", [](Facts& f) { f.firmware.partition = kBootA; },
                "the firmware started slot A, but the root is slot B's"},
        Spoiled{"NoFlag", [](Facts& f) { f.firmware.tryboot.reset(); },
                "does not tell whether this is a trial"},
        Spoiled{"BadNode", [](Facts& f) { f.firmware.problems.emplace_back("3 bytes long"); },
                "3 bytes long"},
        Spoiled{"OtherRoot", [](Facts& f) { f.root_slot = Slot::kA; }, "but the root is slot A's"},
        Spoiled{"ForeignRoot",
                [](Facts& f) {
                  f.root_slot.reset();
                  f.root_text = "sda1 (STICK)";
                },
                "sda1 (STICK), which is the root partition of no slot"},
        Spoiled{"UnknownRoot",
                [](Facts& f) {
                  f.root_slot.reset();
                  f.root_text.clear();
                },
                "not known which partition the root is on"},
        Spoiled{"OtherCommandLine", [](Facts& f) { f.cmdline_slot = Slot::kA; },
                "rauc.slot=A on the kernel command line, but slot B runs"},
        Spoiled{"NoCommandLine",
                [](Facts& f) {
                  f.cmdline_slot.reset();
                  f.cmdline_slot_text = "C";
                },
                "rauc.slot=C"},
        Spoiled{"OtherRevision",
                [](Facts& f) {
                  f.boot_revision = "2.0";
                  f.root_revision = "1.0";
                },
                "belongs to release 2.0, the root to 1.0"},
        Spoiled{"NoAutoboot",
                [](Facts& f) {
                  f.selector.autoboot.reset();
                  f.selector.problem = "not a FAT";
                },
                "cannot be read: not a FAT"},
        Spoiled{"EmptyAutoboot", [](Facts& f) { f.selector.autoboot = disk::ParseAutoboot(""); },
                "commits to no slot"},
        Spoiled{"ForeignCommitted",
                [](Facts& f) {
                  f.selector.autoboot = disk::ParseAutoboot(disk::MakeAutoboot(6, kBootB));
                },
                "[all] boot_partition=6"},
        Spoiled{"RecordGaveItUp",
                [](Facts& f) {
                  f.record.record->state = State::kRolledBack;
                  f.record.record->reason = "it hung";
                },
                "slot B was given up before: it hung"},
        Spoiled{"NoStorage",
                [](Facts& f) {
                  f.record_writable = false;
                  f.record_storage_problem = "BF_DATA is kept aside";
                },
                "the record cannot be kept: BF_DATA is kept aside"}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

// How a boot is judged by what the record said and what the firmware did.
TEST(Judge, StagedStaysOverAPowerCut) {
  Facts facts = Healthy();
  Write(facts, SetPrimary(facts, Slot::kB).value());
  StartSlot(facts, Slot::kA, false, "boot-2");
  const Judgement judged = Judge(facts);
  EXPECT_EQ(judged.state, State::kStaged);
  EXPECT_EQ(judged.primary, Slot::kB);
  EXPECT_EQ(judged.attempts, 0u);
  EXPECT_FALSE(judged.new_record);
}

TEST(Judge, ATrialThatNeverReportedIsStagedAgainUntilTheLimit) {
  Facts facts = Healthy();
  Write(facts, SetPrimary(facts, Slot::kB).value());
  for (std::uint32_t attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    Write(facts, Arm(facts).value());
    StartSlot(facts, Slot::kA, false, fmt::format("boot-{}", attempt + 1));
    Write(facts, Reconcile(facts));
    const Judgement judged = Judge(facts);
    EXPECT_EQ(judged.state, attempt < kMaxAttempts ? State::kStaged : State::kRolledBack);
    EXPECT_THAT(judged.reason, HasSubstr(fmt::format("trial {} of 3", attempt)));
  }
  EXPECT_EQ(Judge(facts).pending, std::nullopt) << "a stray flag must not start it";
  EXPECT_EQ(Judge(facts).primary, Slot::kA);
  EXPECT_FALSE(IsGood(facts, Slot::kB));
  EXPECT_EQ(Arm(facts).error().kind, ErrorKind::kRefused);
}

TEST(Judge, ATrialThatWasCutIsTriedAgain) {
  Facts facts = OnTrial();
  StartSlot(facts, Slot::kA, false, "boot-3");
  Write(facts, Reconcile(facts));
  EXPECT_EQ(Judge(facts).state, State::kStaged);
  EXPECT_THAT(Judge(facts).reason, HasSubstr("was not confirmed before the device restarted"));
  EXPECT_TRUE(Arm(facts));
}

TEST(Judge, ATrialWithAVerdictIsNotTriedAgain) {
  Facts facts = OnTrial();
  const auto change = GiveUp(facts, "the kiosk never came up");
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->record_first);
  Write(facts, *change);
  StartSlot(facts, Slot::kA, false, "boot-3");
  EXPECT_EQ(Judge(facts).state, State::kRolledBack);
  EXPECT_EQ(Judge(facts).reason, "the kiosk never came up");
  EXPECT_FALSE(Judge(facts).pending);
}

TEST(Judge, AFirmwareThatIgnoresTheFlagEndsTheTrialAtOnce) {
  Facts facts = Healthy();
  Write(facts, SetPrimary(facts, Slot::kB).value());
  Write(facts, Arm(facts).value());
  StartSlot(facts, Slot::kA, true, "boot-2");
  Write(facts, Reconcile(facts));
  EXPECT_EQ(Judge(facts).state, State::kRolledBack);
  EXPECT_THAT(Judge(facts).reason, HasSubstr("does not honour [tryboot]"));
}

TEST(Judge, AStrayFlagWithNothingStagedIsAnOrdinaryBoot) {
  Facts facts = Healthy();
  StartSlot(facts, Slot::kA, true, "boot-2");
  EXPECT_EQ(Judge(facts).situation, Situation::kNormal);
  EXPECT_THAT(Judge(facts).disagreements, IsEmpty());
  EXPECT_FALSE(Judge(facts).new_record);
}

TEST(Judge, AFirmwareThatWalkedIsAFallback) {
  Facts facts = Healthy();
  StartSlot(facts, Slot::kB, false, "boot-2");
  const Judgement judged = Judge(facts);
  EXPECT_EQ(judged.situation, Situation::kFallback);
  EXPECT_THAT(judged.problems, Contains(HasSubstr("commits to A, which did not start")));
  EXPECT_FALSE(judged.new_selection) << "the confirmation decides, not the boot";
}

TEST(Judge, TheRunningSlotIsNeverTakenFromTheCommandLine) {
  Facts facts = Healthy();
  facts.cmdline_slot = Slot::kB;
  EXPECT_EQ(Judge(facts).running, Slot::kA);
  EXPECT_EQ(Current(facts).value(), Slot::kA);
}

TEST(Judge, ALostRecordIsMadeAnew) {
  Facts facts = Healthy();
  facts.record = {};
  Write(facts, Reconcile(facts));
  EXPECT_EQ(Judge(facts).state, State::kCommitted);
  EXPECT_TRUE(IsGood(facts, Slot::kA));

  facts = OnTrial();
  facts.record = {};
  Write(facts, Reconcile(facts));
  EXPECT_EQ(Judge(facts).state, State::kTrial);
  EXPECT_TRUE(SetGood(facts, Slot::kB));

  // One more trial, and not three: how many there were is lost.
  StartSlot(facts, Slot::kA, false, "boot-3");
  facts.record = {};
  Write(facts, Reconcile(facts));
  EXPECT_EQ(Judge(facts).state, State::kStaged);
  EXPECT_EQ(Judge(facts).attempts, kMaxAttempts - 1);
}

TEST(Judge, ANewerRecordWithoutAConfirmationEndsTheTrial) {
  Facts facts = OnTrial();
  facts.record = {};
  facts.record.newer_version = 2;
  StartSlot(facts, Slot::kA, false, "boot-3");
  Write(facts, Reconcile(facts));
  EXPECT_EQ(facts.record.record->state, State::kRolledBack);
  EXPECT_FALSE(Judge(facts).pending);
}

TEST(Judge, UnknownIsLeftAlone) {
  Facts facts = Healthy();
  facts.selector.autoboot.reset();
  facts.record = {};
  EXPECT_TRUE(Reconcile(facts).empty());
}

TEST(Judge, NothingIsSaidTwice) {
  for (const auto& make : {Healthy, OnTrial}) {
    Facts facts = make();
    Write(facts, Reconcile(facts));
    EXPECT_TRUE(Reconcile(facts).empty());
  }
}

}  // namespace
}  // namespace bf::boot
