# SPDX-License-Identifier: Apache-2.0
"""A small disk with everything that a device boots from, and bf-boot run on it in the guest."""
import contextlib
import subprocess
import sys
import uuid

import disks
from case import Case
from conftest import HERE
from disks import LINUX, MIB

sys.path.insert(0, str(HERE.parent))
from firmware import Firmware, fat  # noqa: E402, F401

FAT = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
# name: (type, offset, size); in the order of the table.
LAYOUT = {"BF_BOOTSEL": (FAT, 9 * MIB, MIB), "BF_BOOT_A": (FAT, 10 * MIB, MIB),
          "BF_BOOT_B": (FAT, 11 * MIB, MIB), "BF_ROOT_A": (LINUX, 1 * MIB, 8 * MIB),
          "BF_ROOT_B": (LINUX, 12 * MIB, 8 * MIB), "BF_DATA": (LINUX, 20 * MIB, 32 * MIB)}
SIZE = 54 * MIB
SECTOR = 512
BLOCK = 4096


class BootCase(Case):
    slot = "A"

    def partition(self, number=6):
        return super().partition({1: 4 if self.slot == "A" else 5}.get(number, number))

    def selector(self):
        return super().partition(1)


def put_file(image, at, name, text):
    source = image.with_suffix(".put")
    source.write_text(text)
    subprocess.run(["mcopy", "-o", "-i", f"{image}@@{at}", source, f"::{name}"], check=True)


def lay_out(path, root, sector=SECTOR):
    disk = disks.Disk(path, size=SIZE, image_size=SIZE, root=root, sector=sector)
    disk.entries = [(kind, name, at, size) for name, (kind, at, size) in LAYOUT.items()]
    disk.write_table()
    disk.put(LAYOUT["BF_ROOT_B"][1], root.read_bytes())
    for number, (name, (kind, at, size)) in enumerate(LAYOUT.items()):
        if kind == FAT:
            # Its --offset counts sectors of its own size.
            subprocess.run(["/sbin/mkfs.fat", "-n", name, "-S", str(sector), "-s", "1",
                            "--offset", str(at // sector), path, str(size // 1024)], check=True,
                           stdout=subprocess.DEVNULL)
    for slot in "AB":
        at = LAYOUT[f"BF_BOOT_{slot}"][1]
        number = list(LAYOUT).index(f"BF_ROOT_{slot}")
        identity = uuid.uuid5(disk.disk_id, f"{number}BF_ROOT_{slot}")
        put_file(path, at, "config.txt", "kernel=k\n")
        put_file(path, at, "k", "kernel\n")
        put_file(path, at, "cmdline.txt", f"root=PARTUUID={identity} rauc.slot={slot} ro\n")
    body = "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=2\n"
    put_file(path, LAYOUT["BF_BOOTSEL"][1], "autoboot.txt", body.ljust(SECTOR - 1) + "\n")
    content = path.with_suffix(".content")
    (content / "control").mkdir(parents=True)
    (content / "control").chmod(0o700)
    data = disks.ext4(path.with_suffix(".data"), LAYOUT["BF_DATA"][2], content=content)
    disk.copy_in(LAYOUT["BF_DATA"][1], data)
    return disk


@contextlib.contextmanager
def booted(case, slot="A", tryboot=0, log=None):
    """One boot of that slot; yields bf_boot(verb), which has to succeed."""
    case.slot, case.log = slot, log
    data = "/case/var/lib/betterframe"
    number = {"A": 2, "B": 3}[slot]
    words = f"rauc.slot={slot} bf.firmware.partition={number} bf.firmware.tryboot={tryboot}"
    with case.booted():
        # One boot id for each, as a machine has.
        case.guest.ok(f"""
            set -e
            mount -t ext4 -o noatime /dev/{case.partition(6)} {data}
            echo '{words}' > /tmp/cmdline; mount -o bind /tmp/cmdline /case/proc/cmdline
            cat /proc/sys/kernel/random/uuid > /tmp/boot_id
            mount -o bind /tmp/boot_id /case/proc/sys/kernel/random/boot_id
        """)

        def bf_boot(verb):
            print(f"> {verb} ({slot})")
            output = case.guest.ok(f"chroot /case /usr/bin/bf-boot {verb}")
            print(output)
            return output

        yield bf_boot


def run_verbs(case, slot, tryboot, *verbs, log=None):
    """The verbs in one boot of that slot; all must succeed."""
    with booted(case, slot, tryboot, log) as bf_boot:
        for verb in verbs:
            bf_boot(verb)


def autoboot_sector(disk):
    """Where its 512 bytes are on the disk."""
    at, size = LAYOUT["BF_BOOTSEL"][1:]
    with open(disk.path, "rb") as file:
        files = fat.Fat(file, at, size)
        content = files.read("autoboot.txt")
    offset = disk.get(at, size).index(content)
    assert len(content) == SECTOR and offset % SECTOR == 0
    return at + offset


def record_place(disk):
    """Where the record's two blocks are on the disk."""
    image = disk.path.with_suffix(".data-now")
    at, size = LAYOUT["BF_DATA"][1:]
    image.write_bytes(disk.get(at, size))
    text = subprocess.run(["/usr/sbin/debugfs", "-R", "blocks control/boot-record", image],
                          check=True, capture_output=True, text=True).stdout
    blocks = [int(word) for word in text.split()]
    assert len(blocks) == 2
    return [at + block * BLOCK for block in blocks]
