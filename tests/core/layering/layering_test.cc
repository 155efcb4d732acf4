// SPDX-License-Identifier: Apache-2.0
// The layers are include lines: who may see the kernel, who may see which library, and which
// folders may know of each other. main.cc stays small.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFolders = {"core",       "provision", "overlays",
                                           "udev-rules", "lockdown",  "boot",
                                           "update",     "releases",  "audit"};

struct Include {
  std::string file;
  std::string header;
};

std::string Slurp(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<fs::path> Sources() {
  std::vector<fs::path> sources;
  for (const std::string& folder : kFolders) {
    const fs::path top = fs::path(BF_SOURCE_DIR) / folder;
    if (!fs::exists(top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      const auto extension = entry.path().extension();
      if (extension == ".cc" || extension == ".h") sources.push_back(entry.path());
    }
  }
  return sources;
}

std::vector<Include> Includes() {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<Include> includes;
  for (const fs::path& path : Sources()) {
    std::istringstream text(Slurp(path));
    for (std::string line; std::getline(text, line);) {
      std::smatch match;
      if (std::regex_search(line, match, kInclude)) {
        includes.push_back({fs::relative(path, BF_SOURCE_DIR).string(), match[1]});
      }
    }
  }
  return includes;
}

// Files that may touch the machine: core/host, inside a tool those whose name says so, and the
// image builder, which is no boot tool and whose whole job is files: but never what plans.
bool MayTouchTheMachine(const std::string& file) {
  const std::string name = fs::path(file).filename().string();
  if (file.starts_with("provision/image/")) return name.find("plan") == std::string::npos;
  return file.starts_with("core/host/") || name.starts_with("linux_") ||
         name.find("_host.") != std::string::npos;
}

bool IsKernelInterface(const std::string& header) {
  static const std::set<std::string> kHeaders = {
      "sys/mount.h",  "sys/ioctl.h",  "sys/syscall.h", "sys/quota.h", "sys/sysmacros.h",
      "sys/prctl.h",  "libudev.h",    "seccomp.h",     "cap-ng.h",    "spawn.h",
      "sys/socket.h", "sys/reboot.h", "sys/xattr.h"};
  static const std::vector<std::string> kPrefixes = {"linux/",    "libmount/", "blkid/",
                                                     "libfdisk/", "ext2fs/",   "libevdev"};
  if (kHeaders.contains(header)) return true;
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const std::string& prefix) { return header.starts_with(prefix); });
}

std::string Folder(const std::string& path) { return path.substr(0, path.find('/')); }

TEST(Layering, TheTreeIsSeen) { EXPECT_GT(Includes().size(), 100u); }

TEST(Layering, OnlyHostFilesSeeTheKernel) {
  for (const Include& include : Includes()) {
    if (!IsKernelInterface(include.header)) continue;
    EXPECT_TRUE(MayTouchTheMachine(include.file)) << include.file << " includes <" << include.header
                                                  << ">: move that to core/host or to a linux_*.cc";
  }
}

TEST(Layering, LibrariesWithExceptionsEndInOneFileEach) {
  const std::map<std::string, std::string> only = {{"toml++/", "core/policy/parse_toml.cc"},
                                                   {"CLI/", "core/cli/parse.cc"}};
  for (const Include& include : Includes()) {
    for (const auto& [prefix, file] : only) {
      if (!include.header.starts_with(prefix)) continue;
      EXPECT_EQ(include.file, file) << include.header;
    }
  }
}

TEST(Layering, CoreKnowsNoTool) {
  for (const Include& include : Includes()) {
    if (Folder(include.file) != "core") continue;
    const std::string folder = Folder(include.header);
    if (folder == "core") continue;
    EXPECT_EQ(std::count(kFolders.begin(), kFolders.end(), folder), 0)
        << include.file << " includes " << include.header;
  }
}

TEST(Layering, PureCoreDoesNotSeeTheHost) {
  for (const Include& include : Includes()) {
    for (const char* pure : {"core/error/", "core/plan/", "core/disk/"}) {
      if (!include.file.starts_with(pure)) continue;
      EXPECT_FALSE(include.header.starts_with("core/host/"))
          << include.file << " includes " << include.header;
    }
  }
}

TEST(Layering, PlannersAndPoliciesDoNotSeeTheHost) {
  int planners = 0;
  for (const fs::path& path : Sources()) {
    const std::string file = fs::relative(path, BF_SOURCE_DIR).string();
    const std::string stem = path.stem().string();
    if (Folder(file) == "core") continue;
    if (stem != "plan" && stem != "planner" && !stem.ends_with("_plan")) continue;
    ++planners;
    for (const Include& include : Includes()) {
      if (include.file != file) continue;
      EXPECT_FALSE(include.header.starts_with("core/host/"))
          << file << " includes " << include.header;
    }
  }
  if (fs::exists(fs::path(BF_SOURCE_DIR) / "provision/data")) {
    EXPECT_GT(planners, 0);
  }
}

TEST(Layering, NothingStartsAShell) {
  static const std::regex kShell(R"re(\b(system|popen|execl|execlp)\()re");
  for (const fs::path& path : Sources()) {
    std::istringstream text(Slurp(path));
    for (std::string line; std::getline(text, line);) {
      line = line.substr(0, line.find("//"));
      EXPECT_FALSE(std::regex_search(line, kShell)) << path << ": " << line;
    }
  }
}

TEST(Layering, MainIsFifteenLinesAtMost) {
  for (const fs::path& path : Sources()) {
    if (path.filename() != "main.cc") continue;
    const std::string text = Slurp(path);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 15) << path;
  }
}

TEST(Layering, EveryFileNamesItsLicence) {
  for (const fs::path& path : Sources()) {
    EXPECT_TRUE(Slurp(path).starts_with("// SPDX-License-Identifier: Apache-2.0\n")) << path;
    if (path.extension() == ".h") {
      EXPECT_NE(Slurp(path).find("#pragma once"), std::string::npos) << path;
    }
  }
}

}  // namespace
