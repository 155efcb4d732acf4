# SPDX-License-Identifier: Apache-2.0
"""This terminal as the device's console."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vm.machine import Machine

_LEAVE = b"\x1d"  # Ctrl-]


def _show(data: bytes) -> None:
    os.write(sys.stdout.fileno(), data)


def attach(machine: Machine) -> None:
    keyboard = sys.stdin.fileno()
    saved = termios.tcgetattr(keyboard) if os.isatty(keyboard) else None
    machine.serial.on_data = _show
    sources = [keyboard]
    try:
        if saved:
            tty.setraw(keyboard)
        while machine.running:
            # The reader thread shows what comes; here only keys are waited for, and the end.
            ready, _, _ = select.select(sources, [], [], 0.5)
            if not ready:
                continue
            typed = os.read(keyboard, 4096)
            if _LEAVE in typed:
                return
            if not typed:  # a script that was piped in ends; the console stays
                sources = []
            machine.serial.send(typed.decode("utf-8", "replace"))
    finally:
        if saved:
            termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)
