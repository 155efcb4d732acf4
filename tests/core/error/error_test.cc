// SPDX-License-Identifier: Apache-2.0
#include "core/error/error.h"

#include <cerrno>

namespace bf {
namespace {

Status Inner() { return FailErrno(ENOENT, "open {}", "/x"); }
Status Outer() {
  BF_TRY_DOING(Inner(), "mount {}", "BF_DATA");
  return {};
}
Result<int> Number(bool good) {
  if (!good) return FailKind(ErrorKind::kRefused, "no");
  return 7;
}
Result<int> Twice(bool good) {
  BF_ASSIGN(const int number, Number(good));
  return 2 * number;
}

TEST(Error, ContextIsPutInFrontAndErrnoLast) {
  EXPECT_EQ(Outer().error().ToString(), "mount BF_DATA: open /x: No such file or directory");
  EXPECT_EQ(Outer().error().sys_errno, ENOENT);
}

TEST(Error, AssignReturnsTheErrorOrTheValue) {
  EXPECT_EQ(Twice(true).value(), 14);
  EXPECT_EQ(Twice(false).error().kind, ErrorKind::kRefused);
}

TEST(SourceRef, IsWrittenTheWayCompilersDo) {
  EXPECT_EQ((SourceRef{"a.toml", 3, 4}).ToString(), "a.toml:3:4");
  EXPECT_EQ((SourceRef{"a.toml", 0, 0}).ToString(), "a.toml");
  EXPECT_EQ(SourceRef{}.ToString(), "");
}

}  // namespace
}  // namespace bf
