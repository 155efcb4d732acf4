# SPDX-License-Identifier: Apache-2.0
"""Kept, named and not written to, whatever the cause."""
import re

import pytest

import disks
import foreign
from case import DATA, policy
from disks import DATA_AT, LINUX, MIB, UNFORMATTED

DATA_SIZE = disks.SIZE - DATA_AT - MIB
BOTH_TYPES = pytest.mark.parametrize("data_type", [UNFORMATTED, LINUX], ids=["unformatted", "linux"])
OR_BLANK = policy(format='"intent-or-blank"')


@BOTH_TYPES
@pytest.mark.parametrize("kind", foreign.ALL)
def test_signature_of_others(make, kind, data_type):
    case = make(data_type=data_type, image_size=disks.SIZE, data_size=DATA_SIZE)
    case.disk.put(DATA_AT, foreign.ALL[kind](DATA_SIZE))
    reason = case.boot_kept(*OR_BLANK).reason
    assert case.partition() in reason
    words = {"luks": "crypto_LUKS", "lvm": "LVM2_member", "raid": "linux_raid_member",
             "vfat": "vfat \"PHOTOS\"", "swap": "swap", "ambiguous": "several signatures"}
    assert words[kind] in reason


def start_over(case, words):
    """Does what the reason says, word for word, and boots again. With the whole path, because
    busybox prefers its own blkdiscard."""
    with case.booted():
        commands = re.findall(r"`((?:blkdiscard|sgdisk) [^`]*)`", case.data().reason)
        assert [c.split()[0] for c in commands] == words
        case.guest.ok("set -e\n" + "\n".join(f"chroot /case /usr/sbin/{c}" for c in commands))
    result = case.boot()
    assert result.report["result"] == "ok" and result.report["details"]["formatted"]
    assert result.report["details"]["size"] == DATA_SIZE


@pytest.mark.parametrize("kind", ["luks", "vfat"])
def test_starting_over_from_linux_type(finished, kind):
    case = finished()
    case.disk.put(DATA_AT, bytes(MIB))
    case.disk.put(DATA_AT + 128 * MIB, bytes(4096))
    case.disk.put(DATA_AT, foreign.ALL[kind](DATA_SIZE))
    start_over(case, ["blkdiscard", "sgdisk"])


def test_starting_over_with_backups_of_an_earlier_life(finished):
    case = finished(data_type=UNFORMATTED)
    case.disk.put(DATA_AT, bytes(MIB))
    start_over(case, ["blkdiscard"])


def test_starting_over_from_a_finished_one(finished):
    case = finished()
    with case.booted():
        case.guest.ok(f"""
            set -e
            chroot /case /usr/sbin/blkdiscard -z -f /dev/{case.partition()}
            chroot /case /usr/sbin/sgdisk -t 2:{UNFORMATTED} /dev/{case.device}
        """)
    assert case.boot().report["details"]["formatted"]


@BOTH_TYPES
def test_foreign_ext4(make, tmp_path, data_type):
    case = make(data_type=data_type, image_size=disks.SIZE, data_size=DATA_SIZE)
    case.disk.copy_in(DATA_AT, disks.ext4(tmp_path / "f", DATA_SIZE, label="holiday"))
    assert 'labelled "holiday"' in case.boot_kept(*OR_BLANK).reason


@BOTH_TYPES
@pytest.mark.parametrize("offset", [0x18, 0x78, 0x120, 0x3fc], ids=hex)
def test_one_flipped_superblock_byte(finished, data_type, offset):
    case = finished(data_type=data_type)
    case.disk.flip(DATA_AT + 1024 + offset)
    reason = case.boot_kept(*OR_BLANK).reason
    assert case.partition() in reason and ("damaged" in reason or "gone" in reason)


@BOTH_TYPES
@pytest.mark.parametrize("zeroed", [4096, 1 << 20])
def test_zeroed_primary_with_backups(finished, data_type, zeroed):
    case = finished(data_type=data_type)
    case.disk.put(DATA_AT, bytes(zeroed))
    reason = case.boot_kept(*OR_BLANK).reason
    assert "-b 32768 -B 4096" in reason


def test_flipped_byte_is_repaired_from_a_backup_if_policy_says_so(finished):
    case = finished()
    case.disk.flip(DATA_AT + 1024 + 0x120)
    result = case.boot(*policy(damaged_superblock='"repair"'))
    assert result.report["result"] == "ok" and "-b 32768" in result.done
    assert case.boot().done.startswith("mount ")


@pytest.mark.parametrize("label", ["", "bf_data", "BF_DATA_NEW"], ids=["none", "case", "new"])
def test_wrong_label(finished, label):
    assert "and not BF_DATA" in finished(label=label).boot_kept(*OR_BLANK).reason


def test_old_table_that_says_unformatted_over_a_finished_file_system(finished):
    case = finished(data_type=UNFORMATTED)
    with case.booted():
        result = case.data()
        assert not result.report["details"]["formatted"]
        assert case.guest.ok(f"cat {DATA}/state/shared/pairing").strip() == "paired"
    assert case.disk.data_entry()[0] == LINUX


def test_old_and_smaller_table_over_a_finished_file_system(finished):
    case = finished(data_type=UNFORMATTED)
    kind, name, at, _ = case.disk.entries[1]
    case.disk.entries[1] = (kind, name, at, 32 * MIB)
    case.disk.write_table(48 * MIB)
    with case.booted():
        assert not case.data().report["details"]["formatted"]
        assert case.guest.ok(f"cat {DATA}/state/shared/pairing").strip() == "paired"


def test_two_partitions_called_bf_data(make):
    case = make(image_size=disks.SIZE, data_size=64 * MIB,
                extra=[(UNFORMATTED, "BF_DATA", 100 * MIB, 64 * MIB)])
    assert "2 partitions of /dev/" in case.boot_kept().reason


def test_no_partition_called_bf_data_and_one_on_a_usb_stick(make, finished):
    stick = finished(size=128 * MIB)
    was = stick.fingerprint()
    case = make(image_size=disks.SIZE)
    case.disk.entries[1] = (LINUX, "OTHER", DATA_AT, 64 * MIB)
    case.disk.write_table()
    usb = case.guest.plug(stick.disk.path, stick.name, "usb")
    case.guest.await_partition(f"{usb}2")
    try:
        reason = case.boot_kept().reason
    finally:
        case.guest.unplug(stick.name)
    assert "no partition of" in reason and "2 OTHER" in reason
    assert f"on other disks is never used (/dev/{usb}2)" in reason
    assert stick.fingerprint() == was


def test_usb_disk_with_the_same_partitions_changes_nothing(make, finished):
    stick = finished(size=128 * MIB)
    was = stick.fingerprint()
    case = make()
    usb = case.guest.plug(stick.disk.path, stick.name, "usb")
    case.guest.await_partition(f"{usb}2")
    try:
        assert case.boot().report["details"]["formatted"]
    finally:
        case.guest.unplug(stick.name)
    assert stick.fingerprint() == was


@BOTH_TYPES
@pytest.mark.parametrize("where", ["superblock", "backup"])
def test_read_error_while_looking(make, data_type, where):
    case = make(data_type=data_type, image_size=disks.SIZE, data_size=DATA_SIZE)
    offset = {"superblock": 1024, "backup": 128 * MIB}[where]
    case.bad_sectors = [(DATA_AT + offset) // 512]
    assert "it cannot be read" in case.boot_kept(*OR_BLANK).reason


def test_read_error_while_mounting(finished):
    case = finished()
    # The group descriptors: the superblock is sound, and the mount fails on what follows it.
    case.bad_sectors = [(DATA_AT + 4096) // 512]
    result = case.boot_kept()
    assert "medium fails" in result.reason or "Input/output error" in result.reason


def test_strictly_blank_of_linux_type_is_kept_unless_policy_says_otherwise(make):
    case = make(data_type=LINUX)
    assert "no file system is found" in case.boot_kept().reason
    with case.booted(OR_BLANK[0]):
        assert case.data(OR_BLANK[1]).report["details"]["formatted"]
        case.assert_mounted_right()


def test_almost_blank_of_linux_type_is_kept(make):
    case = make(data_type=LINUX)
    case.disk.put(DATA_AT + MIB - 1, b"x")
    assert case.boot_kept(*OR_BLANK).degraded


def test_partition_too_small_for_its_file_system(finished):
    case = finished(extra=[(LINUX, "NEXT", 150 * MIB, MIB)])
    kind, name, at, _ = case.disk.entries[1]
    case.disk.entries[1] = (kind, name, at, 100 * MIB)
    case.disk.write_table()
    assert "the partition only" in case.boot_kept().reason
