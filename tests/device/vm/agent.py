# SPDX-License-Identifier: Apache-2.0
"""A root shell in the guest, over a virtio serial port. The other end is guest/bf-test-agent."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vm.stream import LineStream


@dataclass(frozen=True)
class Completed:
    command: str
    exit_code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


class CommandFailed(AssertionError):
    def __init__(self, done: Completed):
        super().__init__(f"{done.command!r} exited {done.exit_code}\n"
                         f"stdout: {done.stdout}\nstderr: {done.stderr}")
        self.completed = done


class Agent:
    def __init__(self, path: Path):
        self._stream = LineStream(path)
        self._next = 0
        self._ready = False

    def wait_ready(self, timeout: float) -> None:
        if not self._ready:
            self._stream.wait("^HELLO$", timeout)
            self._ready = True

    def resumed(self) -> None:
        """It has said HELLO already, to someone else."""
        self._ready = True

    def execute(self, command: str, timeout: float) -> Completed:
        self.wait_ready(timeout)
        self._next += 1
        start = self._stream.position()
        self._stream.send(f"RUN {self._next} {command.encode().hex()}\n")
        _, match = self._stream.wait(rf"^DONE {self._next} (\d+) (\S*) (\S*)$", timeout, start)
        code, out, err = match.groups()
        return Completed(command, int(code), bytes.fromhex(out).decode("utf-8", "replace"),
                         bytes.fromhex(err).decode("utf-8", "replace"))

    def start(self, command: str) -> None:
        """Sends a command that the guest does not live to answer (poweroff)."""
        self._next += 1
        self._stream.send(f"RUN {self._next} {command.encode().hex()}\n")

    def write_file(self, path: str, content: bytes, timeout: float) -> None:
        quoted = shlex.quote(path)
        self.execute(f": > {quoted}", timeout)
        for at in range(0, len(content), 49152):
            chunk = base64.b64encode(content[at:at + 49152]).decode()
            done = self.execute(f"base64 -d >> {quoted} <<'END'\n{chunk}\nEND\n", timeout)
            if done.exit_code != 0:
                raise CommandFailed(done)

    def close(self) -> None:
        self._stream.close()
