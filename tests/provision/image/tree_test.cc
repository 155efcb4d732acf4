// SPDX-License-Identifier: Apache-2.0
#include "provision/image/tree.h"

#include "provision/image/posix_acl.h"

namespace bf::provision::image {
namespace {

TEST(NormalisePath, TakesWhatTarWrites) {
  EXPECT_EQ(*NormalisePath("./"), "");
  EXPECT_EQ(*NormalisePath("."), "");
  EXPECT_EQ(*NormalisePath("./usr//bin/"), "usr/bin");
  EXPECT_EQ(*NormalisePath("/usr/./bin/sh"), "usr/bin/sh");
  EXPECT_EQ(*NormalisePath("a..b/..."), "a..b/...");
}

TEST(NormalisePath, RefusesWhatLeadsElsewhere) {
  EXPECT_FALSE(NormalisePath("../etc/passwd"));
  EXPECT_FALSE(NormalisePath("usr/../../etc"));
  EXPECT_FALSE(NormalisePath(std::string(256, 'x')));
  EXPECT_FALSE(NormalisePath(std::string("a\0b", 3)));
}

// Compared with what setfacl -m u:5:r stores on a file of mode 0640.
TEST(PosixAcl, HasTheFormOfTheAttribute) {
  const std::string bytes = SerialiseAcl({{AclTag::kOther, 0, 0},
                                          {AclTag::kMask, 4, 0},
                                          {AclTag::kUser, 4, 5},
                                          {AclTag::kGroupObj, 4, 0},
                                          {AclTag::kUserObj, 6, 0}});
  const std::string wanted(
      "\x02\0\0\0"
      "\x01\0\x06\0\xff\xff\xff\xff"
      "\x02\0\x04\0\x05\0\0\0"
      "\x04\0\x04\0\xff\xff\xff\xff"
      "\x10\0\x04\0\xff\xff\xff\xff"
      "\x20\0\0\0\xff\xff\xff\xff",
      44);
  EXPECT_EQ(bytes, wanted);
}

}  // namespace
}  // namespace bf::provision::image
