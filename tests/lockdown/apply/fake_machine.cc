// SPDX-License-Identifier: Apache-2.0
#include "tests/lockdown/apply/fake_machine.h"

#include <cerrno>

#include "lockdown/device/hex.h"
#include "lockdown/device/record.h"
#include "lockdown/input/capabilities.h"
#include "lockdown/judge/propose.h"
#include "tests/support/golden.h"

namespace bf::lockdown::test {
namespace {

std::string Up(const std::string& path) {
  std::string up;
  for (std::size_t i = 1; i < 4; ++i) up += "../";
  return up + path.substr(1);
}

}  // namespace

std::vector<device::Device> Recorded(const std::string& name) {
  const std::string path = std::string(BF_TEST_DIR) + "/../corpus/" + name + ".json";
  auto devices = device::ReadRecord(bf::test::ReadOrDie(path), path);
  if (!devices) throw std::runtime_error(devices.error().ToString());
  return *std::move(devices);
}

std::string PolicyFor(const device::Device& device) {
  auto entry = ProposeEntry(device);
  if (!entry) throw std::runtime_error(entry.error().ToString());
  std::string text = bf::test::ReplaceAll(*entry, "reason = \"\"", "reason = \"a test\"");
  text = bf::test::ReplaceAll(text, "owner = \"\"", "owner = \"tests\"");
  text = bf::test::ReplaceAll(text, "because = \"\"", "because = \"a test\"");
  return "schema = 1\n\n[usb]\nhubs = 0\n\n[console]\n\n[maintenance]\nwindow = \"off\"\n\n" + text;
}

FakeMachine::FakeMachine() {
  Set("/bus/hid", "drivers_autoprobe", "1");
  Set("/bus/hid", "drivers_probe", "");
  Set("/bus/hid/drivers/hid-generic", "unbind", "");
  Set("/bus/usb", "drivers_probe", "");
  Set(kHub, "authorized_default", "0");
  Set(kHub, "interface_authorized_default", "1");
  Set(kHub, "authorized", "1");
  std::filesystem::create_directories(tree / "sys/bus/hid/devices");
  std::filesystem::create_directories(tree / "sys/class/input");
  tree.Link("sys/bus/usb/devices/usb1", Up(kHub));
}

void FakeMachine::PlantWaiting(const device::UsbDevice& usb) {
  Set(usb.path, "idVendor", device::Hex16(usb.vendor));
  Set(usb.path, "idProduct", device::Hex16(usb.product));
  Set(usb.path, "bcdDevice", device::Hex16(usb.version));
  Set(usb.path, "bDeviceClass", fmt::format("{:02x}", usb.code.base));
  Set(usb.path, "bDeviceSubClass", fmt::format("{:02x}", usb.code.subclass));
  Set(usb.path, "bDeviceProtocol", fmt::format("{:02x}", usb.code.protocol));
  if (!usb.manufacturer.empty()) Set(usb.path, "manufacturer", usb.manufacturer);
  if (!usb.product_name.empty()) Set(usb.path, "product", usb.product_name);
  if (!usb.serial.empty()) Set(usb.path, "serial", usb.serial);
  tree.Write("sys" + usb.path + "/descriptors", usb.descriptors);
  Set(usb.path, "authorized", "0");
  tree.Link("sys/bus/usb/devices/" + usb.name, Up(usb.path));
}

void FakeMachine::PlantInterface(const device::UsbDevice& usb,
                                 const device::UsbInterface& interface) {
  const std::string path = usb.path + "/" + interface.name;
  Set(path, "bInterfaceNumber", fmt::format("{:02x}", interface.number));
  Set(path, "bInterfaceClass", fmt::format("{:02x}", interface.code.base));
  Set(path, "bInterfaceSubClass", fmt::format("{:02x}", interface.code.subclass));
  Set(path, "bInterfaceProtocol", fmt::format("{:02x}", interface.code.protocol));
  if (interface.authorized) Set(path, "authorized", *interface.authorized ? "1" : "0");
  if (!interface.driver.empty())
    tree.Link("sys" + path + "/driver", "../../../../../../bus/usb/drivers/" + interface.driver);
  tree.Link("sys/bus/usb/devices/" + interface.name, Up(path));
}

void FakeMachine::PlantHid(const device::HidDevice& hid) {
  Set(hid.path, "uevent",
      fmt::format("DRIVER=x\nHID_ID={:04X}:{:08X}:{:08X}\nHID_NAME={}\nHID_PHYS={}\nHID_UNIQ={}\n"
                  "MODALIAS=hid:b0003",
                  hid.bus, hid.vendor, hid.product, hid.device_name, hid.phys, hid.uniq));
  Set(hid.path, "modalias", "hid:b0003g0001");
  tree.Write("sys" + hid.path + "/report_descriptor", hid.report_descriptor);
  if (!hid.driver.empty())
    tree.Link("sys" + hid.path + "/driver", "../../../../../../../bus/hid/drivers/" + hid.driver);
  tree.Link("sys/bus/hid/devices/" + hid.name, Up(hid.path));
}

void FakeMachine::PlantInput(const device::InputNode& input) {
  Set(input.path, "id/bustype", device::Hex16(input.id.bus));
  Set(input.path, "id/vendor", device::Hex16(input.id.vendor));
  Set(input.path, "id/product", device::Hex16(input.id.product));
  Set(input.path, "id/version", device::Hex16(input.id.version));
  Set(input.path, "name", input.device_name);
  Set(input.path, "phys", input.phys);
  Set(input.path, "uniq", input.uniq);
  for (std::size_t i = 0; i < lockdown::input::kCapabilityFields.size(); ++i)
    Set(input.path, std::string(lockdown::input::kCapabilityFields[i].attribute),
        input.capabilities.*device::kCapabilityFields[i].second);
  if (input.inhibited) Set(input.path, "inhibited", *input.inhibited ? "1" : "0");
  for (const auto& handler : input.handlers) Set(input.path, handler + "/dev", "13:64");
  tree.Link("sys/class/input/" + input.name, "../../" + input.path.substr(1));
}

void FakeMachine::Plant(const device::Device& device) {
  if (device.usb) {
    PlantWaiting(*device.usb);
    Set(device.usb->path, "authorized", device.usb->authorized == true ? "1" : "0");
    for (const auto& interface : device.usb->interfaces) PlantInterface(*device.usb, interface);
  }
  for (const auto& hid : device.hid) PlantHid(hid);
  for (const auto& input : device.input) PlantInput(input);
}

void FakeMachine::RemoveTree(const std::string& path) {
  std::filesystem::remove_all(tree / ("sys" + path));
}

std::string FakeMachine::Get(const std::string& path, const std::string& attribute) const {
  std::string text = tree.Read("sys" + path + "/" + attribute);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Status FakeKernel::Write(const std::string& directory, const std::string& attribute,
                         const std::string& text) {
  const std::string write = fmt::format("{}/{}={}", BaseName(directory), attribute, text);
  writes.push_back(write);
  if (!fails.empty() && write.starts_with(fails)) {
    if (on_fail) on_fail();
    return FailErrno(EIO, "write {}", write);
  }
  BF_TRY(real_.Write(directory, attribute, text));
  if (const auto now = reads_as.find(write); now != reads_as.end())
    machine_.Set(directory, attribute, now->second);
  if (const auto reaction = reactions.find(write); reaction != reactions.end()) reaction->second();
  return {};
}

Status FakeKernel::LoadModule(const std::string& name) {
  writes.push_back("modprobe " + name);
  if (const auto reaction = reactions.find("modprobe " + name); reaction != reactions.end())
    reaction->second();
  return {};
}

Status FakeKernel::ReleaseInput(const std::string& input, const std::string& event) {
  writes.push_back("drain " + event);
  return Write(input, "inhibited", "0");
}

}  // namespace bf::lockdown::test
