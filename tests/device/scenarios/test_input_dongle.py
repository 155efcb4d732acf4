# SPDX-License-Identifier: Apache-2.0
"""A Bluetooth dongle, which would bring keyboards without a plug."""

from __future__ import annotations

from scenarios.bluetooth import CONTROLLERS, assert_none
from scenarios.input_gates import open_shipped, set_by_hand
from scenarios.usb_gadget import gadget, plug

_FUNCTION = "/run/bf-test/dongle"
# Its class as a device is what the driver goes by.
DONGLE = gadget("0x1d6b", "0x0105", "0x0100", "Acme Dongle", f"""
echo 0xe0 > bDeviceClass; echo 1 > bDeviceSubClass; echo 1 > bDeviceProtocol
mkdir functions/ffs.dongle {_FUNCTION}; ln -s functions/ffs.dongle configs/c.1
mount -t functionfs dongle {_FUNCTION}
/usr/lib/bf-test/bf-test-input dongle {_FUNCTION}
""")


def test_on_an_open_device_a_dongle_is_a_controller(open_device):
    machine = open_device
    machine.run("modprobe dummy_hcd")
    set_by_hand(machine, ())  # for the new bus as well
    assert plug(machine, DONGLE) == ["btusb"]
    assert machine.run(CONTROLLERS).strip() == "hci0"


def test_as_shipped_a_dongle_gets_no_driver(shipped):
    machine = shipped
    assert plug(machine, DONGLE) == ["none"]
    interface = "$(dirname $(grep -lx e0 /sys/bus/usb/devices/*:*/bInterfaceClass))"
    assert machine.run(f"cat {interface}/authorized").strip() == "0"
    assert_none(machine)
    journal = machine.run("journalctl --sync; journalctl -b -t bf-lockdown -o cat --no-pager")
    assert any("deny usb" in line and "1d6b:0105" in line for line in journal.splitlines()), journal


def test_with_the_gates_open_it_still_has_no_module(shipped):
    machine = shipped
    machine.run("modprobe dummy_hcd")
    open_shipped(machine)
    assert plug(machine, DONGLE) == ["none"]
    assert machine.run("cat /sys/bus/usb/devices/*-*:*/authorized").split().count("0") == 0
    assert_none(machine)
