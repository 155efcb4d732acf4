# SPDX-License-Identifier: Apache-2.0
"""The device as it is shipped, but that QEMU's tablet is its panel: it boots with the panel and a
keyboard plugged in. The tests are the steps of that story, in their order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.maintenance_token import signed_token
from vm.input import InputMachine, input_machine

# How often it is booted; `scripts/test --full` asks for 20.
BOOTS = int(os.environ.get("BF_INPUT_BOOTS", "2"))
_CONTROL = "/var/lib/betterframe/control"


@pytest.fixture(scope="module")
def device(image: Path) -> Iterator[InputMachine]:
    def plug(machine: InputMachine) -> None:
        machine.attach("usb-kbd", "keyboard", port="1")
        machine.attach("usb-tablet", "control", port="15")

    with input_machine(image, image.parent / "logs" / "lockdown") as machine:
        machine.at_power_on = plug
        machine.power_on()
        machine.wait_booted()
        machine.settle()
        yield machine


def sees_nothing_but_the_panel(machine: InputMachine) -> None:
    start = machine.watch.position()
    machine.type("leak")
    machine.press("alt", "sysrq", "h")
    machine.press("ctrl", "alt", "f2")
    machine.point()  # ends only when the pointer was seen to move
    assert not machine.leaks(start)


def test_the_stage_is_ok_and_has_nothing_left_to_do(device):
    stage = device.execute("cat /run/betterframe/lockdown.json").json()
    assert stage["result"] == "ok", stage["problems"]
    assert all(bus["interface_authorized_default"] == "0" and bus["authorized_default"] == "1"
               for bus in stage["details"]["gates"]["usb"])
    assert device.run("bf-lockdown apply").strip() == "nothing to do"


def test_from_cold_boot_the_panel_works_and_the_keyboard_does_not(device):
    sees_nothing_but_the_panel(device)


def test_plugged_later_the_panel_works_and_a_keyboard_does_not(device):
    device.unplug("control")
    device.plug("usb-kbd", "later", port="3")
    device.plug("usb-tablet", "control", port="14")
    sees_nothing_but_the_panel(device)


def test_what_was_decided_is_in_the_journal(device):
    lines = device.run("journalctl -b -t bf-lockdown -o cat")
    assert any("deny usb 1-3:1.0 0627:0001 at /devices/" in line for line in lines.splitlines())
    assert any("allow input" in line and '"qemu-tablet"' in line for line in lines.splitlines())


def test_without_decide_new_devices_stay_shut_and_the_panel_in_use_works_on(device):
    device.run("mount --bind /bin/false /usr/libexec/betterframe/bf-lockdown-decide")
    device.plug("usb-kbd", "undecided", port="4")
    sees_nothing_but_the_panel(device)
    device.run("umount /usr/libexec/betterframe/bf-lockdown-decide")


@pytest.mark.parametrize("unit, profile", [
    ("bf-data", "bf-data"), ("bf-state", "bf-state"), ("bf-overlay", "bf-overlay"),
    ("bf-boot-reconcile", "bf-boot"), ("bf-lockdown", "bf-lockdown"),
    ("betterframe-rauc-mark-good", "bf-confirm")])
def test_the_stages_are_started_in_their_profiles(device, unit, profile):
    assert device.run(f"systemctl is-active {unit}").strip() == "active"
    start = device.run(f"systemctl show -P ExecStart {unit}")
    assert "path=/usr/libexec/betterframe/bf-lockdown-exec ; argv[]=" in start
    assert f"bf-lockdown-exec {profile} -- " in start


def test_no_unit_of_ours_runs_outside_a_sandbox(device):
    checked = device.execute("bf-audit check /usr/share/betterframe/policies "
                             "--units /usr/lib/systemd/system --json")
    outside = {one["file"].rpartition("/")[2] for one in checked.json()["findings"]
               if one["lint"] == "not-sandboxed"}
    # The tests have their own ways in; that they are seen shows that the others were looked at.
    assert outside and all(name.startswith("bf-test-") for name in outside), checked


def test_a_sandboxed_program_has_nothing_but_what_its_profile_says(device):
    status = device.run("bf-lockdown exec kiosk -- grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status")
    assert dict(line.split(":\t") for line in status.splitlines()) == {
        "CapInh": "0" * 16, "CapPrm": "0" * 16, "CapEff": "0" * 16, "CapBnd": "0" * 16,
        "CapAmb": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}


def test_a_program_that_steps_outside_is_killed_and_the_journal_says_so(device):
    assert device.run("unshare --user true; echo $?").strip() == "0"
    ended = device.run("bf-lockdown exec kiosk -- unshare --user true; echo $?")
    assert ended.split()[-1] == "159"  # SIGSYS
    # The number of unshare(2), and who it was.
    device.run("bash -c \"grep -m 1 'type=1326.*comm=.unshare.*syscall=272' "
               "< <(exec timeout 100 dmesg -w 2>&1)\"")


def test_a_unit_that_reports_names_call_argument_and_line_in_the_journal(device):
    device.run("systemd-run -q --wait -u bf-test-outside /usr/bin/bf-lockdown exec --report kiosk -- "
               "perl -e 'ioctl(STDIN, 0x5412, 0)'; true")
    result = device.run("systemctl show -P Result bf-test-outside; systemctl reset-failed bf-test-outside")
    assert result.strip() == "signal"
    journal = device.run("journalctl -b -u bf-test-outside -o cat --no-pager")
    assert re.search(r"kiosk: /usr/share/betterframe/policies/sandbox/kiosk\.toml:\d+:\d+: kill: "
                     r"ioctl\b.*TIOCSTI.*, asked for by perl\[\d+\]", journal), journal


def test_a_factory_reset_makes_no_used_token_good_again(device, tmp_path):
    token = signed_token(tmp_path, device.run("cat /etc/machine-id").strip(), number=7)
    device.write_file("/run/bf-test/token", token)
    device.run("bf-lockdown maintenance open --token /run/bf-test/token && "
               "bf-lockdown maintenance close")
    used = device.run(f"cat {_CONTROL}/maintenance-used")
    device.run(f"touch {_CONTROL}/../goes; bf-provision reset")
    boot_again(device)
    assert device.execute(f"test -e {_CONTROL}/../goes").exit_code == 1
    assert device.run(f"cat {_CONTROL}/maintenance-used") == used
    # The machine id may be another one now, and so may not be what refuses it.
    token = signed_token(tmp_path, device.run("cat /etc/machine-id").strip(), number=7)
    device.write_file("/run/bf-test/token", token)
    device.fails("bf-lockdown maintenance open --token /run/bf-test/token")
    said = device.run("journalctl -b -u bf-maintenance.service -o cat --no-pager")
    assert "the token was used before" in said, said
    sees_nothing_but_the_panel(device)


def test_the_panel_works_on_every_boot(device):
    while device.boots < BOOTS:
        boot_again(device)
        sees_nothing_but_the_panel(device)
        assert device.execute("cat /run/betterframe/lockdown.json").json()["result"] == "ok"


def boot_again(machine: InputMachine) -> None:
    machine.power_off()
    machine.power_on()
    machine.wait_booted()
    machine.settle()
