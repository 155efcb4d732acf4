// SPDX-License-Identifier: Apache-2.0
#include "core/host/spawn.h"

#include <cstdlib>

namespace bf::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Spawn, ReportsExitCodeAndOutput) {
  const auto done = host::Run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->exit_code, 3);
  EXPECT_EQ(done->output, "out\nerr\n");
}

TEST(Spawn, AMissingProgramIsAnError) {
  const auto done = host::Run({.argv = {"no-such-program-here"}});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().ToString(), ::testing::HasSubstr("start no-such-program-here"));
}

TEST(Spawn, OurPathAndEnvironmentDoNotMatter) {
  ::setenv("BF_LEAK", "1", 1);
  ::setenv("PATH", "/nonexistent", 1);
  const auto done = host::RunOk({.argv = {"env"}, .environment = {"A=b"}});
  ASSERT_TRUE(done.has_value()) << done.error().ToString();
  EXPECT_THAT(*done, ::testing::HasSubstr("A=b\n"));
  EXPECT_THAT(*done, ::testing::HasSubstr("LC_ALL=C.UTF-8\n"));
  EXPECT_THAT(*done, ::testing::Not(::testing::HasSubstr("BF_LEAK")));
}

TEST(Spawn, ADeadlineEndsTheWholeProcessGroup) {
  const auto begin = std::chrono::steady_clock::now();
  // The grandchild holds the output open; a deadline that ends only the shell would hang.
  const auto done =
      host::Run({.argv = {"sh", "-c", "sleep 100 & sleep 100"}, .timeout = milliseconds(200)});
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(done->timed_out);
  EXPECT_FALSE(done->ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(20));
}

TEST(Spawn, AChildThatIgnoresSigtermIsKilled) {
  const auto done = host::Run({.argv = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done"},
                               .timeout = milliseconds(200)});
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(done->timed_out);
  EXPECT_EQ(done->signal, 9);
}

TEST(Spawn, AStoppedChildIsEndedToo) {
  const auto done =
      host::Run({.argv = {"sh", "-c", "kill -STOP $$; sleep 100"}, .timeout = milliseconds(200)});
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(done->timed_out);
}

TEST(Spawn, InputReachesTheChildAndAnEarlyEndIsNoSignal) {
  const std::string big(1 << 20, 'x');
  const auto counted = host::RunOk({.argv = {"wc", "-c"}, .input = big});
  ASSERT_TRUE(counted.has_value());
  EXPECT_EQ(std::atoi(counted->c_str()), 1 << 20);
  const auto ignored = host::Run({.argv = {"true"}, .input = big});
  ASSERT_TRUE(ignored.has_value());
  EXPECT_TRUE(ignored->ok());
}

TEST(Spawn, OnlyTheTailOfEndlessOutputIsKept) {
  const auto done = host::Run(
      {.argv = {"sh", "-c", "yes line | head -c 1000000; echo last"}, .output_limit = 1000});
  ASSERT_TRUE(done.has_value());
  EXPECT_LE(done->output.size(), 1000u);
  EXPECT_TRUE(done->output.ends_with("last\n"));
}

TEST(SpawnOk, SaysHowItEndedWithTheLastLine) {
  const auto done =
      host::RunOk({.argv = {"sh", "-c", "echo first; echo 'disk on fire' >&2; exit 8"}});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().ToString(), "sh ended with exit code 8: disk on fire");
}

}  // namespace
}  // namespace bf::host
