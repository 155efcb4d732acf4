# SPDX-License-Identifier: Apache-2.0
"""The device sleeps and wakes: what was shut is shut, and the panel in use goes on."""

from __future__ import annotations

from scenarios.input_gates import drifted
from scenarios.test_input_hotplug import bound_drivers, keyboards
from vm.input import CEILING


def test_after_suspend_and_resume(input_device):
    machine = input_device
    keyboard = machine.plug("usb-kbd", "kbd", port="1")
    start = machine.watch.position()
    # Every device is suspended and resumed; only the processor stays awake, whose alarm QEMU's board
    # does not hear.
    machine.run("echo devices > /sys/power/pm_test; echo freeze > /sys/power/state", CEILING)
    assert "PM: suspend exit" in machine.run("dmesg")
    machine.type("awake")
    machine.settle()
    machine.point()
    leaks = machine.leaks(start)
    assert leaks.vt == ["tty63", "tty1"]  # the kernel's own, while it suspends
    leaks.vt = []
    assert not leaks
    assert bound_drivers(machine, keyboard) == set()
    assert keyboards(machine) == []
    assert drifted(machine) == {}
