# SPDX-License-Identifier: Apache-2.0
"""bf-boot on disks that are not quite the usual one, and with a record of another kind."""
import base64
import json
import shutil
import struct
import subprocess
import zlib

import blklog
import disks
from boot_disk import (BLOCK, LAYOUT, SECTOR, BootCase, Firmware, autoboot_sector, booted, lay_out,
                       record_place, run_verbs)

STAGE = ("set-state B bad", "set-primary B")
RECORD = "/case/var/lib/betterframe/control/boot-record"


def starts(disk, tryboot):
    firmware = Firmware(disk.path, disk.sector)
    firmware.tryboot_flag = tryboot
    return firmware.decide().partition_name


def test_a_disk_of_4_kib_sectors(guest, root_image, tmp_path):
    disk = lay_out(tmp_path / "disk.img", root_image, sector=4096)
    case = BootCase(guest, disk, "boot-4kn")
    at = autoboot_sector(disk)
    disk.put(at + SECTOR, b"n" * (4096 - SECTOR))  # slack of the file's cluster
    log = tmp_path / "log"
    log.touch()
    run_verbs(case, "A", 0, *STAGE, log=log)
    first, size = LAYOUT["BF_BOOTSEL"][1:]
    written = [(offset, len(data)) for offset, data, _ in blklog.entries(log)
               if data and first <= offset < first + size]
    # The smallest that such a disk can write, once; what shares the sector stays.
    assert written == [(at, 4096)]
    assert disk.get(at + SECTOR, 4096 - SECTOR) == b"n" * (4096 - SECTOR)
    assert (starts(disk, False), starts(disk, True)) == ("BF_BOOT_A", "BF_BOOT_B")


def test_a_selector_that_cannot_be_written(guest, root_image, tmp_path):
    disk = lay_out(tmp_path / "disk.img", root_image)
    case = BootCase(guest, disk, "boot-ro")
    sector = autoboot_sector(disk)
    was = disk.get(sector, SECTOR)
    with booted(case) as bf_boot:
        guest.ok(f"blockdev --setro /dev/{case.selector()}")
        code, output = guest.run("chroot /case /usr/bin/bf-boot set-primary B 2>&1")
        assert code != 0 and "autoboot.txt" in output, output
        # What a slot does not start for want of the write is not claimed.
        assert bf_boot("get-primary").strip() == "A"
        bf_boot("reconcile")
        assert json.loads(bf_boot("status --json"))["pending"] is None
    assert disk.get(sector, SECTOR) == was
    assert starts(disk, True) == "BF_BOOT_A"


def test_two_equal_disks(guest, root_image, tmp_path):
    """A copy of the whole disk is plugged in: the same names, the same PARTUUIDs."""
    disk = lay_out(tmp_path / "disk.img", root_image)
    copy = tmp_path / "copy.img"
    for plugged_first in (True, False):
        shutil.copy(disk.path, copy)
        case = BootCase(guest, disk, f"boot-twin-{plugged_first}")
        twin = disks.Disk.__new__(disks.Disk)
        twin.path, twin.sector, twin.size = copy, SECTOR, disk.size
        other = BootCase(guest, twin, f"twin-{plugged_first}")
        was = other.fingerprint()
        if plugged_first:
            guest.plug(copy, other.name, case.bus)
        with booted(case) as bf_boot:
            if not plugged_first:
                guest.plug(copy, other.name, case.bus)
            for verb in STAGE:
                bf_boot(verb)
            told = json.loads(bf_boot("status --json"))
            assert told["pending"] == "B"
            assert any("has partitions by our names as well" in line for line in told["problems"])
        guest.unplug(other.name)
        assert other.fingerprint() == was
        assert starts(disk, True) == "BF_BOOT_B"
        run_verbs(case, "A", 0, "set-primary A")


def newer(block):
    """The same block as a later version of the program would have written it."""
    block = bytearray(block)
    struct.pack_into("<I", block, 12, 2)
    struct.pack_into("<I", block, 8, zlib.crc32(block[12:SECTOR]))
    return bytes(block)


def test_a_record_of_a_newer_version_is_kept_aside(guest, root_image, tmp_path):
    disk = lay_out(tmp_path / "disk.img", root_image)
    case = BootCase(guest, disk, "boot-newer")
    run_verbs(case, "A", 0, "set-state A good")
    content = b"".join(newer(disk.get(at, BLOCK)) for at in record_place(disk))
    for at, block in zip(record_place(disk), (content[:BLOCK], content[BLOCK:])):
        disk.put(at, block)
    with booted(case) as bf_boot:
        # Looking at it changes nothing.
        told = json.loads(bf_boot("status --json"))
        assert any("version 2" in line for line in told["problems"]), told
        bf_boot("set-state A good")
        kept = base64.b64decode(guest.ok(f"base64 {RECORD}.v2"))
        told = json.loads(bf_boot("status --json"))
        assert not any("version" in line for line in told["problems"]), told
    assert kept == content


def record_on(image, work):
    """control/boot-record after the journal was replayed: its bytes, or None."""
    at, size = LAYOUT["BF_DATA"][1:]
    data, out = work / "data-after", work / "record"
    with open(image, "rb") as file:
        file.seek(at)
        data.write_bytes(file.read(size))
    done = subprocess.run(["/usr/sbin/e2fsck", "-p", data], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout
    out.unlink(missing_ok=True)
    subprocess.run(["/usr/sbin/debugfs", "-R", f"dump control/boot-record {out}", data], check=True,
                   capture_output=True)
    content = out.read_bytes() if out.exists() else b""
    return content or None


def test_a_cut_at_every_write_while_the_record_is_made(guest, root_image, tmp_path):
    disk = lay_out(tmp_path / "disk.img", root_image)
    case = BootCase(guest, disk, "boot-create")
    base, log, image = tmp_path / "base", tmp_path / "log", tmp_path / "cut.img"
    blklog.replay(disk.path, base, [])
    log.touch()
    run_verbs(case, "A", 0, "set-state A good", log=log)
    writes = blklog.entries(log)
    seen = []
    for count in range(len(writes) + 1):
        blklog.replay(base, image, writes[:count])
        seen.append(record_on(image, tmp_path))
    # There is none until there is the whole one, and then it stays.
    whole = seen[-1]
    assert whole is not None and len(whole) == 2 * BLOCK
    first = seen.index(whole)
    assert seen == [None] * first + [whole] * (len(seen) - first)
    assert 0 < first < len(seen)
