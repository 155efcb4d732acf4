# SPDX-License-Identifier: Apache-2.0
"""What others put on a partition: signatures that libblkid knows, made without their tools."""
import pathlib
import struct
import subprocess
import zlib


def luks(size):
    return b"LUKS\xba\xbe\0\1" + b"aes\0".ljust(32, b"\0") + bytes(552)


def lvm(size):
    body = struct.pack("<I", 32) + b"LVM2 001" + b"0123456789abcdefghijklmnopqrstuv" + bytes(448)
    crc = zlib.crc32(body, 0xf597a6cf ^ 0xffffffff) ^ 0xffffffff
    return bytes(512) + b"LABELONE" + struct.pack("<QI", 1, crc) + body


def raid(size):
    """A member of a RAID 1, metadata 1.2."""
    block = bytearray(256)
    struct.pack_into("<IIII16s32sQIIQII", block, 0, 0xa92b4efc, 1, 0, 0, b"u" * 16, b"host:0", 0, 1,
                     0, size // 512 - 2048, 0, 2)
    struct.pack_into("<QQQ", block, 128, 2048, size // 512 - 2048, 8)
    total = sum(struct.unpack("<64I", block))
    struct.pack_into("<I", block, 216, ((total & 0xffffffff) + (total >> 32)) & 0xffffffff)
    return bytes(4096) + bytes(block)


def vfat(size):
    path = pathlib.Path("/tmp") / f"vfat-{id(size)}-{size}.img"
    with open(path, "wb") as file:
        file.truncate(size)
    subprocess.run(["/usr/sbin/mkfs.vfat", "-n", "PHOTOS", path], check=True,
                   stdout=subprocess.DEVNULL)
    data = path.read_bytes()[:1 << 20]
    path.unlink()
    return data


def swap(size):
    page = bytearray(4096)
    struct.pack_into("<III16s16s", page, 1024, 1, size // 4096 - 1, 0, b"s" * 16, b"swap")
    page[4086:] = b"SWAPSPACE2"
    return bytes(page)


def ambiguous(size):
    """A swap area in front of which a read-only file system was put later."""
    data = bytearray(swap(size))
    data[:8] = b"-rom1fs-"
    struct.pack_into(">I", data, 8, 4096)
    return bytes(data)


ALL = {f.__name__: f for f in (luks, lvm, raid, vfat, swap, ambiguous)}
