# SPDX-License-Identifier: Apache-2.0
"""A USB stick whose partitions are called like ours, label and file systems included, changes
nothing: neither at the first boot, nor when it is there at a later one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scenarios.device_state import (DATA, assert_settled, machine_id, mounts,
                                    replace_in_root)
from vm import Machine

LINUX_DATA = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
LET_THROUGH = "usbcore.authorized_default=1"
UNFORMATTED = "9E1B52A4-6D0C-4C5E-9F0A-BFDA7A0F0A01"


def evil_stick(path: Path, data_type: str) -> Path:
    """A disk with a BF_ROOT_A and a BF_DATA, each an ext4 labelled like ours."""
    with open(path, "wb") as out:
        out.truncate(96 << 20)
    subprocess.run(["/sbin/sfdisk", "-q", str(path)], check=True, text=True, input=(
        "label: gpt\n"
        f"start=2048, size=32MiB, type={LINUX_DATA}, name=BF_ROOT_A\n"
        f"size=48MiB, type={data_type}, name=BF_DATA\n"))
    for offset, size, label in ((1, 32, "BF_ROOT_A"), (33, 48, "BF_DATA")):
        subprocess.run(["/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-E",
                        f"offset={offset << 20}", str(path), f"{size}M"],
                       check=True, capture_output=True)
    return path


@pytest.mark.parametrize("data_type", [UNFORMATTED, LINUX_DATA], ids=["unformatted", "finished"])
def test_a_stick_with_our_names(make_device, data_type):
    machine = make_device(data_type[:4])
    stick = evil_stick(machine.directory / "stick.img", data_type)
    before = stick.read_bytes()
    machine.extra = ["-device", "qemu-xhci,id=usb", "-drive",
                     f"if=none,id=stick,format=raw,file={stick}",
                     "-device", "usb-storage,drive=stick,bus=usb.0,removable=on"]
    # USB is held back by usbcore.authorized_default=0, and shut by bf-lockdown. The attack is meant
    # to get further than both; the last of two values on a command line counts.
    for program in ("/usr/bin/bf-lockdown", "/usr/libexec/betterframe/bf-lockdown-decide"):
        replace_in_root(machine.disk, program, b"not a program")
    machine.boot(LET_THROUGH)
    machine.run("udevadm settle; test -b /dev/sda2")
    assert_settled(machine)
    own = mounts(machine)
    assert own["/"].source == "/dev/vda4"
    assert own[DATA].source == "/dev/vda6"
    assert not [m for m in own.values() if m.source.startswith("/dev/sda")]
    first = machine_id(machine)
    machine.power_off()
    machine.boot(LET_THROUGH)
    assert_settled(machine)
    assert machine_id(machine) == first
    machine.cut_power()
    assert stick.read_bytes() == before
    stick.unlink()


def test_held_back_by_default(make_device):
    """With the command line as it is, the stick does not even become a disk."""
    machine: Machine = make_device("held-back")
    stick = evil_stick(machine.directory / "stick.img", UNFORMATTED)
    machine.extra = ["-device", "qemu-xhci,id=usb", "-drive",
                     f"if=none,id=stick,format=raw,file={stick}",
                     "-device", "usb-storage,drive=stick,bus=usb.0"]
    machine.boot()
    machine.run("udevadm settle")
    machine.fails("ls /dev/sda")
    assert machine.run("cat /sys/bus/usb/devices/*/authorized").split().count("0") >= 1
    machine.cut_power()
    stick.unlink()
