# SPDX-License-Identifier: Apache-2.0
"""A keyboard types on the device. Where no gate holds it is heard everywhere; where any one or any two
of the three hold, and on a device as it is shipped, nowhere."""

from __future__ import annotations

import pytest

from scenarios.input_gates import HID, INPUT, USB, WITHOUT_ONE, set_by_hand
from scenarios.input_power_on import KEYS


def test_without_gates_keys_are_heard_everywhere(open_device):
    machine = open_device
    start = machine.watch.position()
    machine.plug("usb-kbd", "kbd", port="1")
    machine.type("leak")
    machine.press("alt", "sysrq", "h")
    machine.watch.wait(start, event="kmsg", matching=lambda e: e["text"].startswith("sysrq: HELP"))
    leaks = machine.leaks(start)
    assert leaks.pressed()[:4] == [38, 18, 30, 37]
    assert {event["name"] for event in leaks.evdev} == {"QEMU QEMU USB Keyboard"}
    assert leaks.hidraw
    assert leaks.tty1.startswith("leak")
    assert "leak" in machine.watch.screen()
    assert any(line.startswith("sysrq: HELP") for line in leaks.sysrq)


def test_a_terminal_switch_is_seen(open_device):
    machine = open_device
    start = machine.watch.position()
    machine.plug("usb-kbd", "kbd", port="1")
    machine.press("ctrl", "alt", "f2")
    machine.watch.wait(start, event="vt", active="tty2")
    assert machine.leaks(start).vt == ["tty2"]


def test_as_shipped_nothing_is_heard(input_device):
    machine = input_device
    start = machine.watch.position()
    machine.plug("usb-kbd", "kbd", port="1")
    machine.type("leak")
    machine.press("alt", "sysrq", "h")
    machine.press("ctrl", "alt", "f2")
    machine.point()
    assert not machine.leaks(start)
    assert "leak" not in machine.watch.screen()


@pytest.mark.parametrize("gates", [*WITHOUT_ONE, (USB,), (HID,), (INPUT,)], ids="+".join)
def test_a_gate_holds_without_the_others(open_device, gates):
    """Each gate is independent: no single miss opens the door. What is typed in the moment between
    a node's birth and its inhibition is measured in test_input_window."""
    machine = open_device
    set_by_hand(machine, gates)
    machine.plug("usb-tablet", "control", port="15")
    machine.plug("usb-kbd", "kbd", port="1")
    start = machine.watch.position()
    machine.type("leak")
    machine.press("alt", "sysrq", "h")
    machine.point()
    leaks = machine.leaks(start)
    if gates == (INPUT,):
        # hidraw lies below the input layer: the node's mode is what keeps it shut.
        assert leaks.hidraw
        modes = machine.run("stat -c '%a %u:%g' /dev/hidraw* | sort -u").split("\n")
        assert modes[:-1] == ["0 0:0"]
        leaks.hidraw = []
    assert not leaks


def test_typed_on_from_before_power_on(power_on_story):
    """Keyboards present at power-on, typed on through the whole boot, plugged and moved behind hubs."""
    story = power_on_story
    assert story.keys >= KEYS
    assert story.keys_at_boot > 100
    assert story.keys_while_plugging > 20
    assert story.registered == []
    assert not story.leaks
    assert "qwert" not in story.screen
