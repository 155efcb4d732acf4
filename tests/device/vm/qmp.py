# SPDX-License-Identifier: Apache-2.0
"""QEMU's machine protocol: commands, answers, events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vm.stream import LineStream


class QmpError(Exception):
    pass


class Qmp:
    def __init__(self, path: Path, timeout: float = 60):
        self._stream = LineStream(path)
        self._timeout = timeout
        self._next = 0
        self._stream.wait('"QMP"', timeout)
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        self._next += 1
        message: dict[str, Any] = {"execute": command, "id": self._next}
        if arguments:
            message["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        start = self._stream.position()
        self._stream.send(json.dumps(message) + "\n")
        index, _ = self._stream.wait(rf'"id": {self._next}\b', self._timeout, start)
        answer = json.loads(self._stream.lines[index])
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']['desc']}")
        return answer["return"]

    def wait_event(self, name: str, timeout: float) -> dict[str, Any]:
        index, _ = self._stream.wait(rf'"event": "{name}"', timeout)
        return json.loads(self._stream.lines[index])

    def close(self) -> None:
        self._stream.close()
