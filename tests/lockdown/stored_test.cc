// SPDX-License-Identifier: Apache-2.0
// The compiled policy: what is decided by it is what is decided by the policy, and where it was
// changed, cut or left behind, less.
#include "lockdown/stored/stored.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/hash/checksum.h"
#include "lockdown/decide/source.h"
#include "lockdown/device/record.h"
#include "lockdown/judge/keys.h"
#include "lockdown/stored/encode.h"
#include "tests/support/golden.h"
#include "tests/support/temp_tree.h"

namespace bf::lockdown::stored {
namespace {

const std::string kToml = "usr/share/betterframe/policies/input.toml";
const std::string kCompiled(kStoredPath.substr(1));

std::vector<device::Device> Corpus() {
  std::vector<device::Device> all;
  for (const auto& entry : std::filesystem::directory_iterator(BF_TEST_DIR "/corpus")) {
    auto devices = device::ReadRecord(test::ReadOrDie(entry.path()), entry.path());
    if (!devices) throw std::runtime_error(devices.error().ToString());
    for (auto& device : *devices) all.push_back(std::move(device));
  }
  return all;
}

class StoredTest : public testing::TestWithParam<const char*> {
 protected:
  void Install(const std::string& text) {
    tree.Write(kToml, text);
    auto read = ParsePolicy(text, tree / kToml);
    if (!read) throw std::runtime_error(read.error().ToString());
    policy = *std::move(read);
    bytes = Encode(policy);
    tree.Write(kCompiled, bytes);
  }
  Result<Stored> Open() { return Stored::Open(tree / kCompiled, tree / kToml); }
  // The error of whatever fails first, or "".
  std::string WhatFails(const device::Device& device) {
    auto source = OpenStoredPolicy(tree.path());
    if (!source) return source.error().ToString();
    const auto some = (*source)->For(device);
    return some ? "" : some.error().ToString();
  }

  testing_support::TempTree tree;
  Policy policy;
  std::string bytes;
};

class OfPolicy : public StoredTest {};

TEST_P(OfPolicy, DecidesEachDeviceAsThePolicyDoes) {
  Install(test::ReadOrDie(GetParam()));
  auto source = OpenStoredPolicy(tree.path());
  ASSERT_TRUE(source) << source.error().ToString();
  int allowed = 0;
  std::size_t read = 0;
  for (const device::Device& device : Corpus()) {
    const auto some = (*source)->For(device);
    ASSERT_TRUE(some) << some.error().ToString();
    read += (*some)->allows.size();
    for (const bool maintenance : {false, true}) {
      const Situation situation{maintenance};
      const auto by_all = JudgeAll(policy, situation, device);
      EXPECT_EQ(JudgeAll(**some, situation, device), by_all) << device.note;
      for (const Decision& decision : by_all) allowed += decision.allowed() ? 1 : 0;
    }
  }
  EXPECT_GT(allowed, 0);
  // It is not that all entries are always read.
  EXPECT_LT(read, Corpus().size() * policy.allows.size());
  const Policy& head = **(*source)->Head();
  EXPECT_EQ(head.hash, policy.hash);
  EXPECT_EQ(head.maintenance.window.value, policy.maintenance.window.value);
  EXPECT_EQ(head.maintenance.longest_ms.value, policy.maintenance.longest_ms.value);
  EXPECT_EQ(head.maintenance.key.value, policy.maintenance.key.value);
  EXPECT_EQ(head.usb.hubs.at.ToString(), policy.usb.hubs.at.ToString());
}

INSTANTIATE_TEST_SUITE_P(Stored, OfPolicy,
                         testing::Values(BF_TEST_DIR "/policy/golden/input.toml",
                                         BF_TEST_DIR "/check/policy/input.toml",
                                         BF_SOURCE_DIR "/policies/input.toml",
                                         BF_SOURCE_DIR "/tests/device/image/policies/input.toml"));

class Damaged : public StoredTest {
 protected:
  Damaged() {
    Install(test::ReadOrDie(BF_TEST_DIR "/policy/golden/input.toml"));
    auto devices = device::ReadRecord(test::ReadOrDie(BF_TEST_DIR "/corpus/panel.json"), "panel");
    panel = devices->front();
  }
  device::Device panel;
};

TEST_F(Damaged, IsNotByItself) { EXPECT_EQ(WhatFails(panel), ""); }

TEST_F(Damaged, AChangedByteIsAnErrorOrLetsNothingMoreIn) {
  const auto before = JudgeAll(policy, {}, panel);
  std::size_t errors = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    tree.Write(kCompiled, changed);
    auto source = OpenStoredPolicy(tree.path());
    const auto some = source ? (*source)->For(panel) : Result<const Policy*>(nullptr);
    if (!source || !some) {
      ++errors;
      continue;
    }
    const auto after = JudgeAll(**some, {}, panel);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_TRUE(!after[i].allowed() || after[i] == before[i]) << "byte " << at;
    }
  }
  // All of the head, and the entry of the panel.
  EXPECT_GT(errors, 400u);
}

TEST_F(Damaged, CutOrLongerItIsRefused) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    tree.Write(kCompiled, bytes.substr(0, size));
    EXPECT_NE(WhatFails(panel), "") << size;
  }
  tree.Write(kCompiled, bytes + '\0');
  EXPECT_THAT(WhatFails(panel), testing::HasSubstr("it is cut, or has more at its end"));
}

TEST_F(Damaged, OfAnotherReleaseItIsRefused) {
  bytes[8] = 2;
  tree.Write(kCompiled, bytes);
  EXPECT_THAT(WhatFails(panel), testing::HasSubstr("a format of another release"));
}

TEST_F(Damaged, WithoutItNothingIsDecided) {
  std::filesystem::remove(tree / kCompiled);
  EXPECT_THAT(WhatFails(panel), testing::HasSubstr("No such file"));
}

// One digit of an id: as long as before.
TEST_F(Damaged, OfAnotherPolicyItIsRefused) {
  std::string text = tree.Read(kToml);
  const auto digit = text.find("product = \"") + 11;
  text[digit] = text[digit] == '0' ? '1' : '0';
  tree.Write(kToml, text);
  EXPECT_THAT(WhatFails(panel), testing::HasSubstr("is not what"));
  tree.Write(kToml, tree.Read(kToml) + "\n");
  EXPECT_THAT(WhatFails(panel), testing::HasSubstr("is not what"));
  std::filesystem::remove(tree / kToml);
  EXPECT_NE(WhatFails(panel), "");
}

TEST(Checksum, TellsEachChangedBitAndEachLength) {
  const std::string text = "What is to be told apart, in more than three words.";
  const auto before = hash::ChecksumOf(text);
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(hash::ChecksumOf(changed), before) << bit;
  }
  EXPECT_NE(hash::ChecksumOf(text + '\0'), before);
  EXPECT_NE(hash::ChecksumOf(""), hash::ChecksumOf(std::string(1, '\0')));
  hash::Checksum parts;
  parts.Add(text.substr(0, 16));
  parts.Add(text.substr(16));
  EXPECT_EQ(parts.value(), before);
}

}  // namespace
}  // namespace bf::lockdown::stored
