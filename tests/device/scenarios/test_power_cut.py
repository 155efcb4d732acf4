# SPDX-License-Identifier: Apache-2.0
"""Power goes at ten points spread over what a first boot writes, and goes again while the next boot
recovers. The boot after that ends in the state of an undisturbed device, every time.

The points are writes, not times: the disk counts them, and pulls the plug at the chosen one with
that write torn and the unflushed ones before it lost at random (vm/nbd.py).
"""

from __future__ import annotations

import json
import random

import pytest

from firmware import gpt
from scenarios.device_state import assert_clean, assert_settled, assert_table_settled, machine_id
from vm import Disk, Machine
from vm.nbd import PullableDisk
from vm.paths import IMAGE

POINTS = 10
REFERENCE = IMAGE.parent / "logs" / "first-boot-writes.json"


def plugged(machine: Machine, seed: int) -> PullableDisk:
    plug = PullableDisk(machine.disk.path, seed)
    machine.drive = plug.drive
    return plug


def boot_until_cut(machine: Machine, plug: PullableDisk, cut_at: int) -> bool:
    """Boots; whether the power went at write `cut_at`, or the boot was over before that."""
    plug.arm(cut_at, machine.kill)
    machine.power_on()
    booted = machine.wait_booted_or_dead()
    machine.cut_power()
    return not booted


def finished_uuid(disk: Disk) -> str | None:
    """The UUID of a finished BF_DATA as a machine id; None as long as there is none."""
    header = disk.ext4("BF_DATA", "dumpe2fs", "-h").stdout
    fields = dict(line.split(":", 1) for line in header.splitlines() if ":" in line)
    if fields.get("Filesystem volume name", "").strip() != "BF_DATA":
        return None
    return fields["Filesystem UUID"].strip().replace("-", "")


def where(disk_table: gpt.Gpt, offset: int) -> str:
    for partition in disk_table.partitions:
        if partition.offset <= offset < partition.end:
            return partition.name
    return "partition table"


def test_reference(make_device):
    """An undisturbed first boot: how much it writes, and nothing of that outside BF_DATA."""
    machine = make_device("reference")
    plug = plugged(machine, seed=0)
    plug.arm(None, machine.kill)
    machine.boot()
    assert_settled(machine)
    writes = list(plug.writes)
    machine.cut_power()
    plug.close()
    table = machine.disk.table()
    places = [where(table, write.offset) for write in writes]
    assert set(places) == {"BF_DATA", "partition table"}
    tables = [i for i, place in enumerate(places) if place == "partition table"]
    # The entry grows before the file system is made, and its type changes after.
    between = places[tables[0]:tables[-1]]
    assert between.count("BF_DATA") > 20
    REFERENCE.parent.mkdir(parents=True, exist_ok=True)
    REFERENCE.write_text(json.dumps({"writes": len(writes), "last_table_write": tables[-1] + 1}))


def cut_points() -> list[int]:
    """Half of them up to the last write of the partition table, where formatting ends; half over
    the rest of the boot."""
    if not REFERENCE.exists():
        pytest.fail(f"no {REFERENCE}: run test_reference first")
    reference = json.loads(REFERENCE.read_text())
    formatted, total = reference["last_table_write"], reference["writes"]
    half = POINTS // 2
    early = [max(1, round(formatted * (i + 1) / half)) for i in range(half)]
    late = [formatted + max(1, round((total - formatted) * (i + 0.5) / half)) for i in range(half)]
    return [*early, *late]


@pytest.mark.parametrize("number", range(POINTS))
def test_cut(make_device, number):
    first = cut_points()[number]
    chance = random.Random(number)
    machine = make_device(f"cut-{number}")
    plug = plugged(machine, seed=number)
    went = boot_until_cut(machine, plug, first)
    # Up to the end of formatting every boot writes the same. After it the journal writes by the
    # clock: a boot that is over before its point loses power right at its end instead.
    assert went or number >= POINTS // 2, f"the boot wrote less than {first} times"
    identities = [finished_uuid(machine.disk)]
    # Then again, somewhere in what the recovery writes, or after it when it wrote less.
    boot_until_cut(machine, plug, chance.randrange(1, 80))
    identities.append(finished_uuid(machine.disk))

    plug.arm(None, machine.kill)
    machine.boot()
    assert_settled(machine)
    identifier = machine_id(machine)
    machine.run("echo kept > /var/lib/betterframe-pairing/token; sync")
    machine.power_off()
    plug.close()
    assert_clean(machine.disk)
    assert_table_settled(machine.disk)
    assert identifier == finished_uuid(machine.disk)
    # Once BF_DATA is finished, no cut gives the device another identity.
    assert {one for one in identities if one} <= {identifier}
    token = machine.disk.ext4("BF_DATA", "debugfs", "-R", "cat /state/shared/pairing/token")
    assert token.stdout == "kept\n"
