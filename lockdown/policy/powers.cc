// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/linux_codes.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown {

std::string_view ToString(Power power) {
  switch (power) {
    case Power::kType:
      return "type";
    case Power::kSysrq:
      return "sysrq";
    case Power::kSwitchVt:
      return "switch-vt";
    case Power::kCtrlAltDel:
      return "ctrl-alt-del";
    case Power::kPowerKeys:
      return "power";
    case Power::kSound:
      return "sound";
  }
  return "";
}

std::vector<Power> PowersOf(const input::Capabilities& capabilities) {
  std::vector<Power> powers;
  const auto has = [&](unsigned code) { return input::HasKey(capabilities, code); };
  // The VT takes a device for its keys or for its sound; only keys type.
  input::Capabilities silent = capabilities;
  silent.snd = {};
  silent.ev = {};
  if (capabilities.ev.Test(EV_KEY)) silent.ev.Set(EV_KEY);
  if (input::VtKeyboardTakes(silent)) powers.push_back(Power::kType);
  if (input::SysrqTakes(capabilities)) powers.push_back(Power::kSysrq);
  const bool alt = has(KEY_LEFTALT) || has(KEY_RIGHTALT);
  if (alt) powers.push_back(Power::kSwitchVt);
  if (alt && (has(KEY_DELETE) || has(KEY_KPDOT))) powers.push_back(Power::kCtrlAltDel);
  if (input::HasPowerSwitch(capabilities)) powers.push_back(Power::kPowerKeys);
  if (capabilities.ev.Test(EV_SND)) powers.push_back(Power::kSound);
  return powers;
}

}  // namespace bf::lockdown
