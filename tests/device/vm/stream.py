# SPDX-License-Identifier: Apache-2.0
"""A socket of QEMU's, read line by line in a thread; waiting is for a line, never for time."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path
from typing import Callable


class StreamClosed(Exception):
    """The other end went away before the line came."""


class LineStream:
    def __init__(self, path: Path, log: Path | None = None):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._log = open(log, "ab", buffering=0) if log else None
        # Given every byte as it comes, for someone who watches.
        self.on_data: Callable[[bytes], None] | None = None
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._closed = False
        self._thread = threading.Thread(target=self._pump, name=f"read {path.name}", daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        rest = b""
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            if self._log:
                self._log.write(data)
            if self.on_data:
                self.on_data(data)
            *complete, rest = (rest + data).split(b"\n")
            lines = [line.decode("utf-8", "replace").rstrip("\r") for line in complete]
            with self._changed:
                self._lines += lines
                self._changed.notify_all()
        with self._changed:
            if rest:
                self._lines.append(rest.decode("utf-8", "replace"))
            self._closed = True
            self._changed.notify_all()

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode())

    @property
    def lines(self) -> list[str]:
        with self._changed:
            return list(self._lines)

    def position(self) -> int:
        with self._changed:
            return len(self._lines)

    def wait(self, pattern: str, timeout: float, start: int = 0) -> tuple[int, re.Match[str]]:
        """The first line from `start` on that matches; its index and the match."""
        expression = re.compile(pattern)
        deadline = time.monotonic() + timeout
        at = start
        with self._changed:
            while True:
                for index in range(at, len(self._lines)):
                    if match := expression.search(self._lines[index]):
                        return index, match
                at = len(self._lines)
                if self._closed:
                    raise StreamClosed(f"no line matched {pattern!r}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"no line matched {pattern!r} within {timeout:.0f} s")
                self._changed.wait(left)

    def wait_closed(self, timeout: float) -> list[str]:
        """All lines, once the other end is gone."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise TimeoutError(f"the stream did not end within {timeout:.0f} s")
        return self.lines

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(timeout=5)
        self._socket.close()
        if self._log:
            self._log.close()
