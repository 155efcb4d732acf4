// SPDX-License-Identifier: Apache-2.0
// policy + facts → plan, check and application to a machine in memory.
#include "overlays/plan.h"

#include "overlays/apply.h"
#include "overlays/check.h"
#include "overlays/fake_host.h"
#include "overlays/report.h"
#include "tests/support/golden.h"

namespace bf::overlays {
namespace {

const std::string kPolicyDir = BF_SOURCE_DIR "/tests/overlays/plan_policy";

Policy TestPolicy() {
  auto policy = LoadPolicy(kPolicyDir);
  EXPECT_TRUE(policy) << policy.error().ToString();
  return policy ? *std::move(policy) : Policy{};
}

Facts FactsOf(const std::string& name) {
  auto facts = ParseFacts(test::ReadOrDie(test::CasePath("plan", name) + "/facts.json"));
  EXPECT_TRUE(facts) << facts.error().ToString();
  return facts ? *std::move(facts) : Facts{};
}

std::string Tidy(std::string text) {
  return test::ReplaceAll(std::move(text), kPolicyDir + "/", "");
}

std::string ProblemsToText(const std::vector<Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    const char* severity = problem.severity == Severity::kFailed     ? "failed"
                           : problem.severity == Severity::kDegraded ? "degraded"
                                                                     : "note";
    text += fmt::format("{}: {}\n", severity, problem.text);
  }
  return text;
}

class PlanGolden : public testing::TestWithParam<std::string> {};

TEST_P(PlanGolden, PlanIsAsWrittenDown) {
  const OverlayPlan plan = MakePlan(TestPolicy(), FactsOf(GetParam()));
  test::ExpectGolden(test::CasePath("plan", GetParam()) + "/expected.txt",
                     Tidy(PlanToText(plan)) + ProblemsToText(plan.problems));
}

TEST_P(PlanGolden, CheckIsAsWrittenDown) {
  std::string text;
  for (const auto& finding : Check(TestPolicy(), FactsOf(GetParam())))
    text += fmt::format("{}: {}; {}\n", finding.path, finding.what, finding.todo);
  test::ExpectGolden(test::CasePath("plan", GetParam()) + "/expected-check.txt", text);
}

// Whatever the machine was like: once applied, there is nothing left to do.
TEST_P(PlanGolden, SecondPlanIsEmpty) {
  const Policy policy = TestPolicy();
  const Facts facts = FactsOf(GetParam());
  const OverlayPlan plan = MakePlan(policy, facts);
  FakeHost host(facts);
  const Applied applied = Apply(policy, facts, plan, host);
  for (const auto& problem : applied.problems)
    EXPECT_EQ(problem.text.find("read back"), std::string::npos) << problem.text;
  EXPECT_EQ(applied.done.size(), plan.steps.size());
  EXPECT_EQ(Tidy(PlanToText(MakePlan(policy, host.facts()))), "nothing to do\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, PlanGolden, testing::ValuesIn(test::Cases("plan")),
                         [](const auto& one) { return one.param; });

Applied ApplyTo(FakeHost& host, const Facts& facts) {
  const Policy policy = TestPolicy();
  return Apply(policy, facts, MakePlan(policy, facts), host);
}

TEST(Apply, AllGoodIsOk) {
  const Facts facts = FactsOf("every_boot");
  FakeHost host(facts);
  EXPECT_EQ(ApplyTo(host, facts).result(), "ok");
}

TEST(Apply, FailedMergeShowsTheOldChangesUnderATmpfs) {
  const Facts facts = FactsOf("os_changed");
  FakeHost host(facts);
  host.FailOn("merge the changes of /etc/site");
  const Applied applied = ApplyTo(host, facts);
  EXPECT_EQ(applied.result(), "degraded");
  const auto* mount = facts::FindMount(host.facts().mounts, "/etc/site");
  ASSERT_NE(mount, nullptr);
  EXPECT_EQ(mount->SuperOption("lowerdir"),
            "/var/lib/betterframe/overlay/site/generation-1/upper:/etc/site");
  EXPECT_EQ(mount->SuperOption("upperdir"), "/run/betterframe/overlay/site/upper");
  // And the check calls it what it is.
  bool found = false;
  for (const auto& finding : Check(TestPolicy(), host.facts()))
    found = found || (finding.path == "/etc/site" &&
                      finding.what.find("lost at the next boot") != std::string::npos);
  EXPECT_TRUE(found);
}

TEST(Apply, WithoutTheOldChangesIfThoseAreTheTrouble) {
  const Facts facts = FactsOf("os_changed");
  FakeHost host(facts);
  host.FailOn("merge the changes of /etc/site");
  host.FailOn(
      "mount an overlay on /etc/site, changes in a tmpfs (8 MiB, 2048 files), over the old");
  const Applied applied = ApplyTo(host, facts);
  EXPECT_EQ(applied.result(), "degraded");
  const auto* mount = facts::FindMount(host.facts().mounts, "/etc/site");
  ASSERT_NE(mount, nullptr);
  EXPECT_EQ(mount->SuperOption("lowerdir"), "/etc/site");
}

TEST(Apply, OverlayWithoutTheModuleStaysReadOnlyAndTheRestGoesOn) {
  const Facts facts = FactsOf("every_boot");
  FakeHost host(facts);
  host.FailOn("mount an overlay");
  const Applied applied = ApplyTo(host, facts);
  EXPECT_EQ(applied.result(), "failed");
  EXPECT_EQ(facts::FindMount(host.facts().mounts, "/etc/site"), nullptr);
  EXPECT_NE(facts::FindMount(host.facts().mounts, "/tmp"), nullptr);
}

TEST(Apply, PersistentMountThatFailsGetsATmpfs) {
  const Facts facts = FactsOf("every_boot");
  FakeHost host(facts);
  host.FailOn("mount an overlay on /etc/site, changes on BF_DATA");
  const Applied applied = ApplyTo(host, facts);
  EXPECT_EQ(applied.result(), "degraded");
  ASSERT_NE(facts::FindMount(host.facts().mounts, "/etc/site"), nullptr);
}

TEST(Apply, TidyingUpThatFailsIsOnlyANote) {
  const Facts facts = FactsOf("left_by_a_cut");
  FakeHost host(facts);
  host.FailOn("remove");
  const Applied applied = ApplyTo(host, facts);
  EXPECT_EQ(applied.result(), "ok");
  EXPECT_FALSE(applied.problems.empty());
}

TEST(Apply, OptionsThatDoNotTakeAreSaid) {
  Facts facts = FactsOf("every_boot");
  FakeHost host(facts);
  host.facts().defaults.index = true;  // as a kernel that ignores what it is asked for would show
  const Applied applied = ApplyTo(host, facts);
  EXPECT_EQ(applied.result(), "degraded");
  EXPECT_NE(ProblemsToText(applied.problems).find("index is on"), std::string::npos);
}

TEST(Stage, ReasonIsTheWorst) {
  const Policy policy = TestPolicy();
  const Facts facts = FactsOf("no_data");
  FakeHost host(facts);
  const OverlayPlan plan = MakePlan(policy, facts);
  const auto stage = StageOf(policy, Apply(policy, facts, plan, host), plan, host.facts());
  EXPECT_EQ(stage.stage, "overlay");
  EXPECT_EQ(stage.result, "degraded");
  EXPECT_NE(stage.reason.find("BF_DATA is not mounted"), std::string::npos);
  EXPECT_EQ(stage.details["paths"].size(), 4u);
}

// --- check ---

std::string Findings(const std::string& name, const std::vector<std::string>& extra_mounts,
                     const std::string& replace = {}, const std::string& by = {}) {
  std::string text = test::ReadOrDie(test::CasePath("plan", name) + "/facts.json");
  if (!replace.empty()) {
    EXPECT_NE(text.find(replace), std::string::npos) << replace;
    text = test::ReplaceAll(text, replace, by);
  }
  auto facts = ParseFacts(text);
  EXPECT_TRUE(facts);
  for (const auto& line : extra_mounts) {
    auto mounts = facts::ParseMountInfo(line);
    EXPECT_TRUE(mounts);
    facts->mounts.push_back(mounts->front());
  }
  std::string found;
  for (const auto& finding : Check(TestPolicy(), *facts))
    found += fmt::format("{}: {}\n", finding.path, finding.what);
  return found;
}

TEST(Check, CleanMachine) { EXPECT_EQ(Findings("all_mounted", {}), ""); }

TEST(Check, RootRemountedReadWrite) {
  EXPECT_EQ(Findings("all_mounted", {}, "/ / ro,relatime - ext4 /dev/vda4 ro",
                     "/ / rw,relatime - ext4 /dev/vda4 rw"),
            "/: the root is mounted read-write\n");
  EXPECT_EQ(Findings("all_mounted", {}, "/ / ro,relatime - ext4 /dev/vda4 ro",
                     "/ / ro,relatime - ext4 /dev/vda4 rw"),
            "/: the root is mounted read-only, its file system read-write: the journal still "
            "writes\n");
}

TEST(Check, WritableMountNobodyListed) {
  EXPECT_EQ(Findings("all_mounted", {"90 25 8:1 / /mnt rw,relatime - vfat /dev/sda1 rw"}),
            "/mnt: vfat (/dev/sda1) is mounted read-write, and no policy lists it\n");
  EXPECT_EQ(Findings("all_mounted", {"90 25 8:1 / /mnt ro,relatime - vfat /dev/sda1 rw"}), "");
  EXPECT_EQ(Findings("all_mounted", {"90 25 8:1 / /mnt rw,relatime - vfat /dev/sda1 ro"}), "");
}

TEST(Check, TheSecondRootSlotMountedElsewhere) {
  EXPECT_EQ(Findings("all_mounted", {"90 25 254:5 / /media rw,relatime - ext4 /dev/vda5 rw"}),
            "/media: ext4 (/dev/vda5) is mounted read-write, and no policy lists it\n");
}

TEST(Check, ApiTypesOnlyAtTheirPlaces) {
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:90 / /opt rw - tmpfs tmpfs rw"}),
            "/opt: tmpfs (tmpfs) is mounted read-write, and no policy lists it\n");
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:90 / /run/user/1000 rw - tmpfs tmpfs rw"}), "");
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:90 / /run/user/1000/x rw - tmpfs tmpfs rw"}),
            "/run/user/1000/x: tmpfs (tmpfs) is mounted read-write, and no policy lists it\n");
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:90 / /run/user rw - tmpfs tmpfs rw"}),
            "/run/user: tmpfs (tmpfs) is mounted read-write, and no policy lists it\n");
}

TEST(Check, StatePathFromSomewhereElse) {
  EXPECT_EQ(Findings("all_mounted", {"90 25 8:1 / /var/log rw,nosuid - ext4 /dev/sda1 rw"}),
            "/var/log: ext4 (/dev/sda1) is mounted read-write, and no policy lists it\n"
            "/var/log: 2 mounts lie there, one over the other\n");
  // Of BF_DATA, but not a part that may be bound anywhere.
  EXPECT_EQ(Findings("all_mounted", {}, "/state/shared/log /var/log", "/overlay /var/log"),
            "/var/log: ext4 (/dev/vda6) is mounted read-write, and no policy lists it\n");
}

TEST(Check, FlagsOfDataAndItsBinds) {
  EXPECT_EQ(Findings("all_mounted", {}, "/var/log rw,nosuid,nodev,noexec", "/var/log rw,nosuid"),
            "/var/log: BF_DATA is mounted there without nodev\n"
            "/var/log: BF_DATA is mounted there without noexec\n");
}

TEST(Check, ListedPathRemounted) {
  EXPECT_EQ(Findings("all_mounted", {}, "/tmp rw,nosuid,nodev,noexec", "/tmp rw,nosuid"),
            "/tmp: mounted without nodev\n/tmp: mounted without noexec\n");
  EXPECT_EQ(Findings("all_mounted", {}, "size=65536k", "size=131072k"),
            "/tmp: may hold 128 MiB, not 64 MiB\n");
  EXPECT_EQ(Findings("all_mounted", {}, "nr_inodes=16384", "nr_inodes=0"),
            "/tmp: may hold 0 files, not 16384\n");
}

TEST(Check, OverlayWithOtherOptions) {
  const std::string options = "lowerdir=/etc/site";
  EXPECT_EQ(Findings("all_mounted", {}, options, "index=on,metacopy=on,redirect_dir=on," + options),
            "/etc/site: index is on\n/etc/site: metacopy is on\n/etc/site: redirect_dir is on\n");
  EXPECT_EQ(Findings("all_mounted", {}, options, "redirect_dir=nofollow," + options), "");
  EXPECT_EQ(Findings("all_mounted", {}, options, "volatile," + options),
            "/etc/site: mounted with volatile\n");
  EXPECT_EQ(Findings("all_mounted", {}, "\"index\": false,", ""),
            "/etc/site: index is not shown, and the module's default is not known\n"
            "/srv/scratch: index is not shown, and the module's default is not known\n"
            "/var/cache: index is not shown, and the module's default is not known\n");
}

TEST(Check, OverlayOverSomethingElse) {
  EXPECT_EQ(Findings("all_mounted", {}, "lowerdir=/etc/site", "lowerdir=/tmp/evil:/etc/site"),
            "/etc/site: lies over \"/tmp/evil:/etc/site\", not over /etc/site\n");
  EXPECT_EQ(Findings("all_mounted", {}, "overlay/site/generation-1/upper", "state/kiosk/upper"),
            "/etc/site: keeps its changes in \"/var/lib/betterframe/state/kiosk/upper\"\n");
  EXPECT_EQ(Findings("all_mounted", {}, "overlay/site/generation-1/upper",
                     "overlay/site/generation-7/upper"),
            "/etc/site: keeps its changes in "
            "\"/var/lib/betterframe/overlay/site/generation-7/upper\"\n");
}

TEST(Check, LimitsBehindAnOverlay) {
  EXPECT_EQ(Findings("all_mounted", {}, "\"fs_bytes\": 33554432", "\"fs_bytes\": 99999999999"),
            "/var/cache: may hold 93.1 GiB, not 32 MiB\n");
}

TEST(Check, CoveredTwice) {
  EXPECT_EQ(Findings("all_mounted", {"90 40 0:90 / /tmp rw,nosuid,nodev,noexec - tmpfs x "
                                     "rw,size=65536k,nr_inodes=16384"}),
            "/tmp: 2 mounts lie there, one over the other\n");
}

TEST(Check, HiddenByAMountAbove) {
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:90 / /etc ro - squashfs /dev/loop0 ro"}),
            "/etc/site: hidden by what is mounted at /etc\n");
  // The other way round is how it has to be: what lies above was there first.
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:90 / /etc ro - squashfs /dev/loop0 ro"},
                     "42 25 0:42 / /etc/site", "42 90 0:42 / /etc/site"),
            "");
}

TEST(Check, MachineIdFromRun) {
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:8 /machine-id /etc/machine-id rw - tmpfs tmpfs rw"}),
            "");
  EXPECT_EQ(Findings("all_mounted", {"90 25 0:8 /other /etc/machine-id rw - tmpfs tmpfs rw"}),
            "/etc/machine-id: tmpfs (tmpfs) is mounted read-write, and no policy lists it\n");
}

TEST(Facts, RecordingsThatAreNone) {
  for (const char* text : {"", "[]", "{}", "{\"mounts\":[\"x\"],\"os\":{},\"paths\":{}}",
                           "{\"mounts\":[],\"os\":{},\"paths\":{\"a\":{\"mode\":\"z\"}}}"})
    EXPECT_FALSE(ParseFacts(text)) << text;
}

TEST(Facts, GenerationNames) {
  EXPECT_EQ(ParseGenerationName(GenerationName(12)), 12u);
  for (const char* name : {"generation-", "generation-0", "generation-07", "generation-1x",
                           "generation--1", "generation-99999999999", "new", ""})
    EXPECT_FALSE(ParseGenerationName(name)) << name;
}

}  // namespace
}  // namespace bf::overlays
