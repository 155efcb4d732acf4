# SPDX-License-Identifier: Apache-2.0
"""autoboot.txt: which partition the firmware boots from, in a normal boot and in a trial."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_BYTES = 512  # the firmware reads one sector and no more


class AutobootError(Exception):
    pass


@dataclass
class Autoboot:
    """Values of [all], and of [tryboot] where a trial has values of its own."""
    all: dict[str, str] = field(default_factory=dict)
    tryboot: dict[str, str] = field(default_factory=dict)

    def value(self, key: str, tryboot: bool) -> str | None:
        if tryboot and key in self.tryboot:
            return self.tryboot[key]
        return self.all.get(key)

    def boot_partition(self, tryboot: bool) -> int | None:
        text = self.value("boot_partition", tryboot)
        if text is None:
            return None
        if not text.isdigit():
            raise AutobootError(f"boot_partition={text} is not a number")
        return int(text)

    @property
    def tryboot_a_b(self) -> bool:
        return self.all.get("tryboot_a_b") == "1"


def parse(raw: bytes) -> Autoboot:
    if len(raw) > MAX_BYTES:
        raise AutobootError(f"{len(raw)} bytes; the firmware reads {MAX_BYTES}")
    result = Autoboot()
    section = "all"
    for line in raw.decode("ascii", "replace").replace("\r", "\n").split("\n"):
        line = line.split("#", 1)[0].strip(" \t\0")
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
            continue
        key, equals, value = line.partition("=")
        if not equals:
            continue  # the firmware skips what it does not know
        if section in ("all", "tryboot"):
            getattr(result, section)[key.strip()] = value.strip()
    return result
