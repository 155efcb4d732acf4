// SPDX-License-Identifier: Apache-2.0
// A man page that has drifted from the tool is worse than none: each verb has one, it names every
// option and exit code the tool has, and man(1) renders it without a warning.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "audit/tool.h"
#include "boot/tool.h"
#include "core/host/spawn.h"
#include "lockdown/tool.h"
#include "overlays/tool.h"
#include "provision/tool.h"

namespace bf {
namespace {

namespace fs = std::filesystem;

std::map<std::string, fs::path> ManPages() {
  std::map<std::string, fs::path> pages;
  for (const char* folder :
       {"provision", "overlays", "lockdown", "boot", "audit", "tests/device"}) {
    const fs::path top = fs::path(BF_SOURCE_DIR) / folder;
    if (!fs::exists(top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      if (entry.path().extension() == ".8") pages[entry.path().stem().string()] = entry.path();
    }
  }
  return pages;
}

// Without the roff escapes for a hyphen-minus.
std::string Text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::string plain = text.str();
  std::erase(plain, '\\');
  return plain;
}

struct Case {
  cli::Tool tool;
  bool page_per_verb;
};

std::vector<Case> Cases() {
  return {{provision::ProvisionTool(), true},
          {overlays::OverlayTool(), false},
          {lockdown::LockdownTool(), false},
          {boot::BootTool(), false},
          {audit::AuditTool(), false}};
}

TEST(ManPages, EveryVerbAndOptionIsInOne) {
  const auto pages = ManPages();
  for (const auto& [tool, page_per_verb] : Cases()) {
    for (const cli::Verb& verb : tool.verbs) {
      const std::string name =
          page_per_verb ? fmt::format("{}-{}", tool.name, verb.name) : tool.name;
      ASSERT_TRUE(pages.contains(name)) << name << ".8 is missing";
      const std::string text = Text(pages.at(name));
      EXPECT_NE(text.find(verb.name), std::string::npos) << name << " does not name " << verb.name;
      for (const cli::Option& option : verb.options) {
        EXPECT_NE(text.find(option.name.substr(2)), std::string::npos)
            << name << " does not name " << option.name;
      }
    }
  }
}

TEST(ManPages, RenderWithoutAWarning) {
  for (const auto& [name, path] : ManPages()) {
    const auto rendered =
        host::Run({.argv = {"groff", "-man", "-mdoc", "-Tutf8", "-ww", "-z", path.string()}});
    ASSERT_TRUE(rendered.has_value()) << rendered.error().ToString();
    EXPECT_EQ(rendered->exit_code, 0) << name;
    EXPECT_EQ(rendered->output, "") << name;
  }
}

TEST(ManPages, AreInstalled) {
  std::string lists;
  for (const auto& entry : fs::recursive_directory_iterator(BF_SOURCE_DIR)) {
    if (entry.path().string().starts_with(fmt::format("{}/build", BF_SOURCE_DIR))) continue;
    if (entry.path().filename() == "CMakeLists.txt") lists += Text(entry.path());
  }
  for (const auto& [name, path] : ManPages()) {
    EXPECT_NE(lists.find(fmt::format("{}.8", name)), std::string::npos)
        << name << ".8 is not installed";
  }
}

}  // namespace
}  // namespace bf
