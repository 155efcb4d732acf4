# SPDX-License-Identifier: Apache-2.0
"""Table against disk, partition against kernel, file system against partition; each by itself."""
import subprocess

import pytest

import disks
import foreign
import guest as guest_module
from case import DATA, Case
from disks import DATA_AT, LINUX, MIB

GROWN = disks.SIZE - MIB - DATA_AT


def assert_grown(case, result):
    assert result.report["result"] == "ok"
    size = (case.disk.size - MIB) // MIB * MIB - DATA_AT
    assert case.disk.data_entry() == (LINUX, "BF_DATA", DATA_AT, size)
    assert case.disk.read_table(case.disk.last_lba) == case.disk.read_table()
    assert result.report["details"]["fs_size"] == size


def shrunk(case, size=32 * MIB):
    """The same disk as its image was before it was put on a larger card."""
    kind, name, at, _ = case.disk.entries[1]
    case.disk.entries[1] = (kind, name, at, size)
    case.disk.put(case.disk.size - 17 * 1024, bytes(17 * 1024))
    return case


def test_backup_at_the_end_of_the_image(finished):
    case = shrunk(finished(fs_size=32 * MIB))
    case.disk.write_table(50 * MIB)
    assert case.disk.read_table(case.disk.last_lba) is None
    assert_grown(case, case.boot())
    assert case.boot().done.startswith("mount ")


def test_backup_missing_altogether(finished):
    case = finished()
    case.disk.put(case.disk.size - 17 * 1024, bytes(17 * 1024))
    assert "the backup is not valid" in case.boot().done
    assert case.disk.read_table(case.disk.last_lba) == case.disk.read_table()


@pytest.mark.parametrize("torn", [512 + 60, 1024 + 40, 1024 + 128], ids=["header", "entry", "data"])
def test_torn_primary_is_repaired_from_the_backup(finished, torn):
    case = finished()
    case.disk.flip(torn)
    assert case.disk.read_table() is None
    with case.booted():
        result = case.data()
        assert "the primary is torn" in result.done
        assert case.guest.ok(f"cat {DATA}/state/shared/pairing").strip() == "paired"
    assert case.disk.read_table() == case.disk.read_table(case.disk.last_lba)


def test_partition_grown_but_not_the_file_system(finished):
    case = finished(fs_size=64 * MIB)
    result = case.boot()
    assert "write the partition table" not in result.done
    assert_grown(case, result)


def test_table_grown_while_the_kernel_still_has_the_old_size(finished):
    case = shrunk(finished(fs_size=32 * MIB))
    case.disk.write_table()
    grown = finished()
    with case.booted():
        # What a cut-off first run leaves behind: the new table on disk, the old one in the kernel.
        head, tail = grown.disk.get(0, 4096), grown.disk.get(grown.disk.size - 33 * 512, 33 * 512)
        case.disk.put(0, head)
        case.disk.put(case.disk.size - 33 * 512, tail)
        result = case.data()
        assert "write the partition table" not in result.done
        assert "tell the kernel" in result.done and "grow the file system" in result.done
    assert_grown(case, case.boot())


def test_file_system_with_recorded_errors(finished, tmp_path):
    file = disks.ext4(tmp_path / "errors.ext4", 64 * MIB)
    subprocess.run(["/usr/sbin/debugfs", "-w", "-R", "ssv state 3", file], check=True,
                   capture_output=True)
    case = finished()
    case.disk.copy_in(DATA_AT, file)
    result = case.boot()
    assert "e2fsck -p" in result.done
    assert_grown(case, result)


def test_errors_recorded_while_mounted_are_checked_at_the_next_boot(finished):
    case = finished(fs_size=64 * MIB)
    with case.booted():
        case.data()
    with case.booted():
        case.data()
        code, _ = case.guest.run(f"echo x > /sys/fs/ext4/{case.partition()}/trigger_fs_error")
        assert code == 0
        assert "has recorded errors" in case.data().problems
    result = case.boot()
    assert "e2fsck -p" in result.done and result.report["result"] == "ok"


def test_leftover_signatures_in_the_area_a_finished_one_grows_into(finished, tmp_path):
    case = shrunk(finished(fs_size=32 * MIB))
    case.disk.write_table(50 * MIB)
    old_end, new_end = DATA_AT + 32 * MIB, case.disk.size - MIB
    case.disk.put(old_end + 256 * 1024, foreign.luks(MIB))
    case.disk.put(new_end - 4096, foreign.swap(MIB))
    result = case.boot()
    assert_grown(case, result)
    assert case.disk.get(new_end - 4096, 4096) == bytes(4096)


def test_leftover_of_an_earlier_life_in_the_area_a_new_one_grows_into(make, tmp_path):
    case = make()
    old = disks.ext4(tmp_path / "old", GROWN, label="BF_DATA")
    case.disk.copy_in(DATA_AT, old)
    case.disk.put(DATA_AT, bytes(31 * MIB))  # the new image went over its start
    result = case.boot()
    assert result.report["details"]["formatted"]
    assert_grown(case, result)


def test_a_leftover_under_an_image_that_is_not_blank_is_kept(make, tmp_path):
    case = make()
    case.disk.copy_in(DATA_AT, disks.ext4(tmp_path / "old", GROWN, label="BF_DATA"))
    case.disk.put(DATA_AT, bytes(64 * 1024))
    assert "backup superblock" in case.boot_kept().reason


@pytest.mark.parametrize("slack", [0, 1, 7])
def test_less_than_8_mib_of_slack_is_left_alone(finished, slack):
    case = finished(fs_size=GROWN - slack * MIB)
    kind, name, at, size = case.disk.entries[1]
    case.disk.entries[1] = (kind, name, at, size - slack * MIB)
    case.disk.write_table()
    before = case.disk.get(0, 16384)
    result = case.boot()
    assert result.done.splitlines()[0].startswith("mount ") and len(result.report["done"]) == 1
    assert case.disk.get(0, 16384) == before


def test_8_mib_of_slack_are_taken(finished):
    case = shrunk(finished(fs_size=GROWN - 8 * MIB), GROWN - 8 * MIB)
    case.disk.write_table()
    assert_grown(case, case.boot())


def test_not_the_last_partition(make):
    case = make(image_size=disks.SIZE, data_size=32 * MIB, extra=[(LINUX, "NEXT", 150 * MIB, MIB)])
    case.boot()
    assert case.disk.data_entry()[3] == 150 * MIB - DATA_AT
    assert case.disk.read_table()[2][1:] == ("NEXT", 150 * MIB, MIB)


def test_without_gpt_on_the_command_line_the_table_is_not_touched(finished):
    case = shrunk(finished(fs_size=32 * MIB))
    case.disk.write_table(50 * MIB)
    table = case.disk.get(0, 16384)
    result = case.boot("echo root=x ro quiet > /tmp/cmdline; "
                       "mount -o bind /tmp/cmdline /case/proc/cmdline")
    assert result.report["result"] == "ok" and "word gpt" in result.problems
    assert case.disk.get(0, 16384) == table


@pytest.mark.parametrize("bus,sector", [("virtio", 4096), ("nvme", 4096), ("nvme", 512),
                                        ("scsi", 512)])
def test_other_disks(make, bus, sector):
    case = make(bus=bus, sector=sector)
    assert_grown(case, case.boot())
    assert {"virtio": "vd", "nvme": "nvme", "scsi": "sd"}[bus] in case.device
    with case.booted():
        case.data()
        case.await_inode_tables()
        assert case.data().writes == 0


def test_sd_card(kernel, image, root_image, tmp_path):
    """mmcblk0p2; QEMU plugs no SD card into a running guest, so this one has its own."""
    disk = disks.Disk(tmp_path / "card.img", size=256 * MIB, root=root_image)
    own = guest_module.Guest(kernel, image, tmp_path, [
        "-device", "sdhci-pci", "-drive", f"if=none,id=card,format=raw,file={disk.path}",
        "-device", "sd-card,drive=card"])
    try:
        own.await_partition("mmcblk0p2")
        case = Case(own, disk, "card", device="mmcblk0")
        assert_grown(case, case.boot())
        assert case.partition() == "mmcblk0p2"
        assert case.boot().done.startswith("mount ")
    finally:
        own.close()


def test_loop_device(make, guest):
    case = make(device="loop0")
    outer = guest.plug(case.disk.path, "outer")
    guest.ok("rmmod loop; modprobe loop max_part=15; sleep 0.2")
    guest.ok(f"losetup /dev/loop0 /dev/{outer}")
    try:
        assert_grown(case, case.boot())
        assert case.boot().done.startswith("mount ")
    finally:
        guest.ok("losetup -d /dev/loop0; sleep 0.2; sync")
        guest.unplug("outer")


def test_running_twice_writes_nothing(finished):
    case = finished(fs_size=64 * MIB)
    with case.booted():
        assert case.data().writes > 0
        case.await_inode_tables()
        table = case.disk.get(0, 16384)
        again = case.data()
        assert again.writes == 0 and case.disk.get(0, 16384) == table
        assert case.guest.ok("chroot /case bf-provision data --check").startswith("nothing to do")
