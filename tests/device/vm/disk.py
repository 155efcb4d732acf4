# SPDX-License-Identifier: Apache-2.0
"""A disk of the virtual device, as a sparse raw file: readable from outside once it is off."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from firmware import gpt


_CHUNK = 1 << 16


def _content(disk: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of each chunk that is not all zeros; holes are not read."""
    at = start
    while at < end:
        try:
            data = os.lseek(disk.fileno(), at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole until the end
                return
            raise
        at = max(at, start + (data - start) // _CHUNK * _CHUNK)
        if at >= end:
            return
        chunk = os.pread(disk.fileno(), min(_CHUNK, end - at), at)
        if chunk.strip(b"\0"):
            yield at - start, chunk
        at += _CHUNK


class Disk:
    def __init__(self, path: Path, sector_size: int = 512):
        self.path = Path(path)
        self.sector_size = sector_size

    @classmethod
    def copy_of(cls, image: Path, path: Path, size: int | None = None) -> Disk:
        """A copy that takes no room for holes; with `size`, as if flashed to a larger disk."""
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", str(image), str(path)],
                       check=True)
        disk = cls(path)
        if size is not None:
            with open(path, "r+b") as out:
                if out.seek(0, 2) > size:
                    raise ValueError(f"{image} does not fit into {size} bytes")
                out.truncate(size)
        return disk

    def table(self) -> gpt.Gpt:
        with open(self.path, "rb") as disk:
            return gpt.read(disk, self.sector_size)

    def partition(self, name: str) -> gpt.Partition:
        return self.table().by_name(name)

    def hash(self, name: str) -> str:
        """SHA-256 over a partition: each chunk that holds anything, with its place."""
        partition = self.partition(name)
        digest = hashlib.sha256()
        with open(self.path, "rb") as disk:
            for offset, chunk in _content(disk, partition.offset, partition.end):
                digest.update(offset.to_bytes(8, "little") + chunk)
        return digest.hexdigest()

    def read(self, name: str, offset: int, length: int) -> bytes:
        with open(self.path, "rb") as disk:
            disk.seek(self.partition(name).offset + offset)
            return disk.read(length)

    def write(self, name: str, offset: int, data: bytes) -> None:
        partition = self.partition(name)
        with open(self.path, "r+b") as disk:
            disk.seek(partition.offset + offset)
            disk.write(data)

    def extract(self, name: str, target: Path) -> Path:
        partition = self.partition(name)
        subprocess.run(["dd", f"if={self.path}", f"of={target}", "bs=1M", "conv=sparse",
                        "iflag=skip_bytes,count_bytes", f"skip={partition.offset}",
                        f"count={partition.size}", "status=none"], check=True)
        with open(target, "r+b") as out:
            out.truncate(partition.size)
        return target

    def ext4(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs an e2fsprogs command on a copy of a partition: `disk.ext4("BF_DATA", "e2fsck", "-fn")`."""
        with tempfile.TemporaryDirectory(dir=self.path.parent) as scratch:
            copy = self.extract(name, Path(scratch) / name)
            tool = shutil.which(command[0], path="/sbin:/usr/sbin:/bin:/usr/bin") or command[0]
            return subprocess.run([tool, *command[1:], str(copy)], capture_output=True, text=True,
                                  check=False)
