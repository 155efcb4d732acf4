// SPDX-License-Identifier: Apache-2.0
#include "lockdown/units/sandboxed.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "lockdown/units/unit_file.h"
#include "tests/support/golden.h"

namespace bf::lockdown::units {
namespace {

namespace fs = std::filesystem;

TEST(ProfileOf, IsOfTheTwoFormsAndOfNoOther) {
  const std::string exec = "/usr/libexec/betterframe/bf-lockdown-exec ";
  const std::string verb = "/usr/bin/bf-lockdown exec ";
  for (const std::string& command :
       {exec + "bf-state -- /bin/x", "-" + exec + "bf-state -- /bin/x; y", verb + "bf-state -- x",
        verb + "--report bf-state -- x"})
    EXPECT_EQ(ProfileOf(command), "bf-state") << command;
  for (const std::string& command :
       {std::string(), exec, exec + "bf-state", exec + "bf-state /bin/sh --",
        // Other rights, or another argv[0].
        "+" + exec + "bf-state -- x", "!" + exec + "bf-state -- x", "@" + exec + "bf-state -- x",
        // More than one command, with and without quotes that hide it.
        exec + "bf-state -- /bin/true ; /bin/sh -c evil", exec + "bf-state -- /bin/true ;",
        exec + "bf-state -- /bin/echo '\"' ; /bin/sh -c 'evil\"'",
        exec + "bf-state -- /bin/true\t;\t/bin/sh",
        // A policy from elsewhere, or a profile that is an option's value.
        exec + "--root /tmp/evil bf-state -- x", verb + "--root /tmp/evil bf-state -- x",
        verb + "--report --policy /tmp/evil bf-state -- x",
        verb + "--report --out bf-state -- bf-data /bin/sh", verb + "--report -- x",
        std::string("/usr/bin/bf-lockdown --root /tmp exec bf-state -- x"),
        "\"" + exec + "bf-state -- x\"", std::string("/tmp/bf-lockdown-exec bf-state -- x")})
    EXPECT_EQ(ProfileOf(command), "") << command;
}

// Every service that the package installs is in the list, and in no other profile than its own; the
// kiosk's is the integrator's.
TEST(SandboxedUnits, AreThoseOfThePackage) {
  std::set<std::string> shipped = {"betterframe-kiosk.service"};
  for (const char* folder : {"boot", "lockdown", "overlays", "provision"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(BF_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".service") continue;
      const std::string name = entry.path().filename();
      shipped.insert(name);
      const SandboxedUnit* unit = FindSandboxedUnit(name);
      ASSERT_NE(unit, nullptr) << name;
      for (const auto& one : ReadSettings(test::ReadOrDie(entry.path()))) {
        if (one.section != "Service" || !one.key.starts_with("Exec")) continue;
        EXPECT_TRUE(unit->Allows(ProfileOf(one.value))) << name << ":" << one.line;
      }
    }
  }
  std::set<std::string> listed;
  for (const auto& one : kSandboxedUnits) {
    listed.emplace(one.name);
    for (const auto profile : one.profiles)
      EXPECT_TRUE(profile.empty() ||
                  fs::exists(fmt::format("{}/policies/sandbox/{}.toml", BF_SOURCE_DIR, profile)))
          << profile;
  }
  EXPECT_EQ(listed, shipped);
}

}  // namespace
}  // namespace bf::lockdown::units
