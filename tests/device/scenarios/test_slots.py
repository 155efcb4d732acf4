# SPDX-License-Identifier: Apache-2.0
"""Both slots run from one BF_DATA: what is shared is seen by both, who the machine is does not
depend on the slot."""

from __future__ import annotations

import re

from firmware import gpt
from firmware.fat import Fat
from scenarios.device_state import assert_settled, journal_boots, machine_id, mounts
from vm import Disk


def commit_slot(disk: Disk, number: int) -> None:
    """What an update does in the end: one sector of autoboot.txt, in place."""
    selector = disk.partition("BF_BOOTSEL")
    with open(disk.path, "rb") as image:
        files = Fat(image, selector.offset, selector.size)
        old = files.read("autoboot.txt")
        whole = disk.read("BF_BOOTSEL", 0, selector.size)
    new = re.sub(rb"boot_partition=\d", b"boot_partition=%d" % number, old)
    assert len(new) == len(old) == 512 and whole.count(old) == 1
    at = whole.index(old)
    assert at % 512 == 0
    disk.write("BF_BOOTSEL", at, new)


def test_both_slots_share_the_data(make_device):
    machine = make_device()
    machine.boot()
    assert_settled(machine)
    first = machine_id(machine)
    assert "rauc.slot=A" in machine.run("cat /proc/cmdline")
    machine.run("echo paired > /var/lib/betterframe-pairing/token")
    machine.power_off()

    commit_slot(machine.disk, machine.disk.partition("BF_BOOT_B").number)
    machine.boot()
    assert machine.decision is not None and machine.decision.partition_name == "BF_BOOT_B"
    assert "rauc.slot=B" in machine.run("cat /proc/cmdline")
    root = machine.disk.partition("BF_ROOT_B")
    assert mounts(machine)["/"].source.endswith(str(root.number))
    assert_settled(machine)
    assert machine_id(machine) == first
    assert machine.run("cat /var/lib/betterframe-pairing/token") == "paired\n"
    assert len(journal_boots(machine)) == 2
    machine.power_off()
    assert machine.disk.partition("BF_DATA").type == gpt.LINUX_DATA
