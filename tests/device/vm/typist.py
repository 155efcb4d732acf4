# SPDX-License-Identifier: Apache-2.0
"""Someone who types without a pause, whatever keyboard the keys may reach."""

from __future__ import annotations

import threading
from itertools import cycle

from vm.input import InputMachine
from vm.qmp import QmpError

LETTERS = "qwertyuiopasdfghjklzxcvbnm"


class Typist:
    """Types in a thread of its own, `per_second` keys, until it is stopped."""

    def __init__(self, machine: InputMachine, per_second: float):
        self._machine = machine
        self._interval = 1 / per_second
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._typed = threading.Condition()
        self.keys = 0
        self._thread = threading.Thread(target=self._type, name="typist", daemon=True)
        self._thread.start()

    def _type(self) -> None:
        try:
            if not self._machine.qmp.execute("query-status")["running"]:
                # Nothing can be typed while the machine is off; from its first instruction on.
                self._machine.qmp.wait_event("RESUME", 60)
            for letter in cycle(LETTERS):
                if self._pressed(letter):
                    with self._typed:
                        self.keys += 1
                        self._typed.notify_all()
                if self._stop.wait(self._interval):
                    return
        except BaseException as failure:  # told to who stops us
            self._failure = failure
            with self._typed:
                self._typed.notify_all()

    def _pressed(self, letter: str) -> bool:
        """False where there is no keyboard just now."""
        try:
            self._machine.press(letter)
        except QmpError as error:
            if "handler not found" not in str(error):
                raise
            return False
        return True

    def until(self, keys: int, timeout: float = 120.0) -> None:
        """Until as many were typed since power-on."""
        with self._typed:
            if not self._typed.wait_for(lambda: self.keys >= keys or self._failure, timeout):
                raise TimeoutError(f"{self.keys} of {keys} keys typed")
        if self._failure:
            raise self._failure

    def stop(self) -> int:
        """The number of keys that were typed."""
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise self._failure
        return self.keys

    def __enter__(self) -> Typist:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
