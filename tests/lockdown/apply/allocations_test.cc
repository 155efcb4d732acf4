// SPDX-License-Identifier: Apache-2.0
// What one decision allocates, from opening the policy to the line for the audit log. An executable
// of its own, because operator new is replaced in all of it.
#include "lockdown/apply/ask.h"
#include "lockdown/decide/source.h"
#include "lockdown/stored/encode.h"
#include "tests/lockdown/apply/fake_machine.h"
#include "tests/support/counting_new.h"

namespace bf::lockdown::test {
namespace {

using testing_support::Allocated;
using testing_support::AllocatedSoFar;

// A quarter more than it is; a report descriptor of 4 KiB may have 2,000 items.
constexpr std::size_t kMostTimes = 170;
constexpr std::size_t kMostBytes = 24 << 10;
constexpr std::size_t kShort = 256;
constexpr std::size_t kLong = 4096;

// A touch panel in use, its report descriptor of this size, and the policy that lets it in.
class Panel {
 public:
  explicit Panel(std::size_t report_descriptor) : device(Recorded("panel").front()) {
    std::string& bytes = device.hid.front().report_descriptor;
    const std::string once = bytes;
    while (bytes.size() < report_descriptor) bytes += once;
    bytes.resize(report_descriptor);
    device.input.front().inhibited = false;
    machine.Plant(device);
    const std::string text = PolicyFor(device);
    const auto policy = ParsePolicy(text, "input.toml");
    if (!policy) throw std::runtime_error(policy.error().ToString());
    machine.tree.Write("usr/share/betterframe/policies/input.toml", text);
    machine.tree.Write(std::string(stored::kStoredPath.substr(1)), stored::Encode(*policy));
  }

  Allocated Decide(const std::string& gate, const std::string& path) {
    const Question question{machine.tree.path(), gate, path};
    const auto open = [&] { return OpenStoredPolicy(question.root); };
    const Allocated before = AllocatedSoFar();
    const auto reply = Ask(question, open, [](const std::string&) {});
    const Allocated spent = AllocatedSoFar() - before;
    EXPECT_TRUE(reply) << reply.error().ToString();
    EXPECT_EQ(reply->line, "allow ilitek-tp");
    return spent;
  }

  FakeMachine machine;
  device::Device device;
};

TEST(Allocations, ALongReportDescriptorTakesNoMoreOfThem) {
  Panel small(kShort);
  Panel large(kLong);
  const auto& device = large.device;
  const std::map<std::string, std::string> paths = {
      {"usb", device.usb->path + "/" + device.usb->interfaces.front().name},
      {"hid", device.hid.front().path},
      {"input", device.input.front().path}};
  for (const auto& [gate, path] : paths) {
    SCOPED_TRACE(gate);
    const Allocated few = small.Decide(gate, path);
    const Allocated many = large.Decide(gate, path);
    EXPECT_LE(many.times, kMostTimes);
    EXPECT_LE(many.bytes, kMostBytes);
    EXPECT_LE(many.times, few.times + 1);
    // It is there once.
    EXPECT_LE(many.bytes, few.bytes + kLong);
  }
}

}  // namespace
}  // namespace bf::lockdown::test
