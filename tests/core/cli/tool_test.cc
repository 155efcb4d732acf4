// SPDX-License-Identifier: Apache-2.0
#include "core/cli/tool.h"

#include <sstream>

namespace bf::cli {
namespace {

using ::testing::HasSubstr;

class ToolTest : public ::testing::Test {
 protected:
  ToolTest() {
    tool_.name = "bf-example";
    tool_.summary = "Shows how.";
    tool_.verbs = {{"image",
                    "Make an image.",
                    {{"--size", "BYTES", "How large.", false},
                     {"--out", "FILE", "Where.", true},
                     {"--force", "", "Overwrite.", false}},
                    {"INPUT", "[REST...]"},
                    [this](Invocation& i) -> Status {
                      seen_ = i.values;
                      positionals_ = i.positionals;
                      dry_run_ = i.dry_run;
                      root_ = i.root;
                      return {};
                    }},
                   {"fail", "Fail as told.", {}, {"KIND"}, [](Invocation& i) -> Status {
                      if (i.positionals[0] == "throw") throw std::runtime_error("thrown");
                      if (i.positionals[0] == "drift") {
                        i.exit_code = kExitDrift;
                        return {};
                      }
                      const ErrorKind kind =
                          i.positionals[0] == "policy" ? ErrorKind::kPolicy : ErrorKind::kRefused;
                      return FailKind(kind, "first line\nsecond line");
                    }}};
  }
  int Run(std::vector<std::string> args, bool systemd = false) {
    out_.str("");
    err_.str("");
    return RunTool(tool_, args, Streams{out_, err_, false, systemd});
  }
  Tool tool_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::map<std::string, std::string> seen_;
  std::vector<std::string> positionals_;
  bool dry_run_ = false;
  std::string root_;
};

TEST_F(ToolTest, OptionsReachTheVerbBeforeAndAfterItsName) {
  ASSERT_EQ(Run({"--dry-run", "image", "--out", "o", "--force", "in", "--root", "/t/", "more"}), 0)
      << err_.str();
  EXPECT_TRUE(dry_run_);
  EXPECT_EQ(root_, "/t");
  EXPECT_EQ(seen_["--out"], "o");
  EXPECT_TRUE(seen_.contains("--force"));
  EXPECT_FALSE(seen_.contains("--size"));
  EXPECT_EQ(positionals_, (std::vector<std::string>{"in", "more"}));
}

TEST_F(ToolTest, UsageErrorsExit64AndSayNothingOnStdout) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{},
                                             {"imgae"},
                                             {"image", "in"},
                                             {"image", "--out"},
                                             {"image", "--out", "o"},
                                             {"image", "--out", "o", "in", "--nonsense"},
                                             {"fail"},
                                             {"fail", "a", "b"}}) {
    EXPECT_EQ(Run(args), kExitUsage) << ::testing::PrintToString(args);
    EXPECT_EQ(out_.str(), "");
    EXPECT_THAT(err_.str(), HasSubstr("bf-example: "));
    EXPECT_THAT(err_.str(), HasSubstr("--help"));
  }
}

TEST_F(ToolTest, AnUnknownVerbIsNamedAndTheClosestSuggested) {
  EXPECT_EQ(Run({"--root", "/t", "imgae", "--out", "o"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("unknown verb \"imgae\" (did you mean \"image\"?)"));
  EXPECT_EQ(Run({"--dry-run", "bogus"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("unknown verb \"bogus\" (there are: image, fail)"));
  // An option of the verb in front of it: its value is no verb, and CLI11 never took that.
  EXPECT_EQ(Run({"--out", "o", "image", "in"}), kExitUsage);
}

TEST_F(ToolTest, ErrorKindsBecomeExitCodes) {
  EXPECT_EQ(Run({"fail", "policy"}), kExitPolicy);
  EXPECT_EQ(err_.str(), "bf-example: first line\nbf-example: second line\n");
  EXPECT_EQ(Run({"fail", "refused"}), kExitRefused);
  EXPECT_EQ(err_.str(), "bf-example: first line\\012second line\n") << "no second message";
  EXPECT_EQ(Run({"fail", "drift"}), kExitDrift);
  EXPECT_EQ(Run({"fail", "throw"}), kExitInternal);
}

TEST_F(ToolTest, AMessageCannotSteerTheTerminal) {
  Streams streams{out_, err_};
  Invocation invocation{"t", {}, {}, "/", false, false, {}, {}, streams};
  invocation.Say(Level::kInfo, "a\x1b[2J\x7f\r \x9b \xc2\x9b gr\xc3\xbc\xc3\x9f\nb");
  EXPECT_EQ(err_.str(), "t: a\\033[2J\\177\\015 \\233 \\302\\233 gr\xc3\xbc\xc3\x9f\\012b\n");
}

TEST_F(ToolTest, EveryLineCarriesAPriorityUnderSystemd) {
  Run({"fail", "policy"}, true);
  EXPECT_EQ(err_.str(), "<3>bf-example: first line\n<3>bf-example: second line\n");
}

TEST_F(ToolTest, HelpComesFromTheTable) {
  ASSERT_EQ(Run({"image", "--help"}), 0);
  for (const char* part : {"Usage: bf-example image --out FILE [OPTION]... INPUT [REST...]",
                           "--size BYTES", "How large.", "--dry-run", "Exit codes"}) {
    EXPECT_THAT(out_.str(), HasSubstr(part));
  }
  ASSERT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Make an image."));
  ASSERT_EQ(Run({"--version"}), 0);
  EXPECT_EQ(out_.str(), "bf-example " BF_VERSION "\n");
}

TEST_F(ToolTest, AResultThatCannotBeWrittenIsAFailure) {
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(RunTool(tool_, {"image", "--out", "o", "in"}, Streams{out_, err_, false, false}),
            kExitFailed);
}

}  // namespace
}  // namespace bf::cli
