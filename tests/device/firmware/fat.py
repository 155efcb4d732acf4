# SPDX-License-Identifier: Apache-2.0
"""Reads files out of a FAT12, FAT16 or FAT32 file system inside a disk image."""

from __future__ import annotations

import struct
from dataclasses import dataclass


class FatError(Exception):
    """Not a FAT, or a damaged one."""


@dataclass(frozen=True)
class Entry:
    name: str
    directory: bool
    cluster: int
    size: int


class Fat:
    def __init__(self, disk, offset: int, length: int):
        self._disk = disk
        self._offset = offset
        self._length = length
        boot = self._read(0, 512)
        if boot[510:512] != b"\x55\xaa":
            raise FatError("no boot sector signature")
        (self._sector, self.sectors_per_cluster, reserved, fats, root_entries, total16, _media,
         fat16) = struct.unpack_from("<HBHBHHBH", boot, 11)
        total32, = struct.unpack_from("<I", boot, 32)
        fat32, = struct.unpack_from("<I", boot, 36)
        if self._sector not in (512, 1024, 2048, 4096) or not fats or not reserved:
            raise FatError("no FAT parameters in the boot sector")
        if not self.sectors_per_cluster or self.sectors_per_cluster & (self.sectors_per_cluster - 1):
            raise FatError("sectors per cluster is not a power of two")
        self.total_sectors = total16 or total32
        if self.total_sectors * self._sector > length:
            raise FatError("the file system is larger than its partition")
        fat_sectors = fat16 or fat32
        root_sectors = -(-root_entries * 32 // self._sector)
        self._root_start = reserved + fats * fat_sectors
        self._root_size = root_sectors * self._sector
        self._data_start = self._root_start + root_sectors
        clusters = (self.total_sectors - self._data_start) // self.sectors_per_cluster
        self.bits = 12 if clusters < 4085 else 16 if clusters < 65525 else 32
        self._clusters = clusters
        self._table = self._read(reserved * self._sector, fat_sectors * self._sector)
        self._root_cluster = struct.unpack_from("<I", boot, 44)[0] if self.bits == 32 else 0
        label = 71 if self.bits == 32 else 43
        self.label = boot[label:label + 11].decode("ascii", "replace").rstrip()
        # Set while mounted read-write, cleared at a clean unmount.
        self.dirty = bool(boot[65 if self.bits == 32 else 37] & 1)

    def _read(self, position: int, length: int) -> bytes:
        if position + length > self._length:
            raise FatError(f"bytes {position}+{length} lie beyond the partition")
        self._disk.seek(self._offset + position)
        data = self._disk.read(length)
        if len(data) != length:
            raise FatError(f"the image ends before byte {self._offset + position + length}")
        return data

    def _next(self, cluster: int) -> int | None:
        if self.bits == 12:
            word, = struct.unpack_from("<H", self._table, cluster + cluster // 2)
            value = word >> 4 if cluster & 1 else word & 0xFFF
        elif self.bits == 16:
            value, = struct.unpack_from("<H", self._table, cluster * 2)
        else:
            value = struct.unpack_from("<I", self._table, cluster * 4)[0] & 0x0FFFFFFF
        end = {12: 0xFF8, 16: 0xFFF8, 32: 0x0FFFFFF8}[self.bits]
        return None if value >= end else value

    def clusters(self, first: int) -> list[int]:
        chain: list[int] = []
        cluster: int | None = first
        while cluster is not None:
            if not 2 <= cluster < self._clusters + 2:
                raise FatError(f"cluster {cluster} is out of range")
            if len(chain) > self._clusters:
                raise FatError("a cluster chain that never ends")
            chain.append(cluster)
            cluster = self._next(cluster)
        return chain

    def _chain(self, first: int) -> bytes:
        size = self.sectors_per_cluster * self._sector
        parts = []
        for cluster in self.clusters(first):
            sector = self._data_start + (cluster - 2) * self.sectors_per_cluster
            parts.append(self._read(sector * self._sector, size))
        return b"".join(parts)

    def _root(self) -> bytes:
        if self.bits == 32:
            return self._chain(self._root_cluster)
        return self._read(self._root_start * self._sector, self._root_size)

    @staticmethod
    def _entries(raw: bytes) -> list[Entry]:
        found = []
        long_name: dict[int, bytes] = {}
        for at in range(0, len(raw), 32):
            record = raw[at:at + 32]
            if record[0] == 0:
                break
            if record[0] == 0xE5:
                long_name = {}
                continue
            attributes = record[11]
            if attributes == 0x0F:
                long_name[record[0] & 0x3F] = record[1:11] + record[14:26] + record[28:32]
                continue
            if attributes & 0x08:
                long_name = {}
                continue
            if long_name:
                joined = b"".join(long_name[i] for i in sorted(long_name))
                name = joined.decode("utf-16-le").split("\0")[0]
            else:
                stem = record[:8].decode("ascii", "replace").rstrip()
                suffix = record[8:11].decode("ascii", "replace").rstrip()
                # Windows NT's flags: a short name whose halves are lower case.
                stem = stem.lower() if record[12] & 0x08 else stem
                suffix = suffix.lower() if record[12] & 0x10 else suffix
                name = f"{stem}.{suffix}" if suffix else stem
            long_name = {}
            if name in (".", ".."):
                continue
            high, = struct.unpack_from("<H", record, 20)
            low, size = struct.unpack_from("<HI", record, 26)
            found.append(Entry(name, bool(attributes & 0x10), high << 16 | low, size))
        return found

    def list(self, directory: str = "") -> list[Entry]:
        raw = self._root()
        for part in [p for p in directory.split("/") if p]:
            entry = self._find(raw, part, directory)
            if not entry.directory:
                raise FatError(f"{directory} is not a directory")
            raw = self._chain(entry.cluster)
        return self._entries(raw)

    def _find(self, raw: bytes, name: str, path: str) -> Entry:
        for entry in self._entries(raw):
            if entry.name.lower() == name.lower():
                return entry
        raise FileNotFoundError(path)

    def entry(self, path: str) -> Entry:
        directory, _, name = path.strip("/").rpartition("/")
        for entry in self.list(directory):
            if entry.name.lower() == name.lower():
                return entry
        raise FileNotFoundError(path)

    def exists(self, path: str) -> bool:
        try:
            self.entry(path)
        except FileNotFoundError:
            return False
        return True

    def read(self, path: str) -> bytes:
        entry = self.entry(path)
        if entry.directory:
            raise FatError(f"{path} is a directory")
        if entry.size == 0:
            return b""
        data = self._chain(entry.cluster)
        if len(data) < entry.size:
            raise FatError(f"{path}: {entry.size} bytes long, but its clusters hold {len(data)}")
        return data[:entry.size]
