// SPDX-License-Identifier: Apache-2.0
#include "core/host/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "core/host/file.h"
#include "tests/support/temp_tree.h"

namespace bf::host {
namespace {

using testing_support::TempTree;
namespace fs = std::filesystem;

// Refused by both, with these words, and nothing is changed.
void ExpectRefused(const std::string& path, const std::string& words) {
  for (const Status& status : {CheckOutput(path), WriteOutput(path, "new")}) {
    ASSERT_FALSE(status) << path;
    EXPECT_EQ(status.error().kind, ErrorKind::kUsage) << path;
    EXPECT_NE(status.error().message.find(words), std::string::npos) << status.error().message;
  }
}

TEST(Output, AFileIsMadeOrReplacedWhole) {
  const TempTree tree;
  ASSERT_TRUE(CheckOutput(tree / "f"));
  EXPECT_FALSE(fs::exists(tree / "f")) << "looking makes nothing";
  ASSERT_TRUE(WriteOutput(tree / "f", "longer than the next"));
  ASSERT_TRUE(WriteOutput(tree / "f", "new", 0600));
  EXPECT_EQ(tree.Read("f"), "new");
  EXPECT_EQ(fs::status(tree / "f").permissions(), fs::perms(0600));
}

TEST(Output, AFifoIsWrittenTo) {
  const TempTree tree;
  const std::string path = tree / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto reader = Open(path, O_RDONLY | O_NONBLOCK);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(CheckOutput(path));
  ASSERT_TRUE(WriteOutput(path, "said"));
  EXPECT_EQ(ReadAll(reader->get(), path).value_or(""), "said");
  EXPECT_TRUE(fs::is_fifo(path));
}

TEST(Output, AnOpenDescriptorIsWrittenTo) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  ASSERT_TRUE(WriteOutput(fmt::format("/proc/self/fd/{}", out.get()), "said"));
  ExpectRefused(fmt::format("/proc/self/fd/{}", in.get()), "is not open for writing");
  out.Reset();
  EXPECT_EQ(ReadAll(in.get(), "pipe").value_or(""), "said");
}

TEST(Output, ASymlinkIsNotFollowedAndNotReplaced) {
  const TempTree tree;
  tree.Write("victim", "keep");
  tree.Link("link", "victim");
  tree.Link("dangling", "nothing");
  ExpectRefused(tree / "link", "is a symlink");
  ExpectRefused(tree / "dangling", "is a symlink");
  EXPECT_EQ(tree.Read("victim"), "keep");
  EXPECT_TRUE(fs::is_symlink(tree / "link"));
  EXPECT_FALSE(fs::exists(tree / "nothing"));
}

TEST(Output, WhatIsNoFileIsRefused) {
  const TempTree tree;
  fs::create_directory(tree / "directory");
  ExpectRefused(tree / "directory", "is a directory");
  ExpectRefused(tree / "directory/", "is not the name of a file");
  ExpectRefused("", "is not the name of a file");
  ExpectRefused(tree / "none/file", "there is no directory");
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = tree / "socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ExpectRefused(path, "a block device or a socket");
  EXPECT_TRUE(fs::is_socket(path));
}

}  // namespace
}  // namespace bf::host
