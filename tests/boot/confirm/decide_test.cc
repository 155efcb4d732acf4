// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/decide.h"

namespace bf::boot::confirm {
namespace {

using testing::HasSubstr;
using Kind = Step::Kind;

constexpr std::int64_t kDeadline = 600'000;

Seen OnTrial(std::int64_t now) {
  Seen seen;
  seen.now = now;
  seen.judged.situation = Situation::kTrial;
  seen.judged.running = Slot::kB;
  seen.judged.committed = Slot::kA;
  return seen;
}
Seen Normal(std::int64_t now) {
  Seen seen = OnTrial(now);
  seen.judged.situation = Situation::kNormal;
  seen.judged.committed = Slot::kB;
  return seen;
}
Step Decided(const Seen& seen) { return Decide(DefaultConfirmPolicy(), seen); }

TEST(Decide, ATrialWaitsForTheKioskUntilItsDeadlineAndThenGivesUp) {
  EXPECT_EQ(Decided(OnTrial(1000)).kind, Kind::kWait);
  EXPECT_EQ(Decided(OnTrial(1000)).until, kDeadline);
  EXPECT_EQ(Decided(OnTrial(kDeadline - 1)).kind, Kind::kWait);
  const Step last = Decided(OnTrial(kDeadline));
  EXPECT_EQ(last.kind, Kind::kGiveUp);
  EXPECT_THAT(last.reason, HasSubstr("not healthy within 600 s"));
}

TEST(Decide, ANormalBootWaitsForEverAndNeverGivesUp) {
  const Step step = Decided(Normal(1'000'000'000));
  EXPECT_EQ(step.kind, Kind::kWait);
  EXPECT_EQ(step.until, std::nullopt);
  Seen failed = Normal(1'000'000'000);
  failed.marker_since = 0;
  failed.last_failure = "rauc is not there";
  failed.failed_at = failed.now - 1;
  EXPECT_EQ(Decided(failed).kind, Kind::kWait);
  Seen disagreeing = Normal(1'000'000'000);
  disagreeing.marker_since = 0;
  disagreeing.judged.disagreements = {"x"};
  EXPECT_EQ(Decided(disagreeing).kind, Kind::kWait);
}

TEST(Decide, ABootByTheFlagEndsEvenWhereAutobootTxtCannotBeRead) {
  Seen seen = OnTrial(kDeadline);
  seen.judged.situation = Situation::kUnknown;
  seen.judged.committed.reset();
  EXPECT_EQ(Decided(seen).kind, Kind::kWait) << "without the flag it is no trial";
  seen.judged.flagged = true;
  EXPECT_EQ(Decided(seen).kind, Kind::kGiveUp);
  seen.judged.running.reset();
  EXPECT_EQ(Decided(seen).kind, Kind::kGiveUp);
  seen = Normal(kDeadline);
  seen.judged.flagged = true;
  EXPECT_EQ(Decided(seen).kind, Kind::kWait) << "the committed slot runs";
}

TEST(Decide, AMarkerHasToStayBeforeItCounts) {
  Seen seen = OnTrial(50'000);
  seen.marker_since = 45'000;
  const Step early = Decided(seen);
  EXPECT_EQ(early.kind, Kind::kWait);
  EXPECT_EQ(early.until, 55'000);
  seen.now = 55'000;
  EXPECT_EQ(Decided(seen).kind, Kind::kMarkGood);
}

TEST(Decide, AMarkerThatNeverStaysIsGivenUpWithThatReason) {
  Seen seen = OnTrial(kDeadline);
  seen.marker_since = kDeadline - 1000;
  EXPECT_EQ(Decided(seen).kind, Kind::kGiveUp);
  EXPECT_THAT(Decided(seen).reason, HasSubstr("did not stay healthy"));
  // In a crash loop the deadline comes as often when the marker is gone.
  seen.marker_since.reset();
  EXPECT_THAT(Decided(seen).reason, HasSubstr("was not healthy"));
  seen.marker_ever = true;
  EXPECT_THAT(Decided(seen).reason, HasSubstr("did not stay healthy"));
}

TEST(Decide, ADisagreementIsNeverConfirmedAndNamesItselfInTheEnd) {
  Seen seen = OnTrial(100'000);
  seen.marker_since = 50'000;
  seen.judged.disagreements = {"the firmware started slot A, but the root is slot B's"};
  const Step step = Decided(seen);
  EXPECT_EQ(step.kind, Kind::kWait);
  EXPECT_EQ(step.until, 110'000);
  seen.now = kDeadline;
  EXPECT_EQ(Decided(seen).kind, Kind::kGiveUp);
  EXPECT_THAT(Decided(seen).reason, HasSubstr("the root is slot B's"));
}

TEST(Decide, AFailedAttemptIsRetriedAfterAWhileAndNotBefore) {
  Seen seen = OnTrial(100'000);
  seen.marker_since = 50'000;
  seen.last_failure = "rauc ended with exit code 1";
  seen.failed_at = 95'000;
  EXPECT_EQ(Decided(seen).kind, Kind::kWait);
  EXPECT_EQ(Decided(seen).until, 105'000);
  seen.now = 105'000;
  EXPECT_EQ(Decided(seen).kind, Kind::kMarkGood);
  seen.failed_at = seen.now = kDeadline;
  EXPECT_EQ(Decided(seen).kind, Kind::kGiveUp);
  EXPECT_THAT(Decided(seen).reason, HasSubstr("exit code 1"));
}

TEST(Decide, SuccessIsWhatBfBootSees) {
  Judgement judged;
  EXPECT_THAT(NotConfirmed(judged, true), HasSubstr("not known"));
  judged.running = Slot::kB;
  judged.committed = Slot::kA;
  EXPECT_THAT(NotConfirmed(judged, true), HasSubstr("A is committed"));
  judged.committed = Slot::kB;
  EXPECT_THAT(NotConfirmed(judged, false), HasSubstr("not marked good"));
  EXPECT_EQ(NotConfirmed(judged, true), "");
}

}  // namespace
}  // namespace bf::boot::confirm
