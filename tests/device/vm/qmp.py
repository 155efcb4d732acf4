# SPDX-License-Identifier: Apache-2.0
"""QEMU's machine protocol: commands, answers, events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vm.stream import LineStream

Event = dict[str, Any]


class QmpError(Exception):
    pass


class Qmp:
    def __init__(self, path: Path, timeout: float = 60):
        self._stream = LineStream(path)
        self._timeout = timeout
        self._next = 0
        self._lock = threading.Lock()
        self._stream.wait('"QMP"', timeout)
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """From any thread; answers are told apart by their number."""
        message: dict[str, Any] = {"execute": command}
        if arguments:
            message["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        with self._lock:
            self._next += 1
            number = message["id"] = self._next
            start = self._stream.position()
            self._stream.send(json.dumps(message) + "\n")
        _, match = self._stream.wait(rf'"id": {number}\b', self._timeout, start)
        answer = json.loads(match.string)
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def human(self, command: str) -> str:
        """A command of the human monitor, which says what went wrong in its answer."""
        return self.execute("human-monitor-command", command_line=command)

    def position(self) -> int:
        return self._stream.position()

    def wait_event(self, name: str, timeout: float, start: int = 0,
                   matching: Callable[[Event], bool] = lambda event: True) -> Event:
        """The first event of that name from `start` on whose data matches."""
        deadline = time.monotonic() + timeout
        while True:
            index, match = self._stream.wait(rf'"event": "{name}"', deadline - time.monotonic(),
                                             start)
            event = json.loads(match.string)
            if matching(event.get("data", {})):
                return event
            start = index + 1

    def close(self) -> None:
        self._stream.close()
