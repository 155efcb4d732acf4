# SPDX-License-Identifier: Apache-2.0
"""What the watcher inside the device reports (guest_tools), as a list that can be waited on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vm.stream import LineStream

Event = dict[str, Any]
CEILING = 120.0


def _parsed(line: str) -> Event | None:
    # A snapshot that is restored can leave half a line behind.
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


class Watch:
    def __init__(self, path: Path, log: Path):
        self._stream = LineStream(path, log)
        self._marks = 0

    def position(self) -> int:
        return self._stream.position()

    def mark(self, timeout: float = CEILING) -> int:
        """Until everything that happened so far was reported; the position behind it."""
        self._marks += 1
        start = self._stream.position()
        self._stream.send(f"mark {self._marks}\n")
        index, _ = self._stream.wait(rf'"mark":"{self._marks}"', timeout, start)
        return index + 1

    def tell(self, control: str, line: str) -> None:
        """A line to the control FIFO of a process inside."""
        self._stream.send(f"tell {control} {line}\n")

    def take_terminal(self) -> None:
        """Reads tty1 key by key again, after a getty had it."""
        self._stream.send("raw\n")
        self.mark()

    def screen(self) -> str:
        """The text on tty1."""
        start = self._stream.position()
        self._stream.send("screen\n")
        _, match = self._stream.wait('"event":"screen"', CEILING, start)
        return json.loads(match.string)["text"]

    def events(self, start: int = 0, end: int | None = None, **members: Any) -> list[Event]:
        """Those from `start` on that have all the members."""
        return [event for line in self._stream.lines[start:end]
                if (event := _parsed(line)) is not None
                and all(event.get(k) == v for k, v in members.items())]

    def wait(self, start: int = 0, timeout: float = CEILING,
             matching: Callable[[Event], bool] = lambda event: True, **members: Any) -> Event:
        deadline = time.monotonic() + timeout
        while True:
            try:
                index, match = self._stream.wait("^{", max(0.0, deadline - time.monotonic()), start)
            except TimeoutError:
                raise TimeoutError(f"no event with {members} within {timeout:.0f} s") from None
            event = _parsed(match.string)
            if (event is not None and all(event.get(k) == v for k, v in members.items())
                    and matching(event)):
                return event
            start = index + 1

    def processed(self, start: int, timeout: float = CEILING) -> None:
        """Until udev is done with every uevent since `start`, and with those that came of it."""
        done: set[str] = set()
        while True:
            events = self.events(start, self.mark(), event="uevent")
            done |= {event["seqnum"] for event in events if event["by"] == "udev"}
            waiting = {event["seqnum"] for event in events} - done
            if not waiting:
                return
            for number in waiting:
                self.wait(start, timeout, event="uevent", by="udev", seqnum=number)

    def close(self) -> None:
        self._stream.close()
