// SPDX-License-Identifier: Apache-2.0
#include "lockdown/compile/compile.h"

#include <ctime>

#include "core/hash/sha256.h"
#include "lockdown/stored/stored.h"
#include "tests/support/golden.h"
#include "udev-rules/compile.h"

namespace bf::lockdown {
namespace {

std::string Concatenated(const std::vector<OutputFile>& files) {
  std::string text;
  for (const OutputFile& file : files) {
    text += fmt::format("==> {}{}\n", file.path, file.link.empty() ? "" : " -> " + file.link);
    // Bytes; what is in them is tested in stored_test.cc.
    text += file.path == stored::kStoredPath.substr(1)
                ? fmt::format("{} bytes, sha256:{}\n", file.text.size(), hash::HashOf(file.text))
                : file.text;
  }
  return text;
}

Policy Load(const std::string& dir) {
  auto policy = LoadPolicy(dir);
  if (!policy) {
    ADD_FAILURE() << policy.error().ToString();
    return {};
  }
  return *std::move(policy);
}

TEST(Compile, GoldenPolicy) {
  test::ExpectGolden(BF_TEST_DIR "/compiled/golden.txt",
                     Concatenated(Compile(Load(BF_TEST_DIR "/policy/golden"))));
}

TEST(Compile, ShippedPolicy) {
  test::ExpectGolden(BF_TEST_DIR "/compiled/shipped.txt",
                     Concatenated(Compile(Load(BF_SOURCE_DIR "/policies"))));
}

TEST(Compile, BluetoothOfBondedDevicesOnly) {
  auto files = Compile(Load(BF_TEST_DIR "/check/open_policy"));
  std::erase_if(
      files, [](const OutputFile& file) { return file.path.find("bluetooth") == file.path.npos; });
  test::ExpectGolden(BF_TEST_DIR "/compiled/bonded.txt", Concatenated(files));
}

// What a reviewer reads in udev-rules/ is what runs, byte for byte.
TEST(Compile, ShippedRulesAreThoseOfTheShippedPolicy) {
  const auto rules = udev_rules::Compile(Load(BF_SOURCE_DIR "/policies"));
  ASSERT_EQ(rules.size(), 2u);
  for (const auto& file : rules)
    test::ExpectGolden(BF_SOURCE_DIR "/udev-rules/" + file.name, file.text);
}

TEST(Compile, ThePlaceOfThePolicyDoesNotShow) {
  const std::string text = test::ReadOrDie(BF_TEST_DIR "/policy/golden/input.toml");
  const auto here = ParsePolicy(text, "input.toml");
  const auto there = ParsePolicy(text, "/somewhere/else/input.toml");
  ASSERT_TRUE(here && there);
  EXPECT_EQ(Compile(*here), Compile(*there));
}

TEST(Compile, EveryFileNamesThePolicyAndEveryLineItsOwn) {
  const Policy policy = Load(BF_TEST_DIR "/policy/golden");
  for (const OutputFile& file : Compile(policy)) {
    if (!file.link.empty()) continue;
    EXPECT_NE(file.text.find(policy.hash), std::string::npos) << file.path;
    if (file.path == kManifestPath || file.path == stored::kStoredPath.substr(1)) continue;
    EXPECT_NE(file.text.find("# input.toml:"), std::string::npos) << file.path;
  }
}

// The kernel command line of the shipped layout has each word that the shipped policy asks for.
TEST(Compile, ShippedLayoutHasTheWords) {
  policy::Diagnostics diagnostics;
  const std::string text = test::ReadOrDie(BF_SOURCE_DIR "/policies/layout.toml");
  for (const CmdlineWord& word : CmdlineWords(Load(BF_SOURCE_DIR "/policies")))
    EXPECT_NE(text.find(fmt::format("\"{}\"", word.word)), std::string::npos) << word.word;
}

std::string ThousandEntries() {
  std::string text = "schema = 1\n[usb]\n[console]\n[maintenance]\n";
  for (int i = 0; i < 1000; ++i) {
    text += fmt::format(R"([[allow]]
name = "panel-{0}"
reason = "panel number {0}"
owner = "hardware@betterframe.example"
bus = "usb"
vendor = "{0:04x}"
product = "0001"
version = "0100"
device_name = "Panel {0}"
interfaces = ["03/00/00"]
descriptors = "sha256:{0:064x}"
report_descriptors = ["sha256:{0:064x}"]
[[allow.input]]
name = "Panel {0}"
id = "0003:{0:04x}:0001:0111"
capabilities = {{ ev = "b", key = "400 0 0 0 0 0", abs = "260800000000003", properties = "2" }}
)",
                        i + 1);
  }
  return text;
}

TEST(Compile, AThousandEntriesTakeLessThanATenthOfASecond) {
  const std::string text = ThousandEntries();
  double best = 1e9;
  std::size_t files = 0;
  for (int run = 0; run < 10; ++run) {
    // Of the processor, not of the clock: the machine may be busy with other tests.
    const std::clock_t start = std::clock();
    const auto policy = ParsePolicy(text, "input.toml");
    ASSERT_TRUE(policy) << policy.error().ToString();
    files = Compile(*policy).size();
    best = std::min(best, 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  EXPECT_GT(files, 10u);
  RecordProperty("milliseconds", fmt::format("{:.1f}", best));
  fmt::print("1000 entries, read and compiled: {:.1f} ms\n", best);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_LT(best, 2000.0);  // every access is checked here
#else
  EXPECT_LT(best, 100.0);
#endif
}

}  // namespace
}  // namespace bf::lockdown
