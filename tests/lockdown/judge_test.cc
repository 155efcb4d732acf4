// SPDX-License-Identifier: Apache-2.0
// The corpus of recorded devices against one policy, and each device against an entry made for it.
#include "lockdown/judge/judge.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lockdown/device/hex.h"
#include "lockdown/device/record.h"
#include "lockdown/judge/explain.h"
#include "lockdown/judge/propose.h"
#include "lockdown/judge/text.h"
#include "tests/support/open_console.h"

namespace bf::lockdown {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Corpus() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(BF_TEST_DIR "/corpus")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

device::Device Load(const std::string& name) {
  const std::string path = BF_TEST_DIR "/corpus/" + name + ".json";
  auto devices = device::ReadRecord(test::ReadOrDie(path), path);
  if (!devices) {
    ADD_FAILURE() << devices.error().ToString();
    return {};
  }
  return devices->front();
}

const Policy& GoldenPolicy() {
  static const auto policy =
      ParsePolicy(test::ReadOrDie(BF_TEST_DIR "/policy/golden/input.toml"), "input.toml");
  return *policy;
}

TEST(Corpus, HasFortyDevicesOrMore) { EXPECT_GE(Corpus().size(), 40u); }

class Recorded : public testing::TestWithParam<std::string> {};

TEST_P(Recorded, IsDecidedAsBefore) {
  const device::Device device = Load(GetParam());
  std::string text = device.note + "\n";
  text += ExplanationToText(Explain(GoldenPolicy(), {}, {device}, 30));
  const std::string open = ExplanationToText(Explain(GoldenPolicy(), {true}, {device}, 30));
  if (text != device.note + "\n" + open) text += "in a maintenance window:\n" + open;
  test::ExpectGolden(BF_TEST_DIR "/decisions/" + GetParam() + ".txt", text);
}

TEST_P(Recorded, IsTheSameAfterARoundTrip) {
  const device::Device device = Load(GetParam());
  const auto again =
      device::ReadRecord(device::ToText(device::ToJson(std::vector{device})), "again");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->front(), device);
}

TEST_P(Recorded, AnEmptyPolicyLetsNothingIn) {
  const auto empty = ParsePolicy("schema = 1\n[usb]\n[console]\n[maintenance]\n", "input.toml");
  ASSERT_TRUE(empty);
  const auto decisions = JudgeAll(*empty, {true}, Load(GetParam()));
  EXPECT_FALSE(decisions.empty());
  for (const Decision& decision : decisions) {
    EXPECT_FALSE(decision.allowed()) << decision.subject;
    EXPECT_FALSE(decision.explanation.empty()) << decision.subject;
  }
}

// On an open console.
std::string Completed(std::string entry) {
  return std::string(test::kOpenConsole) + test::Filled(std::move(entry));
}

// These call themselves something that no entry can name, hang where none can, or hide what they
// are.
const std::set<std::string> kUnnameable = {"name_newline",
                                           "name_reversed",
                                           "keys_1024",
                                           "sound_jack",
                                           "webcam",
                                           "descriptors_cut",
                                           "descriptors_empty",
                                           "nothing_known",
                                           "recorded_virtio_keyboard",
                                           "recorded_virtio_mouse",
                                           "recorded_virtio_tablet"};

TEST_P(Recorded, AProposedEntryLetsExactlyThisDeviceIn) {
  const device::Device device = Load(GetParam());
  const auto entry = ProposeEntry(device);
  const auto policy =
      entry ? ParsePolicy(Completed(*entry), "input.toml") : Result<Policy>(Fail("no entry"));
  // Nor is there one for what makes no input node, or none yet.
  if (device.input.empty() || kUnnameable.contains(GetParam())) {
    EXPECT_FALSE(policy) << *entry;
    return;
  }
  ASSERT_TRUE(entry) << entry.error().ToString();
  ASSERT_TRUE(policy) << policy.error().ToString() << "\n" << *entry;
  for (const Decision& decision : JudgeAll(*policy, {}, device)) {
    // What brings no input stays without a driver.
    if (decision.explanation.find("gets no driver") != std::string::npos) continue;
    EXPECT_TRUE(decision.allowed()) << decision.subject << ": " << decision.explanation;
  }
  // Nobody else comes in by it, at the gate that counts last. (Devices that differ in the place
  // alone are the same device.)
  for (const std::string& other : Corpus()) {
    const device::Device stranger = Load(other);
    if (stranger.input.empty() || stranger.input == device.input) continue;
    if (device.usb && stranger.usb && device.usb->descriptors == stranger.usb->descriptors &&
        device.hid.size() == stranger.hid.size() && !device.hid.empty() &&
        device.hid.front().report_descriptor == stranger.hid.front().report_descriptor)
      continue;
    for (const auto& input : stranger.input) {
      const auto decision = JudgeInput(*policy, {}, stranger.usb ? &*stranger.usb : nullptr,
                                       HidParent(stranger, input.path), input);
      EXPECT_FALSE(decision.allowed()) << other << " comes in as " << GetParam();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, Recorded, testing::ValuesIn(Corpus()),
                         [](const auto& one) { return one.param; });

// Every fact of the panel's fingerprint counts: change one, and a gate shuts.
TEST(Judge, EachFactOfTheFingerprintCounts) {
  using device::Device;
  const Device panel = Load("panel");
  const auto denied = [](const Device& device) {
    const auto decisions = JudgeAll(GoldenPolicy(), {}, device);
    return std::any_of(decisions.begin(), decisions.end(),
                       [](const Decision& decision) { return !decision.allowed(); });
  };
  ASSERT_FALSE(denied(panel));
  const std::vector<std::pair<const char*, void (*)(Device&)>> changes = {
      {"vendor", [](Device& d) { d.usb->vendor ^= 1; }},
      {"product", [](Device& d) { d.usb->product ^= 1; }},
      {"version", [](Device& d) { d.usb->version ^= 1; }},
      {"name", [](Device& d) { d.usb->product_name += " "; }},
      {"descriptor", [](Device& d) { d.usb->descriptors.back() ^= 1; }},
      {"descriptors end", [](Device& d) { d.usb->descriptors.pop_back(); }},
      {"interface class", [](Device& d) { d.usb->interfaces[0].code.protocol = 1; }},
      {"interface number", [](Device& d) { d.usb->interfaces[0].number = 1; }},
      {"report", [](Device& d) { d.hid[0].report_descriptor.back() ^= 1; }},
      {"no report",
       [](Device& d) {
         d.hid[0].report_descriptor.clear();
         d.input.clear();
         d.hid[0].vendor = 0;
       }},
      {"hid product", [](Device& d) { d.hid[0].product ^= 1; }},
      {"hid path", [](Device& d) { d.hid[0].path = "/devices/virtual/misc/uhid/x"; }},
      {"input name", [](Device& d) { d.input[0].device_name.pop_back(); }},
      {"input bus", [](Device& d) { d.input[0].id.bus = 5; }},
      {"input version", [](Device& d) { d.input[0].id.version ^= 1; }},
      {"input path", [](Device& d) { d.input[0].path = "/devices/virtual/input/input1"; }},
      {"ev", [](Device& d) { d.input[0].capabilities.ev = "f"; }},
      {"key", [](Device& d) { d.input[0].capabilities.key = "400 0 0 0 0 2"; }},
      {"abs", [](Device& d) { d.input[0].capabilities.abs = "3"; }},
      {"rel", [](Device& d) { d.input[0].capabilities.rel = "1"; }},
      {"led", [](Device& d) { d.input[0].capabilities.led = "1"; }},
      {"properties", [](Device& d) { d.input[0].capabilities.properties = "0"; }},
      {"odd bitmap", [](Device& d) { d.input[0].capabilities.key = "400 0 0 0 0 0 "; }},
      {"no bitmap", [](Device& d) { d.input[0].capabilities.key = ""; }},
      {"no usb device", [](Device& d) { d.usb.reset(); }},
  };
  for (const auto& [what, change] : changes) {
    Device changed = panel;
    change(changed);
    EXPECT_TRUE(denied(changed)) << what;
  }
}

TEST(Judge, BindingIsTriedBeforeTheReportDescriptorCanBeRead) {
  const device::Device waiting = Load("panel_unbound_hid");
  const auto* usb = &*waiting.usb;
  EXPECT_TRUE(JudgeBinding(GoldenPolicy(), {}, usb, waiting.hid[0]).allowed());
  const auto reports = JudgeReports(GoldenPolicy(), {}, usb, waiting.hid[0]);
  EXPECT_FALSE(reports.allowed());
  EXPECT_NE(reports.explanation.find("no driver is bound"), std::string::npos);
}

// Whoever asks can be wrong about the parents of a device; the paths say what is true.
TEST(Judge, ParentsHaveToBeTheParents) {
  const device::Device panel = Load("panel_behind_hub");
  ASSERT_TRUE(JudgeInput(GoldenPolicy(), {}, &*panel.usb, &panel.hid[0], panel.input[0]).allowed());
  device::UsbDevice hub = *panel.usb;  // what a hub would have to look like
  hub.name = "1-1";
  hub.path = hub.path.substr(0, hub.path.rfind('/'));
  const auto on_hub = JudgeInput(GoldenPolicy(), {}, &hub, &panel.hid[0], panel.input[0]);
  EXPECT_EQ(on_hub.explanation, "it hangs on another USB device");
  device::HidDevice other = panel.hid[0];
  other.path += "0";
  const auto elsewhere = JudgeInput(GoldenPolicy(), {}, &*panel.usb, &other, panel.input[0]);
  EXPECT_EQ(elsewhere.explanation, "it does not hang on that HID device");
}

TEST(Judge, ABusIsWhereADeviceHangs) {
  EXPECT_EQ(BusOf("/devices/pci0000:00/0000:00:04.0/usb1/1-1"), Bus::kUsb);
  EXPECT_EQ(BusOf("/devices/pci0/usb1/1-1/1-1:1.0/bluetooth/hci0/hci0:11/x"), Bus::kBluetooth);
  EXPECT_EQ(BusOf("/devices/virtual/misc/uhid/0003:046D:C31C.0001"), Bus::kUhid);
  EXPECT_EQ(BusOf("/devices/virtual/input/input7"), Bus::kUinput);
  EXPECT_EQ(BusOf("/devices/platform/i8042/serio0/input/input1"), Bus::kSerio);
  EXPECT_EQ(BusOf("/devices/platform/gpio/input/input1"), Bus::kPlatform);
  EXPECT_EQ(BusOf("/devices/platform/x/rc/rc0/input1"), Bus::kRc);
  EXPECT_EQ(BusOf("/devices/pci0/sound/card0/input1"), std::nullopt);
  EXPECT_EQ(BusOf("/devices/usbfoo"), std::nullopt);
  EXPECT_EQ(BusOf(""), std::nullopt);
}

TEST(Judge, InterfacesAreFoundInPaths) {
  EXPECT_EQ(InterfaceName("/devices/p/usb1/1-1/1-1.2/1-1.2:1.3/0003:1.1/input/input1"),
            "1-1.2:1.3");
  EXPECT_EQ(InterfaceName("/devices/platform/input/input1"), "");
  EXPECT_EQ(InterfaceName(""), "");
}

TEST(LockOut, ABlockedPanelIsFound) {
  const device::Device panel = Load("panel");
  EXPECT_THAT(FindLockOuts(GoldenPolicy(), {}, {panel}), testing::IsEmpty());
  const auto empty = ParsePolicy("schema = 1\n[usb]\n[console]\n[maintenance]\n", "input.toml");
  ASSERT_TRUE(empty);
  const auto found = FindLockOuts(*empty, {}, {panel, Load("qemu_keyboard")});
  ASSERT_EQ(found.size(), 3u);  // each gate of the panel; nobody needs the keyboard
  EXPECT_EQ(ToString(found[0]),
            "the touch panel: usb gate, 1-1:1.0: no entry names 222a:0001 on bus usb");
}

TEST(LockOut, ADeviceThatDiffersIsToldWithTheLineThatComesClosest) {
  device::Device panel = Load("panel");
  panel.note = "";
  panel.usb->version = 0x0212;
  const auto found = FindLockOuts(GoldenPolicy(), {}, {panel});
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(
      ToString(found[0]),
      testing::AllOf(testing::StartsWith("1-1 222a:0001 \"ILITEK-TP\": usb gate, 1-1:1.0: "),
                     testing::MatchesRegex(".*input\\.toml:[0-9]+:[0-9]+\\)")));
}

TEST(LockOut, AnEntryForMaintenanceDoesNotCount) {
  device::Device keyboard = Load("service_keyboard");
  keyboard.in_use = true;
  EXPECT_FALSE(FindLockOuts(GoldenPolicy(), {}, {keyboard}).empty());
  EXPECT_TRUE(FindLockOuts(GoldenPolicy(), {.maintenance = true}, {keyboard}).empty());
}

TEST(InUse, IsWhatPointsAndNoGateHolds) {
  device::Device panel = Load("panel");
  panel.input[0].inhibited = false;
  EXPECT_TRUE(IsInUse(panel));
  panel.input[0].inhibited = std::nullopt;
  EXPECT_TRUE(IsInUse(panel));
  panel.input[0].inhibited = true;
  EXPECT_FALSE(IsInUse(panel));
  panel.input[0].inhibited = false;
  panel.input[0].handlers.clear();  // nobody can open it
  EXPECT_FALSE(IsInUse(panel));
  panel.input.clear();  // nothing is bound
  EXPECT_FALSE(IsInUse(panel));
  for (const auto& [name, points] : std::map<std::string, bool>{{"recorded_qemu_tablet", true},
                                                                {"recorded_qemu_wacom", true},
                                                                {"recorded_qemu_mouse", true},
                                                                {"recorded_qemu_keyboard", false},
                                                                {"gamepad", false},
                                                                {"remote", false},
                                                                {"power_button", false}}) {
    device::Device device = Load(name);
    for (auto& input : device.input) {
      input.inhibited = false;
      input.handlers = {"event7"};
    }
    EXPECT_EQ(IsInUse(device), points) << name;
  }
}

TEST(Shown, TextOfDevicesIsOneHarmlessLine) {
  EXPECT_EQ(Shown("a\"b\\c\n\x1b[31m"), "\"a\\\"b\\\\c\\x0a\\x1b[31m\"");
  EXPECT_EQ(Shown("\xe2\x80\xae"), "\"\\xe2\\x80\\xae\"");
  EXPECT_LT(Shown(std::string(10'000, 'x')).size(), 100u);
}

}  // namespace
}  // namespace bf::lockdown
