// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/cli/tool.h"
#include "provision/status/facts.h"
#include "provision/status/verb.h"
#include "tests/support/temp_tree.h"

namespace bf::provision::status {
namespace {

const std::string kHere = BF_SOURCE_DIR "/tests/provision/status/";

void ExpectGolden(const std::string& name, const std::string& actual) {
  if (std::getenv("BF_UPDATE_GOLDENS") != nullptr) std::ofstream(kHere + name) << actual;
  std::ostringstream expected;
  expected << std::ifstream(kHere + name).rdbuf();
  EXPECT_EQ(expected.str(), actual) << name << " (BF_UPDATE_GOLDENS=1 writes it)";
}

facts::StageResult Stage(const std::string& name, std::uint64_t took) {
  facts::StageResult stage;
  stage.stage = name;
  stage.started_us = 4'000'000;
  stage.took_us = took;
  stage.cpu_us = 4200;
  return stage;
}

Status Healthy() {
  Status status;
  status.os = "betterframe-device 1.0.0 (test)";
  status.slot = "a";
  status.machine_id = "0123456789abcdef0123456789abcdef";
  status.disk = DiskRow{"vda",
                        8ULL << 30,
                        {{1, "BF_BOOTSEL", "vda1", 16 << 20, ""},
                         {2, "BF_BOOT_A", "vda2", 256 << 20, ""},
                         {4, "BF_ROOT_A", "vda4", 3ULL << 30, "/"},
                         {6, "BF_DATA", "vda6", 1500ULL << 20, "/var/lib/betterframe"}}};
  DataRow data;
  data.mount_point = "/var/lib/betterframe";
  data.source = "/dev/vda6";
  data.fs_type = "ext4";
  data.options = {"rw", "nosuid", "nodev", "noexec", "noatime"};
  data.size = 1400ULL << 20;
  data.used = 12 << 20;
  data.formatted = "2026-11-23 00:10:05 UTC";
  status.data = data;
  StateRow row;
  row.path = "/var/lib/rauc";
  row.owner = "root:root 0700";
  row.scope = "shared";
  row.reset = "keep";
  row.bound = true;
  row.quota = QuotaRow{16 << 20, 256, 8192, 2};
  status.state = {row};
  row.path = "/var/lib/app";
  row.scope = "per-slot";
  row.reset = "clear";
  row.quota.reset();
  status.state.push_back(row);
  status.overlays = {{"/tmp", "tmpfs", "as listed"}};
  status.writable = {{"/tmp", "tmpfs", "tmp", "memory", 64 << 20, 4096},
                     {"/var/lib/rauc", "ext4", "/dev/vda6", "BF_DATA:state/shared/rauc", 0, 0}};
  status.stages = {Stage("data", 12'345), Stage("state", 3'210), Stage("overlay", 2'000'000),
                   Stage("boot", 21'000), Stage("lockdown", 40'000)};
  status.stages[0].details["formatted"] = true;
  status.stages[0].details["grown"] = true;
  status.stages[0].done = {"format", "grow"};
  status.attention = Judge(status);
  return status;
}

Status Troubled() {
  Status status = Healthy();
  status.stages.pop_back();
  status.stages[1].result = "degraded";
  status.stages[1].reason = "/var/lib/app: no user \"app\"";
  status.stages[1].problems = {"/var/lib/app: no user \"app\"",
                               "state/shared/x was a FIFO\x1b[2J; kept as state/shared/x.aside.1"};
  status.state[1].bound = false;
  status.state[0].quota->used_bytes = 15 << 20;
  status.machine_id = "";
  status.data->is_volatile = true;
  status.data->reset_requested = true;
  status.attention = Judge(status);
  return status;
}

TEST(Status, Text) {
  ExpectGolden("healthy.txt", ToText(Healthy(), false));
  ExpectGolden("troubled.txt", ToText(Troubled(), false));
}

TEST(Status, Json) {
  ExpectGolden("healthy.json", ToJson(Healthy()).dump(2) + "\n");
  ExpectGolden("troubled.json", ToJson(Troubled()).dump(2) + "\n");
}

TEST(Status, ColoursOnlyWhenAskedFor) {
  EXPECT_EQ(ToText(Troubled(), false).find('\x1b'), std::string::npos);
  EXPECT_NE(ToText(Troubled(), true).find("\x1b[31m"), std::string::npos);
}

TEST(Status, NothingOfWhatIsPlantedReachesTheTerminalRaw) {
  EXPECT_EQ(ToText(Troubled(), true).find("\x1b[2J"), std::string::npos);
}

TEST(Status, AnEmptyTreeIsDescribedAndNotAnError) {
  const testing_support::TempTree root;
  std::ostringstream out;
  std::ostringstream err;
  const cli::Tool tool{"bf-provision", "", {StatusVerb()}};
  EXPECT_EQ(cli::RunTool(tool, {"status", "--root", root.path()}, {out, err}), 1);
  EXPECT_NE(out.str().find("data: has not run at this boot"), std::string::npos) << out.str();
}

TEST(Status, ReadsWhatTheStagesLeft) {
  const testing_support::TempTree root;
  root.Write("usr/lib/os-release", "ID=debian\nIMAGE_ID=frame\nIMAGE_VERSION=\"2.1\"\n");
  root.Write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  root.Write("proc/cmdline", "ro rauc.slot=B\n");
  root.Write("proc/self/mountinfo",
             "20 1 254:5 / / ro - ext4 /dev/vda5 ro\n"
             "21 20 0:30 / /tmp rw,nosuid - tmpfs tmp rw,size=65536k\n"
             "22 20 0:4 / /proc rw - proc proc rw\n");
  for (const std::string_view stage : facts::kStages) {
    root.Write("run/betterframe/" + std::string(stage) + ".json",
               facts::StageResultToJson(Stage(std::string(stage), 1000)));
  }
  const Status status = Observe(root.path(), root / "policies");
  EXPECT_EQ(status.os, "frame 2.1");
  EXPECT_EQ(status.slot, "b");
  EXPECT_EQ(status.machine_id.size(), 32u);
  EXPECT_EQ(status.stages.size(), std::size(facts::kStages));
  ASSERT_EQ(status.writable.size(), 1u);
  EXPECT_EQ(status.writable[0].path, "/tmp");
  EXPECT_TRUE(status.healthy());
}

}  // namespace
}  // namespace bf::provision::status
