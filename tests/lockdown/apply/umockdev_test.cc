// SPDX-License-Identifier: Apache-2.0
// Recordings that umockdev-record made in the booted device, while `bf-lockdown devices --json`
// made those of the corpus: what is read of both is the same.
#include "lockdown/apply/umockdev.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/host/file.h"
#include "lockdown/apply/facts.h"
#include "tests/lockdown/apply/fake_machine.h"

namespace bf::lockdown::test {
namespace {

const std::string kRecordings = BF_SOURCE_DIR "/tests/lockdown/umockdev/";

std::vector<std::string> Recordings() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kRecordings))
    names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class Umockdev : public testing::TestWithParam<std::string> {};

TEST_P(Umockdev, IsReadAsTheDeviceItself) {
  const auto text = host::ReadFile(kRecordings + GetParam() + ".umockdev", 1 << 20);
  ASSERT_TRUE(text) << text.error().ToString();
  auto sysfs = UmockdevSysfs::Parse(*text, GetParam());
  ASSERT_TRUE(sysfs) << sysfs.error().ToString();
  const auto facts = Observe(*sysfs);
  ASSERT_TRUE(facts) << facts.error().ToString();
  device::Device recorded = Recorded("recorded_" + GetParam()).at(0);
  recorded.note = "";
  recorded.in_use = false;
  ASSERT_EQ(facts->devices.size(), 1u);
  EXPECT_EQ(facts->devices[0], recorded);
}

TEST(UmockdevText, AllRecordingsAreThere) { EXPECT_EQ(Recordings().size(), 19u); }

INSTANTIATE_TEST_SUITE_P(Booted, Umockdev, testing::ValuesIn(Recordings()),
                         [](const auto& one) { return one.param; });

std::string Refused(std::string_view text) {
  const auto sysfs = UmockdevSysfs::Parse(text, "x.umockdev");
  return sysfs ? "" : sysfs.error().ToString();
}

TEST(UmockdevText, IsRefusedWithItsPlace) {
  EXPECT_EQ(Refused(""), "x.umockdev: there is no device in it");
  EXPECT_EQ(Refused("\n\n"), "x.umockdev: there is no device in it");
  EXPECT_EQ(Refused("{}\n"), "x.umockdev:1:1: this is no line of a umockdev recording");
  EXPECT_EQ(Refused("A: name=x\n"), "x.umockdev:1:1: this belongs to no device");
  EXPECT_EQ(Refused("P: /devices/a\nP: /devices/b\n"),
            "x.umockdev:2:1: a device without an empty line before it");
  EXPECT_EQ(Refused("P: /devices/a\n\nP: /devices/a\n"),
            "x.umockdev:3:4: this device is in it already");
  EXPECT_EQ(Refused("P: /devices/a/1-1\nE: SUBSYSTEM=usb\n\nP: /devices/b/1-1\nE: SUBSYSTEM=usb\n"),
            "x.umockdev:4:4: a device of this name is in it already");
  for (const char* path : {"", "/sys/devices/a", "/devices/a/../b", "/devices/..", "/devices//a",
                           "/devices/a/", "/etc/passwd"})
    EXPECT_EQ(Refused(std::string("P: ") + path + "\n"),
              "x.umockdev:1:4: this is no path of a device")
        << path;
  EXPECT_EQ(Refused("P: /devices/a\nA: name\n"),
            "x.umockdev:2:4: there is no \"NAME=\" in this line; record the device again");
  EXPECT_EQ(Refused("P: /devices/a\r\n"),
            "x.umockdev:1:14: a carriage return: the file was changed on its way");
  EXPECT_EQ(Refused("P: /devices/a\nA: name=\\q\n"),
            "x.umockdev:2:9: an escape in this is not known");
  EXPECT_EQ(Refused("P: /devices/a\nA: name=\\777\n"),
            "x.umockdev:2:9: an escape in this is not known");
  EXPECT_EQ(Refused("P: /devices/a\nH: name=123\n"), "x.umockdev:2:9: this is not hexadecimal");
}

TEST(UmockdevText, EscapesAreThoseOfC) {
  auto sysfs = UmockdevSysfs::Parse("P: /devices/a\nA: name=\"\\\"\\\\\\n\\t\\303\\244\\1z\n", "x");
  ASSERT_TRUE(sysfs) << sysfs.error().ToString();
  EXPECT_EQ(sysfs->Read("/devices/a", "name", 100).value(), "\"\"\\\n\t\303\244\1z");
  EXPECT_FALSE(sysfs->Read("/devices/a", "name", 5));
}

// A name that plays other lines is one that udevadm(8) cannot print in one line.
TEST(UmockdevText, APropertyEndsWithItsLine) {
  EXPECT_EQ(Refused("P: /devices/a\nE: HID_NAME=x\nHID_UNIQ=y\n"),
            "x.umockdev:3:1: this is no line of a umockdev recording");
}

}  // namespace
}  // namespace bf::lockdown::test
