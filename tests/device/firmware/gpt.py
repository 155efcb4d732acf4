# SPDX-License-Identifier: Apache-2.0
"""Reads a GUID partition table (UEFI 2.10, chapter 5) from a file."""

from __future__ import annotations

import struct
import uuid
import zlib
from dataclasses import dataclass, field

LINUX_DATA = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
BASIC_DATA = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
EFI_SYSTEM = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
BF_DATA_UNFORMATTED = uuid.UUID("9e1b52a4-6d0c-4c5e-9f0a-bfda7a0f0a01")

_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_ENTRY = struct.Struct("<16s16sQQQ72s")


class GptError(Exception):
    """Neither copy of the table can be used."""


@dataclass(frozen=True)
class Partition:
    number: int
    type: uuid.UUID
    unique: uuid.UUID
    first_lba: int
    last_lba: int
    name: str
    sector_size: int

    @property
    def offset(self) -> int:
        return self.first_lba * self.sector_size

    @property
    def size(self) -> int:
        return (self.last_lba - self.first_lba + 1) * self.sector_size

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class Gpt:
    disk_guid: uuid.UUID
    sector_size: int
    disk_size: int
    last_usable_lba: int
    alternate_lba: int
    copy: str  # "primary" or "alternate": the one that was read
    partitions: list[Partition] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def by_name(self, name: str) -> Partition:
        found = [p for p in self.partitions if p.name == name]
        if len(found) != 1:
            raise GptError(f"{len(found)} partitions are called {name}")
        return found[0]


def _read_copy(disk, lba: int, sector: int, size: int, copy: str) -> Gpt:
    disk.seek(lba * sector)
    raw = disk.read(sector)
    if len(raw) < _HEADER.size:
        raise GptError(f"{copy}: no sector {lba}")
    (signature, _revision, header_size, header_crc, _zero, my_lba, alternate, _first, last_usable,
     disk_guid, entries_lba, count, entry_size, entries_crc) = _HEADER.unpack_from(raw)
    if signature != b"EFI PART":
        raise GptError(f"{copy}: no signature")
    if not _HEADER.size <= header_size <= sector or entry_size < _ENTRY.size or count > 4096:
        raise GptError(f"{copy}: impossible header")
    blanked = raw[:16] + b"\0\0\0\0" + raw[20:header_size]
    if zlib.crc32(blanked) != header_crc:
        raise GptError(f"{copy}: header checksum is wrong")
    if my_lba != lba:
        raise GptError(f"{copy}: says it is at sector {my_lba}, was read at {lba}")
    disk.seek(entries_lba * sector)
    entries = disk.read(count * entry_size)
    if len(entries) != count * entry_size or zlib.crc32(entries) != entries_crc:
        raise GptError(f"{copy}: entries checksum is wrong")
    table = Gpt(uuid.UUID(bytes_le=disk_guid), sector, size, last_usable, alternate, copy)
    for index in range(count):
        type_, unique, first, last, _flags, name = _ENTRY.unpack_from(entries, index * entry_size)
        if type_ == bytes(16):
            continue
        table.partitions.append(
            Partition(index + 1, uuid.UUID(bytes_le=type_), uuid.UUID(bytes_le=unique), first, last,
                      name.decode("utf-16-le").split("\0")[0], sector))
    return table


def read(disk, sector_size: int = 512) -> Gpt:
    """The primary table, or the one at the disk's last sector where the primary is damaged."""
    disk.seek(0, 2)
    size = disk.tell()
    last = size // sector_size - 1
    try:
        table = _read_copy(disk, 1, sector_size, size, "primary")
    except GptError as primary:
        try:
            table = _read_copy(disk, last, sector_size, size, "alternate")
        except GptError as alternate:
            raise GptError(f"{primary}; {alternate}") from None
        table.problems.append(str(primary))
        return table
    if table.alternate_lba != last:
        table.problems.append(f"the alternate table is at sector {table.alternate_lba}, "
                              f"the disk ends at {last}")
        last = table.alternate_lba
    try:
        _read_copy(disk, last, sector_size, size, "alternate")
    except GptError as alternate:
        table.problems.append(str(alternate))
    return table
