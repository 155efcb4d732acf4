# SPDX-License-Identifier: Apache-2.0
"""bf-boot on disk images with every odd thing that can be on them. The firmware model says what would
boot."""

from __future__ import annotations

import subprocess

import pytest
from device_image import BF_BOOT, Device, MADE, sh


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path)


def test_an_update_from_stage_to_confirmation(device):
    assert device.ok("get-current") == "A\n" and device.ok("get-primary") == "A\n"
    device.ok("set-state", "B", "bad")
    assert device.ok("get-state", "B") == "bad\n"
    device.ok("set-primary", "B")
    assert (device.next(), device.next(tryboot=True)) == ("BF_BOOT_A", "BF_BOOT_B")
    assert device.ok("get-primary") == "B\n"
    device.ok("arm")
    assert device.status()["state"] == "armed"
    device.boot(3, 1)
    device.ok("reconcile")
    assert device.ok("get-current") == "B\n" and device.ok("get-primary") == "B\n"
    assert device.next() == "BF_BOOT_A"
    assert "is not confirmed" in device.refused("set-state", "A", "bad")
    device.ok("set-state", "B", "good")
    assert (device.next(), device.next(tryboot=True)) == ("BF_BOOT_B", "BF_BOOT_B")
    device.boot(3, 0)
    device.ok("reconcile")
    assert device.status()["state"] == "committed"
    assert device.ok("get-state", "A") == "good\n" and device.ok("get-state", "B") == "good\n"


def test_only_one_sector_is_ever_written(device):
    before = device.bytes()
    device.ok("set-primary", "B")
    after = device.bytes()
    changed = {i // 512 for i in range(0, len(before)) if before[i] != after[i]}
    assert len(changed) == 1
    device.ok("set-primary", "B")
    assert device.bytes() == after, "a second set-primary changes nothing"


# What is in autoboot.txt, and whether bf-boot may change it.
ODD = {
    "empty": (b"", False), "long": (MADE + b"\n", False), "short": (MADE[:100], False),
    "crlf": (MADE.replace(b"\n", b"\r\n", 5)[:512], True),
    "duplicate": ((b"boot_partition=3\n" + MADE)[:512], True),
    "no-tryboot": (b"[all]\nboot_partition=2\n".ljust(512), True),
    "unknown": ((b"PARTITION_WALK=1\n[none]\nboot_partition=9\n" + MADE)[:512], True),
    "nul": (MADE[:80].ljust(512, b"\0"), True),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_content(device, name):
    content, writable = ODD[name]
    device.put("BF_BOOTSEL", "autoboot.txt", content)
    assert any("autoboot.txt" in p for p in
               device.status()["problems"] + device.status()["disagreements"])
    before = device.bytes()
    if writable:
        device.ok("set-primary", "B")
        assert (device.next(), device.next(tryboot=True)) == ("BF_BOOT_A", "BF_BOOT_B")
        assert not any("autoboot.txt" in p for p in device.status()["problems"])
    else:
        assert "autoboot.txt" in device.refused("set-primary", "B")
        assert device.bytes() == before


def test_a_missing_file_is_not_made(device):
    sh("mdel", "-i", f"{device.image}@@{device.offset('BF_BOOTSEL')}", "::autoboot.txt")
    before = device.bytes()
    assert "cannot be read" in device.refused("set-primary", "B")
    device.refused("get-primary")
    assert device.bytes() == before
    assert device.ok("get-current") == "A\n"


def test_a_dirty_selector_is_told_and_no_obstacle(device):
    at = device.offset("BF_BOOTSEL")
    device.poke(at + 37, b"\1")
    assert any("marked as in use" in p for p in device.status()["problems"])
    device.ok("set-primary", "B")


@pytest.mark.parametrize("offset", [0, 11, 510])
def test_a_corrupt_selector_is_left_alone(device, offset):
    device.poke(device.offset("BF_BOOTSEL") + offset, b"\0" * (2 if offset else 512))
    before = device.bytes()
    device.refused("set-primary", "B")
    assert "autoboot.txt cannot be read" in device.degraded("reconcile")
    assert device.bytes() == before


def test_a_file_in_larger_clusters_still_is_one_sector(tmp_path):
    device = Device(tmp_path, ("-s", "4"))
    device.ok("set-primary", "B")
    assert device.next(tryboot=True) == "BF_BOOT_B"


# The firmware's nodes, and what a trial's confirmation says to each.
NODES = {
    "absent": ("partition", None, "does not tell which partition"),
    "zero": ("partition", b"\0\0\0\0", "does not tell which partition"),
    "ascii": ("partition", b"2", "1 bytes long, not 4"),
    "ascii-nul": ("partition", b"3\0", "2 bytes long, not 4"),
    "long": ("partition", b"\0\0\0\3\0", "5 bytes long, not 4"),
    "little-endian": ("partition", b"\3\0\0\0", "no boot partition of a slot"),
    "other": ("partition", b"\0\0\0\2", "cannot be"),
    "no-flag": ("tryboot", None, "does not tell whether this is a trial"),
    "flag-2": ("tryboot", b"\0\0\0\2", "tryboot is 2"),
}


@pytest.mark.parametrize("name", NODES)
def test_odd_nodes_block_the_confirmation(device, name):
    node, content, says = NODES[name]
    device.ok("set-primary", "B")
    device.ok("arm")
    device.boot(3, 1)
    root = device.parts["BF_ROOT_B"]["uuid"].lower()
    device.node("cmdline", f"root=PARTUUID={root} rauc.slot=B".encode())
    device.node(node, content)
    told = device.refused("set-state", "B", "good")
    if name == "other":
        assert "the firmware started slot A, but the root is slot B's" in told
        device.refused("get-current")
    else:
        assert says in told
    assert device.next() == "BF_BOOT_A"


def test_another_slots_command_line_is_not_believed(device):
    """A firmware that does not know [boot_partition=N] starts slot B with slot A's words."""
    device.ok("set-primary", "B")
    device.ok("arm")
    device.boot(3, 1)
    root = device.parts["BF_ROOT_B"]["uuid"].lower()
    device.node("cmdline", f"root=PARTUUID={root} rauc.slot=A".encode())
    assert "rauc.slot=A" in device.refused("set-state", "B", "good")
    assert "rauc.slot=A" in device.degraded("reconcile")


def test_a_flag_that_changed_nothing(device):
    device.ok("set-primary", "B")
    device.ok("arm")
    device.boot(2, 1)
    device.ok("reconcile")
    status = device.status()
    assert status["state"] == "rolled-back" and "does not honour" in status["reason"]
    assert device.next(tryboot=True) == "BF_BOOT_A"


def test_the_release_of_boot_and_root_must_be_one(device):
    device.ok("set-primary", "B")
    device.ok("arm")
    device.boot(3, 1)
    root = device.parts["BF_ROOT_B"]["uuid"].lower()
    device.node("cmdline", f"root=PARTUUID={root} rauc.slot=B bf.revision=2".encode())
    device.node("os-release", b'IMAGE_VERSION="1"\n')
    assert "belongs to release 2, the root to 1" in device.refused("set-state", "B", "good")
    device.node("os-release", b'IMAGE_VERSION="2"\n')
    device.ok("set-state", "B", "good")


def test_a_record_that_is_gone_torn_or_newer(device):
    device.ok("set-primary", "B")
    record = device.facts / "boot-record"
    whole = record.read_bytes()
    record.unlink()
    device.boot(2, 0)
    device.ok("reconcile")
    assert device.status()["state"] == "staged" and device.status()["attempts"] == 2
    record.write_bytes(b"\xff" * len(whole))
    assert any("damaged" in p for p in device.status()["problems"])
    device.ok("reconcile")
    assert device.status()["state"] == "staged"
    record.write_bytes(b"short")
    device.ok("reconcile")
    assert len(record.read_bytes()) == len(whole)


def test_a_link_in_the_records_place_is_not_followed(device, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (device.facts / "boot-record").symlink_to(victim)
    device.ok("set-primary", "B")
    assert victim.read_text() == "untouched"
    assert not (device.facts / "boot-record").is_symlink()


def test_usage(device):
    assert device.verb("set-primary", "C").returncode == 64
    assert device.verb("set-state", "A", "fine").returncode == 64
    done = subprocess.run([BF_BOOT, "--disk", device.image, "get-primary"], capture_output=True)
    assert done.returncode == 64


def test_dry_run_changes_nothing(device):
    before = device.bytes()
    done = device.verb("--dry-run", "set-primary", "B")
    assert done.returncode == 0 and "slot B on trial" in done.stderr
    assert device.bytes() == before and not (device.facts / "boot-record").exists()
