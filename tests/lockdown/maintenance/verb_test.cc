// SPDX-License-Identifier: Apache-2.0
// The verb as it is called, on a tree in place of a device.
#include "lockdown/maintenance/verb.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/lockdown/maintenance/device.h"

namespace bf::lockdown::maintenance {
namespace {

using ::testing::HasSubstr;

class VerbTest : public ::testing::Test {
 protected:
  Device device_;
  Signer signer_{1};
  std::ostringstream out_;
  std::ostringstream err_;

  void Policy(const std::string& window, const std::string& more = "") const {
    device_.tree.Write("policies/input.toml",
                       "schema = 1\n[usb]\n[console]\n[maintenance]\nwindow = \"" + window +
                           "\"\nlongest = \"30min\"\nreason = \"a technician with a keyboard\"\n" +
                           more);
  }
  int Run(std::vector<std::string> args) {
    out_.str("");
    err_.str("");
    args.insert(args.begin(), "maintenance");
    args.insert(args.end(), {"--root", device_.tree.path(), "--policy", device_.tree / "policies"});
    const cli::Tool tool{"bf-lockdown", "", {MaintenanceVerb(device_.machine.verify)}};
    return cli::RunTool(tool, args, {out_, err_});
  }
  nlohmann::json Status() {
    EXPECT_EQ(Run({"status", "--json"}), 0) << err_.str();
    return nlohmann::json::parse(out_.str());
  }
};

TEST_F(VerbTest, OpenAndClose) {
  Policy("root");
  EXPECT_EQ(Status().at("maintenance"), "closed");
  ASSERT_EQ(Run({"open", "--for", "10min"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("maintenance: open: open for another 600 s"));
  const auto status = Status();
  EXPECT_EQ(status.at("schema"), 1);
  EXPECT_EQ(status.at("maintenance"), "open");
  EXPECT_EQ(status.at("machine"), kMachineId);
  EXPECT_EQ(Run({"open", "--for", "10min"}), cli::kExitRefused);
  ASSERT_EQ(Run({"close"}), 0) << err_.str();
  EXPECT_EQ(Status().at("maintenance"), "closed");
  ASSERT_EQ(Run({"open", "--boot"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("another 1800 s"));
}

TEST_F(VerbTest, DryRunOpensNothing) {
  Policy("root");
  ASSERT_EQ(Run({"open", "--for", "10min", "--dry-run"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("for 600000"));
  EXPECT_FALSE(std::filesystem::exists(device_.Data("control/maintenance")));
  EXPECT_EQ(Status().at("maintenance"), "closed");
}

TEST_F(VerbTest, ASignedToken) {
  Policy("signed", "key = \"" + signer_.public_key() + "\"\n");
  EXPECT_EQ(Run({"open", "--for", "10min"}), cli::kExitUsage);
  EXPECT_EQ(Run({"open"}), cli::kExitUsage);
  device_.tree.Write("token", ToText(Signer(2).Signed({kMachineId, 3, 60'000, "", ""})));
  EXPECT_EQ(Run({"open", "--token", device_.tree / "token"}), cli::kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("not by the key"));
  EXPECT_FALSE(std::filesystem::exists(device_.Data("control/maintenance")));
  device_.tree.Write("token", ToText(signer_.Signed({kMachineId, 3, 60'000, "", ""})));
  EXPECT_EQ(Run({"open", "--token", device_.tree / "token"}), 0) << err_.str();
  EXPECT_EQ(Status().at("maintenance"), "open");
}

TEST_F(VerbTest, Refusals) {
  Policy("off");
  EXPECT_EQ(Run({"open", "--for", "10min"}), cli::kExitRefused);
  Policy("root");
  EXPECT_EQ(Run({"open", "--for", "31min"}), cli::kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("input.toml:6"));
  EXPECT_EQ(Run({"open", "--for", "0s"}), cli::kExitUsage);
  EXPECT_EQ(Run({"open", "--for", "soon"}), cli::kExitUsage);
  EXPECT_EQ(Run({"open", "--for", "1min", "--boot"}), cli::kExitUsage);
  EXPECT_EQ(Run({"open", "--for", "1min", "--token", "x"}), cli::kExitUsage);
  EXPECT_EQ(Run({"unlock"}), cli::kExitUsage);
  device_.tree.Write("var/lib/betterframe/control/maintenance-used", "garbage");
  EXPECT_EQ(Run({"open", "--for", "1min"}), cli::kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("is not known"));
}

TEST_F(VerbTest, WhatShutsNeedsNoPolicy) {
  Policy("root");
  ASSERT_EQ(Run({"open", "--for", "10min"}), 0);
  device_.tree.Write("policies/input.toml", "not a policy");
  EXPECT_EQ(Run({"wait"}), cli::kExitPolicy);
  ASSERT_EQ(Run({"end"}), 0) << err_.str();
  EXPECT_FALSE(std::filesystem::exists(device_.tree / "run/betterframe/maintenance"));
}

}  // namespace
}  // namespace bf::lockdown::maintenance
