// SPDX-License-Identifier: Apache-2.0
#include "provision/data/content.h"

#include "core/disk/bytes.h"
#include "provision/data/converge.h"
#include "provision/data/policy.h"
#include "provision/identity/identity.h"
#include "provision/layout/layout.h"
#include "tests/provision/data/fake_machine.h"

namespace bf::provision::data {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

struct Seen {
  int reads = 0;
  int probes = 0;
  Content content;
};

Seen Look(const FakeMachine& machine, std::uint64_t size) {
  Seen seen;
  Source source;
  source.size = source.may_grow_to = size;
  source.read = [&](std::uint64_t offset, std::span<std::byte> data) -> Status {
    ++seen.reads;
    machine.Read(FakeMachine::kDataAt + offset, data);
    return {};
  };
  source.probe = [&seen]() -> Probe {
    ++seen.probes;
    return {Probed::kNothing, ""};
  };
  seen.content = Examine(source);
  return seen;
}

TEST(ContentTest, AFinishedFileSystemCostsOneReadAndNoProbe) {
  FakeMachine machine(500 * kMiB);
  machine.PutFilesystem(400 * kMiB, "BF_DATA", true);
  const Seen seen = Look(machine, 400 * kMiB);
  EXPECT_EQ(seen.reads, 1);
  EXPECT_EQ(seen.probes, 0);
  EXPECT_FALSE(seen.content.looked_deep);
}

TEST(ContentTest, AnythingElseIsLookedAtClosely) {
  FakeMachine machine(500 * kMiB);
  machine.PutFilesystem(400 * kMiB, "holiday", true);
  const Seen seen = Look(machine, 400 * kMiB);
  EXPECT_TRUE(seen.content.looked_deep);
  EXPECT_EQ(seen.probes, 1);
  EXPECT_EQ(seen.content.backups.size(), 2U);
  EXPECT_EQ(seen.content.blank_bytes, 0U);
}

TEST(ContentTest, BlankIsAllZerosOrAllOnesUpToWhereItEnds) {
  FakeMachine machine(500 * kMiB);
  EXPECT_EQ(Look(machine, 400 * kMiB).content.blank_bytes, kBlankLook);
  EXPECT_EQ(Look(machine, 3 * kMiB).content.blank_bytes, 3 * kMiB);
  machine.Put(FakeMachine::kDataAt + 2 * kMiB - 1, std::vector<std::byte>(1, std::byte{1}));
  EXPECT_EQ(Look(machine, 400 * kMiB).content.blank_bytes, kMiB);
  machine.Put(FakeMachine::kDataAt, std::vector<std::byte>(2 * kMiB, std::byte{0xff}));
  EXPECT_EQ(Look(machine, 400 * kMiB).content.blank_bytes, 2 * kMiB);
  machine.Put(FakeMachine::kDataAt, std::vector<std::byte>(2 * kMiB, std::byte{0xaa}));
  EXPECT_EQ(Look(machine, 400 * kMiB).content.blank_bytes, 0U);
}

// What the kiosk can write into a block of a file of its own, where a file system of 1 KiB blocks
// would have its first backup superblock.
void PlantBackup(FakeMachine& machine) {
  constexpr std::uint64_t kPlace = 1024 + 8 * kMiB;
  std::vector<std::byte> super(disk::kExt4SuperSize);
  machine.Read(FakeMachine::kDataAt + 128 * kMiB, super);
  disk::PutLe<std::uint32_t>(super, 0x14, 1);     // s_first_data_block
  disk::PutLe<std::uint32_t>(super, 0x18, 0);     // s_log_block_size
  disk::PutLe<std::uint32_t>(super, 0x20, 8192);  // s_blocks_per_group
  disk::PutLe<std::uint32_t>(super, 0x68, 0xefbeadde);
  ASSERT_TRUE(disk::RelabelExt4Super(super, std::string(kLabel)));
  machine.Put(FakeMachine::kDataAt + kPlace, super);
}

TEST(ContentTest, ABackupThatAUserCouldHaveWrittenIsNotBelieved) {
  FakeMachine machine(500 * kMiB);
  machine.PutFilesystem(400 * kMiB, "BF_DATA", true);
  PlantBackup(machine);
  // The primary is gone.
  machine.Put(FakeMachine::kDataAt, std::vector<std::byte>(4096));
  const Content content = Look(machine, 400 * kMiB).content;
  ASSERT_EQ(content.backups.size(), 3U);
  EXPECT_EQ(content.backups.front().super.block_size, 1024U) << "it is seen, as evidence";
  ASSERT_NE(content.SoundBackup(), nullptr);
  EXPECT_EQ(content.SoundBackup()->offset, 128 * kMiB);
  const auto identity = identity::ReadIdentity(
      [&machine](std::uint64_t offset, std::span<std::byte> data) -> Status {
        machine.Read(FakeMachine::kDataAt + offset, data);
        return {};
      },
      400 * kMiB);
  EXPECT_FALSE(identity && identity->uuid.ToString().starts_with("deadbeef"));
}

// Re-flashed with what is shipped: the image covers the start of the earlier life only, the rest
// of its backups lies behind.
class ReflashTest : public testing::Test {
 protected:
  ReflashTest()
      : layout_(layout::LoadLayout(fmt::format("{}/policies", BF_SOURCE_DIR)).value()),
        size_(layout_.Get(layout::Role::kData).size.value),
        machine_(620 * kMiB) {
    machine_.PutFilesystem(600 * kMiB, "BF_DATA", true);
    machine_.LayOut(FakeMachine::kDataAt + size_ + kMiB, size_, disk::kTypeBfDataUnformatted);
  }
  // What `dd` does with an image, holes and all.
  void WriteZeros() {
    for (std::uint64_t at = 0; at < size_; at += kMiB) {
      machine_.Put(FakeMachine::kDataAt + at, std::vector<std::byte>(kMiB));
    }
  }
  Outcome Boot() {
    machine_.Boot();
    return Converge(layout_.data, machine_, machine_, {});
  }

  layout::Layout layout_;
  std::uint64_t size_;
  FakeMachine machine_;
};

TEST_F(ReflashTest, AUsedCardWithTheShippedLayoutStartsOver) {
  WriteZeros();
  const Outcome outcome = Boot();
  EXPECT_FALSE(outcome.last.degraded) << outcome.last.reason;
  EXPECT_EQ(machine_.formats(), 1);
}

TEST_F(ReflashTest, OneByteInWhatShouldBeBlankAndItIsKept) {
  WriteZeros();
  machine_.Put(FakeMachine::kDataAt + size_ - 1, std::vector<std::byte>(1, std::byte{1}));
  EXPECT_TRUE(Boot().last.degraded);
  EXPECT_EQ(machine_.formats(), 0);
}

TEST(ContentTest, AReadErrorIsSaidAndNotTakenForNothing) {
  Source source;
  source.size = 400 * kMiB;
  source.read = [](std::uint64_t offset, std::span<std::byte> data) -> Status {
    if (offset >= 128 * kMiB) return FailErrno(EIO, "read");
    std::fill(data.begin(), data.end(), std::byte{0});
    return {};
  };
  source.probe = []() -> Probe { return {Probed::kNothing, ""}; };
  EXPECT_NE(Examine(source).read_error, "");
}

TEST(TornLabelTest, OnlyTheTwoHalvesOfOurOwnWriteAre) {
  FakeMachine before(500 * kMiB);
  FakeMachine after(500 * kMiB);
  before.PutFilesystem(400 * kMiB, std::string(kLabelNew), false);
  after.PutFilesystem(400 * kMiB, std::string(kLabel), false);
  std::vector<std::byte> old_bytes(1024);
  std::vector<std::byte> new_bytes(1024);
  before.Read(FakeMachine::kDataAt + 1024, old_bytes);
  after.Read(FakeMachine::kDataAt + 1024, new_bytes);
  EXPECT_FALSE(IsTornLabel(old_bytes));
  EXPECT_FALSE(IsTornLabel(new_bytes));
  for (const bool first_is_new : {false, true}) {
    auto torn = first_is_new ? new_bytes : old_bytes;
    const auto& rest = first_is_new ? old_bytes : new_bytes;
    std::copy(rest.begin() + 512, rest.end(), torn.begin() + 512);
    EXPECT_TRUE(IsTornLabel(torn));
    torn[0x28] ^= std::byte{1};
    EXPECT_FALSE(IsTornLabel(torn)) << "a flipped bit besides";
  }
}

}  // namespace
}  // namespace bf::provision::data
