# SPDX-License-Identifier: Apache-2.0
"""Chords that leave the application: from a keyboard that no gate holds, on a device without what is
shipped and on one where all that is shipped but the gates is in effect."""

from __future__ import annotations

import contextlib

import pytest

from scenarios.input_gates import drifted, open_shipped
from vm.input import InputMachine
from vm.qmp import QmpError

FUNCTION_KEYS = [f"f{number}" for number in range(1, 13)]
# B, I, E and C last: the first that is let through ends the run.
SYSRQ_KEYS = ["h", "r", "k", "s", "u", "o", "i", "e", "c", "b"]


@pytest.fixture
def typed_on(open_device) -> InputMachine:
    open_device.plug("usb-tablet", "control", port="15")
    open_device.plug("usb-kbd", "kbd", port="1")
    return open_device


@pytest.fixture
def shut(input_device) -> InputMachine:
    open_shipped(input_device)
    input_device.plug("usb-kbd", "kbd", port="1")
    start = input_device.watch.position()
    input_device.press("a")  # it is heard: the chords get as far
    input_device.watch.wait(start, event="key", code=30, value=0)
    return input_device


@pytest.fixture
def allowed(input_device) -> InputMachine:
    """Every gate holds; the keyboard is one that the policy lets in."""
    input_device.plug("usb-kbd", "service", port="1", serial="service")
    start = input_device.watch.position()
    input_device.press("a")
    input_device.watch.wait(start, event="key", code=30, value=0)
    return input_device


def boot_id(machine: InputMachine) -> str:
    return machine.run("cat /proc/sys/kernel/random/boot_id")


def stopping(machine: InputMachine) -> str:
    return machine.run("systemctl list-jobs --no-legend --no-pager")


def test_ctrl_alt_del_reboots_an_open_console(typed_on):
    machine = typed_on
    start = machine.serial.position()
    machine.press("ctrl", "alt", "delete")
    machine.serial.wait("Stopp(ed|ing)", 120, start)


def test_ctrl_alt_del_ten_times_reboots_at_once(typed_on):
    machine = typed_on
    start = machine.qmp.position()
    # It may be gone before the last: the event is what counts.
    with contextlib.suppress(QmpError):
        for _ in range(10):
            machine.press("ctrl", "alt", "delete")
    machine.qmp.wait_event("SHUTDOWN", 120, start)


def test_sysrq_b_reboots_an_open_console(typed_on):
    machine = typed_on
    start = machine.qmp.position()
    # Held down: there may be no machine left by the time the keys would come up.
    for key in ("alt", "sysrq", "b"):
        machine.key(key, True)
    machine.qmp.wait_event("SHUTDOWN", 120, start)


def test_sak_kills_what_is_on_an_open_console(typed_on):
    """The watcher is what has tty1 open, so that it goes with it."""
    machine = typed_on
    machine.run("/usr/lib/bf-test/bf-test-input chords")
    machine.press("ctrl", "alt", "pause")
    machine.run("bash -c \"grep -m 1 'SAK: killed process' < <(exec timeout 100 dmesg -w 2>&1)\"")


def test_sysrq_does_nothing(shut):
    machine = shut
    boot, start = boot_id(machine), machine.watch.position()
    for key in SYSRQ_KEYS:
        machine.press("alt", "sysrq", key)
    machine.point()
    assert machine.leaks(start).sysrq == []
    assert boot_id(machine) == boot


def press_for_another_terminal(machine: InputMachine) -> None:
    for key in FUNCTION_KEYS:
        machine.press("ctrl", "alt", key)
    for key in ("left", "right", "up"):
        machine.press("alt", key)
    machine.press("ctrl", "alt", "backspace")
    machine.press("ctrl", "alt", "shift", "esc")
    machine.press("ctrl", "alt", "pause")  # SAK, where a keymap has it
    machine.point()


def test_no_other_terminal(shut):
    machine = shut
    start = machine.watch.position()
    press_for_another_terminal(machine)
    assert machine.leaks(start).vt == []
    assert machine.run("cat /sys/class/tty/tty0/active").strip() == "tty1"


def test_a_keyboard_that_is_let_in_leaves_the_screen_by_no_chord(allowed):
    machine = allowed
    boot, start = boot_id(machine), machine.watch.position()
    press_for_another_terminal(machine)
    for key in SYSRQ_KEYS:
        machine.press("alt", "sysrq", key)
    for _ in range(10):
        machine.press("ctrl", "alt", "delete")
    machine.point()
    leaks = machine.leaks(start)
    assert leaks.vt == [] and leaks.sysrq == []
    assert stopping(machine) == ""
    assert boot_id(machine) == boot
    assert machine.run("systemctl is-active bf-test-input.service").strip() == "active"


def test_chords_that_come_back_are_found_and_taken_out(allowed):
    """A keymap that somebody loads: `check` says so, and the next `apply` mends it."""
    machine = allowed
    rows = {"vt-switch", "secure-attention"}
    assert not rows & drifted(machine).keys()
    machine.run("/usr/lib/bf-test/bf-test-input chords")
    assert rows <= drifted(machine).keys()
    machine.run("systemctl reload bf-lockdown.service")
    assert not rows & drifted(machine).keys()
    start = machine.watch.position()
    press_for_another_terminal(machine)
    assert machine.leaks(start).vt == []
    assert machine.run("systemctl is-active bf-test-input.service").strip() == "active"


def test_nothing_loads_a_keymap_after_apply(shipped):
    """Neither what systemd and Debian have for that, nor a rule for consoles as systemd's is."""
    machine = shipped
    for unit in ("systemd-vconsole-setup", "keyboard-setup", "console-setup"):
        assert machine.run(f"systemctl is-enabled {unit}.service || true").strip() == "masked"
    rule = 'SUBSYSTEM=="vtconsole", RUN+="/usr/lib/bf-test/bf-test-input chords"'
    machine.run("mkdir -p /run/udev/rules.d")
    machine.write_file("/run/udev/rules.d/90-vconsole.rules", rule + "\n")
    machine.run("set -e; udevadm control --reload\n"
                "udevadm trigger --action=add --subsystem-match=vtconsole --settle")
    assert not {"vt-switch", "secure-attention"} & drifted(machine).keys()


@pytest.mark.parametrize("times", [1, 10])
def test_ctrl_alt_del_does_nothing(shut, times):
    machine = shut
    boot, start = boot_id(machine), machine.qmp.position()
    for _ in range(times):
        machine.press("ctrl", "alt", "delete")
    machine.point()
    assert stopping(machine) == ""
    assert machine.target_reached("betterframe-kiosk.target")
    assert boot_id(machine) == boot
    assert machine.qmp.execute("query-status")["running"]
