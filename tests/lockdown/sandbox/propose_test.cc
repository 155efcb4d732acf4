// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/propose.h"

#include <random>

#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/groups.h"
#include "tests/support/golden.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr Arch kArch = Arch::kX86_64;

Call Make(std::string_view name, std::array<std::uint64_t, 6> arguments = {}) {
  return {AuditArch(kArch), static_cast<std::uint32_t>(FindSyscall(name)->Number(kArch)),
          arguments};
}

Learned LearnedFrom(const std::vector<Call>& calls) {
  Recorder recorder(kArch);
  recorder.Add(Make("execve"));
  for (const Call& call : calls) recorder.Add(call);
  return recorder.learned();
}

std::string Propose(const Learned& learned) {
  const auto text = ProposeProfile(learned);
  EXPECT_TRUE(text) << text.error().ToString();
  return text ? *text : "";
}

TEST(SandboxPropose, UsesAreToldApartAsProfilesDo) {
  const auto learned = LearnedFrom({
      Make("socket", {1, 0x80001, 0}),
      Make("socket", {1, 2, 7}),
      Make("socket", {2, 0x80002, 17}),
      Make("socket", {16, 3, 15}),
      Make("ioctl", {0, 0x5401 | std::uint64_t{1} << 32U}),
      Make("mmap", {0, 0, 1}),
      Make("mmap", {0, 0, 3}),
      Make("clone", {0x3d0f00}),
      Make("read", {1}),
      Make("read", {2}),
  });
  std::map<std::string, std::uint64_t> kinds;
  for (const auto& [kind, count] : learned.kinds) {
    kinds[ToString(kind)] = count;
    const auto back = ParseKind(ToString(kind));
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(*back, kind);
  }
  EXPECT_EQ(kinds,
            (std::map<std::string, std::uint64_t>{
                {"execve", 1},
                {"socket.domain == AF_UNIX", 2},
                {"socket.domain == AF_INET && socket.type & 0xf == SOCK_DGRAM", 1},
                {"socket.domain == AF_NETLINK && socket.protocol == NETLINK_KOBJECT_UEVENT", 1},
                {"ioctl.cmd == TCGETS", 1},
                {"mmap.prot & (PROT_WRITE|PROT_EXEC) == 0", 1},
                {"mmap.prot & (PROT_WRITE|PROT_EXEC) == PROT_WRITE", 1},
                {"clone.flags & (CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|"
                 "CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET) == 0",
                 1},
                {"read", 2}}));
}

TEST(SandboxPropose, WhatNoProfileCanAllowIsSaid) {
  Recorder recorder(kArch);
  EXPECT_TRUE(recorder.Add(Make("execve")));
  EXPECT_FALSE(recorder.Add(Make("clone3")));
  EXPECT_TRUE(recorder.Add({0x40000003, 11, {}}));
  EXPECT_TRUE(recorder.Add({AuditArch(kArch), kX32Bit | 520, {}}));
  EXPECT_TRUE(recorder.Add({AuditArch(kArch), 999, {}}));
  EXPECT_TRUE(recorder.Add({AuditArch(kArch), 0xffffffff, {}}));
  EXPECT_EQ(recorder.learned().kinds.size(), 1u);
  const std::string text = Propose(recorder.learned());
  EXPECT_THAT(text, testing::HasSubstr("# clone3 was asked for 1 times"));
  EXPECT_THAT(text, testing::HasSubstr("# 2 calls came from another table"));
  EXPECT_THAT(text, testing::HasSubstr("# Numbers 999, 4294967295 were asked for"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("\"clone3\"")));
}

// A group that was wholly used is one line; of one that nearly was, the rest is taken away again;
// others stay single calls.
TEST(SandboxPropose, GroupsAreNoWiderThanWhatWasSeen) {
  std::vector<Call> calls = {Make("socket", {1, 1}), Make("socketpair", {1, 1}), Make("mlock")};
  const Group& files = *FindGroup("@files");
  for (const std::string_view name : files.entries) {
    if (name != "statfs" && name != "umask") calls.push_back(Make(name));
  }
  const std::string text = Propose(LearnedFrom(calls));
  EXPECT_THAT(text, testing::HasSubstr("  \"@unix-sockets\",  # 2\n"));
  EXPECT_THAT(text,
              testing::HasSubstr(fmt::format("  \"@files\",  # {}\n", files.entries.size() - 2)));
  EXPECT_THAT(text,
              testing::HasSubstr("action = \"ENOSYS\"\nsyscalls = [\n  \"statfs\",  # @files\n  "
                                 "\"umask\",  # @files\n]\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("@memory")));
  EXPECT_THAT(text, testing::HasSubstr("  \"mlock\",  # 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("  \"futex\",  # not seen: a matter of timing\n"));
}

TEST(SandboxPropose, TooManyValuesAreAny) {
  std::vector<Call> calls;
  for (std::uint64_t i = 0; i < 2 * Learned::kMostValues; ++i)
    calls.push_back(Make("ioctl", {0, 0x10000 + i}));
  const Learned learned = LearnedFrom(calls);
  EXPECT_EQ(learned.kinds.size(), 2u);
  const std::string text = Propose(learned);
  EXPECT_THAT(text, testing::HasSubstr("  \"ioctl\",  # 512\n"));
  EXPECT_THAT(text, testing::HasSubstr("what = [\"ioctl\"]\n"));
}

TEST(SandboxPropose, NamesOfOthersStayText) {
  Learned learned = LearnedFrom({});
  learned.programs = {"/opt/\"x\"\n[[rule]]\\"};
  const auto profile = ParseProfile(Propose(learned), "p.toml", "p");
  ASSERT_TRUE(profile) << profile.error().ToString();
  EXPECT_EQ(profile->description.value, "learned from /opt/\"x\"\n[[rule]]\\");
}

TEST(SandboxPropose, RecordingsAreReadBackOrRefused) {
  Learned learned = LearnedFrom({Make("ioctl", {0, 0x5401}), Make("socket", {16, 3, 15})});
  learned.capabilities = 1U << 5U;
  learned.environment = {"HOME"};
  learned.unnamed = {999};
  learned.clone3 = 7;
  const std::string json = ToJson(learned);
  const auto back = FromJson(json, "r");
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(ToJson(*back), json);
  Learned twice = learned;
  twice.Merge(*back);
  EXPECT_EQ(twice.clone3, 14u);
  EXPECT_EQ(twice.kinds.begin()->second, 2u);
  for (const std::string_view bad :
       {"", "[]", "{}", "{\"schema\": 2}", "{\"schema\": 1, \"programs\": 3}"})
    EXPECT_FALSE(FromJson(bad, "r")) << bad;
  for (const auto& [from, to] : {std::pair("ioctl.cmd == TCGETS", "ioctl.cmd > 3"),
                                 std::pair("\"execve\"", "\"no_such_call\""),
                                 std::pair("ioctl.cmd == TCGETS", "ioctl.cmd in [1, 2]"),
                                 std::pair("CAP_KILL", "CAP_NO"), std::pair(": 1\n", ": -\n")}) {
    std::string bad = json;
    bad.replace(bad.find(from), std::string_view(from).size(), to);
    EXPECT_FALSE(FromJson(bad, "r")) << bad;
  }
}

// Whatever is asked for: a proposal is made, and ProposeProfile has read it back.
TEST(SandboxPropose, AnythingSeenCanBeProposed) {
  std::mt19937_64 random(20261124);
  for (int i = 0; i < 200; ++i) {
    std::vector<Call> calls;
    for (std::uint64_t j = random() % 400; j > 0; --j) {
      Call call{AuditArch(kArch), static_cast<std::uint32_t>(random() % 470), {}};
      for (auto& one : call.arguments) one = random() % 3 == 0 ? random() : random() % 64;
      calls.push_back(call);
    }
    const auto text = ProposeProfile(LearnedFrom(calls));
    ASSERT_TRUE(text) << i << ": " << text.error().ToString();
  }
}

}  // namespace
}  // namespace bf::lockdown::sandbox
