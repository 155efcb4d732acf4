# SPDX-License-Identifier: Apache-2.0
"""A memory stick with a keyboard in it: one USB device with two interfaces, made inside by the kernel's
own gadget on a host controller of software, which is a bus that comes late as well."""

from __future__ import annotations

from scenarios.hid_devices import A, PLAIN
from scenarios.input_gates import set_by_hand
from vm.input import InputMachine

_GADGET = "/sys/kernel/config/usb_gadget/bf"
_HID = f"{_GADGET}/functions/hid.usb0"

_MAKE = f"""set -e
modprobe -a dummy_hcd libcomposite usb_f_mass_storage usb_f_hid
mkdir {_GADGET}; cd {_GADGET}
echo 0x1d6b > idVendor; echo 0x0104 > idProduct
mkdir strings/0x409 configs/c.1 functions/mass_storage.usb0 functions/hid.usb0
echo 'Acme Stick' > strings/0x409/product
echo 1 > functions/mass_storage.usb0/lun.0/removable
cd functions/hid.usb0
echo 1 > subclass; echo 1 > protocol; echo {len(PLAIN.report()) // 2} > report_length
perl -e 'print pack("H*", shift)' {PLAIN.descriptor.hex()} > report_desc
cd ../..
ln -s functions/mass_storage.usb0 configs/c.1; ln -s functions/hid.usb0 configs/c.1
ls /sys/class/udc > UDC
"""


def plug_stick(machine: InputMachine) -> list[str]:
    """The drivers of its interfaces."""
    start = machine.watch.position()
    machine.run(_MAKE)
    event = machine.watch.wait(start, event="uevent", by="kernel", action="bind",
                               devtype="usb_device",
                               matching=lambda e: "/dummy_hcd" in e["devpath"] and "-" in
                               e["devpath"].rpartition("/")[2])
    machine.watch.processed(start)
    return machine.run(f"for i in /sys{event['devpath']}/*:*; do"
                       " basename $(readlink $i/driver || echo none); done").split()


def type_on_it(machine: InputMachine) -> None:
    """Where nobody asks for a report the first waits for ever."""
    for report in (PLAIN.report(A), PLAIN.report()):
        machine.execute("perl -e 'sysopen(F, \"/dev/hidg0\", 2049) or exit 1;"
                        f" syswrite(F, pack(\"H*\", \"{report}\")) or exit 1'")


def test_on_an_open_device_both_work(open_device):
    machine = open_device
    machine.run("modprobe dummy_hcd")
    set_by_hand(machine, ())  # for the new bus as well
    assert plug_stick(machine) == ["usb-storage", "usbhid"]
    start = machine.watch.position()
    type_on_it(machine)
    machine.watch.wait(start, event="key", code=30, value=1)


def test_as_shipped_neither_gets_a_driver(input_device):
    machine = input_device
    start = machine.watch.position()
    assert plug_stick(machine) == ["none", "none"]
    type_on_it(machine)
    machine.point()
    assert not machine.leaks(start)
