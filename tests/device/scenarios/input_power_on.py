# SPDX-License-Identifier: Apache-2.0
"""The story of a boot with keyboards plugged in, someone typing on them from before power-on until
long after, while they are pulled out, plugged in again and moved behind hubs."""

from __future__ import annotations

from dataclasses import dataclass

from vm.input import InputMachine, Leaks
from vm.typist import Typist

KEYS = 1000
_PER_SECOND = 25


@dataclass
class PowerOn:
    machine: InputMachine
    keys: int  # typed in all
    keys_at_boot: int  # of those, until it was up
    keys_while_plugging: int  # of those, while keyboards were plugged and moved
    leaks: Leaks
    screen: str  # tty1 at the end
    registered: list[str]  # what the kernel log says of keyboards as input devices


def power_on(machine: InputMachine) -> PowerOn:
    typists: list[Typist] = []

    def keyboards(ready: InputMachine) -> None:
        ready.attach("usb-kbd", "cold", port="1")
        ready.attach("usb-hub", "cold-hub", port="2")
        ready.attach("usb-kbd", "cold-behind", port="2.1")
        typists.append(Typist(ready, _PER_SECOND))

    machine.at_power_on = keyboards
    machine.power_on()
    typist, = typists
    with typist:
        machine.wait_booted()
        booting = typist.keys
        move_about(machine, typist)
        plugging = typist.keys - booting
        typist.until(KEYS)
        keys = typist.stop()
    # Still in before the pointer: keys go to the keyboard plugged last, pointing to the pointer.
    machine.plug("usb-tablet", "control", port="15")
    machine.point()
    leaks = machine.leaks()
    leaks.vt = leaks.vt[1:]  # the first says where it starts
    registered = [event["text"] for event in machine.watch.events(event="kmsg")
                  if event["text"].startswith("input: QEMU QEMU USB Keyboard")]
    for device in ("control", "cold-behind", "cold-hub", "cold"):
        machine.unplug(device)
    machine.settle()
    return PowerOn(machine, keys, booting, plugging, leaks, machine.watch.screen(),
                   registered)


def move_about(machine: InputMachine, typist: Typist, rounds: int = 4) -> None:
    for number in range(rounds):
        name = f"moved-{number}"
        machine.plug("usb-kbd", name, port="3")
        typist.until(typist.keys + 5)
        machine.unplug(name)
        machine.plug("usb-hub", f"hub-{number}", port="3")
        machine.plug("usb-kbd", name, port="3.1")
        typist.until(typist.keys + 5)
        machine.unplug(name)
        machine.unplug(f"hub-{number}")
