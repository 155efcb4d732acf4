// SPDX-License-Identifier: Apache-2.0
#include "provision/identity/identity.h"

#include <fcntl.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "core/disk/ext4.h"
#include "core/host/file.h"
#include "core/host/spawn.h"
#include "provision/identity/verb.h"
#include "tests/support/temp_tree.h"

namespace bf::provision::identity {
namespace {

using ::testing::HasSubstr;
using testing_support::TempTree;

constexpr std::uint64_t kSize = 300 << 20;
constexpr const char* kUuid = "6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b";
constexpr const char* kId = "6f1c2a345b6d4e7f8a9b0c1d2e3f4a5b";

// A real ext4, made by mke2fs, in a tree that looks like a device.
class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() {
    tree_.Write("sys/devices/vda/dev", "254:0\n");
    tree_.Write("sys/devices/vda/size", "1000000\n");
    tree_.Write("sys/devices/vda/queue/logical_block_size", "512\n");
    tree_.Link("sys/block/vda", "../devices/vda");
    AddPartition(4, "BF_ROOT_A");
    AddPartition(6, "BF_DATA");
    tree_.Write("proc/self/mountinfo", "22 1 254:4 / / ro - ext4 /dev/root ro\n");
    tree_.Write("dev/vda6", "");
    std::filesystem::resize_file(tree_ / "dev/vda6", kSize);
  }
  void AddPartition(int index, const std::string& name) {
    const std::string number = "254:" + std::to_string(index);
    const std::string dir = "sys/devices/vda/vda" + std::to_string(index);
    tree_.Write(dir + "/dev", number + "\n");
    tree_.Write(dir + "/partition", std::to_string(index) + "\n");
    tree_.Write(dir + "/start", "2048\n");
    tree_.Write(dir + "/size", std::to_string(kSize / 512) + "\n");
    tree_.Write(dir + "/uevent", "PARTNAME=" + name + "\n");
    tree_.Link("sys/dev/block/" + number, "../../devices/vda/vda" + std::to_string(index));
  }
  void Format(const std::string& label) {
    const auto made = host::RunOk({.argv = {"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-L",
                                            label, "-U", kUuid, tree_ / "dev/vda6"}});
    ASSERT_TRUE(made.has_value()) << made.error().ToString();
  }
  void Damage(std::uint64_t offset, std::size_t count) {
    const auto fd = host::Open(tree_ / "dev/vda6", O_WRONLY);
    const std::string zeros(count, '\0');
    ASSERT_TRUE(host::WriteAt(fd->get(), offset, host::AsBytes(zeros), "vda6").has_value());
  }
  nlohmann::json Ask() {
    cli::Tool tool{"bf-provision", "", {MachineIdVerb()}};
    std::ostringstream out;
    err_.str("");
    // As the initramfs does it.
    EXPECT_EQ(
        cli::RunTool(tool,
                     {"machine-id", "--json", "--root", tree_.path(), "--attach", "/", "--dry-run"},
                     cli::Streams{out, err_}),
        0)
        << err_.str();
    return nlohmann::json::parse(out.str());
  }
  // As a person does it.
  int Print(std::string& printed) {
    cli::Tool tool{"bf-provision", "", {MachineIdVerb()}};
    std::ostringstream out;
    err_.str("");
    const int code =
        cli::RunTool(tool, {"machine-id", "--root", tree_.path()}, cli::Streams{out, err_});
    printed = out.str();
    return code;
  }
  TempTree tree_;
  std::ostringstream err_;
};

TEST_F(IdentityTest, WhoAsksGetsTheIdInForceAndNoNewOne) {
  std::string printed;
  EXPECT_EQ(Print(printed), 1);
  EXPECT_EQ(printed, "");
  EXPECT_THAT(err_.str(), HasSubstr("there is no machine id"));
  tree_.Write("etc/machine-id", "uninitialized\n");
  EXPECT_EQ(Print(printed), 1);
  tree_.Write("etc/machine-id", std::string(32, '0') + "\n");
  EXPECT_EQ(Print(printed), 1);
  const std::string in_etc = "00112233445566778899aabbccddeeff";
  tree_.Write("etc/machine-id", in_etc + "\n");
  EXPECT_EQ(Print(printed), 0);
  EXPECT_EQ(printed, in_etc + "\n");
  const std::string in_run = "ffeeddccbbaa99887766554433221100";
  tree_.Write("run/machine-id", in_run + "\n");
  EXPECT_EQ(Print(printed), 0);
  EXPECT_EQ(printed, in_run + "\n");
  Format("BF_DATA");
  EXPECT_EQ(Print(printed), 0);
  EXPECT_EQ(printed, std::string(kId) + "\n") << "a finished BF_DATA counts most";
}

TEST_F(IdentityTest, AFinishedFileSystemIsTheIdentity) {
  Format("BF_DATA");
  const auto json = Ask();
  EXPECT_EQ(json["machine_id"], kId);
  EXPECT_EQ(json["origin"], "file-system");
}

TEST_F(IdentityTest, AnUnfinishedOneIsNot) {
  Format("BF_DATA_NEW");
  const auto json = Ask();
  EXPECT_NE(json["machine_id"], kId);
  EXPECT_EQ(json["origin"], "drawn");
  EXPECT_THAT(err_.str(), HasSubstr("vda6 holds no finished BF_DATA yet"));
}

TEST_F(IdentityTest, ADamagedPrimaryIsReadFromABackup) {
  Format("BF_DATA");
  Damage(0, 4096);
  const auto json = Ask();
  EXPECT_EQ(json["machine_id"], kId);
  EXPECT_EQ(json["origin"], "backup-superblock");
}

TEST_F(IdentityTest, AFlippedByteDoesNotMakeAnotherMachine) {
  Format("BF_DATA");
  Damage(disk::kExt4SuperOffset + 0x68, 1);  // the first byte of the UUID
  EXPECT_EQ(Ask()["machine_id"], kId);
}

TEST_F(IdentityTest, DrawnIdsDifferAndAreProperUuids) {
  const std::string first = Ask()["machine_id"];
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(first[12], '4');
  EXPECT_NE(first, Ask()["machine_id"]);
}

TEST_F(IdentityTest, TwoDataPartitionsAreNamedAndNoneIsBelieved) {
  Format("BF_DATA");
  AddPartition(7, "BF_DATA");
  EXPECT_EQ(Ask()["origin"], "drawn");
  EXPECT_THAT(err_.str(), HasSubstr("vda6 and vda7 are both called BF_DATA"));
}

TEST_F(IdentityTest, AnotherDiskIsNeverAsked) {
  Format("BF_DATA");
  tree_.Write("proc/self/mountinfo", "22 1 0:30 / / ro - tmpfs none ro\n");
  EXPECT_EQ(Ask()["origin"], "drawn");
}

}  // namespace
}  // namespace bf::provision::identity
