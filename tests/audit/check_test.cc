// SPDX-License-Identifier: Apache-2.0
// Each lint finds what it is for, at its line, and nothing else.
#include "audit/check/check.h"

#include "tests/audit/pairs.h"
#include "tests/support/golden.h"

namespace bf::audit {
namespace {

constexpr const char* kToday = "2026-11-24";

std::vector<Finding> Of(const Texts& texts, const std::vector<Unit>& units = {}) {
  return Check(Valid(texts), units, kToday);
}

// Exactly one finding, as "file:line:column: lint: message".
std::string Only(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& one : findings)
    text += fmt::format("{}: {}: {}\n", one.at.ToString(), one.lint, one.message);
  EXPECT_EQ(findings.size(), 1u) << text;
  return text;
}

void ExpectOnly(const std::vector<Finding>& findings, const std::string& begin) {
  EXPECT_TRUE(Only(findings).starts_with(begin)) << Only(findings) << "not " << begin;
}

TEST(Lints, NothingIsFoundInTheBase) {
  for (const Finding& one : Of(Base())) ADD_FAILURE() << one.at.ToString() << " " << one.message;
}

TEST(Lints, UnknownFile) {
  Texts texts = Base();
  texts.files["network.toml"] = "schema = 1\n";
  ExpectOnly(Of(texts), "policies/network.toml:1:1: unknown-file");
}

TEST(Lints, MissingFile) {
  Texts texts = Base();
  texts.files.erase("update.toml");
  ExpectOnly(Of(texts), "policies/update.toml:1:1: missing-file");
}

TEST(Lints, Cmdline) {
  ExpectOnly(Of(With(Base(), "layout.toml", "\"i8042.noaux\",", "")),
             "policies/layout.toml:49:9: cmdline: \"i8042.noaux\" is missing, which "
             "policies/input.toml:28:7 asks for");
}

TEST(Lints, ContradictionByTheDefault) {
  // The profile has no word on ioctl, and lets through whatever it does not name.
  Texts texts = With(Base(), "sandbox/viewer.toml", "\"ioctl.cmd in [FIONREAD, TIOCGWINSZ]\",", "");
  std::string& text = texts.files["sandbox/viewer.toml"];
  const auto at = text.find("default = \"ENOSYS\"");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 18, "default = \"log\"");
  text += "\n[[relax]]\nwhat = [\"default\"]\nbecause = \"being learnt\"\nowner = \"x\"\n";
  std::size_t found = 0;
  for (const Finding& one : Of(texts)) found += one.lint == "contradiction" ? 1U : 0U;
  EXPECT_EQ(found, 2U) << "TIOCSTI and UI_DEV_CREATE";
}

TEST(Lints, Contradiction) {
  const std::string relax =
      "\n[[relax]]\nwhat = [\"ioctl TIOCSTI\"]\nbecause = \"types for people\"\nowner = \"x\"\n";
  Texts texts = With(Base(), "sandbox/viewer.toml", "[FIONREAD,", "[TIOCSTI, FIONREAD,");
  texts.files["sandbox/viewer.toml"] += relax;
  ExpectOnly(Of(texts),
             "policies/sandbox/viewer.toml:13:3: contradiction: it allows ioctl "
             "TIOCSTI, and \"tiocsti\" is off at policies/input.toml:23:11");
  // Nor is the key filter's profile another matter, but for the devices that it makes.
  Texts filter = Base();
  filter.files["sandbox/bf-input-filter.toml"] = texts.files["sandbox/viewer.toml"];
  ExpectOnly(Of(filter),
             "policies/sandbox/bf-input-filter.toml:13:3: contradiction: it allows ioctl TIOCSTI");
  filter = With(filter, "sandbox/bf-input-filter.toml", "[TIOCSTI,", "[UI_DEV_CREATE,");
  filter = With(filter, "sandbox/bf-input-filter.toml", "ioctl TIOCSTI", "ioctl UI_DEV_CREATE");
  EXPECT_TRUE(Of(filter).empty());
  // Open on both sides is a decision.
  texts = With(texts, "input.toml", "tiocsti = false", "tiocsti = true");
  texts = With(texts, "input.toml", "[maintenance]",
               "[console.reasons]\ntiocsti = \"types for people\"\n[maintenance]");
  EXPECT_TRUE(Of(texts).empty());
}

TEST(Lints, NoReason) {
  for (const char* reason : {"x", "todo: say why", "because"})
    ExpectOnly(Of(With(Base(), "overlays.toml",
                       "reason = \"programs expect scratch space; it is empty at every boot\"",
                       fmt::format("reason = \"{}\"", reason))),
               "policies/overlays.toml:17:10: no-reason");
}

TEST(Lints, WritableExec) {
  ExpectOnly(Of(With(Base(), "overlays.toml", "mode = \"1777\"", "mode = \"1777\"\nexec = true")),
             "policies/overlays.toml:17:8: writable-exec: what is written below /tmp");
}

TEST(Lints, Expired) {
  const auto until = [](const char* date) {
    Texts texts = With(Base(), "sandbox/viewer.toml", "[FIONREAD,", "[EVIOCGRAB, FIONREAD,");
    texts.files["sandbox/viewer.toml"] += fmt::format(
        "\n[[relax]]\nwhat = [\"ioctl EVIOCGRAB\"]\nbecause = \"until the new "
        "panel\"\nowner = \"x\"\nexpires = \"{}\"\n",
        date);
    return texts;
  };
  EXPECT_TRUE(Of(until("2026-11-24")).empty()) << "the last day counts";
  ExpectOnly(Of(until("2026-11-23")),
             "policies/sandbox/viewer.toml:38:11: expired: ioctl "
             "EVIOCGRAB was to be relaxed until 2026-11-23");
}

TEST(Lints, AcceptedStale) {
  const auto accept = [](const std::string& hash) {
    Texts texts = Base();
    texts.files["accepted.toml"] = fmt::format(
        "schema = 1\n[[accept]]\nfile = \"update.toml\"\nhash = \"{}\"\nwhat = [\"x\"]\n"
        "who = \"ana\"\nwhy = \"a site needs it\"\n",
        hash);
    return texts;
  };
  EXPECT_TRUE(Of(accept(Valid(Base()).HashOf("update.toml"))).empty());
  ExpectOnly(Of(accept("sha256:" + std::string(64, '0'))),
             "policies/accepted.toml:4:8: accepted-stale");
}

Unit Service(const std::string& name, const std::string& body) {
  return ReadUnit(name, "# x\n[Unit]\n[Service]\n" + body, "units/" + name);
}

TEST(Lints, NotSandboxed) {
  ExpectOnly(Of(Base(), {Service("bf-x.service", "ExecStart=/usr/bin/bf-x\n")}),
             "units/bf-x.service:4:1: not-sandboxed");
  EXPECT_TRUE(Of(Base(), {Service("other.service", "ExecStart=/usr/bin/bf-x\n")}).empty());
  for (const char* start : {"/usr/bin/bf-lockdown exec viewer -- /usr/bin/x",
                            "-/usr/libexec/betterframe/bf-lockdown-exec viewer -- /usr/bin/x",
                            "/usr/bin/bf-lockdown exec --report viewer -- /usr/bin/x",
                            "/usr/bin/bf-lockdown \\\n  exec viewer -- x"})
    EXPECT_TRUE(Of(Base(), {Service("bf-x.service", fmt::format("ExecStart={}\n", start))}).empty())
        << start;
}

TEST(Lints, EveryCommandOfAUnitHasToBeSandboxed) {
  const std::string boxed = "ExecStart=/usr/bin/bf-lockdown exec viewer -- /usr/bin/x\n";
  for (const char* more :
       {"ExecStartPre=/usr/bin/x", "ExecReload=/usr/bin/x", "ExecStop=+/usr/bin/x",
        "ExecStartPost=@/usr/bin/bf-lockdown exec viewer", "ExecStopPost=/usr/bin/x\\",
        "ExecStop=/usr/bin/bf-lockdown exec viewer -- /bin/true ; /bin/sh -c evil",
        "ExecStop=/usr/bin/bf-lockdown exec --policy /tmp viewer -- /usr/bin/x"})
    ExpectOnly(Of(Base(), {Service("bf-x.service", boxed + more)}),
               "units/bf-x.service:5:1: not-sandboxed");
}

TEST(Lints, OtherProfile) {
  Texts texts = Base();
  const std::string start =
      "ExecStart=/usr/libexec/betterframe/bf-lockdown-exec viewer -- /usr/bin/bf-provision state\n";
  ExpectOnly(
      Of(texts, {Service("bf-state.service", start)}),
      "units/bf-state.service:4:1: other-profile: ExecStart of bf-state.service asks for the "
      "profile \"viewer\"");
  ExpectOnly(Of(texts, {Service("bf-input-filter@input3.service", start)}),
             "units/bf-input-filter@input3.service:4:1: other-profile");
}

TEST(Lints, Session) {
  const std::string boxed = "ExecStart=/usr/bin/bf-lockdown exec viewer -- /usr/bin/x\n";
  Unit unit = Service("bf-x.service", boxed + "PAMName=login\n");
  ExpectOnly(Of(Base(), {unit}), "units/bf-x.service:5:1: session");
  AddDropIn(unit, "[Service]\nPAMName=\n", "units/bf-x.service.d/a.conf");
  EXPECT_TRUE(Of(Base(), {unit}).empty());
  EXPECT_TRUE(Of(Base(), {Service("other.service", "PAMName=login\n")}).empty());
}

TEST(Lints, ADropInCountsAndMayTakeBack) {
  const std::string boxed = "ExecStart=/usr/bin/bf-lockdown exec viewer -- /usr/bin/x\n";
  Unit unit = Service("bf-x.service", boxed);
  AddDropIn(unit, "[Service]\nExecStart=\nExecStart=/usr/bin/x\n", "units/bf-x.service.d/a.conf");
  ExpectOnly(Of(Base(), {unit}), "units/bf-x.service.d/a.conf:3:1: not-sandboxed");
  AddDropIn(unit, "[Service]\nExecStart=\n" + boxed, "units/bf-x.service.d/b.conf");
  EXPECT_TRUE(Of(Base(), {unit}).empty());
}

TEST(Lints, NoProfile) {
  ExpectOnly(
      Of(Base(), {Service("bf-x.service", "ExecStart=/usr/bin/bf-lockdown exec vewer -- x\n")}),
      "units/bf-x.service:4:1: no-profile: bf-x.service asks for the profile \"vewer\"");
}

TEST(Lints, StateLost) {
  ExpectOnly(Of(Base(), {Service("other.service", "StateDirectory=other\n")}),
             "units/other.service:4:1: state-lost: StateDirectory= of other.service: "
             "/var/lib/other is on no writable path");
  ExpectOnly(Of(Base(), {Service("other.service", "DynamicUser=yes\nStateDirectory=rauc\n")}),
             "units/other.service:5:1: state-lost: StateDirectory= of other.service: "
             "/var/lib/private/rauc is gone at the next boot");
  EXPECT_TRUE(Of(Base(), {Service("other.service", "StateDirectory=rauc\n")}).empty());
  EXPECT_EQ(Of(Base(), {Service("other.service", "LogsDirectory=a b\n")}).size(), 2u);
}

// Every lint that the tool knows is one of those above, and the man page has it.
TEST(Lints, AreInTheManPage) {
  const std::string page = test::ReadOrDie(BF_SOURCE_DIR "/audit/bf-audit.8");
  const std::string tests = test::ReadOrDie(__FILE__);
  for (const Lint& lint : kLints) {
    std::string escaped = test::ReplaceAll(std::string(lint.name), "-", "\\-");
    EXPECT_NE(page.find(escaped), std::string::npos) << lint.name;
    EXPECT_NE(tests.find(lint.name), std::string::npos) << lint.name;
  }
}

}  // namespace
}  // namespace bf::audit
