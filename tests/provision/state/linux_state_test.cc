// SPDX-License-Identifier: Apache-2.0
// bf-provision state on a real ext4, run as the tool runs it.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <sstream>

#include "core/cli/tool.h"
#include "core/facts/mountinfo.h"
#include "core/facts/stage.h"
#include "provision/state/linux_host.h"
#include "provision/state/linux_project.h"
#include "provision/state/linux_quota.h"
#include "provision/state/policy.h"
#include "provision/state/verb.h"
#include "tests/support/device_tree.h"

namespace bf::provision::state {
namespace {

namespace fs = std::filesystem;
using testing_support::DeviceTree;

constexpr const char* kPolicy = R"(schema = 1
[[state]]
name = "rauc"
path = "/var/lib/rauc"
kind = "directory"
owner = "root"
group = "root"
mode = "0700"
seed = "empty"
scope = "shared"
reset = "keep"
reason = "test"
[[state]]
name = "cache"
path = "/var/lib/kiosk"
kind = "directory"
owner = "kiosk"
group = "kiosk"
mode = "0750"
seed = "image"
scope = "shared"
reset = "clear"
reason = "test"
[[state]]
name = "app"
path = "/var/lib/app"
kind = "directory"
owner = "root"
group = "root"
mode = "0755"
seed = "empty"
scope = "per-slot"
reset = "clear"
reason = "test"
[[state]]
name = "clock"
path = "/etc/adjtime"
kind = "file"
owner = "root"
group = "root"
mode = "0644"
seed = "image"
scope = "shared"
reset = "keep"
reason = "test"
)";

const std::string kData = "/var/lib/betterframe/";

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran RunState(std::vector<std::string> args = {}) {
  std::ostringstream out;
  std::ostringstream err;
  args.insert(args.begin(), {"state", "--policy", "/policies"});
  const cli::Tool tool{"bf-provision", "", {StateVerb()}};
  const int code = cli::RunTool(tool, args, {out, err});
  return {code, out.str(), err.str()};
}

std::string Slurp(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void Spill(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

struct stat Look(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

class LinuxState : public testing::Test {
 protected:
  LinuxState() {
    device_.image().Write("policies/state.toml", kPolicy);
    for (const char* target : {"var/lib/rauc", "var/lib/kiosk/sub", "var/lib/app"}) {
      fs::create_directories(device_.image() / target);
    }
    device_.image().Write("etc/adjtime", "0.0 0 0.0\n");
    device_.image().Write("var/lib/kiosk/sub/page", "from the image");
    device_.image().Link("var/lib/kiosk/link", "/etc/passwd");
    EXPECT_EQ(::lchown((device_.image() / "var/lib/kiosk/sub/page").c_str(), 901, 7), 0);
    EXPECT_EQ(::chmod((device_.image() / "var/lib/kiosk/sub").c_str(), 02711), 0);
    EXPECT_EQ(::setxattr((device_.image() / "var/lib/kiosk/sub").c_str(), "user.note", "x", 1, 0),
              0);
  }

  DeviceTree device_;
};

TEST_F(LinuxState, FirstBootBindsAndSecondBootFindsItAgain) {
  device_.Boot([] {
    const Ran ran = RunState();
    EXPECT_EQ(ran.code, 0) << ran.err;
    for (const char* path : {"/var/lib/rauc", "/var/lib/kiosk", "/var/lib/app", "/etc/adjtime"}) {
      const auto mounts = facts::ReadMountInfo("/");
      const facts::Mount* mount = facts::FindMount(*mounts, path);
      ASSERT_NE(mount, nullptr) << path;
      for (const char* flag : {"rw", "nosuid", "nodev", "noexec"}) {
        EXPECT_TRUE(mount->HasOption(flag)) << path << " " << flag;
      }
    }
    EXPECT_EQ(Look("/var/lib/rauc").st_mode & 07777U, 0700u);
    EXPECT_EQ(Look("/var/lib/kiosk").st_uid, 901u);
    EXPECT_EQ(Look(kData + "state").st_mode & 07777U, 0755u);
    // The seed, as it is in the image.
    EXPECT_EQ(Slurp("/var/lib/kiosk/sub/page"), "from the image");
    EXPECT_EQ(Look("/var/lib/kiosk/sub/page").st_gid, 7u);
    EXPECT_EQ(Look("/var/lib/kiosk/sub").st_mode & 07777U, 02711u);
    EXPECT_EQ(fs::read_symlink("/var/lib/kiosk/link"), "/etc/passwd");
    char note = 0;
    EXPECT_EQ(::getxattr("/var/lib/kiosk/sub", "user.note", &note, 1), 1);
    EXPECT_EQ(Slurp("/etc/adjtime"), "0.0 0 0.0\n");
    Spill("/var/lib/rauc/status", "kept");
    Spill("/var/lib/kiosk/sub/page", "changed");
    Spill("/var/lib/app/version", "of slot A");
    // Run again on the running device: nothing.
    const Ran again = RunState();
    EXPECT_EQ(again.out, "nothing to do\n");
    EXPECT_EQ(again.code, 0);
  });
  device_.CommandLine("ro rauc.slot=B\n");
  device_.Boot([] {
    EXPECT_EQ(RunState().code, 0);
    EXPECT_EQ(Slurp("/var/lib/rauc/status"), "kept");
    EXPECT_EQ(Slurp("/var/lib/kiosk/sub/page"), "changed");
    EXPECT_FALSE(fs::exists("/var/lib/app/version")) << "slot B shows what slot A wrote";
  });
}

TEST_F(LinuxState, WithNothingToDoNothingIsWritten) {
  device_.Boot([] { EXPECT_EQ(RunState().code, 0); });
  device_.Boot([] {
    const auto binds = [] {
      const Ran ran = RunState();
      EXPECT_EQ(ran.code, 0);
      return ran.out;
    };
    const std::string first = binds();
    EXPECT_EQ(first.find("create"), std::string::npos) << first;
    EXPECT_EQ(first.find("state/shared directory"), std::string::npos) << first;
    // What the disk has been told to write, by the kernel's own count.
    const auto written = [] {
      ::sync();
      const auto mounts = facts::ReadMountInfo("/");
      const facts::Mount* data = facts::FindMount(*mounts, "/var/lib/betterframe");
      std::istringstream lines(Slurp("/proc/diskstats"));
      for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        unsigned major = 0;
        unsigned minor = 0;
        std::string name;
        std::uint64_t field[7] = {};
        words >> major >> minor >> name;
        for (std::uint64_t& value : field) words >> value;
        if (major == data->major && minor == data->minor) return field[6];
      }
      ADD_FAILURE() << "BF_DATA is not among the disks";
      return std::uint64_t{0};
    };
    const auto before = written();
    EXPECT_EQ(binds(), "nothing to do\n");
    EXPECT_EQ(written(), before);
  });
}

TEST_F(LinuxState, DryRunTouchesNothing) {
  device_.Boot([] {
    const Ran ran = RunState({"--dry-run"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("bind state/shared/rauc on /var/lib/rauc  (/policies/state.toml:"),
              std::string::npos)
        << ran.out;
    EXPECT_FALSE(fs::exists(kData + "state"));
    EXPECT_FALSE(fs::exists("/run/betterframe"));
  });
}

// Plants something in place of each source, boots, and looks at what it pointed to.
TEST_F(LinuxState, WhatIsPlantedInPlaceOfASourceIsMovedAsideAndLeadsNowhere) {
  device_.image().Write("etc/shadow", "root secret");
  EXPECT_EQ(::chmod((device_.image() / "etc/shadow").c_str(), 0600), 0);
  device_.Boot([] {
    const std::string shared = kData + "state/shared/";
    fs::create_directories(kData + "state/slot-a");
    fs::create_directories(shared);
    fs::create_symlink("../../../../../etc", shared + "rauc");
    EXPECT_EQ(::mkfifo((shared + "cache").c_str(), 0666), 0);
    EXPECT_EQ(::mknod((kData + "state/slot-a/app").c_str(), S_IFBLK | 0666, makedev(7, 0)), 0);
    Spill(kData + "other", "belongs to somebody");
    EXPECT_EQ(::chown((kData + "other").c_str(), 1234, 1234), 0);
    fs::create_hard_link(kData + "other", shared + "clock");

    const Ran ran = RunState();
    EXPECT_EQ(ran.code, 0) << ran.err;
    for (const char* found : {"rauc was a symbolic link; kept as state/shared/rauc.aside.1",
                              "cache was a FIFO; kept as state/shared/cache.aside.1",
                              "app was a block device; kept as state/slot-a/app.aside.1",
                              "clock was a file with 2 hard links; kept as"}) {
      EXPECT_NE(ran.err.find(found), std::string::npos) << found << "\n" << ran.err;
    }
    EXPECT_EQ(Look(kData + "other").st_uid, 1234u);
    EXPECT_EQ(Look("/etc/shadow").st_mode & 07777U, 0600u);
    EXPECT_TRUE(fs::is_symlink(shared + "rauc.aside.1"));
    EXPECT_EQ(Slurp("/etc/adjtime"), "0.0 0 0.0\n");
    const auto stage = facts::ReadStageResult("/", "state");
    ASSERT_TRUE(stage && *stage);
    EXPECT_EQ((*stage)->problems.size(), 4u);
  });
}

TEST_F(LinuxState, ASkeletonThatIsALinkIsMovedAside) {
  device_.image().Write("etc/target/keep", "x");
  device_.Boot([] {
    fs::create_symlink("/etc/target", kData + "state");
    const Ran ran = RunState();
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.err.find("state was a symbolic link; kept as state.aside.1"), std::string::npos);
    EXPECT_EQ(fs::read_symlink(kData + "state.aside.1"), "/etc/target");
    EXPECT_EQ(RunState().out, "nothing to do\n");
  });
}

TEST_F(LinuxState, WrongOwnersAreSetRightAndContentIsLeftAlone) {
  device_.Boot([] {
    EXPECT_EQ(RunState().code, 0);
    Spill("/var/lib/rauc/status", "kept");
    EXPECT_EQ(::chown("/var/lib/rauc", 901, 901), 0);
    EXPECT_EQ(::chmod("/var/lib/rauc", 04777), 0);
    EXPECT_EQ(::chmod((kData + "state/shared").c_str(), 0777), 0);
  });
  device_.Boot([] {
    const Ran ran = RunState();
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.err.find("state/shared/rauc had another owner or mode"), std::string::npos);
    EXPECT_EQ(Look("/var/lib/rauc").st_uid, 0u);
    EXPECT_EQ(Look("/var/lib/rauc").st_mode & 07777U, 0700u);
    EXPECT_EQ(Look(kData + "state/shared").st_mode & 07777U, 0755u);
    EXPECT_EQ(Slurp("/var/lib/rauc/status"), "kept");
  });
}

TEST_F(LinuxState, AMissingTargetIsNamedAndTheOthersGoOn) {
  fs::remove_all(device_.image() / "var/lib/rauc");
  fs::remove_all(device_.image() / "var/lib/app");
  device_.image().Link("var/lib/app", "/etc");
  device_.Boot([] {
    const Ran ran = RunState();
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.err.find("/policies/state.toml:4:8: /var/lib/rauc does not exist in the image"),
              std::string::npos)
        << ran.err;
    EXPECT_NE(ran.err.find("/var/lib/app"), std::string::npos) << ran.err;
    EXPECT_EQ(Slurp("/var/lib/kiosk/sub/page"), "from the image");
    EXPECT_NE(facts::FindMount(*facts::ReadMountInfo("/"), "/var/lib/kiosk"), nullptr);
    EXPECT_EQ(facts::FindMount(*facts::ReadMountInfo("/"), "/etc"), nullptr);
    const auto stage = facts::ReadStageResult("/", "state");
    ASSERT_TRUE(stage && *stage);
    EXPECT_EQ((*stage)->result, "degraded");
  });
}

TEST_F(LinuxState, ADegradedBootStillHasItsPaths) {
  device_.Boot(
      [] {
        EXPECT_EQ(RunState().code, 1) << "said with the exit code, too";
        Spill("/var/lib/rauc/status", "for one boot");
        EXPECT_EQ(Slurp("/var/lib/kiosk/sub/page"), "from the image");
        const auto stage = facts::ReadStageResult("/", "state");
        ASSERT_TRUE(stage && *stage);
        EXPECT_EQ((*stage)->result, "degraded");
      },
      "tmpfs");
}

TEST_F(LinuxState, ReadOnlyDataIsBoundAsItIs) {
  device_.Boot([] { EXPECT_EQ(RunState().code, 0); });
  device_.Boot(
      [] {
        EXPECT_EQ(RunState().code, 1);
        EXPECT_NE(facts::FindMount(*facts::ReadMountInfo("/"), "/var/lib/rauc"), nullptr);
      },
      "ro");
}

TEST_F(LinuxState, WithoutBfDataNothingIsDoneAndItIsSaid) {
  device_.Boot(
      [] {
        const Ran ran = RunState();
        EXPECT_EQ(ran.code, 1);
        EXPECT_NE(ran.err.find("nothing is mounted at /var/lib/betterframe"), std::string::npos);
        EXPECT_EQ((*facts::ReadStageResult("/", "state"))->result, "failed");
      },
      "none");
}

TEST_F(LinuxState, AFullDiskIsNamedAndNothingHalfMadeIsBound) {
  device_.image().Write("var/lib/kiosk/big", std::string(4 << 20, 'x'));
  device_.Boot([] {
    Spill(kData + "filler", std::string(64 << 20, 'x'));  // until ENOSPC
    const Ran ran = RunState();
    EXPECT_EQ(ran.code, 1) << ran.out;
    EXPECT_FALSE(fs::exists(kData + "state/shared/cache"));
    EXPECT_EQ(facts::FindMount(*facts::ReadMountInfo("/"), "/var/lib/kiosk"), nullptr);
    fs::remove(kData + "filler");
    EXPECT_EQ(RunState().code, 0);
    EXPECT_EQ(fs::file_size("/var/lib/kiosk/big"), 4u << 20);
    EXPECT_FALSE(fs::exists(kData + "state/shared/.cache.new"));
  });
}

// Ends the process before each durable change of the first boot, then boots again.
TEST_F(LinuxState, CutAtEachPhaseTheNextBootCompletesIt) {
  constexpr int kCut = 42;
  int cuts = 0;
  for (int phase = 0;; ++phase) {
    const int code = device_.Boot([phase] {
      const auto policy = LoadPolicy("/policies");
      const auto facts = ObserveFacts("/", *policy);
      auto host = LinuxHost::Open("/", policy->mount_point);
      int left = phase;
      host->OnCheckpoint([&left](std::string_view) {
        if (left-- == 0) ::_exit(kCut);
      });
      EXPECT_TRUE(Apply(MakePlan(*policy, *facts).steps, *host).problems.empty());
    });
    device_.Boot([] {
      const Ran ran = RunState();
      EXPECT_EQ(ran.code, 0) << ran.err;
      EXPECT_EQ(Slurp("/var/lib/kiosk/sub/page"), "from the image");
      EXPECT_EQ(Look("/var/lib/kiosk").st_uid, 901u);
      EXPECT_EQ(RunState().out, "nothing to do\n");
      fs::remove_all(kData + "state/shared/.cache.new");
    });
    if (code != kCut) break;
    ++cuts;
    device_.Boot([] { fs::remove_all(kData + "state"); });
  }
  EXPECT_GE(cuts, 30);
}

TEST_F(LinuxState, ABadPolicyDoesNothingAndEndsWith65) {
  device_.image().Write("policies/state.toml", "schema = 1\n[[state]]\nname = \"x\"\n");
  device_.Boot([] {
    EXPECT_EQ(RunState().code, cli::kExitPolicy);
    EXPECT_FALSE(fs::exists(kData + "state"));
    EXPECT_EQ((*facts::ReadStageResult("/", "state"))->result, "failed");
  });
}

// Project 0 is the one that needs no quotas in the kernel; that it was there shows in what
// inherits.
TEST_F(LinuxState, AWalkThatRunsOutOfTimeGoesOnAtTheNextBoot) {
  using Clock = std::chrono::steady_clock;
  const std::string top = kData + "tree";
  const auto inherits = [](const std::string& path) {
    const host::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return ReadProject(fd.get(), path).value().inherits;
  };
  const auto walk = [&](Clock::time_point deadline) {
    const host::UniqueFd fd(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto walked = SetProjectOfTree(fd.get(), 0, deadline, "tree");
    EXPECT_TRUE(walked.has_value()) << walked.error().ToString();
    EXPECT_EQ(ProjectWalkPending(fd.get()), !walked->finished);
    return walked ? *walked : ProjectWalk{};
  };
  device_.Boot([&] {
    fs::create_directories(top + "/a/b");
    fs::create_directory(kData + "outside");
    fs::create_directory(top + "/mounted");
    ASSERT_EQ(
        ::mount((kData + "outside").c_str(), (top + "/mounted").c_str(), nullptr, MS_BIND, nullptr),
        0);
    fs::create_directory_symlink(kData + "outside", top + "/link");
    EXPECT_EQ(::mkfifo((top + "/fifo").c_str(), 0600), 0);

    const ProjectWalk late = walk(Clock::now() - std::chrono::seconds(1));
    EXPECT_FALSE(late.finished);
    EXPECT_EQ(late.findings.size(), 1u);
    EXPECT_TRUE(inherits(top));
    EXPECT_FALSE(inherits(top + "/a"));
    const ProjectWalk rest = walk(Clock::now() + std::chrono::minutes(1));
    EXPECT_TRUE(rest.finished);
    EXPECT_TRUE(rest.findings.empty());
    EXPECT_TRUE(inherits(top + "/a/b"));
    EXPECT_FALSE(inherits(kData + "outside"));
  });
}

TEST_F(LinuxState, AWalkEndsHoweverDeepTheTree) {
  device_.Boot([] {
    fs::create_directory(kData + "tree");
    host::UniqueFd top(::open((kData + "tree").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    host::UniqueFd here(::open((kData + "tree").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Deeper than a path can say.
    const std::string name(255, 'd');
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(::mkdirat(here.get(), name.c_str(), 0755), 0);
      here = host::UniqueFd(::openat(here.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      ASSERT_TRUE(here.valid());
    }
    const auto walk = SetProjectOfTree(
        top.get(), 0, std::chrono::steady_clock::now() + std::chrono::minutes(1), "tree");
    ASSERT_TRUE(walk.has_value()) << walk.error().ToString();
    EXPECT_TRUE(walk->finished);
    ASSERT_EQ(walk->findings.size(), 1u);
    EXPECT_NE(walk->findings[0].find("more than 128 deep"), std::string::npos);
    EXPECT_FALSE(ProjectWalkPending(top.get()));
  });
}

}  // namespace
}  // namespace bf::provision::state
