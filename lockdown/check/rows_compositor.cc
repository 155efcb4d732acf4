// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "lockdown/check/row_tables.h"

namespace bf::lockdown::check {
namespace {

// What interfaces have in their names with which a client makes input for others. Parts of names,
// so that the next version, or that of another vendor, is not missed.
//
// Not among them, because they make nothing for anybody else: those that only hear of input or keep
// it from others (zwp_relative_pointer_manager_v1, zwp_pointer_constraints_v1,
// zwlr_input_inhibit_manager_v1, zwp_keyboard_shortcuts_inhibit_manager_v1,
// zwp_xwayland_keyboard_grab_manager_v1); those that take text (zwp_text_input_manager_v1 to v3) or
// show the window of an input method (zwp_input_panel_v1); wp_pointer_warp_v1, which moves the
// pointer within the client's own window; ext_transient_seat_manager_v1, which makes a seat that
// nothing sends through but virtual keyboards and pointers.
struct Maker {
  std::string_view part;
  std::string_view makes;
};
constexpr Maker kMakers[] = {
    // zwp_virtual_keyboard_manager_v1 and zwlr_virtual_pointer_manager_v1, of wlroots: sway, and
    // cage from 0.1.5 on.
    {"virtual_keyboard", "keys"},
    {"virtual_pointer", "pointer motion"},
    {"fake_input", "keys and pointer motion"},  // org_kde_kwin_fake_input, of KWin
    // They write text into whatever has the focus, and zwp_input_method_v1 sends keys as well;
    // zwp_input_method_manager_v2 of wlroots, xx_input_method_manager_v2,
    // gamescope_input_method_manager. Weston's desktop shell tells everybody of the first, and lets
    // only the input method it started itself have it: which client gets it is not seen from here.
    {"input_method", "text"},
    // Made for tests of compositors, and not to be in any that ships: zcr_ui_controls_v1 of Exo and
    // Mutter, weston_test.
    {"ui_controls", "keys and pointer motion"},
    {"weston_test", "keys and pointer motion"}};

const Maker* FindMaker(std::string_view interface) {
  for (const Maker& maker : kMakers)
    if (interface.find(maker.part) != interface.npos) return &maker;
  return nullptr;
}

constexpr std::string_view kTable = "/proc/net/unix";

void JudgeVirtualKeyboard(const Context& context, Outcome& outcome) {
  const auto& wanted = context.policy.console.virtual_keyboards;
  Wants(context, outcome, wanted, "virtual_keyboards",
        wanted.value ? "may be offered" : "not offered");
  outcome.open = wanted.value;
  outcome.evidence = kTable;
  const auto& compositors = context.facts.compositors;
  NeedAll(outcome, "sockets of compositors", compositors.problem);
  std::vector<std::string> offered;
  std::set<std::string_view> drifted;
  for (const Compositor& one : compositors.items) {
    if (!one.problem.empty()) {
      drifted.insert(one.socket);
      Drift(outcome, "{} cannot be read: {}", one.socket, one.problem);
    }
    for (const auto& interface : one.globals) {
      const Maker* maker = FindMaker(interface);
      if (maker == nullptr) continue;
      offered.push_back(interface);
      if (wanted.value) continue;
      drifted.insert(one.socket);
      Drift(outcome, "{} offers {}, with which a client makes {}", one.socket, interface,
            maker->makes);
    }
  }
  // There is one evidence for all that is said.
  if (drifted.size() == 1) outcome.evidence = *drifted.begin();
  if (offered.empty() && !outcome.drifts.empty())
    outcome.in_effect = "unknown";
  else
    outcome.in_effect = compositors.items.empty() ? "no compositor" : Listed(offered);
}

constexpr Row kRows[] = {
    {"virtual-keyboard", "keys made by a client of the compositor",
     "no Wayland compositor that listens offers an interface to make keys, text or pointer motion",
     "[console] virtual_keyboards", kTable, Source::kCompositor, JudgeVirtualKeyboard},
};

}  // namespace

std::span<const Row> CompositorRows() { return kRows; }

}  // namespace bf::lockdown::check
