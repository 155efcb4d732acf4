# SPDX-License-Identifier: Apache-2.0
"""USB devices that the kernel itself plays (configfs), on a host controller of software, which is a bus
that comes late as well."""

from __future__ import annotations

from vm.input import InputMachine

_GADGET = "/sys/kernel/config/usb_gadget/bf"


def gadget(vendor: str, product: str, version: str, name: str, functions: str) -> str:
    """Commands that make it and plug it in."""
    return f"""set -e
modprobe -a dummy_hcd libcomposite usb_f_mass_storage usb_f_hid usb_f_fs
mkdir {_GADGET}; cd {_GADGET}
echo {vendor} > idVendor; echo {product} > idProduct; echo {version} > bcdDevice
mkdir strings/0x409 configs/c.1
echo '{name}' > strings/0x409/product
{functions}ls /sys/class/udc > UDC
"""


def plug(machine: InputMachine, made: str) -> list[str]:
    """The drivers of its interfaces."""
    start = machine.watch.position()
    machine.run(made)
    event = machine.watch.wait(start, event="uevent", by="kernel", action="bind",
                               devtype="usb_device",
                               matching=lambda e: "/dummy_hcd" in e["devpath"] and "-" in
                               e["devpath"].rpartition("/")[2])
    machine.watch.processed(start)
    return machine.run(f"for i in /sys{event['devpath']}/*:*; do"
                       " basename $(readlink $i/driver || echo none); done").split()
