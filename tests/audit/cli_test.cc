// SPDX-License-Identifier: Apache-2.0
// bf-audit as a reviewer runs it: directories, revisions, images; exit codes and JSON.
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "audit/tool.h"
#include "core/host/spawn.h"
#include "tests/support/temp_tree.h"

namespace bf::audit {
namespace {

namespace fs = std::filesystem;

struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

Answer Ask(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  Answer answer;
  answer.code = cli::RunTool(AuditTool(), args, {out, err});
  answer.out = out.str();
  answer.err = err.str();
  return answer;
}

const std::string kBase = BF_TEST_DIR "/base";

class Sets : public testing::Test {
 protected:
  Sets() {
    fs::copy(kBase, tree / "policies", fs::copy_options::recursive);
    was_ = fs::current_path();
  }
  ~Sets() override { fs::current_path(was_); }

  void Open() const {
    std::string text = tree.Read("policies/update.toml");
    text.replace(text.find("downgrade = false"), 17, "downgrade = true ");
    tree.Write("policies/update.toml", text);
  }
  void Git(std::vector<std::string> args) const {
    args.insert(args.begin(), {"git", "-C", tree.path(), "-c", "user.name=x", "-c",
                               "user.email=x@example.invalid"});
    const auto ran = host::RunOk({.argv = args});
    ASSERT_TRUE(ran) << ran.error().ToString();
  }

  testing_support::TempTree tree;

 private:
  fs::path was_;
};

TEST_F(Sets, ASymlinkIsNoPartThatSaysNothing) {
  fs::rename(tree / "policies/sandbox", tree / "elsewhere");
  fs::create_directory_symlink("../elsewhere", tree / "policies/sandbox");
  const Answer checked = Ask({"check", tree / "policies"});
  EXPECT_EQ(checked.code, cli::kExitPolicy) << checked.out;
  EXPECT_NE(checked.err.find("sandbox is a symlink"), std::string::npos) << checked.err;
  Git({"init", "-q"});
  Git({"add", "-A"});
  Git({"commit", "-q", "-m", "x"});
  fs::current_path(tree.path());
  const Answer compared = Ask({"diff", "HEAD", "HEAD"});
  EXPECT_EQ(compared.code, cli::kExitPolicy) << compared.out;
  EXPECT_NE(compared.err.find("sandbox is not a regular file"), std::string::npos) << compared.err;
}

TEST_F(Sets, UnitsComeWithTheirDropIns) {
  tree.Write("units/bf-x.service",
             "[Service]\nExecStart=/usr/bin/bf-lockdown exec viewer -- /usr/bin/x\n");
  EXPECT_EQ(Ask({"check", kBase, "--units", tree / "units", "--today", "2026-01-01"}).code, 0);
  tree.Write("units/bf-x.service.d/10.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/x\n");
  const Answer checked = Ask({"check", kBase, "--units", tree / "units", "--today", "2026-01-01"});
  EXPECT_EQ(checked.code, 3) << checked.out << checked.err;
  EXPECT_NE(checked.out.find("10.conf:3:1: not-sandboxed"), std::string::npos) << checked.out;
}

TEST_F(Sets, DropInsOfEachNameOfAUnitCount) {
  const std::string boxed = "[Service]\nExecStart=/usr/bin/bf-lockdown exec viewer -- /usr/bin/x\n";
  const auto check = [&] {
    return Ask({"check", kBase, "--units", tree / "units", "--today", "2026-01-01"});
  };
  tree.Write("units/bf-x.service", boxed);
  tree.Link("units/front.service", "/usr/lib/systemd/system/bf-x.service");
  tree.Write("units/front.service.d/10.conf", "[Service]\nExecStartPre=/usr/bin/x\n");
  const Answer checked = check();
  EXPECT_EQ(checked.code, 3) << checked.out << checked.err;
  EXPECT_NE(checked.out.find("front.service.d/10.conf:2:1: not-sandboxed"), std::string::npos)
      << checked.out;
  // By the names of the files: what one says, a later one takes back, and one of the unit's own
  // name hides one of the same name.
  tree.Write("units/service.d/20.conf", "[Service]\nExecStartPre=\n");
  EXPECT_EQ(check().code, 0);
  tree.Write("units/front.service.d/30.conf", "[Service]\nExecStartPre=/usr/bin/x\n");
  EXPECT_EQ(check().code, 3);
  tree.Write("units/bf-x.service.d/30.conf", "[Service]\n");
  EXPECT_EQ(check().code, 0);
}

TEST_F(Sets, TwoDirectories) {
  EXPECT_EQ(Ask({"diff", kBase, tree / "policies"}).code, 0);
  Open();
  const Answer there = Ask({"diff", kBase, tree / "policies/"});
  EXPECT_EQ(there.code, 3) << there.err;
  EXPECT_NE(there.out.find("LOOSENED   install downgrade: false → true"), std::string::npos)
      << there.out;
  EXPECT_NE(there.out.find("[[accept]]\nfile = \"update.toml\"\nhash = \"sha256:"),
            std::string::npos);
  EXPECT_EQ(Ask({"diff", tree / "policies", kBase}).code, 0) << "a tightening is nothing to stop";
}

TEST_F(Sets, WhatIsProposedIsWhatIsAccepted) {
  Open();
  const Answer asked = Ask({"diff", kBase, tree / "policies"});
  std::string accept = asked.out.substr(asked.out.find("[[accept]]"));
  for (const char* key : {"who", "why"}) {
    const auto at = accept.find(fmt::format("{} = \"\"", key));
    ASSERT_NE(at, std::string::npos) << accept;
    accept.insert(at + 7, "x");
  }
  tree.Write("policies/accepted.toml", "schema = 1\n" + accept);
  const Answer answer = Ask({"diff", kBase, tree / "policies"});
  EXPECT_EQ(answer.code, 0) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("accepted by x: x"), std::string::npos) << answer.out;
}

TEST_F(Sets, Json) {
  Open();
  const Answer answer = Ask({"diff", "--json", kBase, tree / "policies"});
  EXPECT_EQ(answer.code, 3);
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["loosened"], 1);
  ASSERT_EQ(json["changes"].size(), 1u);
  const auto& change = json["changes"][0];
  EXPECT_EQ(change["direction"], "LOOSENED");
  EXPECT_EQ(change["file"], "update.toml");
  EXPECT_EQ(change["subject"], "install downgrade");
  EXPECT_EQ(change["accepted"], false);
  EXPECT_EQ(change["before"], kBase + "/update.toml:9:13");
  EXPECT_FALSE(change["witness"].get<std::string>().empty());
}

TEST_F(Sets, Revisions) {
  Git({"init", "-q"});
  Git({"add", "policies"});
  Git({"commit", "-q", "-m", "first"});
  Open();
  Git({"commit", "-q", "-a", "-m", "second"});
  fs::current_path(tree.path());
  EXPECT_EQ(Ask({"diff", "HEAD~1", "HEAD"}).code, 3);
  EXPECT_EQ(Ask({"diff", "HEAD~1:policies", kBase}).code, 0);
  const Answer names = Ask({"diff", "HEAD", "HEAD~1"});
  EXPECT_NE(names.out.find("HEAD:policies/update.toml:9:13"), std::string::npos) << names.out;
  EXPECT_EQ(Ask({"diff", "HEAD~9", "HEAD"}).code, 64);
  EXPECT_EQ(Ask({"diff", "--", "--output=x", "HEAD"}).code, 64);
}

TEST_F(Sets, AnImageOfARoot) {
  const std::string inside = tree / "root/usr/share/betterframe";
  fs::create_directories(inside);
  Open();
  fs::copy(tree / "policies", inside + "/policies", fs::copy_options::recursive);
  const auto made =
      host::RunOk({.argv = {"mkfs.ext4", "-q", "-d", tree / "root", tree / "root.img", "8M"}});
  ASSERT_TRUE(made) << made.error().ToString();
  const Answer answer = Ask({"diff", kBase, tree / "root.img"});
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_NE(answer.out.find("root.img:/usr/share/betterframe/policies/update.toml:9:13"),
            std::string::npos)
      << answer.out;
  tree.Write("no.img", std::string(4096, '\0'));
  EXPECT_EQ(Ask({"diff", kBase, tree / "no.img"}).code, 64);
}

TEST_F(Sets, BadPolicyIs65WithEveryDiagnostic) {
  tree.Write("policies/update.toml", "schema = 1\n[confirmation]\ndeadline = \"1s\"\nx = 1\n");
  tree.Write("policies/state.toml", "schema = 2\n");
  tree.Write("policies/sandbox/viewer.toml", "schema = 1\n");
  const Answer answer = Ask({"diff", kBase, tree / "policies"});
  EXPECT_EQ(answer.code, 65);
  EXPECT_EQ(answer.out, "");
  for (const char* part : {"update.toml:3:12: ", "update.toml:4:1: unknown key \"x\"",
                           "state.toml:1:10: ", "sandbox/viewer.toml:1:1: "})
    EXPECT_NE(answer.err.find(tree / "policies/" + part), std::string::npos) << part << "\n"
                                                                             << answer.err;
}

TEST_F(Sets, CheckOfTheShippedPolicies) {
  const Answer answer = Ask({"check", BF_SOURCE_DIR "/policies", "--today", "2026-01-01"});
  EXPECT_EQ(answer.code, 0) << answer.out << answer.err;
  EXPECT_EQ(Ask({"check", "--policy", BF_SOURCE_DIR "/policies"}).out, answer.out);
}

TEST_F(Sets, CheckTellsEverythingAtOnce) {
  tree.Write("policies/update.toml", "schema = 1\n[confirmation]\ndeadline = \"1s\"\nx = 1\n");
  tree.Write("policies/sandbox/viewer.toml", "schema = 1\n");
  const Answer answer = Ask({"check", tree / "policies", "--json"});
  EXPECT_EQ(answer.code, 65) << answer.err;
  const auto json = nlohmann::json::parse(answer.out);
  EXPECT_EQ(json["schema"], 1);
  std::set<std::string> files;
  for (const auto& finding : json["findings"]) {
    EXPECT_EQ(finding["lint"], "invalid");
    EXPECT_GE(finding["line"], 1);
    EXPECT_GE(finding["column"], 1);
    files.insert(finding["file"]);
  }
  EXPECT_EQ(files, (std::set<std::string>{tree / "policies/update.toml",
                                          tree / "policies/sandbox/viewer.toml"}));
}

TEST_F(Sets, CheckFindsDriftWithCodeThree) {
  tree.Write("units/bf-x.service", "[Service]\nExecStart=/usr/bin/x\n");
  const Answer answer = Ask({"check", tree / "policies", "--units", tree / "units"});
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_NE(answer.out.find(tree / "units/bf-x.service:2:1: not-sandboxed: "), std::string::npos)
      << answer.out;
  EXPECT_EQ(Ask({"check", tree / "policies"}).code, 0);
  EXPECT_EQ(Ask({"check", tree / "policies", "--units", tree / "policies"}).code, 64);
  for (const char* day :
       {"soon", "2040-13-01", "2040-12-32", "2040-00-01", "2040-02-31", "2040-1-001"})
    EXPECT_EQ(Ask({"check", tree / "policies", "--today", day}).code, 64) << day;
}

TEST_F(Sets, Report) {
  const std::string file = tree / "page.html";
  const Answer answer = Ask({"report", tree / "policies", "--html", file, "--since", kBase});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(tree.Read("page.html").starts_with("<!DOCTYPE html>"));
  EXPECT_EQ(Ask({"report", tree / "policies", "--html", "-", "--since", kBase}).out,
            tree.Read("page.html"));
  EXPECT_EQ(Ask({"report", tree / "policies"}).code, 64);
  fs::remove(file);
  EXPECT_EQ(Ask({"report", tree / "policies", "--html", file, "--dry-run"}).code, 0);
  EXPECT_FALSE(fs::exists(file));
  tree.Write("victim", "keep");
  tree.Link("page.html", "victim");
  EXPECT_EQ(Ask({"report", tree / "policies", "--html", file}).code, 64);
  EXPECT_EQ(tree.Read("victim"), "keep");
}

TEST_F(Sets, ASymlinkIsNoPolicy) {
  fs::remove(tree / "policies/update.toml");
  tree.Link("policies/update.toml", kBase + "/update.toml");
  EXPECT_EQ(Ask({"diff", kBase, tree / "policies"}).code, 65);
}

TEST_F(Sets, Usage) {
  EXPECT_EQ(Ask({}).code, 64);
  EXPECT_EQ(Ask({"diff", kBase}).code, 64);
  EXPECT_EQ(Ask({"diff", kBase, tree / "nowhere"}).code, 64);
  fs::create_directory(tree / "empty");
  EXPECT_EQ(Ask({"diff", kBase, tree / "empty"}).code, 64);
  EXPECT_EQ(Ask({"--help"}).code, 0);
}

}  // namespace
}  // namespace bf::audit
