// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/condition.h"

namespace bf::lockdown::sandbox {
namespace {

std::vector<std::vector<Comparison>> Of(std::string_view text) {
  const auto parsed = ParseCondition(text);
  EXPECT_TRUE(parsed) << text << ": " << parsed.error().message;
  return parsed ? parsed->alternatives : std::vector<std::vector<Comparison>>{};
}

using Alternatives = std::vector<std::vector<Comparison>>;

TEST(SandboxCondition, WidthComesFromThePrototype) {
  // ioctl's command is 32 bits wide, lseek's offset 64.
  EXPECT_EQ(Of("ioctl.cmd == TIOCSTI"), (Alternatives{{{1, 0xffffffff, 0x5412}}}));
  EXPECT_EQ(Of("lseek.offset == 5"), (Alternatives{{{1, ~std::uint64_t{0}, 5}}}));
  EXPECT_EQ(Of("ioctl.fd == -1"), (Alternatives{{{0, 0xffffffff, 0xffffffff}}}));
  EXPECT_EQ(Of("lseek.offset == -1"), (Alternatives{{{1, ~std::uint64_t{0}, ~std::uint64_t{0}}}}));
}

TEST(SandboxCondition, ListsMasksAndSums) {
  EXPECT_EQ(Of("socket.domain in [AF_UNIX, 0x2]"),
            (Alternatives{{{0, 0xffffffff, 1}}, {{0, 0xffffffff, 2}}}));
  EXPECT_EQ(Of("mmap.prot & (PROT_WRITE|PROT_EXEC) == PROT_EXEC"), (Alternatives{{{2, 6, 4}}}));
  EXPECT_EQ(Of("mmap.prot&6==2|4"), (Alternatives{{{2, 6, 6}}}));
  EXPECT_EQ(Of("socket.type & 0xf == SOCK_STREAM && socket.domain in [1, 2]"),
            (Alternatives{{{0, 0xffffffff, 1}, {1, 0xf, 1}}, {{0, 0xffffffff, 2}, {1, 0xf, 1}}}));
}

// A filter can have one comparison for each argument.
TEST(SandboxCondition, TwoOfOneArgumentBecomeOne) {
  EXPECT_EQ(Of("clone.flags & 1 == 1 && clone.flags & 6 == 4"), (Alternatives{{{0, 7, 5}}}));
  EXPECT_EQ(Of("ioctl.cmd in [1, 2, 3] && ioctl.cmd & 1 == 1"),
            (Alternatives{{{1, 0xffffffff, 1}}, {{1, 0xffffffff, 3}}}));
}

TEST(SandboxCondition, OverlapAndCover) {
  const std::vector<Comparison> flag = {{0, 4, 4}};
  const std::vector<Comparison> exact = {{0, 0xffffffff, 5}};
  const std::vector<Comparison> other = {{0, 4, 0}};
  const std::vector<Comparison> second = {{1, 1, 1}};
  EXPECT_TRUE(Overlap(flag, exact));
  EXPECT_FALSE(Overlap(other, exact));
  EXPECT_TRUE(Overlap(flag, second));
  EXPECT_TRUE(Covers(flag, exact));
  EXPECT_FALSE(Covers(exact, flag));
  EXPECT_TRUE(Covers({}, exact));
  EXPECT_FALSE(Covers(exact, {}));
  EXPECT_FALSE(Covers(second, exact));
}

// Whatever is printed can be written into a profile again.
TEST(SandboxCondition, PrintsWhatItReads) {
  for (const char* text :
       {"ioctl.cmd == TIOCSTI", "mmap.prot & 0x6 == 0x4", "lseek.offset == 0x5"}) {
    const auto parsed = ParseCondition(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(ToString(*parsed->syscall, parsed->alternatives.front().front()), text);
  }
}

}  // namespace
}  // namespace bf::lockdown::sandbox
