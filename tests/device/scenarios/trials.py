# SPDX-License-Identifier: Apache-2.0
"""Into the trial of a slot and out of it, and what the device then says of it."""

from __future__ import annotations

from vm import Machine


def status(machine: Machine) -> dict:
    return machine.execute("bf-boot status --json").json()


def stage_anew(machine: Machine, slot: str) -> None:
    """What RAUC says before and after it writes a slot."""
    machine.run(f"bf-boot set-state {slot} bad && bf-boot set-primary {slot}")
    staged = status(machine)
    assert (staged["state"], staged["pending"], staged["attempts"]) == ("staged", slot, 0), staged


def to_trial(machine: Machine) -> None:
    """Until the device has gone down to try the staged slot; nothing is started yet."""
    machine.agent.start("bf-boot arm")
    assert machine.wait_reset() == "restart 0 tryboot"


# As docs/operations.md has it for a release: the marker's directory is root's, so the unit makes it.
HEALTHY = """\
[Service]
ExecStartPost=+/usr/bin/touch /run/betterframe/kiosk-healthy
ExecStopPost=+/usr/bin/rm -f /run/betterframe/kiosk-healthy
"""


def wait_confirmed(machine: Machine) -> None:
    """The kiosk's unit says that it is healthy; the one that confirms says when it is done."""
    drop_in = "/run/systemd/system/betterframe-kiosk.service.d"
    machine.run(f"mkdir -p {drop_in} && cat > {drop_in}/healthy.conf <<'END'\n{HEALTHY}END\n"
                "systemctl daemon-reload && systemctl restart betterframe-kiosk")
    machine.run("timeout 540 journalctl -b -f -n all -u betterframe-rauc-mark-good | "
                "grep -q -m 1 'the running slot is confirmed'", 600)
    assert machine.execute("cat /run/betterframe/rauc-confirmed").exit_code == 0


def back_on(machine: Machine, slot: str) -> dict:
    """The next boot is of that slot, committed, and knows why the trial came to nothing."""
    machine.boot()
    after = status(machine)
    assert (after["situation"], after["running"], after["committed"]) == ("normal", slot, slot), after
    assert after["disagreements"] == [], after
    assert after["reason"], after
    return after
