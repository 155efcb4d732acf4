// SPDX-License-Identifier: Apache-2.0
// The ladder as a conversation: how each step ends is scripted, what is tried next is expected.
#include <cerrno>
#include <fstream>
#include <sstream>

#include "provision/data/converge.h"
#include "provision/layout/layout.h"

namespace bf::provision::data {
namespace {

// Ends each step as told; a step that nobody told about succeeds.
class ScriptedMachine : public DataProbe, public DataHost {
 public:
  explicit ScriptedMachine(std::map<std::string, std::vector<int>> script)
      : script_(std::move(script)) {
    std::ostringstream text;
    text << std::ifstream(fmt::format("{}/tests/provision/data/goldens/base.json", BF_SOURCE_DIR))
                .rdbuf();
    facts_ = ParseFacts(text.str()).value();
  }

  bool loses_mount = false;  // somebody unmounts it, once it has been mounted

  DataFacts& facts() { return facts_; }
  const std::vector<std::string>& log() const { return log_; }

  DataFacts Observe() override { return facts_; }
  Status Do(const WriteTable&) override { return End("table"); }
  Status Do(const ResizePartition&) override { return End("resize"); }
  Status Do(const WipeFree&) override { return End("wipe-free"); }
  Status Do(const WipePartition&) override { return End("wipe"); }
  Status Do(const MakeFilesystem&) override { return End("mkfs"); }
  Status Do(const Populate&) override { return End("populate"); }
  Status Do(const SetLabel&) override { return End("label"); }
  Status Do(const FinishSuperblock&) override { return End("finish"); }
  Status Do(const CheckFilesystem& step) override { return End(std::string(RungName(step.rung))); }
  Status Do(const UndoRepairs&) override { return End("undo"); }
  Status Do(const MountData&) override {
    BF_TRY(End("mount"));
    Mounted("ext4", "/dev/mmcblk0p2", {179, 2});
    return {};
  }
  Status Do(const FixMountFlags&) override { return End("flags"); }
  Status Do(const FixSkeleton&) override {
    facts_.skeleton_problems.clear();
    return End("skeleton");
  }
  Status Do(const SaveUndo&) override {
    if (loses_mount) facts_.mount.reset();
    return End("save");
  }
  Status Do(const GrowFilesystem&) override { return End("grow"); }
  Status Do(const MountDegraded&) override {
    BF_TRY(End("tmpfs"));
    Mounted("tmpfs", std::string(kDegradedSource), {0, 40});
    return {};
  }

 private:
  Status End(const std::string& what) {
    log_.push_back(what);
    auto& codes = script_[what];
    if (codes.empty()) return {};
    const int code = codes.front();
    codes.erase(codes.begin());
    if (code == 0) return {};
    return FailErrno(code, "{} was told to fail", what);
  }
  void Mounted(const std::string& type, const std::string& source, facts::DeviceNumber number) {
    facts_.mount = MountPoint{type,
                              number,
                              source,
                              {"rw", "nosuid", "nodev", "noexec", "noatime"},
                              {"rw", "errors=remount-ro", "prjquota"}};
  }

  std::map<std::string, std::vector<int>> script_;
  DataFacts facts_;
  std::vector<std::string> log_;
};

DataPolicy Policy() {
  return layout::LoadLayout(fmt::format("{}/tests/provision/data/goldens", BF_SOURCE_DIR))
      .value()
      .data;
}

using Log = std::vector<std::string>;

Outcome Climb(ScriptedMachine& machine) { return Converge(Policy(), machine, machine, {}); }

TEST(LadderTest, NothingIsCheckedThatMounts) {
  ScriptedMachine machine({});
  EXPECT_FALSE(Climb(machine).last.degraded);
  EXPECT_EQ(machine.log(), Log({"mount"}));
}

TEST(LadderTest, ClimbsOneRungAtATimeAndStopsWhereItHelps) {
  ScriptedMachine preen({{"mount", {EUCLEAN}}});
  EXPECT_FALSE(Climb(preen).last.degraded);
  EXPECT_EQ(preen.log(), Log({"mount", "preen", "mount"}));

  ScriptedMachine full({{"mount", {EUCLEAN}}, {"preen", {EINVAL}}});
  EXPECT_FALSE(Climb(full).last.degraded);
  EXPECT_EQ(full.log(), Log({"mount", "preen", "full", "mount", "save"}));

  ScriptedMachine backup({{"mount", {EBADMSG}}, {"preen", {EINVAL}}, {"full", {ETIMEDOUT}}});
  EXPECT_FALSE(Climb(backup).last.degraded);
  EXPECT_EQ(backup.log(), Log({"mount", "preen", "full", "backup", "mount", "save"}));
}

TEST(LadderTest, GivesUpAtTheTopAndKeepsTheReason) {
  ScriptedMachine machine(
      {{"mount", {EUCLEAN}}, {"preen", {EINVAL}}, {"full", {EINVAL}}, {"backup", {ETIMEDOUT}}});
  const Outcome outcome = Climb(machine);
  EXPECT_TRUE(outcome.last.degraded);
  EXPECT_NE(outcome.last.reason.find("backup was told to fail"), std::string::npos);
  EXPECT_EQ(machine.log(), Log({"mount", "preen", "full", "backup", "tmpfs"}));
}

TEST(LadderTest, TakesBackWhatWentWellAndDidNotHelp) {
  ScriptedMachine machine({{"mount", {EUCLEAN, EUCLEAN, EUCLEAN}}, {"backup", {EINVAL}}});
  EXPECT_TRUE(Climb(machine).last.degraded);
  EXPECT_EQ(machine.log(),
            Log({"mount", "preen", "mount", "full", "mount", "backup", "undo", "tmpfs"}));
}

TEST(LadderTest, WhatHasBeenMountedIsNeverUndone) {
  ScriptedMachine machine({{"mount", {EUCLEAN}}, {"preen", {EINVAL}}});
  machine.loses_mount = true;
  EXPECT_TRUE(Climb(machine).last.degraded);
  EXPECT_EQ(machine.log(), Log({"mount", "preen", "full", "mount", "save", "tmpfs"}));
}

TEST(LadderTest, AMediumThatFailsIsNotWrittenTo) {
  ScriptedMachine machine({{"mount", {EIO}}, {"look", {EIO}}});
  EXPECT_TRUE(Climb(machine).last.degraded);
  EXPECT_EQ(machine.log(), Log({"mount", "look", "tmpfs"}));
}

TEST(LadderTest, DamageThatTheKernelCallsEioIsRepaired) {
  ScriptedMachine machine({{"mount", {EIO}}});
  EXPECT_FALSE(Climb(machine).last.degraded);
  EXPECT_EQ(machine.log(), Log({"mount", "look", "preen", "mount"}));
}

TEST(LadderTest, WhatIsNoDamageIsNotRepaired) {
  for (const int code : {EBUSY, ENOMEM, ENODEV, EACCES, EROFS, ENOENT}) {
    ScriptedMachine machine({{"mount", {code}}});
    EXPECT_TRUE(Climb(machine).last.degraded);
    EXPECT_EQ(machine.log(), Log({"mount", "tmpfs"})) << code;
  }
}

TEST(LadderTest, RecordedErrorsAreCheckedBeforeTheMount) {
  ScriptedMachine machine({});
  machine.facts().content->primary->has_errors = true;
  (void)Climb(machine);
  EXPECT_EQ(machine.log(), Log({"preen", "mount"}));
  // A check that hangs must not keep a file system away that mounts.
  ScriptedMachine hangs({{"preen", {ETIMEDOUT}}});
  hangs.facts().content->primary->has_errors = true;
  EXPECT_FALSE(Climb(hangs).last.degraded);
  EXPECT_EQ(hangs.log(), Log({"preen", "mount"}));
  ScriptedMachine fails({{"preen", {EINVAL}}, {"full", {EINVAL}}});
  fails.facts().content->primary->has_errors = true;
  EXPECT_FALSE(Climb(fails).last.degraded);
  EXPECT_EQ(fails.log(), Log({"preen", "full", "mount"}));
}

TEST(LadderTest, ATmpfsThatCannotBeMountedEndsIt) {
  ScriptedMachine machine({{"mount", {EBUSY}}, {"tmpfs", {ENOMEM, ENOMEM}}});
  const Outcome outcome = Climb(machine);
  EXPECT_TRUE(outcome.last.degraded);
  EXPECT_EQ(machine.log(), Log({"mount", "tmpfs"}));
}

TEST(LadderTest, AMachineOnWhichNothingHasAnEffectComesToAnEnd) {
  ScriptedMachine machine({});
  machine.facts().skeleton_problems = {"state is missing"};
  machine.facts().content->primary->block_count = 8192;  // growth that changes nothing
  const Outcome outcome = Climb(machine);
  EXPECT_FALSE(outcome.settled);
  EXPECT_LT(machine.log().size(), 64U);
}

}  // namespace
}  // namespace bf::provision::data
