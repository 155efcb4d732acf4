// SPDX-License-Identifier: Apache-2.0
// A factory reset on a real ext4, asked for and carried out as on the device.
#include "provision/reset/linux_reset.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <sstream>

#include "core/cli/tool.h"
#include "provision/reset/verb.h"
#include "provision/state/verb.h"
#include "tests/support/device_tree.h"

namespace bf::provision::reset {
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
seed = "empty"
scope = "shared"
reset = "clear"
reason = "test"
)";

const std::string kData = "/var/lib/betterframe/";
const std::string kRequestFile = kData + "control/reset-request";

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

Ran RunTool(std::vector<std::string> args) {
  std::ostringstream out;
  std::ostringstream err;
  args.insert(args.end(), {"--policy", "/policies"});
  const cli::Tool tool{"bf-provision", "", {state::StateVerb(), ResetVerb()}};
  const int code = cli::RunTool(tool, args, {out, err});
  return {code, out.str(), err.str()};
}

void Spill(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class LinuxReset : public testing::Test {
 protected:
  LinuxReset() {
    device_.image().Write("policies/state.toml", kPolicy);
    fs::create_directories(device_.image() / "var/lib/rauc");
    fs::create_directories(device_.image() / "var/lib/kiosk");
    device_.image().Write("etc/precious", "of the image");
  }

  // A used device, its cache owner hostile.
  static void Use() {
    EXPECT_EQ(RunTool({"state"}).code, 0);
    Spill("/var/lib/rauc/status", "kept");
    Spill("/var/lib/kiosk/page", "private");
    fs::create_symlink("/etc", "/var/lib/kiosk/out");
    EXPECT_EQ(::mkfifo("/var/lib/kiosk/fifo", 0666), 0);
    Spill("/var/lib/kiosk/new\nline", "x");
    fs::create_hard_link(kData + "state/shared/rauc/status", kData + "linked");
    fs::create_directories(kData + "overlay/etc/upper");
    fs::create_directories(kData + "state/slot-b/other/deep");
  }

  static void ExpectReset() {
    EXPECT_TRUE(fs::exists("/var/lib/rauc/status"));
    EXPECT_TRUE(fs::is_empty("/var/lib/kiosk"));
    EXPECT_TRUE(fs::is_empty(kData + "overlay"));
    EXPECT_TRUE(fs::is_empty(kData + "state/slot-b"));
    EXPECT_FALSE(fs::exists(kData + "linked"));
    EXPECT_TRUE(fs::exists("/etc/precious"));
    EXPECT_FALSE(fs::exists(kRequestFile));
    EXPECT_TRUE(fs::exists(kData + "control/last-reset"));
  }

  DeviceTree device_;
};

TEST_F(LinuxReset, IsCarriedOutAtTheNextBootAndOnce) {
  device_.Boot([] {
    Use();
    const Ran asked = RunTool({"reset"});
    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_NE(asked.out.find("/var/lib/rauc"), std::string::npos);
    EXPECT_TRUE(fs::exists("/var/lib/kiosk/page")) << "not now";
    struct stat status {};
    ASSERT_EQ(::stat(kRequestFile.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600u);
    ASSERT_EQ(::stat((kData + "control").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700u);
  });
  device_.Boot([] {
    const Ran ran = RunTool({"state"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("factory reset: finished"), std::string::npos) << ran.out;
    ExpectReset();
    Spill("/var/lib/kiosk/page", "new life");
  });
  device_.Boot([] {
    EXPECT_EQ(RunTool({"state"}).code, 0);
    EXPECT_TRUE(fs::exists("/var/lib/kiosk/page")) << "reset twice";
  });
}

TEST_F(LinuxReset, WaitsWhileBfDataIsInUse) {
  device_.Boot([] {
    Use();
    EXPECT_EQ(RunTool({"reset"}).code, 0);
    const Ran again = RunTool({"state"});  // on the running device
    EXPECT_EQ(again.code, 0);
    EXPECT_NE(again.out.find("waits for the next boot, because /"), std::string::npos) << again.out;
    EXPECT_TRUE(fs::exists("/var/lib/kiosk/page"));
    EXPECT_TRUE(fs::exists(kRequestFile));
  });
}

TEST_F(LinuxReset, CanBeWithdrawn) {
  device_.Boot([] {
    Use();
    EXPECT_EQ(RunTool({"reset", "--cancel"}).out, "no factory reset is recorded\n");
    EXPECT_EQ(RunTool({"reset"}).code, 0);
    EXPECT_EQ(RunTool({"reset", "--cancel"}).out, "the recorded factory reset is withdrawn\n");
    EXPECT_FALSE(fs::exists(kRequestFile));
  });
}

TEST_F(LinuxReset, DryRunRecordsNothing) {
  device_.Boot([] {
    const Ran ran = RunTool({"reset", "--dry-run"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_NE(ran.out.find("would record"), std::string::npos);
    EXPECT_FALSE(fs::exists(kRequestFile));
  });
}

TEST_F(LinuxReset, IsRefusedWhereItCouldNotBeKept) {
  for (const char* data : {"none", "tmpfs", "ro"}) {
    device_.Boot([] { EXPECT_EQ(RunTool({"reset"}).code, cli::kExitRefused); }, data);
  }
}

TEST_F(LinuxReset, APlantedRequestIsNone) {
  device_.Boot([] { Use(); });
  const auto plant = [this](const std::function<void()>& planting) {
    device_.Boot([&planting] {
      fs::create_directories(kData + "control");
      planting();
      const Ran ran = RunTool({"state"});
      EXPECT_EQ(ran.code, 1) << ran.out;
      EXPECT_NE(ran.err.find("reset-request"), std::string::npos) << ran.err;
      EXPECT_TRUE(fs::exists("/var/lib/kiosk/page"));
      fs::remove(kRequestFile);
    });
  };
  plant([] { Spill(kRequestFile, "yes please"); });
  plant([] { EXPECT_EQ(::mkfifo(kRequestFile.c_str(), 0600), 0); });
  plant([] { fs::create_symlink("/etc/precious", kRequestFile); });
  plant([] {
    Spill(kRequestFile, ToJson(Request{"then"}));
    EXPECT_EQ(::chown(kRequestFile.c_str(), 901, 901), 0);
  });
}

// Ends the process before each durable change of the reset; then the next boot finishes it.
TEST_F(LinuxReset, CutAtEachPhaseTheNextBootFinishesIt) {
  constexpr int kCut = 42;
  int cuts = 0;
  for (int phase = 0;; ++phase) {
    device_.Boot([] {
      Use();
      EXPECT_EQ(RunTool({"reset"}).code, 0);
    });
    const int code = device_.Boot([phase] {
      const auto policy = state::LoadPolicy("/policies");
      auto host = LinuxHost::Open(kData);
      int left = phase;
      host->OnCheckpoint([&left](std::string_view) {
        if (left-- == 0) ::_exit(kCut);
      });
      EXPECT_TRUE(CarryOut(*policy, *host).finished);
    });
    device_.Boot([] {
      const Ran ran = RunTool({"state"});
      EXPECT_EQ(ran.code, 0) << ran.err;
      ExpectReset();
      fs::remove_all(kData + "control");
    });
    if (code != kCut) break;
    ++cuts;
    device_.Boot([] {
      for (const auto& entry : fs::directory_iterator(kData)) fs::remove_all(entry.path());
    });
  }
  EXPECT_GE(cuts, 8);
}

TEST_F(LinuxReset, RemovesAllButWhatItCannotAndLetsInWhatIsMovedUp) {
  device_.Boot([] {
    const std::string top = kData + "state/shared/old";
    for (char c = 'a'; c <= 'z'; ++c) {
      fs::create_directories(top + "/" + c);
      Spill(top + "/" + c + "/page", "private");
    }
    fs::create_directory(top + "/m/mounted");
    ASSERT_EQ(::mount("tmpfs", (top + "/m/mounted").c_str(), "tmpfs", 0, nullptr), 0);
    const host::UniqueFd fd(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    fsxattr attributes{};
    ASSERT_EQ(::ioctl(fd.get(), FS_IOC_FSGETXATTR, &attributes), 0);
    attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    ASSERT_EQ(::ioctl(fd.get(), FS_IOC_FSSETXATTR, &attributes), 0);

    const auto data = host::Beneath::Open(kData);
    ASSERT_TRUE(data.has_value());
    const auto removed = data->RemoveTree("state/shared/old");
    ASSERT_FALSE(removed.has_value());
    EXPECT_NE(removed.error().ToString().find("old/m/mounted is a mount point"), std::string::npos)
        << removed.error().ToString();
    // Whatever the order of the directory, the others are gone.
    EXPECT_EQ(std::distance(fs::directory_iterator(top), fs::directory_iterator()), 1);
    EXPECT_FALSE(fs::exists(top + "/m/page"));
    EXPECT_TRUE(fs::exists(top + "/m/mounted"));
    // An inherited project keeps out entries of other projects; the deep ones must come in.
    ASSERT_EQ(::ioctl(fd.get(), FS_IOC_FSGETXATTR, &attributes), 0);
    EXPECT_EQ(attributes.fsx_xflags & FS_XFLAG_PROJINHERIT, 0u);
  });
}

}  // namespace
}  // namespace bf::provision::reset
