// SPDX-License-Identifier: Apache-2.0
#include "lockdown/units/aliases.h"
#include "lockdown/units/drop_ins.h"

namespace bf::lockdown::units {
namespace {

using testing::ElementsAre;

const Links kLinks = {{"dbus-org.bluez.service", "bluetooth.service"},
                      {"bt.service", "dbus-org.bluez.service"},
                      {"autovt@.service", "getty@.service"},
                      {"front@tty2.service", "getty@.service"},
                      {"screen.service", "getty@tty1.service"}};

TEST(UnitNames, AreAllThatEndAtOne) {
  for (const char* name : {"bluetooth.service", "dbus-org.bluez.service", "bt.service"})
    EXPECT_THAT(NamesOf(kLinks, name),
                ElementsAre("bluetooth.service", "bt.service", "dbus-org.bluez.service"))
        << name;
  EXPECT_THAT(NamesOf(kLinks, "x.service"), ElementsAre("x.service"));
}

TEST(UnitNames, AnAliasOfATemplateIsOneOfEachInstance) {
  EXPECT_THAT(NamesOf(kLinks, "getty@.service"), ElementsAre("getty@.service", "autovt@.service"));
  EXPECT_THAT(NamesOf(kLinks, "getty@tty1.service"),
              ElementsAre("getty@tty1.service", "autovt@tty1.service", "screen.service"));
  EXPECT_EQ(EndOf(kLinks, "autovt@tty9.service"), "getty@tty9.service");
  EXPECT_EQ(EndOf(kLinks, "front@tty2.service"), "getty@tty2.service");
  EXPECT_EQ(EndOf(kLinks, "front@tty3.service"), "front@tty3.service");
}

TEST(UnitNames, ACircleHasAnEnd) {
  const Links links = {{"a.service", "b.service"}, {"b.service", "a.service"}};
  EXPECT_EQ(EndOf(links, "a.service"), "a.service");
  EXPECT_EQ(NamesOf(links, "b.service").front(), "b.service");
}

TEST(DropIns, ComeByTheNamesOfTheirFiles) {
  DropIns files;
  files.Add(DropIns::Of::kName, "/etc/x.service.d/20.conf");
  files.Add(DropIns::Of::kName, "/usr/x.service.d/20.conf");
  files.Add(DropIns::Of::kName, "/usr/x.service.d/50.conf");
  files.Add(DropIns::Of::kAlias, "/etc/a.service.d/10.conf");
  files.Add(DropIns::Of::kAlias, "/etc/a.service.d/20.conf");
  files.Add(DropIns::Of::kType, "/etc/service.d/10.conf");
  files.Add(DropIns::Of::kType, "/etc/service.d/30.conf");
  EXPECT_THAT(files.Paths(), ElementsAre("/etc/a.service.d/10.conf", "/etc/x.service.d/20.conf",
                                         "/etc/service.d/30.conf", "/usr/x.service.d/50.conf"));
}

TEST(DropIns, OfTwoAliasesBothCount) {
  DropIns files;
  files.Add(DropIns::Of::kAlias, "/etc/a.service.d/10.conf");
  files.Add(DropIns::Of::kAlias, "/etc/b.service.d/10.conf");
  files.Add(DropIns::Of::kAlias, "/etc/b.service.d/10.conf");
  EXPECT_THAT(files.Paths(), ElementsAre("/etc/a.service.d/10.conf", "/etc/b.service.d/10.conf"));
}

}  // namespace
}  // namespace bf::lockdown::units
