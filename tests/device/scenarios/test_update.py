# SPDX-License-Identifier: Apache-2.0
"""Updates as a device gets them: real RAUC, real verity bundles, the firmware between the boots."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from scenarios import bundles
from vm import Machine
from vm.paths import IMAGE

INSTALL_CEILING = 1800.0
# What RAUC says of each. An older one is our own refusal, before a slot is touched.
REFUSED = {
    "signature.raucb": "signature verification failed",
    "compatible.raucb": "[Cc]ompatible",
    "plain.raucb": "format 'plain' not allowed",
    "truncated.raucb": "signature|size|truncated",
    "older.raucb": "[Hh]andler",
    # RAUC 1.8 finds out by writing, to the slot that does not run.
    "large.raucb": "No space left on device",
}


@pytest.fixture(scope="module")
def bundle_disk() -> Path:
    """2.0.0 and 3.0.0, and what has to be refused; made once for an image."""
    directory = IMAGE.parent / "bundles"
    disk, stamp = directory / "bundles.img", directory / "stamp"
    key = (IMAGE.parent / "device.stamp").read_text() + Path(bundles.__file__).read_text()
    if disk.exists() and stamp.exists() and stamp.read_text() == key:
        return disk
    directory.mkdir(exist_ok=True)
    stamp.unlink(missing_ok=True)
    made = []
    for version in ("2.0.0", "3.0.0"):
        root = bundles.root_of_version(version, directory / "root.ext4")
        made.append(bundles.make(directory / f"{version}.raucb", root, version))
        root.unlink()
    made += refused_bundles(directory, made[0])
    bundles.disk_of(made, disk)
    for path in made:
        path.unlink()
    stamp.write_text(key)
    return disk


def refused_bundles(directory: Path, good: Path) -> list[Path]:
    other = directory / "other-keys"
    if not (other / "keyring.pem").exists():
        bundles._run(bundles.REPOSITORY / "scripts/keys", "self-signed", other)
    truncated = directory / "truncated.raucb"
    size = good.stat().st_size
    with open(good, "rb") as source, open(truncated, "wb") as target:
        target.write(source.read(min(size // 2, 4 << 20)))
    return [
        bundles.Crafted(keys=other).make(directory / "signature.raucb"),
        bundles.Crafted(compatible="betterframe-other").make(directory / "compatible.raucb"),
        bundles.Crafted(format="plain").make(directory / "plain.raucb"),
        bundles.Crafted(version="0.9.0").make(directory / "older.raucb"),
        bundles.Crafted(root_size=(3 << 30) + (1 << 20)).make(directory / "large.raucb"),
        truncated,
    ]


def with_bundles(disk: Path) -> list[str]:
    return ["-drive", f"if=none,id=bundles,file={disk},format=raw,readonly=on",
            "-device", "virtio-blk-pci,drive=bundles"]


def status(machine: Machine) -> dict:
    return machine.execute("bf-boot status --json").json()


def install(machine: Machine, name: str) -> float:
    started = time.monotonic()
    machine.run("mkdir -p /run/bundles; mountpoint -q /run/bundles || "
                "mount -o ro /dev/vdb /run/bundles")
    machine.run(f"rauc install /run/bundles/{name}", INSTALL_CEILING)
    return time.monotonic() - started


def wait_confirmed(machine: Machine) -> None:
    """The kiosk says that it is healthy; the unit says when it is done with that."""
    machine.run("touch /run/betterframe/kiosk-healthy")
    machine.run("timeout 540 journalctl -b -f -n all -u betterframe-rauc-mark-good | "
                "grep -q -m 1 'the running slot is confirmed'", 600)
    assert machine.execute("cat /run/betterframe/rauc-confirmed").exit_code == 0


def trial(machine: Machine) -> None:
    machine.agent.start("bf-boot arm")
    assert machine.wait_reset() == "restart 0 tryboot"
    machine.boot()


def update(machine: Machine, version: str, slot: str) -> float:
    before = status(machine)
    took = install(machine, f"{version}.raucb")
    staged = status(machine)
    assert staged["last_install"] == {"operation": "idle", "error": "", "refusal": ""}
    assert (staged["state"], staged["target"], staged["committed"]) == \
        ("staged", slot, before["running"])
    trial(machine)
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


def test_update_to_the_other_slot_and_back(make_device, bundle_disk):
    machine = make_device(extra=with_bundles(bundle_disk))
    machine.boot()
    wait_confirmed(machine)
    assert status(machine)["situation"] == "normal"

    machine.run("mkdir -p /run/bundles; mount -o ro /dev/vdb /run/bundles")
    for name, words in REFUSED.items():
        refused = machine.fails(f"rauc install /run/bundles/{name}", INSTALL_CEILING)
        assert re.search(words, refused.stdout + refused.stderr), (name, refused)
        after = status(machine)
        assert (after["running"], after["committed"], after["pending"]) == ("A", "A", None), name
        # `rauc install` says it once; the device keeps the reason for who asks later.
        assert re.search(words, after["last_install"]["error"]), (name, after["last_install"])
        older = name == "older.raucb"
        assert bool(after["last_install"]["refusal"]) == older, (name, after["last_install"])
        if older:
            assert "0.9.0, which is older than 1.0.0" in after["last_install"]["refusal"]

    print(f"installed in {update(machine, '2.0.0', 'B'):.0f} s")
    # An ordinary reboot stays where it was confirmed.
    machine.agent.start("systemctl reboot")
    assert machine.wait_reset() == "restart"
    machine.boot()
    assert status(machine)["running"] == "B"
    print(f"installed in {update(machine, '3.0.0', 'A'):.0f} s")
    machine.power_off()
