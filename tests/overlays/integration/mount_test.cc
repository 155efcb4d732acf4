// SPDX-License-Identifier: Apache-2.0
// Mounting, on a real kernel: what comes out right, and what each thing that can be wrong leads to.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/facts/mountinfo.h"
#include "core/facts/stage.h"
#include "core/host/file.h"
#include "overlays/linux_mount.h"
#include "tests/overlays/integration/device.h"

namespace bf::overlays::test {
namespace {

facts::Mount MountAt(const std::string& path) {
  const auto mounts = facts::ReadMountInfo("/");
  const auto* mount = mounts ? facts::FindMount(*mounts, path) : nullptr;
  return mount == nullptr ? facts::Mount{} : *mount;
}

int CountMounts() {
  const auto mounts = facts::ReadMountInfo("/");
  return mounts ? static_cast<int>(mounts->size()) : -1;
}

std::string Details() { return Read("/run/betterframe/overlay.json"); }

void ExpectCheck(int code, const std::string& has = {}) {
  const ToolRun run = Tool({"check"});
  EXPECT_EQ(run.exit_code, code) << run.out << run.err;
  if (!has.empty()) {
    EXPECT_NE(run.out.find(has), std::string::npos) << run.out;
  }
}

Os Plain() {
  return {.fill = [](const auto& root) {
    root.Write("etc/site/default.toml", "vendor 1\n");
    root.Write("var/cache/font", "vendor\n");
  }};
}

class Mounting : public testing::Test {
 protected:
  Mounting() { device.Flash("a", Plain()); }
  Device device;
};

TEST_F(Mounting, FirstBootSecondRunSecondBoot) {
  const std::string before = device.RootHash("a");
  device.Boot("a", [] {
    Apply();
    const auto site = MountAt("/etc/site");
    EXPECT_EQ(site.fs_type, "overlay");
    for (const char* flag : {"nosuid", "nodev", "noexec"}) EXPECT_TRUE(site.HasOption(flag));
    EXPECT_EQ(MountAt("/tmp").SuperOption("size"), "1024k");
    EXPECT_EQ(ModeOf("/tmp"), 01777u);
    EXPECT_EQ(Read("/var/cache/font"), "vendor\n");
    ExpectCheck(0);
    Write("/etc/site/default.toml", "user\n");
    Write("/etc/site/own.toml", "own\n");
    Write("/var/cache/x", "gone tomorrow\n");
    // The tmpfs behind an overlay has no path of its own.
    EXPECT_FALSE(Exists("/run/betterframe/overlay/cache"));

    const int mounts = CountMounts();
    const ToolRun again = Tool({"apply"});
    EXPECT_EQ(again.out, "nothing to do\n");
    EXPECT_EQ(CountMounts(), mounts);
  });
  device.Boot("a", [] {
    Apply();
    EXPECT_EQ(Read("/etc/site/default.toml"), "user\n");
    EXPECT_EQ(Read("/etc/site/own.toml"), "own\n");
    EXPECT_FALSE(Exists("/var/cache/x"));
    EXPECT_TRUE(Exists(std::string(kStore) + "/generation-1"));
    EXPECT_FALSE(Exists(std::string(kStore) + "/generation-2"));
    const ToolRun status = Tool({"status"});
    EXPECT_NE(status.out.find("changed  /etc/site/default.toml"), std::string::npos) << status.out;
    EXPECT_NE(status.out.find("added  /etc/site/own.toml"), std::string::npos) << status.out;
  });
  EXPECT_EQ(device.RootHash("a"), before);
}

TEST_F(Mounting, NothingElseIsWritable) {
  device.Boot("a", [] {
    Apply();
    for (const char* path : {"/x", "/etc/x", "/mnt/x", "/usr/x", "/var/x", "/var/lib/x"}) {
      const int fd = ::open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
      EXPECT_EQ(fd, -1) << path;
      EXPECT_EQ(errno, EROFS) << path;
    }
  });
}

TEST_F(Mounting, DryRunChangesNothing) {
  device.Boot("a", [] {
    const int mounts = CountMounts();
    const ToolRun run = Tool({"apply", "--dry-run"});
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_NE(run.out.find("mount an overlay on /etc/site"), std::string::npos) << run.out;
    EXPECT_EQ(CountMounts(), mounts);
    EXPECT_FALSE(Exists("/run/betterframe"));
    EXPECT_FALSE(Exists(kStore));
  });
}

TEST_F(Mounting, CheckFindsWhatSomeoneMountsOrRemounts) {
  device.Boot("a", [] {
    Apply();
    ExpectCheck(0);
    ASSERT_EQ(::mount("x", "/mnt", "tmpfs", 0, nullptr), 0);
    ExpectCheck(3, "/mnt: tmpfs (x) is mounted read-write");
    ASSERT_EQ(::umount("/mnt"), 0);
    ASSERT_EQ(::mount("/tmp", "/mnt", nullptr, MS_BIND, nullptr), 0);
    ExpectCheck(3, "/mnt: tmpfs");
    ASSERT_EQ(::umount("/mnt"), 0);
    ASSERT_EQ(::mount(nullptr, "/tmp", nullptr, MS_REMOUNT | MS_NOSUID, "size=8m"), 0);
    ExpectCheck(3, "/tmp: may hold 8 MiB, not 1 MiB");
    // What check tells to do does it.
    EXPECT_EQ(Tool({"apply"}).exit_code, 0);
    ExpectCheck(0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr), 0);
    ExpectCheck(3, "/: the root is mounted read-write");
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    ExpectCheck(0);
    ASSERT_EQ(::umount2("/etc/site", MNT_DETACH), 0);
    ExpectCheck(3, "/etc/site: nothing is mounted there");
  });
}

TEST_F(Mounting, ATmpfsEndsAtItsLimits) {
  device.Boot("a", [] {
    Apply();
    for (const char* dir : {"/tmp", "/var/cache"}) {
      const std::string path = std::string(dir) + "/big";
      const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
      const std::string block(64 << 10, 'x');
      std::size_t written = 0;
      ssize_t got = 0;
      while ((got = ::write(fd, block.data(), block.size())) > 0)
        written += static_cast<std::size_t>(got);
      EXPECT_EQ(errno, ENOSPC);
      EXPECT_LE(written, std::size_t{1} << 20);
      EXPECT_GE(written, std::size_t{900} << 10);
      ::close(fd);
      ::unlink(path.c_str());
      int made = 0;
      while (made < 200) {
        const int one =
            ::open(fmt::format("{}/{}", dir, made).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (one < 0) break;
        ::close(one);
        ++made;
      }
      EXPECT_EQ(errno, ENOSPC);
      EXPECT_LE(made, 64) << dir;
    }
    // What the image brings is still read, and BF_DATA still takes writes.
    EXPECT_EQ(Read("/var/cache/font"), "vendor\n");
    Write("/etc/site/x", "x");
  });
}

TEST_F(Mounting, WithoutData) {
  device.Boot("a",
              [] {
                Apply("degraded");
                EXPECT_EQ(Read("/etc/site/default.toml"), "vendor 1\n");
                Write("/etc/site/x", "lost tomorrow\n");
                EXPECT_EQ(MountAt("/etc/site").SuperOption("upperdir"),
                          "/run/betterframe/overlay/site/upper");
                EXPECT_NE(Details().find("BF_DATA is not mounted"), std::string::npos);
                ExpectCheck(3, "/etc/site: a tmpfs holds the changes in place of BF_DATA");
                // Bounded like any other.
                const int fd = ::open("/etc/site/big", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
                EXPECT_NE(::posix_fallocate(fd, 0, 3 << 20), 0);
                ::close(fd);
              },
              {.data = false, .data_read_only = false});
}

TEST_F(Mounting, DataReadOnly) {
  device.Boot("a", [] { Apply("degraded"); }, {.data = true, .data_read_only = true});
}

// --- what may have become of a work or upper directory ---

struct Damage {
  const char* name;
  std::function<void(const std::string& generation)> inflict;
  bool keeps_changes;  // the user's file is still there afterwards
};

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, BootsAndSaysSo) {
  Device device;
  device.Flash("a", Plain());
  device.Boot("a", [] {
    Apply();
    Write("/etc/site/own.toml", "own\n");
  });
  device.Boot("a", [] {
    GetParam().inflict(std::string(kStore) + "/generation-1");
    Write("/run/precious", "untouched");
    MakeDir("/run/victim");
    const std::string victim = Listing("/run/victim");
    Apply();
    EXPECT_NE(Details().find("/etc/site: "), std::string::npos) << "nothing was reported";
    EXPECT_EQ(Read("/etc/site/default.toml"), "vendor 1\n");
    EXPECT_EQ(Read("/etc/site/own.toml"), GetParam().keeps_changes ? "own\n" : "(absent)");
    Write("/etc/site/new.toml", "new\n");
    EXPECT_EQ(Read("/run/precious"), "untouched");
    EXPECT_EQ(Listing("/run/victim"), victim);
    ExpectCheck(0);
  });
  device.Boot("a", [] {
    Apply();
    EXPECT_EQ(Read("/etc/site/new.toml"), "new\n");
    ExpectCheck(0);
  });
}

void Remove(const std::string& path) { std::filesystem::remove_all(path); }

const std::vector<Damage> kDamages = {
    {"work_missing", [](const std::string& at) { Remove(at + "/work"); }, true},
    {"work_file",
     [](const std::string& at) {
       Remove(at + "/work");
       Write(at + "/work", "");
     },
     true},
    {"work_symlink",
     [](const std::string& at) {
       Remove(at + "/work");
       std::filesystem::create_symlink("/run/victim", at + "/work");
     },
     true},
    {"work_owned_by_kiosk",
     [](const std::string& at) { EXPECT_EQ(::chown((at + "/work").c_str(), 1000, 1000), 0); },
     true},
    {"work_incompat_unknown",
     [](const std::string& at) {
       std::filesystem::create_directories(at + "/work/work/incompat/future");
     },
     true},
    {"work_incompat_volatile",
     [](const std::string& at) {
       std::filesystem::create_directories(at + "/work/work/incompat/volatile");
     },
     false},
    {"upper_missing", [](const std::string& at) { Remove(at + "/upper"); }, false},
    {"upper_symlink",
     [](const std::string& at) {
       Remove(at + "/upper");
       std::filesystem::create_symlink("/run/victim", at + "/upper");
     },
     false},
    {"upper_fifo",
     [](const std::string& at) {
       Remove(at + "/upper");
       EXPECT_EQ(::mkfifo((at + "/upper").c_str(), 0600), 0);
     },
     false},
    {"upper_owned_by_kiosk",
     [](const std::string& at) {
       EXPECT_EQ(::chown((at + "/upper").c_str(), 1000, 1000), 0);
       EXPECT_EQ(::chmod((at + "/upper").c_str(), 0777), 0);
     },
     true},
    {"upper_opaque",
     [](const std::string& at) {
       EXPECT_EQ(::setxattr((at + "/upper").c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
     },
     false},
    {"stamp_missing", [](const std::string& at) { Remove(at + "/stamp.json"); }, false},
    {"stamp_cut", [](const std::string& at) { Write(at + "/stamp.json", "{\"schema\": 1,"); },
     false},
    {"stamp_symlink",
     [](const std::string& at) {
       Remove(at + "/stamp.json");
       std::filesystem::create_symlink("/run/precious", at + "/stamp.json");
     },
     false},
    {"generation_symlink",
     [](const std::string& at) {
       std::filesystem::rename(at, at + "-moved");
       std::filesystem::create_symlink("/run/victim", at);
     },
     false},
    {"store_symlink",
     [](const std::string&) {
       Remove(kStore);
       std::filesystem::create_symlink("/run/victim", kStore);
     },
     false},
    {"store_device",
     [](const std::string&) {
       Remove(kStore);
       EXPECT_EQ(::mknod(kStore, S_IFBLK | 0666, makedev(7, 0)), 0);
     },
     false},
    {"store_open_to_all", [](const std::string&) { EXPECT_EQ(::chmod(kStore, 0777), 0); }, true},
};

INSTANTIATE_TEST_SUITE_P(Work, Damaged, testing::ValuesIn(kDamages),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_F(Mounting, TheWholeOverlayDirectoryIsASymlink) {
  device.Boot("a", [] {
    Remove("/var/lib/betterframe/overlay");
    MakeDir("/run/victim");
    std::filesystem::create_symlink("/run/victim", "/var/lib/betterframe/overlay");
    const std::string victim = Listing("/run/victim");
    Apply("degraded");
    EXPECT_EQ(Listing("/run/victim"), victim);
    Write("/etc/site/x", "x");
  });
}

TEST_F(Mounting, UpperInUseElsewhere) {
  device.Boot("a", [] {
    Apply();
    ASSERT_EQ(::umount2("/etc/site", 0), 0);
    const std::string at = std::string(kStore) + "/generation-1";
    const std::string data = "lowerdir=/etc/site,upperdir=" + at + "/upper,workdir=" + at + "/work";
    ASSERT_EQ(::mount("x", "/mnt", "overlay", 0, data.c_str()), 0);
    Apply("degraded");
    EXPECT_EQ(MountAt("/etc/site").SuperOption("upperdir"), "/run/betterframe/overlay/site/upper");
    ExpectCheck(3, "/mnt: overlay (x) is mounted read-write");
  });
}

// --- the kernel's defaults, and what they would do ---

class ModuleDefaults {
 public:
  ModuleDefaults() {
    for (const char* name : {"index", "metacopy", "redirect_dir", "xino_auto", "nfs_export"}) {
      const std::string path = fmt::format("/sys/module/overlay/parameters/{}", name);
      auto old = host::ReadLine(path);
      if (!old) continue;
      old_.emplace_back(path, *old);
      EXPECT_TRUE(host::WriteAttribute(path, "Y"));
    }
  }
  ~ModuleDefaults() {
    for (const auto& [path, value] : old_) EXPECT_TRUE(host::WriteAttribute(path, value));
  }

 private:
  std::vector<std::pair<std::string, std::string>> old_;
};

TEST_F(Mounting, KernelDefaultsThatWouldTieUpperAndLowerTogether) {
  const ModuleDefaults changed;
  device.Boot("a", [] {
    Apply();
    for (const char* path : {"/etc/site", "/var/cache"}) {
      const auto mount = MountAt(path);
      EXPECT_EQ(mount.SuperOption("index"), "off");
      EXPECT_EQ(mount.SuperOption("metacopy"), "off");
      EXPECT_EQ(mount.SuperOption("xino"), "off");
      EXPECT_EQ(mount.SuperOption("nfs_export"), "off");
      EXPECT_NE(mount.SuperOption("redirect_dir"), "on");
    }
    ExpectCheck(0);
  });
}

// Why: with index=on the same two boots end in ESTALE, with all settings gone.
TEST_F(Mounting, IndexOnRefusesAnotherLower) {
  Os other = Plain();
  other.uuid = "22222222-2222-2222-2222-222222222222";
  device.Flash("b", other);
  const auto mount_with_index = [] {
    MakeDir("/run/o");
    const std::string base = "/var/lib/betterframe/overlay/byhand";
    std::filesystem::create_directories(base + "/upper");
    std::filesystem::create_directories(base + "/work");
    const std::string data =
        "lowerdir=/etc/site,upperdir=" + base + "/upper,workdir=" + base + "/work,index=on";
    return ::mount("x", "/run/o", "overlay", 0, data.c_str()) == 0 ? 0 : errno;
  };
  device.Boot("a", [&] { EXPECT_EQ(mount_with_index(), 0); });
  device.Boot("b", [&] { EXPECT_EQ(mount_with_index(), ESTALE); });
  device.Boot("a", [] {
    Apply();
    Write("/etc/site/own.toml", "own\n");
  });
  device.Boot("b", [] {
    Apply();
    EXPECT_EQ(Read("/etc/site/own.toml"), "own\n");
  });
}

// --- mount(2) in place of fsopen(2) ---

// From now on this process has no fsopen, as on a kernel before 5.2.
void TakeFsopenAway() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsopen, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{4, code};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(Mounting, WithoutFsopen) {
  device.Boot("a", [] {
    TakeFsopenAway();
    Apply();
    ExpectCheck(0);
    EXPECT_EQ(ModeOf("/tmp"), 01777u);
    Write("/etc/site/own.toml", "own\n");
    EXPECT_EQ(Tool({"apply"}).out, "nothing to do\n");
  });
}

class OddPath : public testing::TestWithParam<std::pair<const char*, std::string>> {};

TEST_P(OddPath, Mounts) {
  const std::string path = "/etc/" + GetParam().second;
  std::string quoted;
  for (const char c : path) quoted += c == '\\' ? "\\\\" : std::string(1, c);
  Device device;
  device.SetPolicy(fmt::format(R"(schema = 1
[[writable]]
name = "site"
path = "{0}"
kind = "overlay"
backing = "data"
size = "1MiB"
inodes = 64
on_os_change = "merge"
reason = "an odd path"
[[writable]]
name = "scratch"
path = "{0}2"
kind = "overlay"
backing = "tmpfs"
size = "1MiB"
inodes = 64
reason = "an odd path"
[[writable]]
name = "tmp"
path = "{0}3"
kind = "tmpfs"
size = "1MiB"
inodes = 64
reason = "an odd path"
)",
                               quoted));
  device.Flash("a", {.fill = [&](const auto& root) {
                 root.Write(path.substr(1) + "/default", "vendor\n");
                 root.Write(path.substr(1) + "2/default", "vendor\n");
                 std::filesystem::create_directories(root / (path.substr(1) + "3"));
               }});
  for (const bool fsopen : {true, false}) {
    device.Boot("a", [&] {
      if (!fsopen) TakeFsopenAway();
      Apply();
      for (const char* suffix : {"", "2"}) EXPECT_EQ(Read(path + suffix + "/default"), "vendor\n");
      for (const char* suffix : {"", "2", "3"}) Write(path + suffix + "/x", "x");
      ExpectCheck(0);
      EXPECT_EQ(Tool({"apply"}).out, "nothing to do\n");
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Names, OddPath,
                         testing::Values(std::pair("space", "a b"), std::pair("colon", "a:b"),
                                         std::pair("comma", "a,b"), std::pair("backslash", "a\\b"),
                                         std::pair("all", "a: b,\\c:,"), std::pair("hash", "a#b=c"),
                                         std::pair("longer_than_fsconfig_takes",
                                                   std::string(200, 'l') + "/" +
                                                       std::string(100, 'm'))),
                         [](const auto& one) { return std::string(one.param.first); });

// --- mounts below the path ---

TEST_F(Mounting, MountsBelowAreTakenAlong) {
  Os os = Plain();
  const auto fill = os.fill;
  os.fill = [fill](const auto& root) {
    fill(root);
    root.Write("etc/site/machine-id", "");
    std::filesystem::create_directories(root / "etc/site/keys/deep");
  };
  device.Flash("a", os);
  device.Boot("a", [] {
    Write("/run/machine-id", "0123\n");
    ASSERT_EQ(::mount("/run/machine-id", "/etc/site/machine-id", nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount("k", "/etc/site/keys", "tmpfs", 0, nullptr), 0);
    MakeDir("/etc/site/keys/deep");
    ASSERT_EQ(::mount("d", "/etc/site/keys/deep", "tmpfs", 0, nullptr), 0);
    Write("/etc/site/keys/deep/x", "x");
    const int mounts = CountMounts();
    Apply();
    EXPECT_EQ(Read("/etc/site/machine-id"), "0123\n");
    EXPECT_EQ(Read("/etc/site/keys/deep/x"), "x");
    EXPECT_EQ(CountMounts(), mounts + 3) << "each once: nothing stays mounted out of sight";
    Write("/etc/site/own.toml", "own\n");
  });
}

TEST_F(Mounting, ATmpfsHidesNoMount) {
  Os os = Plain();
  os.fill = [](const auto& root) { std::filesystem::create_directories(root / "tmp/below"); };
  device.Flash("a", os);
  device.Boot("a", [] {
    ASSERT_EQ(::mount("k", "/tmp/below", "tmpfs", 0, nullptr), 0);
    Apply("failed");
    EXPECT_EQ(MountAt("/tmp").fs_type, "");
    EXPECT_EQ(MountAt("/etc/site").fs_type, "overlay");
  });
}

TEST_F(Mounting, DirectoryMissingInTheImage) {
  Os os = Plain();
  os.fill = [](const auto& root) {
    std::filesystem::remove(root / "etc/site");
    root.Link("etc/site", "/run");
  };
  device.Flash("a", os);
  device.Boot("a", [] {
    Apply("failed");
    EXPECT_EQ(MountAt("/run").source, "run");
    EXPECT_EQ(MountAt("/tmp").fs_type, "tmpfs");
  });
}

TEST_F(Mounting, BadPolicyDoesNothingAndSaysSo) {
  device.SetPolicy("schema = 1\n[[writable]]\nname = \"a\"\n");
  device.Flash("a", Plain());
  device.Boot("a", [] {
    const int mounts = CountMounts();
    const ToolRun run = Tool({"apply"});
    EXPECT_EQ(run.exit_code, 65);
    EXPECT_NE(run.err.find("overlays.toml:2:1: the key \"path\" is missing"), std::string::npos);
    EXPECT_EQ(CountMounts(), mounts);
    const auto stage = facts::ReadStageResult("/", "overlay");
    ASSERT_TRUE(stage && *stage);
    EXPECT_EQ((*stage)->result, "failed");
  });
}

TEST(NeedsMount2, LongAndCommas) {
  EXPECT_FALSE(NeedsMount2({{"/a:b"}, "/u", "/w"}));
  EXPECT_TRUE(NeedsMount2({{"/a,b"}, "/u", "/w"}));
  EXPECT_TRUE(NeedsMount2({{std::string(256, 'a')}, "/u", "/w"}));
  EXPECT_FALSE(NeedsMount2({{std::string(255, 'a')}, "/u", "/w"}));
  EXPECT_EQ(OverlayData({{"/a:b,c", "/d\\e"}, "/u,v", "/w"}),
            "lowerdir=/a\\:b\\,c:/d\\\\e,upperdir=/u\\,v,workdir=/w,index=off,metacopy=off,"
            "redirect_dir=off,nfs_export=off,xino=off");
}

}  // namespace
}  // namespace bf::overlays::test
