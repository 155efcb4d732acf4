// SPDX-License-Identifier: Apache-2.0
// The whole of `apply` on a machine with the panel that the policy allows, and a keyboard that it
// does not.
#include "lockdown/apply/apply.h"

#include "tests/lockdown/apply/fake_machine.h"

namespace bf::lockdown::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Problems(const Applied& applied) {
  std::string text;
  for (const auto& problem : applied.problems) text += problem.text + "\n";
  return text;
}

class ApplyTest : public testing::Test {
 protected:
  ApplyTest() : panel(Recorded("panel")[0]), keyboard(Recorded("qemu_keyboard")[0]) {
    auto read = ParsePolicy(PolicyFor(panel), "input.toml");
    if (!read) throw std::runtime_error(read.error().ToString());
    policy = *std::move(read);
    // The keyboard hangs on the next port.
    Move(keyboard);
  }

  static void Move(device::Device& device) {
    const auto move = [](std::string& text) {
      for (auto at = text.find("1-1"); at != text.npos; at = text.find("1-1", at + 3))
        text.replace(at, 3, "1-2");
    };
    move(device.usb->name);
    move(device.usb->path);
    for (auto& interface : device.usb->interfaces) move(interface.name);
    for (auto& hid : device.hid) {
      move(hid.path);
      hid.name.replace(hid.name.size() - 4, 4, "0002");
      hid.path.replace(hid.path.size() - 4, 4, "0002");
    }
    for (auto& input : device.input) {
      move(input.path);
      input.path = device.hid[0].path + "/input/input11";
      input.name = "input11";
      input.handlers = {"event1"};
    }
  }

  // What the kernel makes of the panel, step by step, once it is let in.
  void Live(FakeKernel& kernel) {
    const device::UsbDevice& usb = *panel.usb;
    device::UsbInterface interface = usb.interfaces[0];
    interface.authorized = false;
    interface.driver = "";
    kernel.reactions["1-1/authorized=1"] = [=, this] { machine.PlantInterface(usb, interface); };
    device::HidDevice hid = panel.hid[0];
    hid.driver = "";
    hid.report_descriptor = "";
    kernel.reactions["usb/drivers_probe=1-1:1.0"] = [=, this] {
      if (machine.Get(usb.path + "/1-1:1.0", "authorized") == "1") machine.PlantHid(hid);
    };
    kernel.reactions["hid/drivers_probe=" + hid.name] = [this] {
      std::filesystem::remove(machine.tree / ("sys/bus/hid/devices/" + panel.hid[0].name));
      machine.PlantHid(panel.hid[0]);
      device::InputNode input = panel.input[0];
      input.inhibited = false;  // as the kernel makes it
      machine.PlantInput(input);
    };
  }

  device::Device panel;
  device::Device keyboard;
  Policy policy;
  FakeMachine machine;
};

// The board's own disk on USB, and a policy that forgot it: told by `check`, but not shut out.
TEST_F(ApplyTest, WhatCarriesTheRunningRootIsNotTakenAway) {
  keyboard.hid.clear();
  keyboard.input.clear();
  machine.Plant(keyboard);
  const std::string interface = keyboard.usb->path + "/1-2:1.0";
  machine.Set(interface, "authorized", "1");
  for (const bool carries : {true, false}) {
    Situation situation;
    // Of a sibling whose name begins alike where it does not.
    const std::string disk = interface + (carries ? "/host0/block/sda" : "0/host0/block/sda");
    situation.root_disk = [disk] { return disk; };
    LinuxSysfs sysfs(machine.tree.path());
    const auto facts = Observe(sysfs);
    ASSERT_TRUE(facts);
    for (const Policy* one : std::initializer_list<const Policy*>{&policy, nullptr}) {
      const Plan plan = MakePlan(one, situation, *facts);
      const bool taken = std::any_of(plan.begin(), plan.end(), [](const auto& step) {
        return std::holds_alternative<DeauthorizeInterface>(step.action);
      });
      EXPECT_EQ(taken, !carries) << plan::ToText(plan);
    }
  }
}

TEST_F(ApplyTest, ColdBootLetsInThePanelAndNothingElse) {
  machine.PlantWaiting(*panel.usb);
  machine.PlantWaiting(*keyboard.usb);
  FakeKernel kernel(machine);
  Live(kernel);
  device::UsbInterface shut = keyboard.usb->interfaces[0];
  shut.authorized = false;
  shut.driver = "";
  kernel.reactions["1-2/authorized=1"] = [&] { machine.PlantInterface(*keyboard.usb, shut); };

  const Applied applied = Apply(&policy, {}, kernel);

  EXPECT_EQ(applied.result(), "ok") << Problems(applied);
  EXPECT_THAT(kernel.writes,
              ElementsAre("hid/drivers_autoprobe=0", "usb1/interface_authorized_default=0",
                          "usb1/authorized_default=1", "1-1/authorized=1", "1-2/authorized=1",
                          "1-1:1.0/authorized=1", "usb/drivers_probe=1-1:1.0",
                          "hid/drivers_probe=0003:222A:0001.0001", "input10/inhibited=1",
                          "drain event0", "input10/inhibited=0"));
  EXPECT_EQ(machine.Get(shut.name.empty() ? "" : keyboard.usb->path + "/1-2:1.0", "authorized"),
            "0");
}

TEST_F(ApplyTest, TheSecondRunHasNothingToDo) {
  machine.PlantWaiting(*panel.usb);
  FakeKernel kernel(machine);
  Live(kernel);
  ASSERT_EQ(Apply(&policy, {}, kernel).result(), "ok");
  kernel.writes.clear();
  const Applied again = Apply(&policy, {}, kernel);
  EXPECT_THAT(kernel.writes, IsEmpty());
  EXPECT_THAT(again.done, IsEmpty());
  EXPECT_EQ(again.result(), "ok");
}

TEST_F(ApplyTest, WhatWasBoundBeforeIsShut) {
  for (auto& input : keyboard.input) input.inhibited = false;
  machine.Plant(keyboard);
  FakeKernel kernel(machine);
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(machine.Get(keyboard.input[0].path, "inhibited"), "1");
  EXPECT_EQ(machine.Get(keyboard.usb->path + "/1-2:1.0", "authorized"), "0");
  EXPECT_EQ(machine.Get(keyboard.usb->path, "authorized"), "0");
  EXPECT_EQ(machine.Get("/bus/hid/drivers/hid-generic", "unbind"), keyboard.hid[0].name);
}

TEST_F(ApplyTest, ChordsOfTheKeymapGo) {
  FakeKernel kernel(machine);
  Live(kernel);
  kernel.chords = Chords{.switches = 24, .attention = 1};
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "ok") << Problems(applied);
  EXPECT_EQ(kernel.chords, (Chords{}));
  EXPECT_THAT(applied.done, testing::Contains(HasSubstr("out of the keymap")));
  EXPECT_THAT(Apply(&policy, {}, kernel).done, IsEmpty());
}

TEST_F(ApplyTest, WhereAPolicyLetsTerminalsChangeOnlySakGoes) {
  FakeKernel kernel(machine);
  Live(kernel);
  policy.console.vt_switch.value = true;
  kernel.chords = Chords{.switches = 24, .attention = 1};
  EXPECT_EQ(Apply(&policy, {}, kernel).result(), "ok");
  EXPECT_EQ(kernel.chords, (Chords{.switches = 24, .attention = 0}));
  EXPECT_THAT(Apply(&policy, {}, kernel).done, IsEmpty());
}

TEST_F(ApplyTest, ChordsThatStayAreAFailure) {
  FakeKernel kernel(machine);
  Live(kernel);
  kernel.chords = Chords{.switches = 24, .attention = 0};
  kernel.drop_fails = "change the keymap: Operation not permitted";
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "failed");
  EXPECT_THAT(Problems(applied), HasSubstr("change the keymap"));
}

TEST_F(ApplyTest, EveryStepNamesALineOfThePolicy) {
  machine.PlantWaiting(*panel.usb);
  LinuxSysfs sysfs(machine.tree.path());
  const auto facts = Observe(sysfs);
  ASSERT_TRUE(facts);
  const Plan plan = MakePlan(&policy, {}, *facts);
  ASSERT_THAT(plan, Not(IsEmpty()));
  for (const auto& step : plan) EXPECT_TRUE(step.because) << plan::Describe(step.action);
}

TEST_F(ApplyTest, WithoutAPolicyAllIsShutAndNothingOpens) {
  machine.Set(kHub, "authorized_default", "1");
  panel.input[0].inhibited = false;
  machine.Plant(panel);
  FakeKernel kernel(machine);
  const Applied applied = Apply(nullptr, {}, kernel);
  EXPECT_EQ(machine.Get("/bus/hid", "drivers_autoprobe"), "0");
  EXPECT_EQ(machine.Get(kHub, "interface_authorized_default"), "0");
  EXPECT_EQ(machine.Get(kHub, "authorized_default"), "0");
  EXPECT_EQ(machine.Get(panel.input[0].path, "inhibited"), "1");
  EXPECT_EQ(machine.Get(panel.usb->path + "/1-1:1.0", "authorized"), "0");
  for (const auto& write : kernel.writes) {
    EXPECT_THAT(write, Not(HasSubstr("authorized=1")));
    EXPECT_THAT(write, Not(HasSubstr("authorized_default=1")));
    EXPECT_THAT(write, Not(HasSubstr("inhibited=0")));
    EXPECT_THAT(write, Not(HasSubstr("drivers_probe")));
  }
}

// Row 30 of the attack list: the kernel takes some numbers for others.
TEST_F(ApplyTest, AGateThatReadsBackOtherwiseIsShutAltogether) {
  for (const char* attribute : {"interface_authorized_default=0", "authorized_default=1"}) {
    FakeMachine fresh;
    fresh.PlantWaiting(*panel.usb);
    FakeKernel kernel(fresh);
    kernel.reads_as[std::string("usb1/") + attribute] = "2";
    const Applied applied = Apply(&policy, {}, kernel);
    EXPECT_EQ(applied.result(), "failed") << attribute;
    EXPECT_THAT(Problems(applied), HasSubstr("reads \"2\""));
    EXPECT_EQ(fresh.Get(kHub, "authorized_default"), "0") << attribute;
    EXPECT_EQ(fresh.Get(panel.usb->path, "authorized"), "0") << attribute;
  }
}

TEST_F(ApplyTest, EachWriteThatFailsLeavesItShutAndIsTold) {
  FakeMachine probe;
  probe.PlantWaiting(*panel.usb);
  FakeKernel first(probe);
  const auto plan_of = [&](FakeMachine& on, FakeKernel& kernel) {
    on.PlantWaiting(*panel.usb);
    const device::UsbDevice& usb = *panel.usb;
    device::UsbInterface interface = usb.interfaces[0];
    interface.authorized = false;
    interface.driver = "";
    kernel.reactions["1-1/authorized=1"] = [&on, &usb, interface] {
      on.PlantInterface(usb, interface);
    };
  };
  for (const char* fails :
       {"hid/drivers_autoprobe", "usb1/interface_authorized_default", "usb1/authorized_default=1",
        "1-1/authorized=1", "1-1:1.0/authorized=1", "usb/drivers_probe"}) {
    FakeMachine on;
    FakeKernel kernel(on);
    plan_of(on, kernel);
    kernel.fails = fails;
    const Applied applied = Apply(&policy, {}, kernel);
    EXPECT_NE(applied.result(), "ok") << fails;
    EXPECT_THAT(Problems(applied), HasSubstr(fails));
    if (std::string(fails).starts_with("usb1/")) {
      EXPECT_EQ(on.Get(kHub, "authorized_default"), "0") << fails;
      EXPECT_EQ(on.Get(panel.usb->path, "authorized"), "0") << fails;
    }
  }
}

// A maintenance window opens, and the interface that apply authorizes makes udev ask decide: both
// release the same node.
TEST_F(ApplyTest, WhatDecideDoesMeanwhileIsDone) {
  machine.Plant(panel);
  FakeKernel kernel(machine);
  kernel.fails = "input10/inhibited=0";
  kernel.on_fail = [&] { machine.Set(panel.input[0].path, "inhibited", "0"); };
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "ok") << Problems(applied);
  EXPECT_EQ(std::count(kernel.writes.begin(), kernel.writes.end(), "drain event0"), 1);
}

TEST_F(ApplyTest, WhatIsBusyOnceIsTriedAgain) {
  machine.Plant(panel);
  FakeKernel kernel(machine);
  kernel.fails = "input10/inhibited=0";
  kernel.on_fail = [&] { kernel.fails.clear(); };
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "ok") << Problems(applied);
  EXPECT_EQ(machine.Get(panel.input[0].path, "inhibited"), "0");
  EXPECT_EQ(std::count(kernel.writes.begin(), kernel.writes.end(), "drain event0"), 2);
}

TEST_F(ApplyTest, WhatStaysBusyIsToldOnce) {
  machine.Plant(panel);
  FakeKernel kernel(machine);
  kernel.fails = "input10/inhibited=0";
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "degraded");
  EXPECT_EQ(applied.problems.size(), 1u) << Problems(applied);
  EXPECT_EQ(std::count(kernel.writes.begin(), kernel.writes.end(), "drain event0"), 3);
}

TEST_F(ApplyTest, ANodeThatCannotBeInhibitedLosesItsDriver) {
  keyboard.input[0].inhibited = false;
  machine.Plant(keyboard);
  FakeKernel kernel(machine);
  kernel.fails = "input11/inhibited=1";
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "failed");
  EXPECT_EQ(machine.Get("/bus/hid/drivers/hid-generic", "unbind"), keyboard.hid[0].name);
}

TEST_F(ApplyTest, AKernelWithoutHidYetGetsTheModuleAndItsGateIsShut) {
  std::filesystem::remove_all(machine.tree / "sys/bus/hid");
  FakeKernel kernel(machine);
  kernel.reactions["modprobe hid"] = [&] { machine.Set("/bus/hid", "drivers_autoprobe", "1"); };
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(applied.result(), "ok") << Problems(applied);
  EXPECT_EQ(machine.Get("/bus/hid", "drivers_autoprobe"), "0");
}

TEST_F(ApplyTest, APanelWhoseReportsAreOthersIsThrownOut) {
  machine.PlantWaiting(*panel.usb);
  FakeKernel kernel(machine);
  Live(kernel);
  panel.hid[0].report_descriptor = keyboard.hid[0].report_descriptor;
  const Applied applied = Apply(&policy, {}, kernel);
  EXPECT_EQ(machine.Get("/bus/hid/drivers/hid-generic", "unbind"), panel.hid[0].name);
  EXPECT_EQ(machine.Get(panel.usb->path, "authorized"), "0");
  EXPECT_EQ(machine.Get(panel.input[0].path, "inhibited"), "1");
  EXPECT_THAT(kernel.writes, Not(testing::Contains("drain event0")));
}

}  // namespace
}  // namespace bf::lockdown::test
