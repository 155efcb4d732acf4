// SPDX-License-Identifier: Apache-2.0
#include "boot/model/change.h"

#include "tests/boot/model/device.h"

namespace bf::boot {
namespace {

using ::testing::HasSubstr;
using Selection = std::pair<Slot, Slot>;

Facts Staged() {
  Facts facts = Healthy();
  Write(facts, SetPrimary(facts, Slot::kB).value());
  return facts;
}

TEST(SetPrimaryChange, StagesAndNeverMovesTheCommittedSlot) {
  const Facts facts = Healthy();
  const auto change = SetPrimary(facts, Slot::kB);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection, Selection(Slot::kA, Slot::kB));
  EXPECT_EQ(change->record->state, State::kStaged);
  EXPECT_FALSE(IsGood(Staged(), Slot::kB)) << "nobody has seen it run";
}

TEST(SetPrimaryChange, TwiceIsOnce) {
  const Facts facts = Staged();
  EXPECT_TRUE(SetPrimary(facts, Slot::kB).value().empty());
}

TEST(SetPrimaryChange, OfTheCommittedSlotTakesTheTrialBack) {
  const Facts facts = Staged();
  const auto change = SetPrimary(facts, Slot::kA);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection, Selection(Slot::kA, Slot::kA));
  EXPECT_FALSE(change->record_first);
  EXPECT_EQ(change->record->state, State::kCommitted);
  EXPECT_TRUE(SetPrimary(Healthy(), Slot::kA).value().empty());
}

TEST(SetPrimaryChange, OfTheCommittedSlotDuringATrialGivesItUp) {
  const auto change = SetPrimary(OnTrial(), Slot::kA);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->record->state, State::kRolledBack);
  EXPECT_EQ(change->selection, Selection(Slot::kA, Slot::kA));
}

TEST(SetPrimaryChange, NeedsAWritableSelectorAndARecord) {
  Facts facts = Healthy();
  facts.record_writable = false;
  EXPECT_EQ(SetPrimary(facts, Slot::kB).error().kind, ErrorKind::kRefused);
  facts = Healthy();
  facts.selector.writable = false;
  EXPECT_EQ(SetPrimary(facts, Slot::kB).error().kind, ErrorKind::kRefused);
}

TEST(SetGoodChange, OfARunningTrialCommitsInOneSector) {
  Facts facts = OnTrial();
  const auto change = SetGood(facts, Slot::kB);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection, Selection(Slot::kB, Slot::kB));
  EXPECT_EQ(change->record->state, State::kConfirmed);
  Write(facts, *change);
  EXPECT_EQ(Judge(facts).situation, Situation::kNormal);
  EXPECT_TRUE(IsGood(facts, Slot::kB));
  EXPECT_TRUE(SetGood(facts, Slot::kB).value().empty()) << "a second mark-good changes nothing";
}

TEST(SetGoodChange, OfASlotThatDoesNotRunIsRefused) {
  EXPECT_EQ(SetGood(Healthy(), Slot::kB).error().kind, ErrorKind::kRefused);
  EXPECT_EQ(SetGood(OnTrial(), Slot::kA).error().kind, ErrorKind::kRefused);
}

TEST(SetGoodChange, AfterAFallbackCommitsToWhatRuns) {
  Facts facts = Healthy();
  StartSlot(facts, Slot::kB, false, "boot-2");
  const auto change = SetGood(facts, Slot::kB);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection, Selection(Slot::kB, Slot::kB));
  EXPECT_EQ(change->record->MarkOf(Slot::kA), Mark::kBad);
}

TEST(SetGoodChange, OfTheCommittedSlotLeavesAStagedUpdateAlone) {
  Facts facts = Staged();
  facts.record.record->MarkOf(Slot::kA) = Mark::kUnknown;
  const auto change = SetGood(facts, Slot::kA);
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->selection);
  EXPECT_EQ(change->record->state, State::kStaged);
}

TEST(SetBadChange, OfTheOtherSlotIsOnlyRemembered) {
  const auto change = SetBad(Healthy(), Slot::kB);
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->selection);
  EXPECT_EQ(change->record->MarkOf(Slot::kB), Mark::kBad);
}

TEST(SetBadChange, OfAStagedSlotTakesItBackFirst) {
  const auto change = SetBad(Staged(), Slot::kB);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->selection, Selection(Slot::kA, Slot::kA));
  EXPECT_FALSE(change->record_first) << "it is about to be overwritten";
  EXPECT_EQ(change->record->state, State::kCommitted);
}

TEST(SetBadChange, OfThePrimaryMovesNothing) {
  const auto change = SetBad(Healthy(), Slot::kA);
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->selection);
  EXPECT_EQ(change->record->MarkOf(Slot::kA), Mark::kBad);
}

TEST(SetBadChange, OfTheCommittedSlotIsRefusedWhileATrialRuns) {
  const auto change = SetBad(OnTrial(), Slot::kA);
  ASSERT_FALSE(change);
  EXPECT_THAT(change.error().message, HasSubstr("slot B, which runs, is not confirmed"));
  Facts fallback = Healthy();
  StartSlot(fallback, Slot::kB, false, "boot-2");
  EXPECT_FALSE(SetBad(fallback, Slot::kA));
  Facts blind = Healthy();
  blind.root_slot.reset();
  blind.firmware.partition.reset();
  EXPECT_FALSE(SetBad(blind, Slot::kA)) << "what runs is not known";
}

TEST(SetBadChange, OfTheRunningTrialGivesItUp) {
  const auto change = SetBad(OnTrial(), Slot::kB);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->record->state, State::kRolledBack);
  EXPECT_EQ(change->selection, Selection(Slot::kA, Slot::kA));
}

TEST(ArmChange, CountsOncePerBoot) {
  Facts facts = Staged();
  const auto change = Arm(facts);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->record->attempts, 1u);
  EXPECT_FALSE(change->selection);
  Write(facts, *change);
  EXPECT_TRUE(Arm(facts).value().empty());
  EXPECT_FALSE(Arm(Healthy()));
  EXPECT_FALSE(Arm(OnTrial()));
}

TEST(RollBackChange, KnowsWhereItIs) {
  EXPECT_EQ(RollBack(OnTrial()).value().reboot, Reboot::kOrdinary);
  EXPECT_EQ(RollBack(Staged()).value().reboot, Reboot::kNone);
  EXPECT_FALSE(RollBack(Healthy())) << "slot B was never confirmed";
  Facts facts = OnTrial();
  Write(facts, SetGood(facts, Slot::kB).value());
  const auto back = RollBack(facts);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->reboot, Reboot::kTrial);
  EXPECT_EQ(back->change.selection, Selection(Slot::kB, Slot::kA));
  EXPECT_EQ(back->change.record->state, State::kArmed);
}

TEST(CurrentSlot, NoAnswerIsBetterThanAWrongOne) {
  Facts facts = Healthy();
  facts.firmware.partition = kBootB;
  EXPECT_FALSE(Current(facts));
  facts.firmware.partition.reset();
  EXPECT_EQ(Current(facts).value(), Slot::kA) << "an old EEPROM says nothing";
}

}  // namespace
}  // namespace bf::boot
