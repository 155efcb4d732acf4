# SPDX-License-Identifier: Apache-2.0
"""HID devices that lie about what they are, on every bus: made with uhid inside the device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scenarios.hid_devices import A, B, CRAFTED, LEFT_ALT, SYSRQ, Crafted, labelled
from scenarios.input_gates import HID, INPUT, set_by_hand
from vm.input import CONTROL, InputMachine, Leaks


def typed_on_each(machine: InputMachine, bound: bool = True) -> Iterator[tuple[Crafted, Leaks]]:
    """What is heard of each, typed on once udev is done with it."""
    virtual = machine.uhid(*(device.description() for device in CRAFTED))
    for number, device in enumerate(CRAFTED):
        virtual.create(number, bound)
        start = machine.watch.position()
        virtual.tell(*device.typing(A))
        if LEFT_ALT in device.usages:
            virtual.tell(*device.holding(LEFT_ALT, SYSRQ, A))
        virtual.finish()
        yield device, machine.leaks(start)
        virtual.destroy()


def test_without_gates_each_is_heard(open_device):
    for device, leaks in typed_on_each(open_device):
        assert 30 in leaks.pressed(), device.label
        assert "a" in leaks.tty1, device.label
        assert leaks.hidraw or device.name == CONTROL.encode(), device.label
        assert bool(leaks.sysrq) == (LEFT_ALT in device.usages), device.label


def test_as_shipped_none_is_heard(shipped):
    for device, leaks in typed_on_each(shipped, bound=False):
        assert not leaks, device.label
    assert shipped.execute("test -e /run/bf-test/owned").exit_code == 1


@pytest.mark.parametrize("gates", [(HID,), (INPUT,)], ids="+".join)
def test_with_one_gate_none_is_heard(open_device, gates):
    machine = open_device
    set_by_hand(machine, gates)
    for device, leaks in typed_on_each(machine, bound=HID not in gates):
        if HID not in gates:
            leaks.hidraw = []  # its mode keeps it shut: test_input_gates
        assert not leaks, device.label


def test_a_chord_that_reboots(open_device):
    """Alt+SysRq+B from a device with no other keys."""
    machine = open_device
    set_by_hand(machine, (INPUT,))
    device = labelled("only a chord")
    virtual = machine.uhid(device.description())
    virtual.create()
    start = machine.watch.position()
    virtual.tell(*device.holding(LEFT_ALT, SYSRQ, B))
    virtual.finish()
    leaks = machine.leaks(start)
    assert not leaks.sysrq and not leaks.evdev and not leaks.tty1


def test_a_device_that_comes_back_as_another(input_device):
    """It passes for a mouse, and is a keyboard 20 ms later."""
    machine = input_device
    mouse, keyboard = labelled("mouse with a keyboard"), labelled("plain")
    start = machine.watch.position()
    virtual = machine.uhid(mouse.description(), keyboard.description())
    virtual.tell("create 0", "repeat 1 20000 destroy", "create 1",
                 f"repeat 1000 1000 report {keyboard.report(A)}; report {keyboard.report()}")
    virtual.finish()
    machine.watch.processed(start)
    machine.point()
    assert not machine.leaks(start)
