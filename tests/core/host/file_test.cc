// SPDX-License-Identifier: Apache-2.0
#include "core/host/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/support/temp_tree.h"

namespace bf::host {
namespace {

using testing_support::TempTree;

TEST(Under, PutsEveryPathBelowTheRoot) {
  EXPECT_EQ(Under("/", "/sys/x"), "/sys/x");
  EXPECT_EQ(Under("", "/sys/x"), "/sys/x");
  EXPECT_EQ(Under("/t/", "/sys/x"), "/t/sys/x");
  EXPECT_EQ(Under("/", "/"), "/");
  EXPECT_EQ(Under("/t", "/"), "/t");
}

TEST(ReadFile, StopsAtTheLimit) {
  const TempTree tree;
  tree.Write("f", std::string(100, 'x'));
  EXPECT_EQ(ReadFile(tree / "f")->size(), 100u);
  EXPECT_FALSE(ReadFile(tree / "f", 99).has_value());
  // Endless files end too.
  EXPECT_FALSE(ReadFile("/dev/zero", 4096).has_value());
}

TEST(ReadFile, ReadsFilesThatClaimToBeEmpty) {
  const auto text = ReadFile("/proc/self/status");
  ASSERT_TRUE(text.has_value());
  EXPECT_GT(text->size(), 100u);
}

TEST(ReadAt, AShortFileIsAnError) {
  const TempTree tree;
  tree.Write("f", "0123456789");
  const auto fd = Open(tree / "f", O_RDONLY);
  ASSERT_TRUE(fd.has_value());
  std::array<std::byte, 4> data{};
  EXPECT_TRUE(ReadAt(fd->get(), 6, data, "f").has_value());
  EXPECT_EQ(static_cast<char>(data[0]), '6');
  const auto beyond = ReadAt(fd->get(), 8, data, "f");
  ASSERT_FALSE(beyond.has_value());
  EXPECT_THAT(beyond.error().ToString(), ::testing::HasSubstr("f ends at byte 10"));
}

TEST(ReplaceFile, ReplacesWholeWithModeAndLeavesNothingElse) {
  const TempTree tree;
  tree.Write("f", "old and longer");
  ASSERT_TRUE(ReplaceFile(tree / "f", "new", 0640).has_value());
  EXPECT_EQ(tree.Read("f"), "new");
  struct stat st {};
  ASSERT_EQ(::stat((tree / "f").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0640u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(tree.path()), {}), 1);
}

TEST(ReplaceFile, DoesNotWriteThroughAPlantedSymlink) {
  const TempTree tree;
  tree.Write("victim", "keep");
  tree.Link("f", "victim");
  tree.Link(".f.new", "victim");
  ASSERT_TRUE(ReplaceFile(tree / "f", "new", 0644).has_value());
  EXPECT_EQ(tree.Read("victim"), "keep");
  EXPECT_FALSE(std::filesystem::is_symlink(tree / "f"));
}

TEST(ReplaceFile, AFailureLeavesTheOldContent) {
  const TempTree tree;
  std::filesystem::create_directories(tree / "f/busy");
  EXPECT_FALSE(ReplaceFile(tree / "f", "new", 0644).has_value());
  EXPECT_FALSE(std::filesystem::exists(tree / ".f.new"));
}

}  // namespace
}  // namespace bf::host
