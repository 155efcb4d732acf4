// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/decide.h"

#include "tests/lockdown/apply/fake_machine.h"

namespace bf::lockdown::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DecideTest : public testing::Test {
 protected:
  DecideTest() : panel(Recorded("panel")[0]), kernel(machine) {
    auto read = ParsePolicy(PolicyFor(panel), "input.toml");
    if (!read) throw std::runtime_error(read.error().ToString());
    policy = *std::move(read);
    machine.Set("/bus/hid", "drivers_autoprobe", "0");
    machine.Set(kHub, "authorized_default", "1");
    machine.Set(kHub, "interface_authorized_default", "0");
    interface = panel.usb->path + "/1-1:1.0";
    hid = panel.hid[0].path;
    input = panel.input[0].path;
  }

  Result<Answer> Ask(Gate gate, const std::string& path) {
    WholePolicy whole(policy);
    return Decide(whole, {}, kernel, &kernel, gate, path);
  }

  // As the kernel makes it: without drivers, and shut.
  void PlantUnbound() {
    panel.usb->interfaces[0].authorized = false;
    panel.usb->interfaces[0].driver = "";
    machine.PlantWaiting(*panel.usb);
    machine.Set(panel.usb->path, "authorized", "1");
    machine.PlantInterface(*panel.usb, panel.usb->interfaces[0]);
    device::HidDevice unbound = panel.hid[0];
    unbound.driver = "";
    unbound.report_descriptor = "";
    machine.PlantHid(unbound);
  }
  void BindAs(const device::HidDevice& bound) {
    kernel.reactions["hid/drivers_probe=" + bound.name] = [this, bound] {
      std::filesystem::remove(machine.tree / ("sys/bus/hid/devices/" + bound.name));
      machine.PlantHid(bound);
      panel.input[0].inhibited = false;
      machine.PlantInput(panel.input[0]);
    };
  }

  device::Device panel;
  FakeMachine machine;
  FakeKernel kernel;
  Policy policy;
  std::string interface;
  std::string hid;
  std::string input;
};

TEST_F(DecideTest, AnInterfaceThatIsAllowedIsAuthorizedAndProbed) {
  PlantUnbound();
  const auto answer = Ask(Gate::kUsb, interface);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_EQ(answer->ids, "222a:0001");
  EXPECT_THAT(kernel.writes, ElementsAre("1-1:1.0/authorized=1", "usb/drivers_probe=1-1:1.0"));
}

TEST_F(DecideTest, AskedAgainItChangesNothing) {
  PlantUnbound();
  ASSERT_TRUE(Ask(Gate::kUsb, interface));
  kernel.writes.clear();
  const auto answer = Ask(Gate::kUsb, interface);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_THAT(kernel.writes, IsEmpty());
}

TEST_F(DecideTest, AnInterfaceThatIsNotStaysShutAndIsTold) {
  panel.usb->product = 0x0002;
  PlantUnbound();
  const auto answer = Ask(Gate::kUsb, interface);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "deny");
  ASSERT_EQ(answer->decisions.size(), 1u);
  EXPECT_THAT(kernel.writes, IsEmpty());
}

TEST_F(DecideTest, AHidDeviceIsBoundItsNodesInhibitedAndItsReportsJudged) {
  PlantUnbound();
  BindAs(panel.hid[0]);
  const auto answer = Ask(Gate::kHid, hid);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_THAT(kernel.writes,
              ElementsAre("hid/drivers_probe=0003:222A:0001.0001", "input10/inhibited=1"));
}

// Rows 6 and 7: it says one thing at the first gate and another at the second.
TEST_F(DecideTest, AHidDeviceThatLiedIsUnboundAndAllOfItShut) {
  PlantUnbound();
  machine.Set(interface, "authorized", "1");
  device::HidDevice liar = panel.hid[0];
  liar.report_descriptor = Recorded("qemu_keyboard")[0].hid[0].report_descriptor;
  BindAs(liar);
  const auto answer = Ask(Gate::kHid, hid);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "deny");
  EXPECT_THAT(kernel.writes,
              ElementsAre("hid/drivers_probe=0003:222A:0001.0001", "input10/inhibited=1",
                          "hid-generic/unbind=0003:222A:0001.0001", "1-1:1.0/authorized=0",
                          "1-1/authorized=0"));
}

TEST_F(DecideTest, AModuleThatIsMissingIsLoadedBeforeTheSecondTry) {
  PlantUnbound();
  kernel.reactions["modprobe hid:b0003g0001"] = [this] { BindAs(panel.hid[0]); };
  const auto answer = Ask(Gate::kHid, hid);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_EQ(machine.Get(input, "inhibited"), "1");
}

TEST_F(DecideTest, AnInputNodeIsDrainedAndReleased) {
  machine.Plant(panel);
  const auto answer = Ask(Gate::kInput, input);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_THAT(kernel.writes, ElementsAre("drain event0", "input10/inhibited=0"));
}

TEST_F(DecideTest, OneMoreKeyAndItStaysInhibited) {
  panel.input[0].capabilities.key = "400 0 0 0 0 4000000";  // KEY_A
  panel.input[0].inhibited = false;
  machine.Plant(panel);
  const auto answer = Ask(Gate::kInput, input);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "deny");
  EXPECT_THAT(kernel.writes, ElementsAre("input10/inhibited=1"));
}

TEST_F(DecideTest, AnEventNodeIsOnlyJudged) {
  machine.Plant(panel);
  const auto answer = Ask(Gate::kInput, input + "/event0");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_FALSE(answer->audit);
  EXPECT_THAT(kernel.writes, IsEmpty());
}

TEST_F(DecideTest, AReleaseThatFailsIsTakenBack) {
  machine.Plant(panel);
  kernel.reads_as["input10/inhibited=0"] = "1x";
  const auto answer = Ask(Gate::kInput, input);
  EXPECT_FALSE(answer);
  EXPECT_EQ(machine.Get(input, "inhibited"), "1");
}

// Row 9: it was another one by the time of the write.
TEST_F(DecideTest, ADeviceThatChangesUnderTheDecisionIsShutAgain) {
  PlantUnbound();
  kernel.reactions["1-1:1.0/authorized=1"] = [this] {
    machine.Set(panel.usb->path, "idProduct", "0666");
  };
  const auto answer = Ask(Gate::kUsb, interface);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "deny");
  EXPECT_EQ(machine.Get(interface, "authorized"), "0");
}

TEST_F(DecideTest, WritesGoToTheDeviceThatWasReadNotToOneOfItsName) {
  PlantUnbound();
  LinuxKernel real(machine.tree.path());
  ASSERT_TRUE(ReadAttribute(real, interface, "authorized"));
  machine.RemoveTree(panel.usb->path);
  for (const char* link : {"1-1", "1-1:1.0"})
    std::filesystem::remove(machine.tree / (std::string("sys/bus/usb/devices/") + link));
  panel.usb->product = 0x0666;
  std::filesystem::remove(machine.tree / ("sys/bus/hid/devices/" + panel.hid[0].name));
  PlantUnbound();
  const auto written = real.Write(interface, "authorized", "1");
  ASSERT_FALSE(written);
  EXPECT_TRUE(IsGone(written.error()));
  EXPECT_EQ(machine.Get(interface, "authorized"), "0");
}

// Row 32: a controller that comes later.
TEST_F(DecideTest, ABusThatComesLaterIsShutBeforeItIsOpened) {
  machine.Set(kHub, "authorized_default", "0");
  machine.Set(kHub, "interface_authorized_default", "1");
  const auto answer = Ask(Gate::kUsb, kHub);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "gate");
  EXPECT_THAT(kernel.writes,
              ElementsAre("usb1/interface_authorized_default=0", "usb1/authorized_default=1"));
}

TEST_F(DecideTest, ABusThatCannotBeShutIsNotOpened) {
  machine.Set(kHub, "authorized_default", "0");
  machine.Set(kHub, "interface_authorized_default", "1");
  kernel.fails = "usb1/interface_authorized_default";
  const auto answer = Ask(Gate::kUsb, kHub);
  EXPECT_FALSE(answer);
  EXPECT_EQ(machine.Get(kHub, "authorized_default"), "0");
}

TEST_F(DecideTest, ADeviceThatCameWhileItsBusWasShutIsConfigured) {
  machine.PlantWaiting(*panel.usb);
  ASSERT_TRUE(Ask(Gate::kUsb, panel.usb->path));
  EXPECT_THAT(kernel.writes, ElementsAre("1-1/authorized=1"));
}

TEST_F(DecideTest, PathsThatAreNoDeviceAreRefused) {
  machine.Plant(panel);
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("/devices/virtual/tty/tty1"),
        panel.usb->path + "/../1-1", std::string(kHub) + "/1-0:1.0", hid}) {
    const auto answer = Ask(Gate::kUsb, path);
    EXPECT_FALSE(answer) << path;
    EXPECT_THAT(kernel.writes, IsEmpty());
  }
}

TEST_F(DecideTest, WithoutAKernelNothingIsWritten) {
  PlantUnbound();
  LinuxSysfs sysfs(machine.tree.path());
  WholePolicy whole(policy);
  const auto answer = Decide(whole, {}, sysfs, nullptr, Gate::kUsb, interface);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->line, "allow ilitek-tp");
  EXPECT_EQ(machine.Get(interface, "authorized"), "0");
}

}  // namespace
}  // namespace bf::lockdown::test
