# SPDX-License-Identifier: Apache-2.0
"""From a factory image to a BF_DATA in use, and what must not be formatted on the way."""
import pytest

import disks
from disks import DATA_AT, LINUX, MIB, UNFORMATTED

GROWN = disks.SIZE - MIB - DATA_AT


def test_first_boot_formats_grows_and_mounts(make):
    case = make()
    first = case.boot()
    assert first.report["result"] == "ok" and first.report["details"]["formatted"]
    assert case.disk.data_entry() == (LINUX, "BF_DATA", DATA_AT, GROWN)
    assert case.disk.read_table(case.disk.last_lba) == case.disk.read_table()
    assert disks.label_of(case.disk) == "BF_DATA"
    assert first.report["details"]["fs_size"] == GROWN


def test_second_boot_writes_nothing_but_the_mount(make):
    case = make()
    case.boot()
    second = case.boot()
    assert second.done.splitlines() == [second.done] and second.done.startswith("mount /dev/")
    # A mount writes its superblock and, with quotas, a little more; a third run nothing at all.
    with case.booted():
        case.data()
        case.await_inode_tables()
        again = case.data()
        assert again.writes == 0


def test_uuid_of_the_initramfs_is_used(make):
    case = make()
    wanted = "6d3c9b1e-2f4a-4b7c-8d5e-0123456789ab"
    result = case.boot(before=f"mkdir /case/run/betterframe; echo {wanted} > "
                              "/case/run/betterframe/data-uuid")
    assert result.report["details"]["uuid"] == wanted
