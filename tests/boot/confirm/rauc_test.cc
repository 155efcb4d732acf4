// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/rauc.h"

namespace bf::boot::confirm {
namespace {

using testing::HasSubstr;

// As RAUC 1.8 prints it.
std::string StatusOf(const std::string& booted, const std::string& primary,
                     const std::string& state) {
  return R"({"compatible":"c","variant":"","booted":")" + booted + R"(","boot_primary":")" +
         primary +
         R"(","slots":[{"bootfs.0":{"class":"bootfs","state":"inactive","bootname":null}},)"
         R"({"rootfs.1":{"class":"rootfs","state":"booted","bootname":"B","boot_status":")" +
         state + R"("}}]})";
}
std::string ProblemOf(const std::string& json) {
  const auto status = CheckStatus(json, "B");
  return status ? "none" : status.error().ToString();
}

TEST(RaucStatus, IsBelievedOnlyWhereItAgrees) {
  EXPECT_EQ(ProblemOf(StatusOf("B", "rootfs.1", "good")), "none");
  EXPECT_EQ(ProblemOf("a warning first\n" + StatusOf("B", "rootfs.1", "good")), "none");
  EXPECT_THAT(ProblemOf(StatusOf("A", "rootfs.1", "good")), HasSubstr("booted \"A\""));
  EXPECT_THAT(ProblemOf(StatusOf("B", "rootfs.0", "good")), HasSubstr("rootfs.0"));
  EXPECT_THAT(ProblemOf(StatusOf("B", "rootfs.1", "bad")), HasSubstr("calls slot B \"bad\""));
}

TEST(RaucStatus, AnythingElseIsAnError) {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"booted":1})",
                           R"({"booted":"B","slots":{}})", R"({"booted":"B","slots":[1]})",
                           R"({"booted":"B","boot_primary":"","slots":[{"x":[]}]})"}) {
    EXPECT_NE(ProblemOf(text), "none") << text;
  }
}

}  // namespace
}  // namespace bf::boot::confirm
