// SPDX-License-Identifier: Apache-2.0
// The command line as a user meets it: exit codes, messages, the dry run, JSON.
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/host/file.h"
#include "provision/image/options.h"
#include "provision/image/verb.h"

namespace bf::provision::image {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ImageCli : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    dir_ = fmt::format("{}bf-image-cli-{}", testing::TempDir(), ::getpid());
    fs::create_directories(dir_ + "/boot");
    fs::create_directories(dir_ + "/root/etc");
    std::ofstream(dir_ + "/boot/config.txt") << "arm_64bit=1\n";
    std::ofstream(dir_ + "/root/etc/hostname") << "kiosk\n";
  }
  void TearDown() override {
    fs::remove_all(dir_);
    ::unsetenv("SOURCE_DATE_EPOCH");
  }

  int Run(std::vector<std::string> args) {
    out_.str("");
    err_.str("");
    return cli::RunTool(ImageTool(nullptr), args, {out_, err_, false, false});
  }
  std::vector<std::string> Args(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"image",        "--policy",     BF_SOURCE_DIR "/policies",
                                     "--boot",       dir_ + "/boot", "--root",
                                     dir_ + "/root", "--out",        dir_ + "/out.img"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  std::string Without(std::string text) const {
    for (const std::string& prefix : {dir_ + "/", std::string(BF_SOURCE_DIR "/")}) {
      for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) {
        text.erase(at, prefix.size());
      }
    }
    return text;
  }
  // tests/provision/image/golden/NAME; BF_UPDATE_GOLDENS=1 writes it.
  void ExpectGolden(const std::string& name, const std::string& actual) {
    const std::string path = BF_SOURCE_DIR "/tests/provision/image/golden/" + name;
    if (::getenv("BF_UPDATE_GOLDENS") != nullptr) std::ofstream(path) << actual;
    EXPECT_EQ(host::ReadFile(path).value_or(""), actual) << path;
  }

  std::string dir_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ImageCli, DryRunPrintsThePlanAndWritesNothing) {
  EXPECT_EQ(Run(Args({"--dry-run"})), 0) << err_.str();
  ExpectGolden("plan.txt", Without(out_.str()));
  EXPECT_FALSE(fs::exists(dir_ + "/out.img"));
  EXPECT_EQ(Run(Args({"--dry-run", "--json"})), 0);
  ExpectGolden("plan.json", Without(out_.str()));
  EXPECT_FALSE(fs::exists(dir_ + "/out.img"));
}

TEST_F(ImageCli, DryRunOfALargerImageWith4KiBSectors) {
  EXPECT_EQ(Run(Args({"--dry-run", "--size", "16GiB", "--sector-size", "4096"})), 0) << err_.str();
  ExpectGolden("plan-4k.txt", Without(out_.str()));
}

TEST_F(ImageCli, MissingInputsAreNamedBoth) {
  auto args = Args();
  args[4] = dir_ + "/noboot";
  args[6] = dir_ + "/noroot";
  EXPECT_EQ(Run(args), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("/noboot: No such file or directory\n"),
                                HasSubstr("/noroot: No such file or directory\n")));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ImageCli, UsageErrors) {
  EXPECT_EQ(Run({"image", "--out", "x"}), 64);
  EXPECT_EQ(Run(Args({"--size", "large"})), 64);
  EXPECT_THAT(err_.str(), HasSubstr("--size large: not a size"));
  EXPECT_EQ(Run(Args({"--unknown"})), 64);
  ::setenv("SOURCE_DATE_EPOCH", "yesterday", 1);
  EXPECT_EQ(Run(Args({"--dry-run"})), 64);
  EXPECT_THAT(err_.str(), HasSubstr("SOURCE_DATE_EPOCH"));
}

TEST_F(ImageCli, BadPolicyIsExit65AndNothingIsDone) {
  auto args = Args();
  args[2] = BF_SOURCE_DIR "/tests/provision/layout/bad/unknown_keys";
  EXPECT_EQ(Run(args), 65);
  EXPECT_THAT(err_.str(), HasSubstr("layout.toml:3:1: unknown key \"compatibel\""));
  EXPECT_FALSE(fs::exists(dir_ + "/out.img"));
}

TEST_F(ImageCli, ExistingOutputIsRefused) {
  std::ofstream(dir_ + "/out.img") << "mine";
  EXPECT_EQ(Run(Args()), 77);
  EXPECT_THAT(err_.str(), HasSubstr("--force"));
  EXPECT_EQ(*host::ReadFile(dir_ + "/out.img"), "mine");
}

TEST_F(ImageCli, InputsThatAreSomethingElseAreCalledByName) {
  const auto judged = [&](std::string content) {
    content.resize(8192);
    std::ofstream(dir_ + "/thing") << content;
    auto args = Args({"--dry-run"});
    args[6] = dir_ + "/thing";
    EXPECT_EQ(Run(args), 1);
    return err_.str();
  };
  EXPECT_THAT(judged("hsqs"), HasSubstr("a squashfs image"));
  EXPECT_THAT(judged("QFI\xfb"), HasSubstr("qemu-img convert"));
  EXPECT_THAT(judged("\x3a\xff\x26\xed"), HasSubstr("simg2img"));
  std::string disk(8192, '\0');
  disk.replace(512, 8, "EFI PART");
  EXPECT_THAT(judged(disk), HasSubstr("a whole disk"));
  EXPECT_THAT(judged("nonsense"),
              HasSubstr("neither an ext4 image, a tar archive nor a directory"));
  std::ofstream(dir_ + "/thing").close();
  fs::resize_file(dir_ + "/thing", 0);
  auto args = Args();
  args[6] = dir_ + "/thing";
  EXPECT_EQ(Run(args), 1);
  EXPECT_THAT(err_.str(), HasSubstr("is empty"));
}

TEST_F(ImageCli, BootThatIsNoFat) {
  std::ofstream(dir_ + "/fat") << std::string(4096, 'x');
  auto args = Args();
  args[4] = dir_ + "/fat";
  EXPECT_EQ(Run(args), 1);
  EXPECT_THAT(err_.str(), HasSubstr("not a FAT file system"));
  fs::create_symlink("config.txt", dir_ + "/boot/link");
  EXPECT_EQ(Run(Args()), 1);
  EXPECT_THAT(err_.str(), HasSubstr("neither a file nor a directory"));
}

TEST_F(ImageCli, HelpNamesEachOption) {
  for (const cli::Verb& verb : {ImageVerbTable(), RootfsVerbTable()}) {
    EXPECT_EQ(Run({verb.name, "--help"}), 0);
    for (const cli::Option& option : verb.options) EXPECT_THAT(out_.str(), HasSubstr(option.name));
  }
}

}  // namespace
}  // namespace bf::provision::image
