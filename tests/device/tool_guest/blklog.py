# SPDX-License-Identifier: Apache-2.0
"""Reads the log of QEMU's blklogwrites (the format of dm-log-writes) and replays prefixes of it."""
import pathlib
import struct
import subprocess

FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8


def entries(log: pathlib.Path):
    """[(offset in bytes, data, flags)], in the order of arrival."""
    found = []
    with open(log, "rb") as file:
        magic, version, count, sector = struct.unpack("<QQQI", file.read(28))
        assert magic == 0x6a736677736872 and version == 1, "not a write log"
        at = sector
        for _ in range(count):
            file.seek(at)
            where, length, flags, size = struct.unpack("<QQQQ", file.read(32))
            at += sector
            data = b""
            if not flags & DISCARD:
                file.seek(at)
                data = file.read(length * sector)
                at += len(data)
            found.append((where * sector, data, flags))
    return found


def replay(base: pathlib.Path, out: pathlib.Path, writes):
    """`out` becomes `base` with those writes on it."""
    out.unlink(missing_ok=True)
    subprocess.run(["cp", "--sparse=always", base, out], check=True)
    with open(out, "r+b") as file:
        for offset, data, flags in writes:
            if data and not flags & (DISCARD | MARK):
                file.seek(offset)
                file.write(data)
