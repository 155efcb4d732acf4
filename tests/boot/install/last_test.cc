// SPDX-License-Identifier: Apache-2.0
#include "boot/install/last.h"

#include "tests/support/temp_tree.h"

namespace bf::boot::install {
namespace {

TEST(LastInstall, IsWhatRaucSaysOnTheBus) {
  const LastInstall last = ParseRauc(
      "{\"type\":\"s\",\"data\":\"idle\"}\n"
      "{\"type\":\"s\",\"data\":\"signature verification failed: \\\"x\\\"\"}\n");
  EXPECT_EQ(last.operation, "idle");
  EXPECT_EQ(last.error, "signature verification failed: \"x\"");
  EXPECT_EQ(last.refusal, "");
}

TEST(LastInstall, IsEmptyWhereNothingUsefulIsSaid) {
  for (const char* output : {"", "\n", "{}\n{}\n", "[1]\n[2]\n", "{\"data\":1}\n{\"data\":[]}\n",
                             "Failed to get property\n", "{\"data\":\"idle\"}"}) {
    const LastInstall last = ParseRauc(output);
    EXPECT_EQ(last.operation, "") << output;
    EXPECT_EQ(last.error, "") << output;
  }
}

TEST(LastInstall, RefusalIsKeptUntilABundleIsLetThrough) {
  const testing_support::TempTree root;
  root.Write("run/betterframe/x", "");
  EXPECT_EQ(ReadLastInstall(root.path()).refusal, "");
  ASSERT_TRUE(KeepRefusal(root.path(), "the bundle is 1.0, which is older"));
  EXPECT_EQ(ReadLastInstall(root.path()).refusal, "the bundle is 1.0, which is older");
  ASSERT_TRUE(KeepRefusal(root.path(), ""));
  EXPECT_EQ(ReadLastInstall(root.path()).refusal, "");
}

}  // namespace
}  // namespace bf::boot::install
