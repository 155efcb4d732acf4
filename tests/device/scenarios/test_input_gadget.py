# SPDX-License-Identifier: Apache-2.0
"""USB devices of our own making: a memory stick with a keyboard in it, and a clone of the panel that
types."""

from __future__ import annotations

from scenarios.hid_devices import A, PLAIN
from scenarios.input_gates import set_by_hand
from scenarios.usb_gadget import gadget, plug
from vm.input import InputMachine

# What a keyboard function says of itself; a stick's boot keyboard, or as the panel's one interface is.
_BOOT_KEYBOARD = "echo 1 > subclass; echo 1 > protocol"
_NO_BOOT_DEVICE = "echo 0 > subclass; echo 0 > protocol"


def keyboard(interface: str) -> str:
    return f"""mkdir functions/hid.usb0; cd functions/hid.usb0
{interface}; echo {len(PLAIN.report()) // 2} > report_length
perl -e 'print pack("H*", shift)' {PLAIN.descriptor.hex()} > report_desc
cd ../..; ln -s functions/hid.usb0 configs/c.1
"""


STICK = gadget("0x1d6b", "0x0104", "0x0100", "Acme Stick",
               "mkdir functions/mass_storage.usb0\n"
               "echo 1 > functions/mass_storage.usb0/lun.0/removable\n"
               "ln -s functions/mass_storage.usb0 configs/c.1\n" + keyboard(_BOOT_KEYBOARD))
# The ids, the name and the interface of the panel that the policy lets in.
CLONE = gadget("0x0627", "0x0001", "0x0000", "QEMU USB Tablet", keyboard(_NO_BOOT_DEVICE))


def type_on_it(machine: InputMachine) -> None:
    """Where nobody asks for a report the first waits for ever."""
    for report in (PLAIN.report(A), PLAIN.report()):
        machine.execute("perl -e 'sysopen(F, \"/dev/hidg0\", 2049) or exit 1;"
                        f" syswrite(F, pack(\"H*\", \"{report}\")) or exit 1'")


def works_without_gates(machine: InputMachine, made: str, drivers: list[str]) -> None:
    machine.run("modprobe dummy_hcd")
    set_by_hand(machine, ())  # for the new bus as well
    assert plug(machine, made) == drivers
    start = machine.watch.position()
    type_on_it(machine)
    machine.watch.wait(start, event="key", code=30, value=1)


def test_on_an_open_device_stick_and_keyboard_work(open_device):
    works_without_gates(open_device, STICK, ["usb-storage", "usbhid"])


def test_on_an_open_device_the_clone_types(open_device):
    works_without_gates(open_device, CLONE, ["usbhid"])


def test_as_shipped_neither_stick_nor_keyboard_gets_a_driver(input_device):
    machine = input_device
    start = machine.watch.position()
    assert plug(machine, STICK) == ["none", "none"]
    type_on_it(machine)
    machine.point()
    assert not machine.leaks(start)


def test_as_shipped_a_clone_of_the_panel_is_told_from_it(input_device):
    """By its descriptors: all that the rules look at is the panel's."""
    machine = input_device
    start = machine.watch.position()
    assert plug(machine, CLONE) == ["none"]
    type_on_it(machine)
    machine.point()
    assert not machine.leaks(start)
    journal = machine.run("journalctl --sync; journalctl -b -t bf-lockdown -o cat --no-pager")
    assert any("deny usb" in line and "0627:0001" in line and "dummy_hcd" in line
               and "descriptors differ" in line for line in journal.splitlines()), journal
