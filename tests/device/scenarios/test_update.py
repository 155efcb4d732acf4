# SPDX-License-Identifier: Apache-2.0
"""Updates as a device gets them: real RAUC, real verity bundles, the firmware between the boots."""

from __future__ import annotations

import os
import re

from scenarios.bundles import INSTALL_CEILING, LARGE, install, plugged_in, with_bundles
from scenarios.trials import status, to_trial, wait_confirmed
from vm import Machine

# What RAUC says of each.
REFUSED_BY_RAUC = {
    "signature.raucb": "signature verification failed",
    "compatible.raucb": "[Cc]ompatible",
    "plain.raucb": "format 'plain' not allowed",
    "truncated.raucb": "signature|size|truncated",
}
# Our own refusals, of which RAUC tells that its handler failed. It would take the old one, and find
# out that the large one does not fit when the other slot is full.
REFUSED_BY_US = {
    "older.raucb": "0.9.0, which is older than 1.0.0",
    "large.raucb": f"rootfs.ext4 has {LARGE} bytes, and a rootfs slot of this device {3 << 30}",
}
# There and back; 2 is the long form.
ROUNDS = int(os.environ.get("BF_UPDATE_ROUNDS", "1"))
PARTITIONS = ("BF_BOOTSEL", "BF_BOOT_A", "BF_BOOT_B", "BF_ROOT_A", "BF_ROOT_B")


def update(machine: Machine, version: str, slot: str) -> float:
    before = status(machine)
    took = install(machine, f"{version}.raucb")
    staged = status(machine)
    assert staged["last_install"] == {"operation": "idle", "error": "", "refusal": ""}
    assert (staged["state"], staged["target"], staged["committed"]) == \
        ("staged", slot, before["running"])
    to_trial(machine)
    machine.boot()
    assert machine.decision is not None
    assert machine.decision.partition_name == f"BF_BOOT_{slot}" and machine.decision.tryboot
    on_trial = status(machine)
    assert (on_trial["situation"], on_trial["running"], on_trial["disagreements"]) == \
        ("trial", slot, [])
    assert on_trial["revisions"] == {"boot": version, "root": version}
    wait_confirmed(machine)
    confirmed = status(machine)
    assert (confirmed["state"], confirmed["committed"]) == ("confirmed", slot)
    # The root was grown to its slot.
    assert int(machine.run("df -B1 --output=size / | tail -1")) > 2 << 30
    return took


def content(machine: Machine) -> dict[str, str]:
    machine.run("sync")
    return {name: machine.disk.hash(name) for name in PARTITIONS}


def refused(machine: Machine, name: str, words: str) -> str:
    """What the device says of its own refusal, if it was one."""
    done = machine.fails(f"rauc install /run/bundles/{name}", INSTALL_CEILING)
    assert re.search(words, done.stdout + done.stderr), (name, done)
    after = status(machine)
    assert (after["running"], after["committed"], after["pending"]) == ("A", "A", None), name
    # `rauc install` says it once; the device keeps the reason for who asks later.
    assert re.search(words, after["last_install"]["error"]), (name, after["last_install"])
    return after["last_install"]["refusal"]


def test_update_to_the_other_slot_and_back(make_device, bundle_disk):
    machine = make_device(extra=with_bundles(bundle_disk))
    machine.boot()
    wait_confirmed(machine)
    assert status(machine)["situation"] == "normal"

    plugged_in(machine)
    before = content(machine)
    for name, words in REFUSED_BY_RAUC.items():
        assert refused(machine, name, words) == "", name
    for name, words in REFUSED_BY_US.items():
        assert words in refused(machine, name, "[Hh]andler"), name
    # No slot was touched, not even the one that an update would go to.
    assert content(machine) == before

    for there in ["2.0.0", "3.0.0"][:ROUNDS]:
        print(f"installed in {update(machine, there, 'B'):.0f} s")
        # An ordinary reboot stays where it was confirmed.
        machine.agent.start("systemctl reboot")
        assert machine.wait_reset() == "restart"
        machine.boot()
        assert status(machine)["running"] == "B"
        print(f"installed in {update(machine, '3.0.0', 'A'):.0f} s")
    machine.power_off()
