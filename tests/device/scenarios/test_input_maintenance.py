# SPDX-License-Identifier: Apache-2.0
"""A maintenance window on the booted device: what a technician plugs in types while it is open, and no
longer; root opens one where the policy says so, and a signed token where it says that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenarios.maintenance_token import signed_token
from vm.input import CEILING, InputMachine

_POLICY = "/usr/share/betterframe/policies/input.toml"
_COMPILED = "/usr/share/betterframe/lockdown/input.policy"
_USED = "/var/lib/betterframe/control/maintenance-used"
A = 30


def plug_engineer(machine: InputMachine) -> None:
    machine.plug("usb-kbd", "engineer", port="1", serial="engineer")


def stage_result(machine: InputMachine) -> str:
    return json.loads(machine.run("cat /run/betterframe/lockdown.json"))["result"]


def typed(machine: InputMachine) -> list[int]:
    start = machine.watch.position()
    machine.type("a")
    machine.point()
    return machine.leaks(start).pressed()


def root_opens(machine: InputMachine, scratch: Path) -> str:
    """With a policy that says so, and compiled; the entries, and so the rules, are the same."""
    machine.run(f"set -e; sed -e 's/^window = .*/window = \"root\"/' -e '/^key = /d' {_POLICY}"
                f" > /run/bf-test/input.toml; mount --bind /run/bf-test/input.toml {_POLICY}\n"
                "bf-lockdown compile --out /run/bf-test/compiled >/dev/null\n"
                f"mount --bind /run/bf-test/compiled{_COMPILED} {_COMPILED}")
    return "bf-lockdown maintenance open --for 10min"


def token_opens(machine: InputMachine, scratch: Path) -> str:
    machine.fails("bf-lockdown maintenance open --for 10min")
    identifier = machine.run("cat /etc/machine-id").strip()
    machine.write_file("/run/bf-test/token", signed_token(scratch, identifier, number=7))
    return "bf-lockdown maintenance open --token /run/bf-test/token"


@pytest.mark.parametrize("way", [root_opens, token_opens], ids=["root", "token"])
def test_while_it_is_open_and_no_longer(input_device, way, tmp_path):
    machine = input_device
    command = way(machine, tmp_path)
    plug_engineer(machine)
    assert typed(machine) == []
    start = machine.watch.position()
    machine.run(command, CEILING)
    assert machine.run("systemctl is-active bf-maintenance.service").strip() == "active"
    # It was plugged in before, and counts now; whichever of apply and decide came first.
    assert stage_result(machine) == "ok"
    machine.watch.wait(start, event="uevent", by="udev", subsystem="input", action="add", inhibited="0")
    machine.watch.processed(start)
    assert typed(machine) == [A]
    machine.run("bf-lockdown maintenance close", CEILING)
    machine.run("systemctl stop bf-maintenance.service", CEILING)
    assert typed(machine) == []
    # Nor does it after it was plugged in again.
    machine.unplug("engineer")
    plug_engineer(machine)
    assert typed(machine) == []
    # What was used is not good again.
    if way is token_opens:
        machine.fails(command)
        assert "7" in machine.run(f"cat {_USED}")
