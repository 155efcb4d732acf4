// SPDX-License-Identifier: Apache-2.0
// The verbs from their command line, on a tree.
#include <nlohmann/json.hpp>
#include <sstream>

#include "lockdown/stored/encode.h"
#include "lockdown/stored/stored.h"
#include "lockdown/tool.h"
#include "tests/lockdown/apply/fake_machine.h"
#include "tests/support/golden.h"

namespace bf::lockdown::test {
namespace {

using ::testing::HasSubstr;

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class Verbs : public testing::Test {
 protected:
  Verbs() : panel(Recorded("panel")[0]) {
    machine.Plant(panel);
    machine.tree.Write("policy/input.toml", PolicyFor(panel));
    Compile();
    std::filesystem::create_directories(machine.tree / "run");
  }
  void Compile() {
    const auto policy = LoadPolicy(machine.tree / "policy");
    if (!policy) throw std::runtime_error(policy.error().ToString());
    machine.tree.Write(std::string(stored::kStoredPath.substr(1)), stored::Encode(*policy));
  }
  Ran Ask(std::vector<std::string> args) {
    args.insert(args.end(), {"--root", machine.tree.path(), "--policy", machine.tree / "policy"});
    std::ostringstream out;
    std::ostringstream err;
    Ran run;
    run.code = cli::RunTool(LockdownTool(), args, {out, err});
    run.out = Tidy(out.str());
    run.err = Tidy(err.str());
    return run;
  }
  std::string Tidy(const std::string& text) const {
    return bf::test::ReplaceAll(text, machine.tree.path() + "/", "");
  }
  static std::string Golden(const std::string& name) {
    return std::string(BF_TEST_DIR) + "/goldens/" + name;
  }

  device::Device panel;
  FakeMachine machine;
};

TEST_F(Verbs, DevicesShowsWhatBecomesOfEach) {
  const Ran run = Ask({"devices"});
  EXPECT_EQ(run.code, 0) << run.err;
  bf::test::ExpectGolden(Golden("devices.txt"), run.out);
}

TEST_F(Verbs, DevicesThatAreDeniedComeWithAnEntryForThem) {
  machine.tree.Write("policy/input.toml",
                     "schema = 1\n[usb]\nhubs = 0\n[console]\n[maintenance]\n");
  const Ran run = Ask({"devices"});
  EXPECT_EQ(run.code, 0) << run.err;
  bf::test::ExpectGolden(Golden("denied.txt"), run.out);
}

TEST_F(Verbs, ExplainsADeviceThatIsThere) {
  const Ran run = Ask({"explain", "1-1"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("usb    allow  1-1:1.0"));
  EXPECT_EQ(Ask({"explain", "9-9"}).code, 1);
}

TEST_F(Verbs, DevicesAsJson) {
  const Ran run = Ask({"devices", "--json"});
  EXPECT_EQ(run.code, 0) << run.err;
  bf::test::ExpectGolden(Golden("devices.json"), run.out);
}

TEST_F(Verbs, OneDeviceAsAnEntry) {
  const Ran run = Ask({"devices", "1-1", "--allow"});
  EXPECT_EQ(run.code, 0) << run.err;
  bf::test::ExpectGolden(Golden("entry.toml"), run.out);
  EXPECT_EQ(Ask({"devices", "9-9"}).code, 1);
}

TEST_F(Verbs, ADryRunOfApplyShowsThePlanAndTouchesNothing) {
  const Ran run = Ask({"apply", "--dry-run"});
  EXPECT_EQ(run.code, 0) << run.err;
  bf::test::ExpectGolden(Golden("plan.txt"), run.out);
  bf::test::ExpectGolden(Golden("plan.json"), Ask({"apply", "--dry-run", "--json"}).out);
  EXPECT_EQ(machine.Get(kHub, "interface_authorized_default"), "1");
  EXPECT_EQ(machine.tree.Read("run/betterframe/lockdown.json"), "");
}

// The panel is denied by a policy that does not name it, or names another version of it.
TEST_F(Verbs, ADryRunOfApplyWarnsOfLockingOutThePanelInUse) {
  const std::string nothing = "schema = 1\n[usb]\nhubs = 0\n[console]\n[maintenance]\n";
  const std::string other = bf::test::ReplaceAll(PolicyFor(panel), "\"0211\"", "\"0212\"");
  machine.tree.Write("policy/input.toml", nothing);
  EXPECT_EQ(Ask({"apply", "--dry-run"}).err, "");  // inhibited: nobody points with it
  machine.Set(panel.input[0].path, "inhibited", "0");
  Ran run = Ask({"apply", "--dry-run"});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, HasSubstr("would lock out a device in use: 1-1 222a:0001 \"ILITEK-TP\": "
                                 "usb gate, 1-1:1.0: no entry names 222a:0001 on bus usb\n"));
  EXPECT_THAT(run.err, HasSubstr("`bf-lockdown devices --allow` prints an entry"));
  machine.tree.Write("policy/input.toml", other);
  run = Ask({"apply", "--dry-run", "--json"});
  EXPECT_EQ(run.code, 0);
  EXPECT_THAT(run.err, HasSubstr("(policy/input.toml:11:1)"));
  const auto found = nlohmann::json::parse(run.out)["lock_outs"];
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0]["device"], "1-1 222a:0001 \"ILITEK-TP\"");
  EXPECT_EQ(found[0]["decision"]["because"], "policy/input.toml:11:1");
  machine.tree.Write("policy/input.toml", PolicyFor(panel));
  EXPECT_EQ(Ask({"apply", "--dry-run"}).err, "");
}

TEST_F(Verbs, ARecordingOfTheMachineIsOneThatCompileCanCheck) {
  machine.Set(panel.input[0].path, "inhibited", "0");
  machine.tree.Write("panel.json", Ask({"devices", "--json"}).out);
  const auto compile = [&] {
    return Ask({"compile", "--dry-run", "--recorded", machine.tree / "panel.json"});
  };
  EXPECT_EQ(compile().code, 0) << compile().err;
  machine.tree.Write("policy/input.toml", "schema = 1\n[usb]\n[console]\n[maintenance]\n");
  EXPECT_EQ(compile().code, 77);
  EXPECT_THAT(compile().err, HasSubstr("input gate, input10"));
}

TEST_F(Verbs, ApplyShutsTheGatesAndTellsTheOthers) {
  panel.input[0].inhibited = false;  // in use: there is nothing to drain here
  machine.PlantInput(panel.input[0].handlers.empty() ? panel.input[0] : [&] {
    std::filesystem::remove(machine.tree / "sys/class/input/input10");
    return panel.input[0];
  }());
  const Ran run = Ask({"apply"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(machine.Get(kHub, "interface_authorized_default"), "0");
  EXPECT_EQ(machine.Get(kHub, "authorized_default"), "1");
  const auto stage = nlohmann::json::parse(machine.tree.Read("run/betterframe/lockdown.json"));
  EXPECT_EQ(stage["stage"], "lockdown");
  EXPECT_EQ(stage["result"], "ok");
  EXPECT_EQ(stage["details"]["decisions"].size(), 3u);
  EXPECT_EQ(Ask({"apply"}).out, "nothing to do\n");
}

TEST_F(Verbs, ApplyWithAPolicyThatCannotBeReadShutsAndFailsLoudly) {
  machine.tree.Write("policy/input.toml", "schema = 1\nhub = 3\n");
  const Ran run = Ask({"apply"});
  EXPECT_EQ(run.code, 65);
  EXPECT_THAT(run.err, HasSubstr("policy/input.toml:2:1"));
  EXPECT_EQ(machine.Get(kHub, "interface_authorized_default"), "0");
  EXPECT_EQ(machine.Get(kHub, "authorized_default"), "0");
  EXPECT_EQ(machine.Get(panel.usb->path + "/1-1:1.0", "authorized"), "0");
  const auto stage = nlohmann::json::parse(machine.tree.Read("run/betterframe/lockdown.json"));
  EXPECT_EQ(stage["result"], "failed");
}

// decide would judge by the one, and what is in use by the other.
TEST_F(Verbs, ApplyWithAPolicyThatIsNotTheCompiledOneShutsAndSaysSo) {
  machine.tree.Write("policy/input.toml", PolicyFor(panel) + "# one more line\n");
  const Ran run = Ask({"apply"});
  EXPECT_EQ(run.code, 77);
  EXPECT_THAT(run.err,
              HasSubstr("lockdown/input.policy: it is not what policy/input.toml compiles"));
  EXPECT_EQ(machine.Get(kHub, "authorized_default"), "0");
  EXPECT_EQ(machine.Get(panel.usb->path + "/1-1:1.0", "authorized"), "0");
  const auto stage = nlohmann::json::parse(machine.tree.Read("run/betterframe/lockdown.json"));
  EXPECT_EQ(stage["result"], "failed");
  std::filesystem::remove(machine.tree / std::string(stored::kStoredPath.substr(1)));
  EXPECT_EQ(Ask({"apply"}).code, 1);
  Compile();
  EXPECT_EQ(Ask({"apply"}).code, 0);
}

TEST_F(Verbs, DecideSaysOneLineAndItsExitCodeSaysThatItJudged) {
  // Limits are for a process of its own; here only what does not change anything is asked.
  const Ran allow = Ask({"decide", "--dry-run", "usb", panel.usb->path + "/1-1:1.0"});
  EXPECT_EQ(allow.code, 0) << allow.err;
  EXPECT_EQ(allow.out, "allow ilitek-tp\n");
  machine.Set(panel.usb->path, "idProduct", "0002");
  const Ran deny = Ask({"decide", "--dry-run", "usb", panel.usb->path + "/1-1:1.0"});
  EXPECT_EQ(deny.code, 0);
  EXPECT_EQ(deny.out, "deny\n");
  EXPECT_THAT(deny.err, HasSubstr("deny usb 1-1:1.0 222a:0002 at /devices/"));
}

TEST_F(Verbs, DecideSaysNothingWhereItCannotJudge) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"decide", "--dry-run", "usb", "/devices/nowhere"},
        {"decide", "--dry-run", "sound", panel.usb->path},
        {"decide", "--dry-run", "usb", std::string(kHub) + "/1-7"}}) {
    const Ran run = Ask(args);
    EXPECT_NE(run.code, 0);
    EXPECT_EQ(run.out, "");
  }
  machine.tree.Write("policy/input.toml", "schema = 2\n");
  const Ran run = Ask({"decide", "--dry-run", "usb", panel.usb->path + "/1-1:1.0"});
  EXPECT_EQ(run.code, 65);
  EXPECT_EQ(run.out, "");
}

}  // namespace
}  // namespace bf::lockdown::test
