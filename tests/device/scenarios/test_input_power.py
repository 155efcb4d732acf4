# SPDX-License-Identifier: Apache-2.0
"""Keys that switch a device off or send it to sleep: the button of the board (ACPI, as QEMU has it),
and a keyboard that has such keys."""

from __future__ import annotations

import pytest

from scenarios.input_gates import open_shipped
from vm.input import InputMachine

KEY_POWER, KEY_SLEEP, KEY_SUSPEND, KEY_RESTART = 116, 142, 205, 408
KEYS = [KEY_POWER, KEY_SLEEP, KEY_SUSPEND, KEY_RESTART]

_COUNT = "cut -c -9 /sys/firmware/acpi/interrupts/ff_pwr_btn"
_PING = "busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.DBus.Peer Ping"


def press_button(machine: InputMachine) -> None:
    """Until the kernel has seen it."""
    before = machine.run(_COUNT).strip()
    machine.qmp.execute("system_powerdown")
    machine.run(f"timeout 100 sh -c 'until [ $({_COUNT}) -gt {before} ]; do :; done'")


def press_keys(machine: InputMachine) -> None:
    virtual = machine.uinput({"name": "Acme Keyboard", "bus": 3, "version": 1, "keys": KEYS})
    start = machine.watch.position()
    virtual.tell("create 0")
    machine.watch.wait(start, event="uevent", by="udev", subsystem="input", action="add")
    machine.watch.processed(start)
    ask_logind(machine)  # it has opened what it opens
    virtual.tell(*(f"key {key} {down}" for key in KEYS for down in (1, 0)))
    virtual.finish()


PRESSES = {"button": press_button, "keyboard": press_keys}


def ask_logind(machine: InputMachine) -> None:
    """It has one loop: after two answers it has seen what came before."""
    machine.run(f"{_PING} && {_PING}")


def let_logind_listen(machine: InputMachine) -> None:
    """Without the gates, to the button as well, which comes again; logind asks for the tag."""
    open_shipped(machine)
    machine.write_file("/run/udev/rules.d/99-zz-bf-test-power.rules",
                       'SUBSYSTEM=="input", KERNEL=="event*", TAG+="power-switch"\n')
    start = machine.watch.position()
    machine.run("udevadm control --reload; modprobe -r button; modprobe button")
    machine.watch.processed(start)
    ask_logind(machine)


def boot_id(machine: InputMachine) -> str:
    return machine.run("cat /proc/sys/kernel/random/boot_id")


@pytest.mark.parametrize("press", PRESSES)
def test_an_open_device_goes_off(open_device, press):
    start = open_device.serial.position()
    PRESSES[press](open_device)
    open_device.serial.wait("Stopp(ed|ing)", 120, start)


@pytest.mark.parametrize("press", PRESSES)
def test_as_shipped_nobody_hears_of_it(shipped, press):
    machine = shipped
    start = machine.watch.position()
    PRESSES[press](machine)
    ask_logind(machine)
    assert machine.run("systemctl list-jobs --no-legend --no-pager") == ""
    assert not machine.leaks(start)


@pytest.mark.parametrize("press", PRESSES)
def test_without_gates_the_key_is_heard_and_logind_does_nothing(shipped, press):
    machine = shipped
    let_logind_listen(machine)
    boot, start = boot_id(machine), machine.watch.position()
    PRESSES[press](machine)
    machine.watch.wait(start, event="key", code=KEY_POWER)
    ask_logind(machine)
    assert machine.run("systemctl list-jobs --no-legend --no-pager") == ""
    assert boot_id(machine) == boot
