# SPDX-License-Identifier: Apache-2.0
"""A disk whose plug can be pulled at an exact write.

QEMU reaches it as a network block device. It counts what the guest writes, and at the chosen write
it behaves as hardware does when power goes: that write arrives in part, and of what was written
since the last flush an arbitrary part is missing.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SECTOR = 512
_REQUEST = struct.Struct(">IHHQQI")
_READ, _WRITE, _DISCONNECT, _FLUSH, _TRIM, _ZEROES = 0, 1, 2, 3, 4, 6
_FUA = 1
# HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES
_EXPORT_FLAGS = 1 | 4 | 8 | 32 | 64
_GREETING = b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3)
_OPTION_EXPORT_NAME, _OPTION_ABORT, _OPTION_INFO, _OPTION_GO = 1, 2, 6, 7


@dataclass(frozen=True)
class Write:
    offset: int
    length: int
    zeroes: bool = False


@dataclass
class _Pending:
    offset: int
    old: bytes  # empty for ranges of zeroes, which always arrive
    new: bytes
    zeroes: int = 0


class PullableDisk:
    """Serves one raw file to one QEMU at a time."""

    def __init__(self, path: Path, seed: int = 0):
        self._file = os.open(path, os.O_RDWR)
        self._size = os.fstat(self._file).st_size
        self._random = random.Random(seed)
        self._directory = tempfile.TemporaryDirectory(prefix="bf-nbd-")
        self.socket = Path(self._directory.name) / "nbd"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.socket))
        self._listener.listen(1)
        self.writes: list[Write] = []  # of this power-on
        self.flushes = 0
        self._pending: list[_Pending] = []
        self._cut_at: int | None = None
        self._pull: Callable[[], None] = lambda: None
        self.cut = threading.Event()
        threading.Thread(target=self._serve, name="nbd", daemon=True).start()

    @property
    def drive(self) -> str:
        return f"driver=nbd,server.type=unix,server.path={self.socket},cache=writeback,discard=unmap"

    def arm(self, cut_at: int | None, pull: Callable[[], None]) -> None:
        """Before a power-on: at write number `cut_at` (from 1), `pull` ends the machine."""
        self.writes = []
        self.flushes = 0
        self._pending = []
        self._cut_at = cut_at
        self._pull = pull
        self.cut.clear()

    def close(self) -> None:
        self._listener.close()
        self._directory.cleanup()
        os.close(self._file)

    # The protocol (https://github.com/NetworkBlockDevice/nbd, doc/proto.md), as far as QEMU uses it

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    if self._negotiate(connection):
                        self._transmit(connection)
                except (ConnectionError, EOFError):
                    pass

    @staticmethod
    def _receive(connection: socket.socket, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            part = connection.recv(length - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def _negotiate(self, connection: socket.socket) -> bool:
        connection.sendall(_GREETING)
        self._receive(connection, 4)
        while True:
            _magic, option, length = struct.unpack(">8sII", self._receive(connection, 16))
            self._receive(connection, length)

            def reply(kind: int, data: bytes = b"", option: int = option) -> None:
                connection.sendall(struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data)

            if option in (_OPTION_GO, _OPTION_INFO):
                reply(3, struct.pack(">HQH", 0, self._size, _EXPORT_FLAGS))
                reply(3, struct.pack(">HIII", 3, _SECTOR, 4096, 32 << 20))
                reply(1)
                if option == _OPTION_GO:
                    return True
            elif option == _OPTION_EXPORT_NAME:
                connection.sendall(struct.pack(">QH", self._size, _EXPORT_FLAGS))
                return True
            elif option == _OPTION_ABORT:
                reply(1)
                return False
            else:
                reply(0x80000001)

    def _transmit(self, connection: socket.socket) -> None:
        while True:
            _magic, flags, kind, handle, offset, length = _REQUEST.unpack(
                self._receive(connection, _REQUEST.size))
            answer = b""
            if kind == _DISCONNECT:
                return
            if kind == _READ:
                answer = os.pread(self._file, length, offset)
                answer += bytes(length - len(answer))
            elif kind == _WRITE:
                self._write(offset, self._receive(connection, length))
            elif kind == _ZEROES:
                self._zeroes(offset, length)
            elif kind == _FLUSH:
                self._flush()
            if self.cut.is_set():
                return
            if flags & _FUA and kind in (_WRITE, _ZEROES):
                self._flush()
            connection.sendall(struct.pack(">IIQ", 0x67446698, 0, handle) + answer)

    # What a cut leaves

    def _count(self, write: Write) -> bool:
        """Whether this is the write at which the power goes."""
        self.writes.append(write)
        return len(self.writes) == self._cut_at

    def _write(self, offset: int, data: bytes) -> None:
        last = self._count(Write(offset, len(data)))
        if last:
            kept = self._random.randrange(len(data) // _SECTOR + 1) * _SECTOR
            data = data[:kept]
        self._pending.append(_Pending(offset, os.pread(self._file, len(data), offset), data))
        os.pwrite(self._file, data, offset)
        if last:
            self._power_fails()

    def _zeroes(self, offset: int, length: int) -> None:
        last = self._count(Write(offset, length, zeroes=True))
        if not last:
            self._pending.append(_Pending(offset, b"", b"", zeroes=length))
            self._clear(offset, length)
        else:
            self._power_fails()

    def _clear(self, offset: int, length: int) -> None:
        at = offset
        while at < offset + length:
            size = min(1 << 20, offset + length - at)
            # Holes stay holes: mkfs clears far more than there ever was.
            if os.pread(self._file, size, at).strip(b"\0"):
                os.pwrite(self._file, bytes(size), at)
            at += size

    def _flush(self) -> None:
        self.flushes += 1
        self._pending = []

    def _power_fails(self) -> None:
        for write in reversed(self._pending):
            if not write.zeroes:
                os.pwrite(self._file, write.old, write.offset)
        for write in self._pending:
            if write.zeroes:
                self._clear(write.offset, write.zeroes)
            elif self._random.random() < 0.5:
                os.pwrite(self._file, write.new, write.offset)
        self._pending = []
        self.cut.set()
        self._pull()
