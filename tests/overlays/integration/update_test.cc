// SPDX-License-Identifier: Apache-2.0
// The OS below changes: what becomes of the user's changes, on a real overlay, through power cuts
// at every step, and on the way back.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/facts/mountinfo.h"
#include "core/facts/stage.h"
#include "tests/overlays/integration/device.h"

namespace bf::overlays::test {
namespace {

constexpr const char* kSameUuid = "11111111-1111-1111-1111-111111111111";
constexpr const char* kNewUuid = "22222222-2222-2222-2222-222222222222";

using Files = std::map<std::string, std::string>;  // below /etc/site; "x/" for a directory

Os Version(const std::string& version, const Files& files, const char* uuid = kSameUuid) {
  return {version, uuid, [files](const testing_support::TempTree& root) {
            for (const auto& [path, content] : files) {
              if (path.ends_with('/'))
                std::filesystem::create_directories(root / ("etc/site/" + path));
              else if (content.starts_with("-> "))
                root.Link("etc/site/" + path, content.substr(3));
              else
                root.Write("etc/site/" + path, content);
            }
          }};
}

const std::string kSite = "/etc/site/";

std::string StageText() { return Read("/run/betterframe/overlay.json"); }

void WriteSite(const std::string& name, const std::string& content) {
  Write(kSite + name, content);
}
std::string ReadSite(const std::string& name) { return Read(kSite + name); }

// Vendor files of both versions, and what a user does between them, all through the mount.
const Files kOne = {{"same", "1"},          {"changes", "1"},
                    {"goes", "1"},          {"u-same", "1"},
                    {"u-changes", "1"},     {"u-goes", "1"},
                    {"del-same", "1"},      {"del-changes", "1"},
                    {"del-goes", "1"},      {"mod-same", "1"},
                    {"mod-changes", "1"},   {"mod-goes", "1"},
                    {"touch", "1"},         {"del-to-dir", "1"},
                    {"link", "-> same"},    {"link-to-dir", "-> same"},
                    {"dir-to-link/a", "1"}, {"user-dir-to-link/a", "1"},
                    {"opaque/a", "1"},      {"opaque/b", "1"},
                    {"opaque-same/a", "1"}, {"dir-mode/a", "1"},
                    {"acl", "1"},           {"d/keep", "1"}};
const Files kTwo = {{"same", "1"},
                    {"changes", "2"},
                    {"u-same", "1"},
                    {"u-changes", "2"},
                    {"del-same", "1"},
                    {"del-changes", "2"},
                    {"mod-same", "1"},
                    {"mod-changes", "2"},
                    {"touch", "2"},
                    {"del-to-dir/n", "2"},
                    {"link", "-> same"},
                    {"link-to-dir/n", "2"},
                    {"dir-to-link", "-> same"},
                    {"user-dir-to-link/a", "1"},
                    {"opaque/a", "1"},
                    {"opaque/b", "1"},
                    {"opaque/n", "2"},
                    {"opaque-same/a", "1"},
                    {"dir-mode/a", "2"},
                    {"added", "2"},
                    {"both", "2"},
                    {"acl", "2"},
                    {"d/keep", "2"}};

void UserActs() {
  for (const char* name : {"u-same", "u-changes", "u-goes", "both", "own"}) WriteSite(name, "user");
  for (const char* name : {"del-same", "del-changes", "del-goes", "del-to-dir"})
    EXPECT_EQ(::unlink((kSite + name).c_str()), 0) << name;
  for (const char* name : {"mod-same", "mod-changes", "mod-goes"})
    EXPECT_EQ(::chmod((kSite + name).c_str(), 0600), 0) << name;
  WriteSite("touch", "1");  // copied up, the same bytes
  EXPECT_EQ(::chmod((kSite + "dir-mode").c_str(), 0700), 0);
  std::filesystem::remove(kSite + "link");
  std::filesystem::create_symlink("own", kSite + "link");
  std::filesystem::remove_all(kSite + "user-dir-to-link");
  std::filesystem::create_symlink("same", kSite + "user-dir-to-link");
  for (const char* dir : {"opaque", "opaque-same"}) {
    std::filesystem::remove_all(kSite + dir);
    MakeDir(kSite + dir);
    WriteSite(std::string(dir) + "/mine", "user");
  }
  EXPECT_EQ(::setxattr((kSite + "acl").c_str(), "user.site", "yes", 3, 0), 0) << errno;
}

void ExpectMerged() {
  EXPECT_EQ(ReadSite("same"), "1");
  EXPECT_EQ(ReadSite("changes"), "2");
  EXPECT_FALSE(Exists(kSite + "goes"));
  EXPECT_EQ(ReadSite("added"), "2");
  EXPECT_EQ(ReadSite("own"), "user");
  // User changed.
  EXPECT_EQ(ReadSite("u-same"), "user");
  EXPECT_EQ(ReadSite("u-changes"), "user");
  EXPECT_EQ(ReadSite("u-goes"), "user");
  EXPECT_EQ(ReadSite("both"), "user");
  // User deleted.
  EXPECT_FALSE(Exists(kSite + "del-same"));
  EXPECT_FALSE(Exists(kSite + "del-changes"));
  EXPECT_FALSE(Exists(kSite + "del-goes"));
  EXPECT_FALSE(Exists(kSite + "del-to-dir"));
  // User chmodded: their mode, the vendor's content.
  EXPECT_EQ(ModeOf(kSite + "mod-same"), 0600u);
  EXPECT_EQ(ReadSite("mod-same"), "1");
  EXPECT_EQ(ModeOf(kSite + "mod-changes"), 0600u);
  EXPECT_EQ(ReadSite("mod-changes"), "2");
  EXPECT_EQ(ReadSite("mod-goes"), "1");
  EXPECT_EQ(ModeOf(kSite + "dir-mode"), 0700u);
  EXPECT_EQ(ReadSite("dir-mode/a"), "2");
  char value[8] = {};
  EXPECT_EQ(::getxattr((kSite + "acl").c_str(), "user.site", value, sizeof value), 3);
  EXPECT_EQ(ReadSite("acl"), "2");
  // An unchanged copy.
  EXPECT_EQ(ReadSite("touch"), "2");
  // Types.
  EXPECT_EQ(std::filesystem::read_symlink(kSite + "link").string(), "own");
  EXPECT_EQ(ReadSite("link-to-dir/n"), "2");
  EXPECT_EQ(std::filesystem::read_symlink(kSite + "dir-to-link").string(), "same");
  EXPECT_EQ(std::filesystem::read_symlink(kSite + "user-dir-to-link").string(), "same");
  // Replaced directories: what the user removed stays away, what the vendor adds shows.
  EXPECT_EQ(ReadSite("opaque/mine"), "user");
  EXPECT_FALSE(Exists(kSite + "opaque/a"));
  EXPECT_FALSE(Exists(kSite + "opaque/b"));
  EXPECT_EQ(ReadSite("opaque/n"), "2");
  EXPECT_EQ(ReadSite("opaque-same/mine"), "user");
  EXPECT_FALSE(Exists(kSite + "opaque-same/a"));
}

class Update : public testing::TestWithParam<const char*> {};

TEST_P(Update, ThreeWayMerge) {
  Device device;
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo, GetParam()));
  const std::string hash_b = device.RootHash("b");
  device.Boot("a", [] {
    Apply();
    UserActs();
  });
  std::string listing;
  device.Boot("b", [] {
    Apply();
    ExpectMerged();
    // Said: both sides changed these.
    for (const char* name : {"u-changes", "u-goes", "both", "del-changes", "del-to-dir"})
      EXPECT_NE(StageText().find(fmt::format("/etc/site/{}:", name)), std::string::npos) << name;
    EXPECT_EQ(StageText().find("/etc/site/u-same:"), std::string::npos);
    EXPECT_EQ(Tool({"check"}).exit_code, 0);
    EXPECT_TRUE(Exists(std::string(kStore) + "/generation-1"));
    Write("/var/lib/betterframe/listing", Listing("/etc/site"));
  });
  // Another boot of the same OS merges nothing.
  device.Boot("b", [] {
    Apply();
    ExpectMerged();
    EXPECT_EQ(Listing("/etc/site"), Read("/var/lib/betterframe/listing"));
    EXPECT_FALSE(Exists(std::string(kStore) + "/generation-3"));
    const ToolRun status = Tool({"status"});
    EXPECT_NE(status.out.find("deleted  /etc/site/del-same"), std::string::npos) << status.out;
    EXPECT_NE(status.out.find("replaced  /etc/site/opaque-same"), std::string::npos);
    EXPECT_EQ(status.out.find("/etc/site/touch"), std::string::npos);
  });
  EXPECT_EQ(device.RootHash("b"), hash_b);
}

INSTANTIATE_TEST_SUITE_P(Root, Update, testing::Values(kSameUuid, kNewUuid), [](const auto& one) {
  return std::string(one.param) == kSameUuid ? "same_uuid" : "new_uuid";
});

TEST(UpdateIdentity, OnlyTheRootFileSystemTellsThemApart) {
  // Two builds that call themselves the same, made from different files, with one UUID.
  Device device;
  device.Flash("a", Version("1", {{"x", "1"}, {"pad", std::string(9000, 'a')}}));
  device.Flash("b", Version("1", {{"x", "2"}, {"pad", std::string(90000, 'b')}}));
  device.Boot("a", [] {
    Apply();
    EXPECT_EQ(::chmod("/etc/site/x", 0600), 0);
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("x"), "2") << Tool({"status", "--json"}).out;
    EXPECT_EQ(ModeOf("/etc/site/x"), 0600u);
  });
}

TEST(UpdateIdentity, TheSameImageInTheOtherSlotMergesNothing) {
  Device device;
  device.Flash("a", Version("1", kOne));
  device.Boot("a", [] {
    Apply();
    WriteSite("own", "user");
  });
  device.Boot("a", [] {
    Apply();
    EXPECT_FALSE(Exists(std::string(kStore) + "/generation-2"));
  });
}

// --- power cuts ---

// Runs one boot of the new OS that ends, as by a power cut, before step `step`.
// True if the boot came to its end before.
bool CutBoot(Device& device, const char* slot, int step) {
  constexpr int kCut = 42;
  const int code = device.Boot(slot, [step] {
    int count = 0;
    Apply("ok", [&count, step](std::string_view) -> Status {
      if (++count == step) ::_exit(kCut);
      return {};
    });
  });
  return code != kCut;
}

TEST(PowerCut, AtEveryStepOfAMerge) {
  std::string expected;
  int step = 0;
  for (bool whole = false; !whole; ++step) {
    Device device;
    device.Flash("a", Version("1", kOne));
    device.Flash("b", Version("2", kTwo));
    device.Boot("a", [] {
      Apply();
      UserActs();
    });
    // Step 0 is the boot that nothing cuts, for comparison.
    if (step > 0) whole = CutBoot(device, "b", step);
    // And once more at the same step: the second attempt is no different.
    if (!whole && step % 7 == 1) CutBoot(device, "b", step);
    device.Boot("b", [] {
      Apply();
      ExpectMerged();
      // Nothing half done is left.
      for (const char* name : {"new", "discard-1", "discard-2", "generation-3"})
        EXPECT_FALSE(Exists(fmt::format("{}/{}", kStore, name))) << name;
    });
    // The way back leads to what the old OS had, whole.
    device.Boot("a", [] {
      Apply();
      EXPECT_EQ(ReadSite("u-goes"), "user");
      EXPECT_EQ(ReadSite("touch"), "1");
      EXPECT_EQ(ReadSite("opaque/mine"), "user");
    });
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "cut before step " << step;
      return;
    }
  }
  EXPECT_GT(step, 20) << "the steps of a merge";
}

TEST(PowerCut, AtEveryStepOfTheFirstBoot) {
  for (int step = 1;; ++step) {
    Device device;
    device.Flash("a", Version("1", kOne));
    if (CutBoot(device, "a", step)) {
      EXPECT_GT(step, 4);
      return;
    }
    device.Boot("a", [] {
      Apply();
      WriteSite("own", "user");
      EXPECT_FALSE(Exists(std::string(kStore) + "/new"));
    });
  }
}

TEST(PowerCut, WhileOldGenerationsAreRemoved) {
  // Three updates, so that there is something to remove; the last one cut at every step.
  for (int step = 1;; ++step) {
    Device device;
    for (const char* version : {"1", "2", "3"})
      device.Flash(version, Version(version, {{"x", version}}));
    device.Boot("1", [] {
      Apply();
      WriteSite("own", "user");
    });
    device.Boot("2", [] {
      Apply();
      WriteSite("own2", "user");
    });
    const bool whole = CutBoot(device, "3", step);
    device.Boot("3", [] {
      Apply();
      EXPECT_EQ(ReadSite("own"), "user");
      EXPECT_EQ(ReadSite("own2"), "user");
      EXPECT_EQ(ReadSite("x"), "3");
    });
    device.Boot("3", [] {
      Apply();
      EXPECT_FALSE(Exists(std::string(kStore) + "/generation-1"));
      EXPECT_TRUE(Exists(std::string(kStore) + "/generation-2"));
      EXPECT_TRUE(Exists(std::string(kStore) + "/generation-3"));
      EXPECT_FALSE(Exists(std::string(kStore) + "/discard-1"));
    });
    if (whole || testing::Test::HasFailure()) return;
  }
}

// --- the way back ---

TEST(Rollback, UntouchedUpperComesBackExactly) {
  Device device;
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    UserActs();
    Write("/var/lib/betterframe/before", Listing("/etc/site"));
  });
  device.Boot("b", [] { Apply(); });
  device.Boot("a", [] {
    Apply();
    EXPECT_EQ(Listing("/etc/site"), Read("/var/lib/betterframe/before"));
  });
  // And to the newer one again.
  device.Boot("b", [] {
    Apply();
    ExpectMerged();
  });
}

TEST(Rollback, WhatWasChangedUnderTheNewOsComesAlong) {
  Device device;
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    WriteSite("own", "first");
  });
  device.Boot("b", [] {
    Apply();
    WriteSite("own", "second");
    WriteSite("added", "user");
  });
  device.Boot("a", [] {
    Apply();
    EXPECT_EQ(ReadSite("own"), "second");
    EXPECT_EQ(ReadSite("added"), "user");
    EXPECT_EQ(ReadSite("changes"), "1");
    WriteSite("own", "third");
  });
  // The retry of the update must not bring back what was set before.
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("own"), "third");
  });
}

// --- drop, keep, vendor ---

constexpr const char* kRulePolicy = R"(schema = 1
[[writable]]
name = "site"
path = "/etc/site"
kind = "overlay"
backing = "data"
size = "2MiB"
inodes = 128
{}
reason = "settings"
)";

TEST(Rule, Drop) {
  Device device;
  device.SetPolicy(fmt::format(kRulePolicy, "on_os_change = \"drop\"\nkeep = [\"own\", \"d/k*\"]"));
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    UserActs();
    WriteSite("d/keep", "user");
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("u-same"), "1");
    EXPECT_EQ(ReadSite("del-same"), "1");
    EXPECT_EQ(ReadSite("opaque/a"), "1");
    EXPECT_EQ(ReadSite("own"), "user");
    EXPECT_EQ(ReadSite("d/keep"), "user");
    WriteSite("junk", "of version 2");
  });
  device.Boot("a", [] {
    Apply();
    EXPECT_EQ(ReadSite("u-same"), "user");
    EXPECT_FALSE(Exists("/etc/site/junk"));
  });
}

TEST(Rule, Keep) {
  Device device;
  device.SetPolicy(fmt::format(kRulePolicy, "on_os_change = \"keep\""));
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    UserActs();
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("touch"), "1");
    EXPECT_EQ(ReadSite("u-changes"), "user");
    EXPECT_EQ(ReadSite("mod-changes"), "1");
    EXPECT_FALSE(Exists("/etc/site/del-changes"));
    EXPECT_FALSE(Exists("/etc/site/opaque/n"));
    EXPECT_EQ(ReadSite("added"), "2");
    // Every file that hides the image's own is told.
    const ToolRun status = Tool({"status"});
    for (const char* pin : {"changed  /etc/site/touch", "changed  /etc/site/mod-changes",
                            "deleted  /etc/site/del-changes", "replaced  /etc/site/opaque"})
      EXPECT_NE(status.out.find(pin), std::string::npos) << pin << "\n" << status.out;
  });
}

TEST(Rule, VendorWins) {
  Device device;
  device.SetPolicy(fmt::format(kRulePolicy, "on_os_change = \"merge\"\nconflict = \"vendor\""));
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    UserActs();
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("u-changes"), "2");
    EXPECT_EQ(ReadSite("both"), "2");
    EXPECT_EQ(ReadSite("del-changes"), "2");
    EXPECT_EQ(ReadSite("del-to-dir/n"), "2");
    EXPECT_FALSE(Exists("/etc/site/u-goes"));
    EXPECT_EQ(ReadSite("u-same"), "user");
    // The loser is not lost, and it is said where it is.
    EXPECT_EQ(Read(std::string(kStore) + "/generation-1/upper/u-changes"), "user");
    EXPECT_NE(StageText().find("generation-1/upper"), std::string::npos);
  });
}

// --- what can stand in the way of a merge ---

TEST(MergeTrouble, DamagedManifest) {
  Device device;
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    WriteSite("changes", "user");
    WriteSite("own", "user");
    Write(std::string(kStore) + "/generation-1/lower.manifest", "betterframe manifest 1\nd 07");
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("changes"), "user");
    EXPECT_EQ(ReadSite("own"), "user");
    EXPECT_NE(StageText().find("every difference counts as a conflict"), std::string::npos);
  });
}

TEST(MergeTrouble, FullDataShowsTheOldChanges) {
  Device device;
  device.Flash("a", Version("1", kOne));
  device.Flash("b", Version("2", kTwo));
  device.Boot("a", [] {
    Apply();
    WriteSite("own", std::string(600 << 10, 'x'));
    const int fd = ::open("/var/lib/betterframe/filler", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    const std::string block(1 << 20, 'f');
    while (::write(fd, block.data(), block.size()) > 0) continue;
    ::close(fd);
  });
  device.Boot("b", [] {
    Apply("degraded");
    EXPECT_EQ(ReadSite("own").size(), std::size_t{600} << 10);
    EXPECT_EQ(ReadSite("added"), "2");
    WriteSite("later", "lost tomorrow");
    EXPECT_EQ(Tool({"check"}).exit_code, 3);
    EXPECT_TRUE(Exists(std::string(kStore) + "/generation-1"));
    EXPECT_EQ(::unlink("/var/lib/betterframe/filler"), 0);
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(ReadSite("own").size(), std::size_t{600} << 10);
    EXPECT_FALSE(Exists("/etc/site/later"));
    EXPECT_EQ(Tool({"check"}).exit_code, 0);
  });
}

TEST(MergeTrouble, HostileUpper) {
  Device device;
  device.Flash("a", Version("1", {{"kiosk/", ""}, {"x", "1"}}));
  device.Flash("b", Version("2", {{"kiosk/", ""}, {"x", "2"}}));
  device.Boot("a", [] {
    Apply();
    Write("/run/precious", "secret");
    std::filesystem::create_symlink("/run/precious", "/etc/site/kiosk/link");
    std::filesystem::create_symlink("../../../../etc/hostname", "/etc/site/kiosk/up");
    std::filesystem::create_symlink("/etc/site", "/etc/site/kiosk/loop");
    EXPECT_EQ(::mkfifo("/etc/site/kiosk/fifo", 0600), 0);
    EXPECT_EQ(::mknod("/etc/site/kiosk/disk", S_IFBLK | 0666, makedev(7, 0)), 0);
    WriteSite("kiosk/one", "1");
    EXPECT_EQ(::link("/etc/site/kiosk/one", "/etc/site/kiosk/two"), 0);
    WriteSite("kiosk/\n\xff -", "odd name");
    EXPECT_EQ(::chown("/etc/site/kiosk/one", 1000, 1000), 0);
    EXPECT_EQ(::chmod("/etc/site/kiosk/one", 04755), 0);
  });
  device.Boot("b", [] {
    Write("/run/precious", "secret");
    Apply();
    EXPECT_EQ(std::filesystem::read_symlink("/etc/site/kiosk/link").string(), "/run/precious");
    EXPECT_EQ(Read("/run/precious"), "secret");
    EXPECT_TRUE(Exists("/etc/site/kiosk/fifo"));
    EXPECT_EQ(ReadSite("kiosk/two"), "1");
    EXPECT_EQ(ReadSite("kiosk/\n\xff -"), "odd name");
    // A device node is carried along as the dead thing that nodev makes it.
    EXPECT_EQ(::open("/etc/site/kiosk/disk", O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(errno, EACCES);
    EXPECT_EQ(ReadSite("x"), "2");
  });
}

TEST(MergeTrouble, TooDeepIsRefusedAndTheOldChangesShow) {
  Device device;
  device.Flash("a", Version("1", {{"x", "1"}}));
  device.Flash("b", Version("2", {{"x", "2"}}));
  device.Boot("a", [] {
    Apply();
    std::string path = "/etc/site";
    for (int i = 0; i < 80; ++i) MakeDir(path += "/d");
    WriteSite("own", "user");
  });
  device.Boot("b", [] {
    Apply("degraded");
    EXPECT_EQ(ReadSite("own"), "user");
    EXPECT_EQ(ReadSite("x"), "2");
  });
}

}  // namespace
}  // namespace bf::overlays::test
