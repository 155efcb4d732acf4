// SPDX-License-Identifier: Apache-2.0
// What a compositor offers, and what the matrix says of it.
#include "tests/lockdown/check/clean_device.h"

namespace bf::lockdown::check {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kSocket = "/run/user/990/wayland-0";
// What a kiosk's compositor cannot do without, and neighbours of what makes input.
const std::vector<std::string> kHarmless = {"wl_compositor",
                                            "wl_seat",
                                            "xdg_wm_base",
                                            "zwp_text_input_manager_v3",
                                            "zwp_input_panel_v1",
                                            "zwp_relative_pointer_manager_v1",
                                            "zwp_pointer_constraints_v1",
                                            "zwlr_input_inhibit_manager_v1",
                                            "zwp_keyboard_shortcuts_inhibit_manager_v1"};

class CompositorRow : public testing::Test {
 protected:
  Outcome Judge(std::vector<Compositor> compositors, const std::string& policy = kPolicyDir) {
    const CleanDevice device(policy);
    Facts facts = device.Observed();
    facts.compositors = {std::move(compositors), ""};
    for (auto& [row, outcome] : Check(device.policy, device.expected, facts))
      if (row->name == "virtual-keyboard") return outcome;
    throw std::runtime_error("no such row");
  }
};

TEST_F(CompositorRow, NoneIsShut) {
  const auto outcome = Judge({});
  EXPECT_EQ(outcome.verdict(), Verdict::kClosed);
  EXPECT_EQ(outcome.in_effect, "no compositor");
}

TEST_F(CompositorRow, OneThatMakesNoInputIsShut) {
  const auto outcome = Judge({{kSocket, kHarmless, ""}});
  EXPECT_THAT(outcome.drifts, IsEmpty());
  EXPECT_EQ(outcome.verdict(), Verdict::kClosed);
  EXPECT_EQ(outcome.in_effect, "none");
}

TEST_F(CompositorRow, EachInterfaceThatMakesInputIsDrift) {
  for (const char* interface :
       {"zwp_virtual_keyboard_manager_v1", "zwlr_virtual_pointer_manager_v1",
        "org_kde_kwin_fake_input", "zwp_input_method_v1", "zwp_input_method_manager_v2",
        "xx_input_method_manager_v2", "gamescope_input_method_manager", "zcr_ui_controls_v1",
        "weston_test"}) {
    auto globals = kHarmless;
    globals.emplace_back(interface);
    const auto outcome = Judge({{"/tmp/wayland-1", kHarmless, ""}, {kSocket, globals, ""}});
    EXPECT_EQ(outcome.in_effect, interface);
    EXPECT_EQ(outcome.evidence, kSocket);
    ASSERT_EQ(outcome.drifts.size(), 1U) << interface;
    EXPECT_TRUE(outcome.drifts.front().starts_with(kSocket + " offers " + interface + ","));
  }
}

TEST_F(CompositorRow, OneThatCannotBeReadIsDriftAndHidesNoOther) {
  const auto outcome = Judge({{"/tmp/wayland-1", {}, "it does not answer"},
                              {kSocket, {"zwp_virtual_keyboard_manager_v1"}, ""}});
  EXPECT_THAT(outcome.drifts,
              ElementsAre("/tmp/wayland-1 cannot be read: it does not answer",
                          kSocket + " offers zwp_virtual_keyboard_manager_v1, with which a client "
                                    "makes keys"));
}

TEST_F(CompositorRow, PolicyOpensItWithItsReason) {
  const std::string open = BF_TEST_DIR "/open_policy";
  const auto outcome = Judge({{kSocket, {"zwp_virtual_keyboard_manager_v1"}, ""}}, open);
  EXPECT_EQ(outcome.verdict(), Verdict::kOpen);
  EXPECT_EQ(outcome.reason, "the compositor of the bench is sway");
  EXPECT_EQ(outcome.in_effect, "zwp_virtual_keyboard_manager_v1");
  // It does not open what nobody has seen.
  EXPECT_EQ(Judge({{kSocket, {}, "it does not answer"}}, open).verdict(), Verdict::kDrift);
}

}  // namespace
}  // namespace bf::lockdown::check
