// SPDX-License-Identifier: Apache-2.0
// Compiled profiles as files, and what is decided from them without a kernel.
#include "lockdown/sandbox/start/stored.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/hash/sha256.h"
#include "lockdown/sandbox/start/environment.h"
#include "lockdown/sandbox/start/linux_trusted.h"
#include "lockdown/sandbox/start/privileges.h"

namespace bf::lockdown::sandbox {
namespace {

namespace fs = std::filesystem;

Stored Example() {
  Stored stored;
  stored.arch = AuditArch(Arch::kX86_64);
  stored.profile = "example";
  stored.policy_hash = std::string(64, 'a');
  stored.bounding = std::uint64_t{1} << 40U | 3U;
  stored.permitted = 3;
  stored.ambient = 1;
  stored.stdio[0] = false;
  stored.activation = true;
  stored.keep = {"LANG", "HOME"};
  stored.set = {"PATH=/bin", "EMPTY="};
  stored.program = {{0x20, 0, 0, 0}, {0x06, 0, 0, 0x7fff0000}};
  return stored;
}

TEST(Stored, ComesBackAsItWas) {
  const std::string bytes = Encode(Example());
  const auto read = Decode(bytes);
  ASSERT_TRUE(read) << read.error().ToString();
  const Stored wanted = Example();
  EXPECT_EQ(read->arch, wanted.arch);
  EXPECT_EQ(read->profile, wanted.profile);
  EXPECT_EQ(read->policy_hash, wanted.policy_hash);
  EXPECT_EQ(read->bounding, wanted.bounding);
  EXPECT_EQ(read->permitted, wanted.permitted);
  EXPECT_EQ(read->ambient, wanted.ambient);
  EXPECT_EQ(read->no_new_privs, true);
  EXPECT_THAT(read->stdio, testing::ElementsAre(false, true, true));
  EXPECT_EQ(read->activation, true);
  EXPECT_EQ(read->keep, wanted.keep);
  EXPECT_EQ(read->set, wanted.set);
  EXPECT_EQ(read->program, wanted.program);
  EXPECT_EQ(Encode(*read), bytes);
}

TEST(Stored, NoBitCanBeFlipped) {
  const std::string bytes = Encode(Example());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto read = Decode(changed);
    ASSERT_FALSE(read) << "bit " << bit;
    EXPECT_EQ(read.error().kind, ErrorKind::kRefused);
  }
}

TEST(Stored, NothingCanBeCutOrAdded) {
  const std::string bytes = Encode(Example());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(Decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(Decode(bytes + '\0'));
}

// Whoever can compute a digest can write any file: then its content has to make sense.
TEST(Stored, GoodDigestsDoNotHelpNonsense) {
  const std::string bytes = Encode(Example());
  for (std::size_t at = 16; at < bytes.size() - 64; ++at) {
    std::string changed = bytes.substr(0, bytes.size() - 64);
    changed[at] = '\xff';
    changed += hash::HashOf(changed);
    const auto read = Decode(changed);
    if (read) {
      EXPECT_LE(read->program.size(), kMostInstructions);
    }
  }
  Stored empty = Example();
  empty.program.clear();
  EXPECT_FALSE(Decode(Encode(empty)));
}

// The same bytes but for some, with a digest and a length that are right again.
std::string Sealed(std::string content) {
  const auto length = static_cast<std::uint32_t>(content.size() + 64);
  std::memcpy(content.data() + 12, &length, sizeof length);
  return content + hash::HashOf(content);
}

TEST(Stored, WithAGoodDigestItStillIsOfThisFormatAndNothingElse) {
  const std::string whole = Encode(Example());
  const std::string content = whole.substr(0, whole.size() - 64);
  ASSERT_TRUE(Decode(Sealed(content)));
  const auto why = [&](std::size_t at, int byte) {
    std::string changed = content;
    changed[at] = static_cast<char>(byte);
    const auto read = Decode(Sealed(changed));
    return read ? "taken" : read.error().message;
  };
  EXPECT_EQ(why(8, 3), "it has a format of another release");
  EXPECT_EQ(why(20, 0x3f), "it makes no sense");  // a flag that there is not
  const auto longer = Decode(Sealed(content + std::string(8, '\0')));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().message, "it makes no sense");
}

TEST(Stored, HasAllThatTheProfileSays) {
  const auto profile = ParseProfile(
      "schema = 1\ndescription = \"x\"\ngroups = 1\ndefault = \"ENOSYS\"\n"
      "inherit = [\"stderr\", \"activation\"]\n"
      "[[rule]]\naction = \"allow\"\nsyscalls = [\"execve\"]\n"
      "[capabilities]\nbounding = [\"CAP_KILL\"]\npermitted = [\"CAP_KILL\"]\n"
      "[environment]\nkeep = [\"LANG\"]\nset = { HOME = \"/\" }\n",
      "x.toml", "x");
  ASSERT_TRUE(profile) << profile.error().ToString();
  const Stored stored = StoredFrom(*profile, Arch::kAarch64, {{6, 0, 0, 0}});
  EXPECT_EQ(stored.arch, 0xc00000b7U);
  EXPECT_EQ(stored.profile, "x");
  EXPECT_EQ(stored.policy_hash, profile->hash);
  EXPECT_EQ(stored.bounding, 1U << 5U);
  EXPECT_EQ(stored.permitted, 1U << 5U);
  EXPECT_EQ(stored.ambient, 0U);
  EXPECT_TRUE(stored.no_new_privs);
  EXPECT_FALSE(stored.root_is_nobody());
  EXPECT_THAT(stored.stdio, testing::ElementsAre(false, false, true));
  EXPECT_TRUE(stored.activation);
  EXPECT_THAT(stored.keep, testing::ElementsAre("LANG"));
  EXPECT_THAT(stored.set, testing::ElementsAre("HOME=/"));
}

TEST(Privileges, EachDifferenceIsNamed) {
  const auto is = ReadStatus(
      "Name:\tx\nCapInh:\t0000000000000001\nCapPrm:\t0000000000000003\n"
      "CapEff:\t0000000000000000\nCapBnd:\t0000010000000003\nCapAmb:\t0000000000000001\n"
      "NoNewPrivs:\t0\nSeccomp:\t0\n");
  ASSERT_TRUE(is) << is.error().ToString();
  const auto different = RequireSame(*is, WantedOf(Example()));
  ASSERT_FALSE(different);
  EXPECT_EQ(different.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(different.error().message,
            "the process is not what the profile says; effective lacks CAP_CHOWN "
            "CAP_DAC_OVERRIDE; no_new_privs is not set");
  EXPECT_TRUE(RequireSame(WantedOf(Example()), WantedOf(Example())));
  // Each by itself is enough to refuse.
  for (std::uint64_t Privileges::*set :
       {&Privileges::inheritable, &Privileges::permitted, &Privileges::effective,
        &Privileges::bounding, &Privileges::ambient}) {
    Privileges more = WantedOf(Example());
    more.*set |= std::uint64_t{1} << 63U;
    EXPECT_FALSE(RequireSame(more, WantedOf(Example())));
  }
}

TEST(Privileges, HalfAStatusIsNone) {
  EXPECT_FALSE(ReadStatus(""));
  EXPECT_FALSE(ReadStatus("x\nCapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t0\nCapAmb:\t0\n"));
  EXPECT_FALSE(ReadStatus(
      "x\nCapInh:\t0\nCapPrm:\t-1\nCapEff:\t0\nCapBnd:\t0\nCapAmb:\t0\nNoNewPrivs:\t1\n"));
}

TEST(Environment, IsWhatTheProfileKeepsAndSets) {
  Stored stored = Example();
  const std::vector<std::string> given = {"HOME=/root", "PATH=/evil",   "LD_PRELOAD=x", "LANG=C",
                                          "LANG=other", "LISTEN_FDS=2", "LISTEN_PID=7", "nothing"};
  EXPECT_THAT(EnvironmentFor(stored, given),
              testing::ElementsAre("PATH=/bin", "EMPTY=", "HOME=/root", "LANG=C", "LISTEN_FDS=2",
                                   "LISTEN_PID=7"));
  EXPECT_EQ(*HandedOver(stored, given, 7), 2U);
  EXPECT_EQ(*HandedOver(stored, given, 8), 0U);
  EXPECT_FALSE(HandedOver(stored, {"LISTEN_PID=7", "LISTEN_FDS=4294967295"}, 7));
  stored.activation = false;
  EXPECT_EQ(*HandedOver(stored, given, 7), 0U);
  EXPECT_EQ(EnvironmentFor(stored, given).size(), 4U);
}

class Trusted : public testing::Test {
 protected:
  Trusted() {
    fs::create_directories(root_ + "/usr/lib");
    std::ofstream(root_ + "/usr/lib/file") << "content";
    ::chmod(root_.c_str(), 0755);
    ::chmod((root_ + "/usr").c_str(), 0755);
    ::chmod((root_ + "/usr/lib").c_str(), 0755);
    ::chmod((root_ + "/usr/lib/file").c_str(), 0644);
  }
  ~Trusted() override { fs::remove_all(root_); }
  Result<std::string> Read(std::string_view path = "/usr/lib/file") {
    return ReadTrusted(root_, path, 4096, ::geteuid());
  }
  void ExpectRefused(std::string_view path, std::string_view why) {
    const auto read = Read(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::kRefused);
    EXPECT_THAT(read.error().message, testing::HasSubstr(std::string(why)));
  }
  const std::string root_ = fmt::format("{}trusted-{}", testing::TempDir(), ::getpid());
};

TEST_F(Trusted, IsRead) { EXPECT_EQ(Read().value_or("no"), "content"); }

TEST_F(Trusted, WritableByOthersIsNot) {
  for (const std::string path : {"/usr/lib/file", "/usr/lib", "/usr", ""}) {
    for (const mode_t more : {0020U, 0002U, 01002U}) {
      const mode_t mode = path.ends_with("file") ? 0644 : 0755;
      ASSERT_EQ(::chmod((root_ + path).c_str(), mode | more), 0);
      ExpectRefused("/usr/lib/file", "is writable by others");
      ASSERT_EQ(::chmod((root_ + path).c_str(), mode), 0);
    }
  }
  EXPECT_TRUE(Read());
}

TEST_F(Trusted, OfSomebodyElseIsNot) {
  const auto read = ReadTrusted(root_, "/usr/lib/file", 4096, ::geteuid() + 1);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kRefused);
}

TEST_F(Trusted, ThroughASymlinkIsNot) {
  fs::create_symlink("file", root_ + "/usr/lib/link");
  fs::create_symlink("usr", root_ + "/also");
  ExpectRefused("/usr/lib/link", "is a symlink");
  ExpectRefused("/also/lib/file", "is a symlink");
  EXPECT_FALSE(Read("/usr/lib/../lib/nothing"));
}

TEST_F(Trusted, NeitherDirectoriesNorPipesAreFiles) {
  ExpectRefused("/usr/lib", "is not a plain file");
  ASSERT_EQ(::mkfifo((root_ + "/usr/lib/pipe").c_str(), 0600), 0);
  ExpectRefused("/usr/lib/pipe", "is not a plain file");
  ExpectRefused("/usr/lib/file/more", "is not a directory");
  std::ofstream(root_ + "/usr/lib/large") << std::string(5000, 'x');
  EXPECT_FALSE(Read("/usr/lib/large"));
}

}  // namespace
}  // namespace bf::lockdown::sandbox
