// SPDX-License-Identifier: Apache-2.0
#include "provision/image/plan.h"

#include "core/disk/autoboot.h"
#include "provision/image/cmdline.h"
#include "provision/image/fake_host.h"
#include "provision/image/identity.h"

namespace bf::provision::image {
namespace {

using layout::Role;
using layout::Slot;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

layout::Layout Shipped() {
  auto layout = layout::LoadLayout(BF_SOURCE_DIR "/policies");
  EXPECT_TRUE(layout);
  return *layout;
}

ImageFacts Facts() {
  ImageFacts facts;
  facts.boot = {"boot", false, {{"config.txt", false, 100}, {"kernel_2712.img", false, 9 * kMiB}}};
  facts.root.path = "root.ext4";
  facts.root.size = 1200 * kMiB;
  facts.root.fingerprint = "root one";
  facts.time = 1700000000;
  facts.identity = "identity";
  return facts;
}

const WriteTable& TableOf(const ImagePlan& plan) { return std::get<WriteTable>(plan[0].action); }

std::string ProblemOf(const ImageFacts& facts, ImageRequest request = {"out", {}, 512}) {
  const auto plan = PlanImage(Shipped(), facts, request);
  if (plan) return "none";
  std::string text = plan.error().ToString();
  for (const std::string& more : plan.error().also) text += "\n" + more;
  return text;
}

TEST(Cmdline, HoldsTheSlotAndThePolicysWords) {
  const auto guid = disk::Guid::Literal("00112233-4455-6677-8899-aabbccddeeff");
  const std::string line = MakeCmdline(CommonWords(Shipped().cmdline, "1.2.3"), "B", guid);
  EXPECT_TRUE(
      line.starts_with("root=PARTUUID=00112233-4455-6677-8899-aabbccddeeff rauc.slot=B ro "))
      << line;
  EXPECT_THAT(line, AllOf(HasSubstr(" gpt "), HasSubstr(" usbcore.authorized_default=0"),
                          HasSubstr(" panic="), HasSubstr(" rootwait=")));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_TRUE(line.ends_with(" bf.revision=1.2.3\n")) << line;
  EXPECT_EQ(CommonWords(Shipped().cmdline, "").find("bf.revision"), std::string::npos);
}

TEST(Cmdline, ARevisionIsOnePlainWord) {
  for (const char* good : {"1.0.0", "2026.11~rc1+g12ab", "a-b_c"}) EXPECT_TRUE(IsRevision(good));
  for (const char* bad : {"", "1 0", "1\n", "\"1\"", "init=/bin/sh", "\xc3\xa4"}) {
    EXPECT_FALSE(IsRevision(bad)) << bad;
  }
  EXPECT_FALSE(IsRevision(std::string(65, '1')));
}

// A bundle's boot artifact and the factory image differ in the slot's own words and nothing else.
TEST(BootArtifact, HasTheSizeOfASlotAndTheCommonWords) {
  const layout::Layout layout = Shipped();
  BootFacts boot;
  boot.path = "boot";
  boot.files = {{"config.txt", false, 10}, {"cmdline.txt", false, 10}, {"vmlinuz", false, 1 << 20}};
  ImageRequest request;
  request.revision = "2.0.0";
  const auto fat = PlanBoot(layout, boot, 1700000000, request);
  ASSERT_TRUE(fat) << fat.error().ToString();
  EXPECT_EQ(fat->extent, (Extent{0, layout.Get(Role::kBoot, Slot::kA).size.value}));
  ASSERT_EQ(fat->texts.size(), 1u);
  EXPECT_EQ(fat->texts[0].path, "cmdline.txt");
  EXPECT_EQ(fat->texts[0].text, CommonWords(layout.cmdline, "2.0.0") + "\n");
  EXPECT_EQ(fat->source_files, 2u);

  boot.files.erase(boot.files.begin());
  EXPECT_FALSE(PlanBoot(layout, boot, 0, request)) << "no config.txt: nothing boots from it";
}

TEST(Identity, FollowsFromThePartsAndTheirBorders) {
  EXPECT_EQ(DeriveGuid("a", "b"), DeriveGuid("a", "b"));
  EXPECT_NE(DeriveGuid("a", "b"), DeriveGuid("a", "c"));
  EXPECT_NE(DeriveGuid("ab", "c"), DeriveGuid("a", "bc"));
  EXPECT_EQ(DeriveGuid("a", "b").bytes[6] >> 4, 4);
  EXPECT_EQ(DeriveGuid("a", "b").bytes[8] >> 6, 2);
}

TEST(PlanImage, LaysPartitionsOutInARowFromOneMiB) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  ASSERT_TRUE(plan) << plan.error().ToString();
  const WriteTable& table = TableOf(*plan);
  ASSERT_EQ(table.partitions.size(), 6u);
  std::uint64_t at = kMiB;
  for (const TablePartition& partition : table.partitions) {
    EXPECT_EQ(partition.extent.offset, at);
    at += partition.extent.size;
  }
  EXPECT_EQ(table.disk_size, at + kMiB);
  EXPECT_EQ(table.partitions[0].type.ToString(), disk::kTypeMicrosoftBasicData);
  EXPECT_EQ(table.partitions[3].type.ToString(), disk::kTypeLinuxData);
  EXPECT_EQ(table.partitions[5].type.ToString(), disk::kTypeBfDataUnformatted);
}

TEST(PlanImage, DataTakesWhatALargerImageLeaves) {
  const std::uint64_t size = 16ull << 30;
  const auto plan = PlanImage(Shipped(), Facts(), {"out", size + 512, 512});
  ASSERT_TRUE(plan);
  const TablePartition& data = TableOf(*plan).partitions.back();
  EXPECT_EQ(data.extent.offset + data.extent.size, size - kMiB);
  EXPECT_EQ(TableOf(*plan).disk_size, size + 512);
}

TEST(PlanImage, NumbersInAutobootComeFromTheTable) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  ASSERT_TRUE(plan);
  const auto& selector = std::get<WriteFat>((*plan)[1].action);
  EXPECT_EQ(selector.partition, "BF_BOOTSEL");
  EXPECT_EQ(selector.source, "");
  ASSERT_EQ(selector.texts.size(), 1u);
  // Slot A twice: nothing is on trial.
  const int a = Shipped().Get(Role::kBoot, Slot::kA).index;
  EXPECT_EQ(selector.texts[0].text, disk::MakeAutoboot(a, a));
}

TEST(PlanImage, EachSlotGetsItsOwnCommandLineAndTheSameRoot) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  ASSERT_TRUE(plan);
  const auto& table = TableOf(*plan);
  for (const auto& [step, root, slot] : {std::tuple{2u, 3u, "A"}, {3u, 4u, "B"}}) {
    const auto& fat = std::get<WriteFat>((*plan)[step].action);
    EXPECT_THAT(fat.texts[0].text,
                AllOf(HasSubstr("root=PARTUUID=" + table.partitions[root].id.ToString()),
                      HasSubstr(fmt::format("rauc.slot={} ", slot))));
    EXPECT_EQ(fat.extent, table.partitions[step - 1].extent);
  }
  const auto& root = std::get<WriteRoot>((*plan)[4].action);
  EXPECT_THAT(root.extents, ElementsAre(table.partitions[3].extent, table.partitions[4].extent));
}

TEST(PlanImage, EveryStepNamesThePolicyLineThatAsked) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  ASSERT_TRUE(plan);
  for (const auto& step : *plan) {
    EXPECT_THAT(step.because.file, HasSubstr("layout.toml"));
    EXPECT_GT(step.because.line, 1) << plan::Describe(step.action);
  }
}

TEST(PlanImage, TheSameInputsGiveTheSamePlanAndOthersOtherIds) {
  const ImageRequest request{"out", {}, 512};
  const auto first = PlanImage(Shipped(), Facts(), request);
  EXPECT_EQ(*first, *PlanImage(Shipped(), Facts(), request));
  ImageFacts other = Facts();
  other.identity = "other";
  EXPECT_NE(TableOf(*first).disk_id, TableOf(*PlanImage(Shipped(), other, request)).disk_id);
}

TEST(PlanImage, SaysWhatDoesNotFitAndWhereToChangeIt) {
  ImageFacts facts = Facts();
  facts.root.size = (3ull << 30) + 1;
  EXPECT_THAT(ProblemOf(facts), AllOf(HasSubstr("root.ext4 has"), HasSubstr("BF_ROOT_A only 3 GiB"),
                                      HasSubstr("layout.toml:")));
  facts = Facts();
  facts.boot.files.push_back({"initramfs_2712", false, 300 * kMiB});
  EXPECT_THAT(ProblemOf(facts), AllOf(HasSubstr("boot does not fit BF_BOOT_A"),
                                      HasSubstr("layout.toml:"), HasSubstr("holds")));
}

TEST(PlanImage, AllProblemsComeAtOnce) {
  ImageFacts facts = Facts();
  facts.root.size = 4ull << 30;
  facts.boot.files.erase(facts.boot.files.begin());
  EXPECT_THAT(ProblemOf(facts, {"out", {}, 1024}),
              AllOf(HasSubstr("no config.txt"), HasSubstr("root.ext4 has 4 GiB"),
                    HasSubstr("512 or 4096")));
}

TEST(PlanImage, ConfigTxtMustBeAFileAtTheTop) {
  ImageFacts facts = Facts();
  facts.boot.files[0] = {"config.txt", true, 0};
  EXPECT_THAT(ProblemOf(facts), HasSubstr("no config.txt"));
  facts.boot.files[0] = {"sub/config.txt", false, 1};
  EXPECT_THAT(ProblemOf(facts), HasSubstr("no config.txt"));
  facts.boot.files[0] = {"CONFIG.TXT", false, 1};
  EXPECT_EQ(ProblemOf(facts), "none");
}

TEST(PlanImage, SizeOptionIsChecked) {
  EXPECT_THAT(ProblemOf(Facts(), {"out", 1ull << 30, 512}), HasSubstr("too small"));
  EXPECT_THAT(ProblemOf(Facts(), {"out", (16ull << 30) + 512, 4096}),
              HasSubstr("not a multiple of the sector size"));
}

TEST(PlanRoot, HasTheUuidThatTheImageGivesIt) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  const auto alone = PlanRoot(Facts().root, Facts().time, {"out", 3ull << 30});
  ASSERT_TRUE(plan && alone);
  EXPECT_EQ(std::get<WriteRoot>((*plan)[4].action).uuid, alone->uuid);
  EXPECT_EQ(std::get<WriteRoot>((*plan)[4].action).hash_seed, alone->hash_seed);
}

TEST(ApplyImage, DoesTheStepsInOrderAndNamesTheResultLast) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  FakeImageHost host;
  EXPECT_EQ(ApplyImage(*plan, host).value_or(0), 4096u);
  EXPECT_THAT(host.calls,
              ElementsAre(fmt::format("create {}", TableOf(*plan).disk_size), "table of 6",
                          "fat BF_BOOTSEL", "fat BF_BOOT_A", "fat BF_BOOT_B",
                          "root BF_ROOT_A BF_ROOT_B", "zeros BF_DATA", "verify", "commit"));
}

TEST(ApplyImage, NothingIsCommittedAfterAFailure) {
  const auto plan = PlanImage(Shipped(), Facts(), {"out", {}, 512});
  for (const std::string step :
       {"table of 6", "fat BF_BOOT_B", "root BF_ROOT_A BF_ROOT_B", "zeros BF_DATA", "verify"}) {
    FakeImageHost host;
    host.fail_at = step;
    EXPECT_FALSE(ApplyImage(*plan, host));
    EXPECT_EQ(host.calls.back(), step);
  }
}

}  // namespace
}  // namespace bf::provision::image
