// SPDX-License-Identifier: Apache-2.0
// What RAUC calls. stdout is the one word it wants, everything else goes to stderr.
#include "boot/verbs/verbs.h"

namespace bf::boot {
namespace {

Result<Slot> SlotArgument(const cli::Invocation& invocation) {
  const std::string& name = invocation.positionals.at(0);
  const auto slot = SlotNamed(name);
  if (slot) return *slot;
  return FailKind(ErrorKind::kUsage, "\"{}\" is no slot: there are A and B", name);
}

using Make = Result<Change> (*)(const Facts&, Slot);

Status Carry(cli::Invocation& invocation, Slot slot, Make make) {
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  if (!invocation.dry_run) BF_TRY(machine.Lock());
  const Facts facts = machine.Observe();
  BF_ASSIGN(const Change change, make(facts, slot));
  return ApplyOrShow(invocation, machine, facts, change);
}

Status RunGetPrimary(cli::Invocation& invocation) {
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  BF_ASSIGN(const Slot slot, Primary(machine.Observe()));
  invocation.out() << Name(slot) << "\n";
  return {};
}

Status RunGetCurrent(cli::Invocation& invocation) {
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  BF_ASSIGN(const Slot slot, Current(machine.Observe()));
  invocation.out() << Name(slot) << "\n";
  return {};
}

Status RunGetState(cli::Invocation& invocation) {
  BF_ASSIGN(const Slot slot, SlotArgument(invocation));
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  invocation.out() << (IsGood(machine.Observe(), slot) ? "good" : "bad") << "\n";
  return {};
}

Status RunSetPrimary(cli::Invocation& invocation) {
  BF_ASSIGN(const Slot slot, SlotArgument(invocation));
  return Carry(invocation, slot, SetPrimary);
}

Status RunSetState(cli::Invocation& invocation) {
  BF_ASSIGN(const Slot slot, SlotArgument(invocation));
  const std::string& state = invocation.positionals.at(1);
  if (state == "good") return Carry(invocation, slot, SetGood);
  if (state == "bad") return Carry(invocation, slot, SetBad);
  return FailKind(ErrorKind::kUsage, "\"{}\" is no state: there are good and bad", state);
}

}  // namespace

cli::Verb GetPrimaryVerb() {
  return {"get-primary",
          "print the slot an update ends up in, or else the committed one",
          {},
          {},
          RunGetPrimary};
}

cli::Verb SetPrimaryVerb() {
  return {"set-primary",
          "stage a trial of slot NAME; the committed slot stays",
          {},
          {"NAME"},
          RunSetPrimary};
}

cli::Verb GetStateVerb() {
  return {"get-state", "print whether slot NAME is good or bad", {}, {"NAME"}, RunGetState};
}

cli::Verb SetStateVerb() {
  return {"set-state",
          "confirm the running slot NAME as good, or mark slot NAME as bad",
          {},
          {"NAME", "STATE"},
          RunSetState};
}

cli::Verb GetCurrentVerb() {
  return {"get-current", "print the slot that runs", {}, {}, RunGetCurrent};
}

}  // namespace bf::boot
