// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/facts.h"

#include <nlohmann/json.hpp>

#include "lockdown/device/record.h"
#include "tests/lockdown/apply/fake_machine.h"

namespace bf::lockdown::test {
namespace {

TEST(Facts, WhatWasPlantedIsRead) {
  for (const char* name : {"panel", "qemu_keyboard"}) {
    FakeMachine machine;
    device::Device device = Recorded(name)[0];
    machine.Plant(device);
    LinuxSysfs sysfs(machine.tree.path());
    const auto facts = Observe(sysfs);
    ASSERT_TRUE(facts) << facts.error().ToString();
    EXPECT_EQ(facts->hid_autoprobe, "1");
    ASSERT_EQ(facts->root_hubs.size(), 1u);
    const RootHub& hub = facts->root_hubs[0];
    EXPECT_EQ(hub.name, "usb1");
    EXPECT_EQ(hub.path, kHub);
    EXPECT_EQ(hub.authorized_default, "0");
    EXPECT_EQ(hub.interface_authorized_default, "1");
    ASSERT_EQ(facts->devices.size(), 1u);
    device.note = "";
    device.in_use = false;
    EXPECT_EQ(facts->devices[0], device)
        << device::ToText(device::ToJson(facts->devices[0])) << "\nand not\n"
        << device::ToText(device::ToJson(device));
  }
}

TEST(Facts, ALineageIsEveryParentThatCounts) {
  const Lineage lineage = LineageOf(
      "/devices/pci0000:00/0000:00:04.0/usb1/1-1/1-1.4/1-1.4:1.0/0003:222A:0001.0001/input/input10/"
      "event3");
  EXPECT_EQ(lineage.root_hub, kHub);
  EXPECT_EQ(lineage.usb, fmt::format("{}/1-1/1-1.4", kHub));
  EXPECT_EQ(lineage.interface, lineage.usb + "/1-1.4:1.0");
  EXPECT_EQ(lineage.hid, lineage.interface + "/0003:222A:0001.0001");
  EXPECT_EQ(lineage.input, lineage.hid + "/input/input10");
  EXPECT_EQ(lineage.node, "event3");
}

// Below a device that is of a class the kernel makes no directory "input".
TEST(Facts, ARemotesInputDeviceIsOne) {
  const Lineage lineage = LineageOf("/devices/platform/hdmi/rc/rc1/input3/event2");
  EXPECT_EQ(lineage.input, "/devices/platform/hdmi/rc/rc1/input3");
  EXPECT_EQ(lineage.node, "event2");
  EXPECT_EQ(LineageOf("/devices/platform/hdmi/rc/rc1/input3").node, "");
}

TEST(Facts, AHidDeviceOfAFarCountIsOne) {
  const Lineage lineage = LineageOf("/devices/virtual/misc/uhid/0005:222A:0001.1F3A0");
  EXPECT_EQ(lineage.hid, "/devices/virtual/misc/uhid/0005:222A:0001.1F3A0");
  EXPECT_EQ(LineageOf("/devices/virtual/misc/uhid/0005:222A:0001").hid, "");
}

// A uhid device may call itself whatever it likes, newlines included.
TEST(Facts, ANameThatPlaysOtherLinesHasANewlineInIt) {
  FakeMachine machine;
  device::HidDevice hid = Recorded("panel")[0].hid[0];
  hid.device_name = "ILITEK ILITEK-TP\nHID_PHYS=usb-0000:00:04.0-1/input0\nHID_UNIQ=\nMODALIAS=x";
  machine.PlantHid(hid);
  LinuxSysfs sysfs(machine.tree.path());
  const auto read = ReadHidDevice(sysfs, hid.path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->device_name, hid.device_name);
  EXPECT_EQ(read->phys, hid.phys);
}

TEST(Facts, OverlongAnswersAreNoAnswers) {
  FakeMachine machine;
  device::Device panel = Recorded("panel")[0];
  panel.usb->descriptors.assign(100'000, 'x');
  machine.Plant(panel);
  LinuxSysfs sysfs(machine.tree.path());
  const auto facts = Observe(sysfs);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->devices[0].usb->descriptors, "");
}

TEST(Facts, WhatIsLongerThanOneCallGivesIsReadToItsEnd) {
  FakeMachine machine;
  device::Device panel = Recorded("panel")[0];
  // A page, less and more, so that parts end where a page does and elsewhere.
  for (const std::size_t size : {4095u, 4096u, 4097u, 65'536u}) {
    panel.usb->descriptors = std::string(size - 1, 'x') + "y";
    machine.tree.Write("sys" + panel.usb->path + "/descriptors", panel.usb->descriptors);
    LinuxSysfs sysfs(machine.tree.path());
    EXPECT_EQ(sysfs.Read(panel.usb->path, "descriptors", size).value(), panel.usb->descriptors);
    EXPECT_FALSE(sysfs.Read(panel.usb->path, "descriptors", size - 1));
  }
  std::vector<std::string> names;
  for (int i = 1000; i < 1200; ++i) {
    names.push_back("event" + std::to_string(i));
    machine.tree.Write("sys/many/" + names.back(), "");
  }
  LinuxSysfs sysfs(machine.tree.path());
  EXPECT_EQ(sysfs.List("/many").value(), names);
}

}  // namespace
}  // namespace bf::lockdown::test
