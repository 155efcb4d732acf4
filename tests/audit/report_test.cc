// SPDX-License-Identifier: Apache-2.0
// The page as text: nothing that a device calls itself becomes markup, and nothing is fetched.
#include "audit/report/report.h"

#include <regex>

#include "audit/diff/diff.h"
#include "audit/report/html.h"
#include "tests/audit/pairs.h"
#include "tests/support/golden.h"

namespace bf::audit {
namespace {

TEST(Escape, MarkupAndWhatHides) {
  EXPECT_EQ(Escape("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(Escape("a\nb\x1b[0m\x7f"), "a\\x0ab\\x1b[0m\\x7f");
  EXPECT_EQ(Escape("é 日 😀"), "é 日 😀");
  // Right-to-left override, a lone byte, an overlong "/", a surrogate.
  EXPECT_EQ(Escape("\xe2\x80\xae"), "\\xe2\\x80\\xae");
  EXPECT_EQ(Escape("\xff"), "\\xff");
  EXPECT_EQ(Escape("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(Escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

lockdown::device::Device Hostile(const std::string& name) {
  lockdown::device::Device device;
  lockdown::device::InputNode input;
  input.name = name;
  input.path = "/devices/virtual/input/input9";
  input.device_name = name;
  input.phys = name;
  device.input = {input};
  return device;
}

std::string Page(const Texts& texts, std::vector<lockdown::device::Device> recorded = {}) {
  const PolicySet base = Valid(Base());
  const PolicySet set = Valid(texts);
  return ToHtml(
      {set, Check(set, {}, "2026-11-24"), "before", Diff(base, set), std::move(recorded)});
}

// Tags in order, each closed: what a name could break.
void ExpectWellFormed(const std::string& page) {
  static const std::regex tag("<(/?)([a-z0-9]+)([^<>]*)>");
  std::vector<std::string> open;
  const std::string body = page.substr(page.find("<body>"));
  for (std::sregex_iterator it(body.begin(), body.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (name == "br") continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else if (name != "html") {
      ASSERT_FALSE(open.empty()) << name;
      ASSERT_EQ(open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(Report, HasEachPart) {
  const std::string page = Page(Edited("update"));
  for (const char* part : {"id=\"changes\"", "BF_DATA", "usbcore.authorized_default=0",
                           "/var/lib/rauc", "front-panel", "id=\"console\"", "shows pictures",
                           "ioctl.cmd == TIOCGWINSZ", "install downgrade", "Nothing was found."})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  ExpectWellFormed(page);
}

TEST(Report, NamesOfDevicesAreNoMarkup) {
  const std::string names[] = {"<script>alert(1)</script>",
                               "\"><img src=x onerror=alert(1)>",
                               "</td></table>",
                               "' onmouseover='x",
                               "a\xff\xfe<b>",
                               "&lt;script&gt;",
                               "]]><!--"};
  const std::string plain = Page(Base(), {Hostile("name")});
  const auto tags = [](const std::string& page) {
    return std::count(page.begin(), page.end(), '<');
  };
  for (const std::string& name : names) {
    const std::string page = Page(Base(), {Hostile(name)});
    EXPECT_EQ(tags(page), tags(plain)) << name;
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    EXPECT_EQ(page.find("<!--"), std::string::npos);
    ExpectWellFormed(page);
  }
}

// The words of a policy are as little to be trusted: a reviewer reads somebody else's change.
TEST(Report, ReasonsAreNoMarkup) {
  const Texts texts = With(Base(), "overlays.toml", "reason = \"programs expect",
                           "reason = \"<script>x</script> programs expect");
  const std::string page = Page(texts);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;x&lt;/script&gt; programs"), std::string::npos);
}

TEST(Report, FetchesNothing) {
  const std::string page = Page(Base());
  for (const char* part : {"http://", "https://", " src=", "url(", "@import", "<link", "<script"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

}  // namespace
}  // namespace bf::audit
