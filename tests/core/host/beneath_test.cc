// SPDX-License-Identifier: Apache-2.0
#include "core/host/beneath.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/temp_tree.h"

namespace bf::host {
namespace {

using testing_support::TempTree;

class BeneathTest : public ::testing::Test {
 protected:
  BeneathTest() {
    tree_.Write("outside/secret", "secret");
    tree_.Write("in/side", "inside");
    auto opened = Beneath::Open(tree_ / "in");
    if (!opened) throw std::runtime_error(opened.error().ToString());
    in_.emplace(std::move(*opened));
  }
  TempTree tree_;
  std::optional<Beneath> in_;
};

TEST_F(BeneathTest, SymlinksAndDotDotLeadNowhere) {
  tree_.Link("in/file", "../outside/secret");
  tree_.Link("in/dir", "../outside");
  tree_.Link("in/absolute", tree_ / "outside");
  tree_.Link("in/inner", "side");  // even one that stays inside
  for (const char* path :
       {"file", "dir/secret", "absolute/secret", "../outside/secret", "inner", "/etc/passwd"}) {
    EXPECT_FALSE(in_->ReadFile(path, 100).has_value()) << path;
  }
  EXPECT_EQ(in_->ReadFile("side", 100).value(), "inside");
}

TEST_F(BeneathTest, TheErrorNamesASymlinkOnTheWay) {
  tree_.Link("in/dir", "../outside");
  const auto read = in_->ReadFile("dir/secret", 100);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().sys_errno, ELOOP);
  EXPECT_THAT(read.error().ToString(), ::testing::HasSubstr("a symlink is on the way"));
}

TEST_F(BeneathTest, AFifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo((tree_ / "in/fifo").c_str(), 0644), 0);
  const auto read = in_->ReadFile("fifo", 100);
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().ToString(), ::testing::HasSubstr("not a regular file"));
}

TEST_F(BeneathTest, MakeDirectorySetsModeOfTheLastOnly) {
  const unsigned uid = ::getuid();
  const unsigned gid = ::getgid();
  ::umask(077);
  auto made = in_->MakeDirectory("a/b/c", 01770, uid, gid);
  ::umask(022);
  if (uid == 0) {
    ASSERT_TRUE(made.has_value()) << made.error().ToString();
    EXPECT_EQ(in_->Stat("a/b")->st_mode & 07777, 0755u);
  }
  if (made.has_value()) {
    EXPECT_EQ(in_->Stat("a/b/c")->st_mode & 07777, 01770u);
  }
}

TEST_F(BeneathTest, MakeDirectoryDoesNotFollowASymlink) {
  tree_.Link("in/a", "../outside");
  EXPECT_FALSE(in_->MakeDirectory("a/b", 0755, ::getuid(), ::getgid()).has_value());
  EXPECT_FALSE(std::filesystem::exists(tree_ / "outside/b"));
}

TEST_F(BeneathTest, RemoveTreeRemovesTheLinkAndNotItsTarget) {
  tree_.Write("in/t/x/y", "1");
  tree_.Link("in/t/link", "../../outside");
  ASSERT_TRUE(in_->RemoveTree("t").has_value());
  EXPECT_FALSE(in_->Exists("t"));
  EXPECT_EQ(tree_.Read("outside/secret"), "secret");
  EXPECT_TRUE(in_->RemoveTree("t").has_value());  // absent is no error
  EXPECT_TRUE(in_->RemoveTree("no/such/parent").has_value());
}

TEST_F(BeneathTest, RemoveTreeEndsWhateverTheDepth) {
  // Deeper than PATH_MAX reaches and than there are descriptors for.
  ASSERT_EQ(::mkdirat(in_->fd(), "d", 0755), 0);
  UniqueFd current(::openat(in_->fd(), "d", O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(::mkdirat(current.get(), "d", 0755), 0);
    current = UniqueFd(::openat(current.get(), "d", O_RDONLY | O_DIRECTORY));
  }
  ASSERT_EQ(::mknodat(current.get(), "f", S_IFIFO | 0600, 0), 0);
  // A name that is already taken where the deep part is moved to.
  ASSERT_TRUE(in_->MakeDirectory("d/.removed.0", 0755, ::getuid(), ::getgid()).has_value());
  const auto removed = in_->RemoveTree("d");
  EXPECT_TRUE(removed.has_value()) << removed.error().ToString();
  EXPECT_FALSE(in_->Exists("d"));
}

TEST_F(BeneathTest, ReplaceFileGoesToTheRightDirectory) {
  ASSERT_TRUE(in_->MakeDirectory("sub", 0755, ::getuid(), ::getgid()).has_value());
  ASSERT_TRUE(in_->ReplaceFile("sub/f", "x", 0600).has_value());
  EXPECT_EQ(tree_.Read("in/sub/f"), "x");
}

}  // namespace
}  // namespace bf::host
