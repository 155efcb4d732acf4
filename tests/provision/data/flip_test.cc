// SPDX-License-Identifier: Apache-2.0
// Every single bit of a real superblock flipped: never taken for finished, never for blank.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "core/host/file.h"
#include "core/host/spawn.h"
#include "provision/data/content.h"
#include "provision/data/judge.h"
#include "provision/identity/identity.h"

namespace bf::provision::data {
namespace {

constexpr std::uint64_t kSize = 256 << 20;

class FlipTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "flip-XXXXXX";
    fd_ = host::UniqueFd(mkstemp(path_.data()));
    ASSERT_TRUE(fd_.valid());
    ASSERT_EQ(ftruncate(fd_.get(), kSize), 0);
    ASSERT_TRUE(host::RunOk({{"mkfs.ext4", "-q", "-F", "-b", "4096", "-L", "BF_DATA", "-O",
                              "has_journal,extent,64bit,metadata_csum,quota,project", "-E",
                              "quotatype=prjquota,nodiscard", path_},
                             std::chrono::seconds(60),
                             {},
                             {}}));
    ASSERT_TRUE(host::ReadAt(fd_.get(), 0, head_, path_));
    std::ostringstream text;
    text << std::ifstream(fmt::format("{}/tests/provision/data/goldens/base.json", BF_SOURCE_DIR))
                .rdbuf();
    facts_ = ParseFacts(text.str()).value();
  }
  void TearDown() override { unlink(path_.c_str()); }

  disk::ReadDisk Reader() {
    return [this](std::uint64_t offset, std::span<std::byte> data) -> Status {
      if (offset + data.size() <= head_.size()) {
        std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(offset), data.size(), data.begin());
        return {};
      }
      return host::ReadAt(fd_.get(), offset, data, path_);
    };
  }
  Content Look() {
    Source source;
    source.read = Reader();
    source.size = source.may_grow_to = kSize;
    // The worst that libblkid could say.
    source.probe = []() -> Probe { return {Probed::kNothing, ""}; };
    return Examine(source);
  }
  Verdict VerdictOf(const Content& content, std::string_view type, DamagedSuperblock damaged,
                    FormatWhen format) {
    DataPolicy policy;
    policy.damaged_superblock.value = damaged;
    policy.format.value = format;
    DataFacts facts = facts_;
    facts.content = content;
    for (auto* table : {&facts.primary, &facts.backup}) {
      for (auto& entry : (*table)->entries) {
        if (entry.name == kPartitionName) entry.type = disk::Guid::Literal(type);
      }
    }
    return Judge(policy, facts, FindTarget(facts)).verdict;
  }

  std::string path_;
  host::UniqueFd fd_;
  std::array<std::byte, 4096> head_{};
  DataFacts facts_;
};

TEST_F(FlipTest, NoFlippedBitIsUsedOrFormatted) {
  EXPECT_EQ(VerdictOf(Look(), disk::kTypeLinuxData, DamagedSuperblock::kKeep, FormatWhen::kIntent),
            Verdict::kUse);
  for (std::size_t bit = 0; bit < disk::kExt4SuperSize * 8; ++bit) {
    SCOPED_TRACE(fmt::format("bit {} of byte {:#x}", bit % 8, bit / 8));
    std::byte& byte = head_[disk::kExt4SuperOffset + bit / 8];
    byte ^= std::byte{1} << (bit % 8);
    const Content content = Look();
    for (const auto type : {disk::kTypeLinuxData, disk::kTypeBfDataUnformatted}) {
      for (const auto damaged : {DamagedSuperblock::kKeep, DamagedSuperblock::kRepair}) {
        for (const auto format : {FormatWhen::kIntent, FormatWhen::kIntentOrBlank}) {
          const Verdict verdict = VerdictOf(content, type, damaged, format);
          ASSERT_TRUE(verdict == Verdict::kKeep || verdict == Verdict::kRepair);
        }
      }
    }
    // The id comes from the backup, whatever bit it was.
    const auto identity = identity::ReadIdentity(Reader(), kSize);
    ASSERT_TRUE(identity);
    ASSERT_EQ(identity->origin, identity::Origin::kBackup);
    byte ^= std::byte{1} << (bit % 8);
  }
}

}  // namespace
}  // namespace bf::provision::data
