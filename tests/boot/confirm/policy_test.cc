// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/policy.h"

namespace bf::boot::confirm {
namespace {

using testing::HasSubstr;

std::string Complaints(const std::string& text) {
  policy::Diagnostics diagnostics;
  const policy::Document document = policy::ParseToml(text, "update.toml", diagnostics);
  if (diagnostics.empty()) ReadConfirmPolicy(document, diagnostics);
  return diagnostics.empty() ? "none" : diagnostics.ToError().ToString();
}

TEST(UpdatePolicy, TheShippedOneIsWhatStandsInForIt) {
  const auto shipped = LoadConfirmPolicy(BF_SOURCE_DIR "/policies");
  ASSERT_TRUE(shipped) << shipped.error().ToString();
  const ConfirmPolicy fallback = DefaultConfirmPolicy();
  EXPECT_EQ(shipped->deadline.value, fallback.deadline.value);
  EXPECT_EQ(shipped->settle.value, fallback.settle.value);
  EXPECT_EQ(shipped->retry.value, fallback.retry.value);
  EXPECT_FALSE(shipped->downgrade.value);
  EXPECT_FALSE(fallback.downgrade.value);
}

TEST(UpdatePolicy, EachMistakeIsNamedWithItsPlace) {
  EXPECT_EQ(Complaints("schema = 1\n[confirmation]\ndeadline = \"5min\"\n"), "none");
  EXPECT_THAT(Complaints("schema = 1\n"), HasSubstr("[confirmation] is missing"));
  EXPECT_THAT(Complaints("schema = 1\n[confirmation]\ndeadline = \"10s\"\n"),
              HasSubstr("update.toml:3:12: a deadline is 1min to 1h"));
  EXPECT_THAT(Complaints("schema = 1\n[confirmation]\nretry = \"0s\"\n"),
              HasSubstr("update.toml:3:9: retry must be"));
  EXPECT_THAT(Complaints("schema = 1\n[confirmation]\nsettle = \"9min\"\n"),
              HasSubstr("more than half of the deadline"));
  EXPECT_THAT(Complaints("schema = 1\n[confirmation]\ndeadlin = \"5min\"\n"),
              HasSubstr("did you mean \"deadline\"?"));
}

}  // namespace
}  // namespace bf::boot::confirm
