// SPDX-License-Identifier: Apache-2.0
#include "tests/overlays/integration/device.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "core/facts/stage.h"
#include "core/hash/sha256.h"
#include "core/host/file.h"
#include "core/host/spawn.h"
#include "overlays/tool.h"

namespace bf::overlays::test {
namespace {

constexpr const char* kPolicy = R"(schema = 1
[[writable]]
name = "tmp"
path = "/tmp"
kind = "tmpfs"
size = "1MiB"
inodes = 64
mode = "1777"
reason = "scratch"
[[writable]]
name = "cache"
path = "/var/cache"
kind = "overlay"
backing = "tmpfs"
size = "1MiB"
inodes = 64
reason = "caches"
[[writable]]
name = "site"
path = "/etc/site"
kind = "overlay"
backing = "data"
size = "2MiB"
inodes = 128
on_os_change = "merge"
conflict = "user"
reason = "settings"
)";

void RunOrDie(const std::vector<std::string>& argv) {
  const auto done = host::RunOk({.argv = argv});
  if (!done) throw std::runtime_error(done.error().ToString());
}

void MountOrDie(const char* source, const std::string& target, const char* type,
                unsigned long flags, const char* data = nullptr) {
  if (::mount(source, target.c_str(), type, flags, data) == 0) return;
  std::perror(target.c_str());
  ::_exit(99);
}

// A mount namespace that nobody is in any more is taken down in the background. A device that
// boots while the last one still has its disk would be two devices with one disk.
void WaitForRelease(const std::string& images) {
  const auto in_use = [&] {
    for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
      const auto backing = host::ReadLine(entry.path().string() + "/loop/backing_file");
      if (backing && backing->starts_with(images)) return true;
    }
    return false;
  };
  for (int tries = 0; in_use(); ++tries) {
    if (tries == 3000) {
      ADD_FAILURE() << "the loop devices of " << images << " stay in use";
      return;
    }
    ::usleep(5000);
  }
}

}  // namespace

Device::Device() : policy_(kPolicy) {
  if (::geteuid() != 0) throw std::runtime_error("this test mounts file systems: run it as root");
  SetDataSize("24M");
}

void Device::SetDataSize(std::string size) {
  std::filesystem::remove(Image("data"));
  RunOrDie({"truncate", "-s", std::move(size), Image("data")});
  RunOrDie({"mkfs.ext4", "-q", "-b", "4096", Image("data")});
}

void Device::Flash(const std::string& slot, const Os& os) {
  testing_support::TempTree root;
  for (const char* dir : {"proc", "sys", "dev", "run", "tmp", "var/cache", "var/lib/betterframe",
                          "etc/site", "mnt", "usr/lib", "usr/share/betterframe/policies"})
    std::filesystem::create_directories(root / dir);
  root.Write("usr/lib/os-release", fmt::format("IMAGE_ID=bf\nIMAGE_VERSION={}\n", os.version));
  root.Write("usr/share/betterframe/policies/overlays.toml", policy_);
  root.Write("etc/hostname", "device\n");
  if (os.fill) os.fill(root);
  ::chmod(root.path().c_str(), 0755);
  std::filesystem::remove(Image(slot));
  RunOrDie({"truncate", "-s", "8M", Image(slot)});
  RunOrDie({"mkfs.ext4", "-q", "-b", "4096", "-U", os.uuid, "-d", root.path(), Image(slot)});
}

int Device::Boot(const std::string& slot, const std::function<void()>& body, BootOptions options) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0) ::_exit(99);
    MountOrDie("none", "/", nullptr, MS_REC | MS_PRIVATE);
    const std::string root = tree_ / "device";
    std::filesystem::create_directory(root);
    // The device can be written to, as on the real one; `mount -o ro,loop` would see to it that
    // not even a remount could.
    auto loop = host::RunOk({.argv = {"losetup", "--find", "--show", Image(slot)}});
    if (!loop) ::_exit(99);
    while (loop->ends_with('\n')) loop->pop_back();
    MountOrDie(loop->c_str(), root, "ext4", MS_RDONLY);
    RunOrDie({"losetup", "--detach", *loop});  // takes effect when the mount goes
    MountOrDie("proc", root + "/proc", "proc", 0);
    MountOrDie("sysfs", root + "/sys", "sysfs", 0);
    MountOrDie("udev", root + "/dev", "devtmpfs", 0);
    MountOrDie("run", root + "/run", "tmpfs", 0);
    if (options.data) {
      RunOrDie(
          {"mount", "-o",
           std::string("loop,nosuid,nodev,noexec,noatime") + (options.data_read_only ? ",ro" : ""),
           Image("data"), root + "/var/lib/betterframe"});
      std::error_code ignored;
      std::filesystem::create_directory(root + "/var/lib/betterframe/overlay", ignored);
    }
    if (::chroot(root.c_str()) != 0 || ::chdir("/") != 0) ::_exit(99);
    body();
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  WaitForRelease(tree_.path());
  EXPECT_TRUE(code != 1 && code != 99 && code < 128) << "in the device: exit code " << code;
  return code;
}

std::string Device::RootHash(const std::string& slot) const {
  auto bytes = host::ReadFile(Image(slot), 64 << 20);
  return bytes ? hash::HashOf(*bytes) : bytes.error().ToString();
}

ToolRun Tool(const std::vector<std::string>& args, StepHook hook) {
  std::ostringstream out;
  std::ostringstream err;
  ToolRun run;
  run.exit_code = cli::RunTool(OverlayTool(std::move(hook)), args, {out, err});
  run.out = out.str();
  run.err = err.str();
  return run;
}

void Apply(const std::string& result, StepHook hook) {
  const ToolRun run = Tool({"apply"}, std::move(hook));
  EXPECT_EQ(run.exit_code, result == "ok" ? 0 : 1) << run.err;
  const auto stage = facts::ReadStageResult("/", "overlay");
  ASSERT_TRUE(stage && *stage);
  EXPECT_EQ((*stage)->result, result) << run.err;
}

std::string Read(const std::string& path) {
  auto text = host::ReadFile(path);
  return text ? *text : "(absent)";
}

void Write(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  EXPECT_TRUE(file) << "write " << path;
}

void MakeDir(const std::string& path) {
  EXPECT_EQ(::mkdir(path.c_str(), 0755), 0) << "mkdir " << path;
}

bool Exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

unsigned ModeOf(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
}

std::string Listing(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto tree = ScanTree(fd, /*upper=*/false, path);
  ::close(fd);
  return tree ? ToManifest(*tree) : tree.error().ToString();
}

}  // namespace bf::overlays::test
