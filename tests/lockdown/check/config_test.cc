// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/config.h"

namespace bf::lockdown::check {
namespace {

TEST(Config, TheLastWordWinsAndAnEmptyOneClears) {
  const std::vector<ConfigFile> files = {
      {"/a", "[Login]\nNAutoVTs=6\n# NAutoVTs=5\n[Other]\nNAutoVTs=4\n"},
      {"/b", "[Login]\n NAutoVTs = 0 \nReserveVT=3\nReserveVT=\n"}};
  const auto vts = FindSetting(files, "Login", "NAutoVTs");
  ASSERT_TRUE(vts);
  EXPECT_EQ(vts->value, "0");
  EXPECT_EQ(vts->at, "/b:2");
  EXPECT_FALSE(FindSetting(files, "Login", "ReserveVT"));
  EXPECT_FALSE(FindSetting(files, "Login", "Unheard"));
}

TEST(Config, ListsAreAddedUpUntilCleared) {
  const std::vector<ConfigFile> files = {
      {"/a", "[Service]\nExecStart=/bin/one\nExecStart=/bin/two \\\n  three\n"},
      {"/b", "[Service]\nExecStart=\nExecStart=/bin/four\n"}};
  const auto before = ListSetting({files[0]}, "Service", "ExecStart");
  ASSERT_EQ(before.size(), 2u);
  EXPECT_EQ(before[1].value, "/bin/two    three");
  const auto after = ListSetting(files, "Service", "ExecStart");
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].value, "/bin/four");
}

// As systemd's parser takes them: what a reader joins that systemd does not, it hides.
TEST(Config, OnlyABackslashAtTheVeryEndJoinsLines) {
  const auto commands = [](const std::string& text) {
    std::string found;
    for (const auto& one : ListSetting({{"/a", "[Service]\n" + text}}, "Service", "ExecStartPre"))
      found += fmt::format("{} {}|", one.at, one.value);
    return found;
  };
  EXPECT_EQ(commands("Environment=A=b \\ \nExecStartPre=/bin/sh\n"), "/a:3 /bin/sh|");
  EXPECT_EQ(commands("Environment=A=b \\\\\nExecStartPre=/bin/sh\n"), "/a:3 /bin/sh|");
  EXPECT_EQ(commands("Environment=A=b \\\\\\\nExecStartPre=/bin/sh\n"), "");
  EXPECT_EQ(commands("Environment=A=b \\\nExecStartPre=/bin/sh\n"), "");
  EXPECT_EQ(commands("# c \\\nExecStartPre=/bin/sh\n"), "/a:3 /bin/sh|");
  EXPECT_EQ(commands("Exec\\\n# c\nStartPre=/bin/sh\nExecStartPre=/bin/x \\\n; c\n y\n"),
            "/a:5 /bin/x   y|");
  EXPECT_EQ(commands("ExecStartPre=/bin/sh\\"), "/a:2 /bin/sh|");
  EXPECT_EQ(commands("Environment=A=b\rExecStartPre=/bin/sh\n"), "/a:3 /bin/sh|");
  EXPECT_EQ(commands("Environment=A=b \\\r\nExecStartPre=/bin/sh\r\n"), "");
}

TEST(Config, ModulesAreRefusedByTheFirstInstallLine) {
  const std::vector<ConfigFile> files = {
      {"/a", "install hci-uart /usr/bin/false\nblacklist uhid\ninstall btusb /sbin/modprobe x\n"},
      {"/b", "install btusb /usr/bin/false\ninstall uinput /bin/true; modprobe uinput\n"}};
  EXPECT_EQ(RefusedModules(files), (std::set<std::string, std::less<>>{"hci_uart"}));
}

TEST(Config, WordsOfTheKernel) {
  const auto words = SplitWords("a.b-c=1  x=\"y z\" a.b_c=2 quiet");
  EXPECT_EQ(words.size(), 4u);
  EXPECT_EQ(LastValue(words, "a.b_c"), "2");
  EXPECT_EQ(LastValue(words, "quiet"), "");
  EXPECT_EQ(LastValue(words, "loud"), std::nullopt);
}

}  // namespace
}  // namespace bf::lockdown::check
