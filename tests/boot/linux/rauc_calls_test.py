# SPDX-License-Identifier: Apache-2.0
"""What each version of RAUC calls, in its order, and what it takes for an answer.

Sources: src/bootloaders/custom.c (the calls, the answers: all of standard output is stripped and then
compared), src/bootchooser.c, src/install.c (bad before the first byte, primary after the last),
src/mark.c (prevent-late-fallback), src/context.c (when get-current is asked). 1.8 is what the device
tests run; the later ones differ from it only in what is listed here.
"""

from __future__ import annotations

import subprocess

import pytest
from device_image import BF_BOOT, SOURCE, Device

# `rauc status` asks for the primary, then for each slot with a bootname.
STATUS_A = [("get-primary", "A"), ("get-state A", "good"), ("get-state B", "bad")]
INSTALL_B = [("set-state B bad", None), ("set-primary B", None)]
STAGED = [("get-primary", "B"), ("get-state A", "good"), ("get-state B", "bad")]
GOOD_B = [("set-state B good", None)]
DONE = [("get-primary", "B"), ("get-state A", "good"), ("get-state B", "good")]


def asks_current(slot: str, calls: list) -> list:
    """At each start, of the service and of its command line alike."""
    return [("get-current", slot), *calls]


def same(_: str, calls: list) -> list:
    return calls


# What comes before the other calls.
VERSIONS = {
    # Goes by rauc.slot= and root=; never asks.
    "1.8": same, "1.9": same, "1.10": same,
    # Asks where the command line tells nothing.
    "1.11": asks_current, "1.12": asks_current, "1.13": asks_current, "1.14": asks_current,
    # Asks before it looks at root=.
    "1.15": asks_current, "1.16": asks_current,
}


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path)


def called(device: Device, calls: list) -> None:
    for words, answer in calls:
        # As RAUC starts it: nothing of its own in the environment, and no working directory of ours.
        done = subprocess.run([BF_BOOT, "--policy", SOURCE / "policies", "--disk", device.image,
                               "--facts", device.facts, *words.split()], env={}, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (words, done.stderr)
        if answer is None:
            # RAUC lets it through to its own output.
            assert done.stdout == "", words
        else:
            assert done.stdout.strip() == answer and len(done.stdout.splitlines()) == 1, words
        # A message would be in the journal of every status that somebody asks for.
        assert done.stderr == "", (words, done.stderr)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_update_as_that_version_drives_it(device, version):
    before = VERSIONS[version]
    device.ok("set-state", "B", "bad")
    called(device, before("A", STATUS_A))
    called(device, before("A", INSTALL_B))
    called(device, before("A", STAGED))
    assert (device.next(), device.next(tryboot=True)) == ("BF_BOOT_A", "BF_BOOT_B")
    device.ok("arm")
    device.boot(3, 1)
    device.ok("reconcile")
    called(device, before("B", GOOD_B))
    called(device, before("B", DONE))
    assert device.next() == "BF_BOOT_B"


def test_prevent_late_fallback_gives_the_old_slot_up_after_the_new_one_is_good(device):
    """Since 1.14, where it is asked for: a good slot makes the others bad, and in that order."""
    called(device, [*INSTALL_B])
    device.ok("arm")
    device.boot(3, 1)
    device.ok("reconcile")
    called(device, [*GOOD_B, ("set-state A bad", None),
                    ("get-primary", "B"), ("get-state A", "bad"), ("get-state B", "good")])
    assert (device.next(), device.next(tryboot=True)) == ("BF_BOOT_B", "BF_BOOT_B")
    # The other way round would leave nothing that is known to start.
    assert "was never confirmed, or is bad" in device.refused("rollback")


def test_a_slot_nobody_has_judged_is_bad_not_unknown(device):
    """1.16 knows "unknown" as well, earlier ones call it an error: it is never said."""
    answers = {device.ok("get-state", slot) for slot in "AB"}
    assert answers <= {"good\n", "bad\n"}
    assert device.ok("get-state", "B") == "bad\n"


def test_current_is_an_error_where_it_is_not_known(device):
    """Since 1.11 an empty answer would be one as well; a wrong one has RAUC write to what runs."""
    device.boot(6, 0)
    assert device.refused("get-current") != ""


def test_a_failed_activation_is_a_failed_installation(device):
    """RAUC has written the slot by then, and tells the reason that the backend gave."""
    device.poke(device.offset("BF_BOOTSEL"), bytes(512))
    assert "autoboot.txt" in device.refused("set-primary", "B")
