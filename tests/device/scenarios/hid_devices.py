# SPDX-License-Identifier: Apache-2.0
"""Devices of the HID layer as nobody sells them: what uhid is told to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

USB_BUS, BLUETOOTH_BUS, VIRTUAL_BUS, I2C_BUS = 0x03, 0x05, 0x06, 0x18

# HID usages, page 7.
A, B, H, D = 0x04, 0x05, 0x0B, 0x07
SYSRQ, LEFT_CTRL, LEFT_ALT, DELETE, F2 = 0x46, 0xE0, 0xE2, 0x4C, 0x3B
# Of KEY_ESC..KEY_S, evdev codes 1 to 31: the keys that make ID_INPUT_KEYBOARD if none is missing.
FIRST_KEYS = [0x29, *range(0x1E, 0x28), 0x2D, 0x2E, 0x2A, 0x2B, 0x14, 0x1A, 0x08, 0x15, 0x17, 0x1C,
              0x18, 0x0C, 0x12, 0x13, 0x2F, 0x30, 0x28, LEFT_CTRL, A, 0x16]


def _item(tag: int, value: int) -> bytes:
    """A short item: as many bytes of data as the value takes."""
    if 0 <= value < 0x80:
        return bytes([tag | 1, value])
    return bytes([tag | 2]) + value.to_bytes(2, "little")


def _bits(usages: Sequence[int]) -> bytes:
    """One bit for each usage of page 7, filled up to whole bytes."""
    out = bytes([0x05, 0x07]) + b"".join(_item(0x08, usage) for usage in usages)
    out += bytes([0x15, 0x00, 0x25, 0x01, 0x75, 0x01]) + _item(0x94, len(usages))
    out += bytes([0x81, 0x02])
    if rest := -len(usages) % 8:
        out += bytes([0x95, rest, 0x81, 0x03])
    return out


def keyboard_collection(usages: Sequence[int], report_id: int = 0) -> bytes:
    number = bytes([0x85, report_id]) if report_id else b""
    return bytes([0x05, 0x01, 0x09, 0x06, 0xA1, 0x01]) + number + _bits(usages) + b"\xc0"


def mouse_collection(report_id: int) -> bytes:
    return bytes([0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x85, report_id, 0x09, 0x01, 0xA1, 0x00,
                  0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01, 0x95, 0x03,
                  0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05, 0x81, 0x03,
                  0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x81, 0x25, 0x7F,
                  0x75, 0x08, 0x95, 0x02, 0x81, 0x06, 0xC0, 0xC0])


@dataclass(frozen=True)
class Crafted:
    label: str
    descriptor: bytes
    usages: Sequence[int]
    name: bytes = b"Acme Keyboard"
    bus: int = USB_BUS
    report_id: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def description(self) -> dict[str, Any]:
        return {"bus": self.bus, "vendor": 0x1D6B, "product": 0x0104, "version": 0x0110,
                "name_hex": self.name.hex(), "phys": "usb-0000:00:02.0-9/input0", "uniq": "",
                "report_descriptor": self.descriptor.hex(), **self.more}

    def report(self, *usages: int) -> str:
        """Hexadecimal, with those keys held down."""
        bits = 0
        for usage in usages:
            bits |= 1 << self.usages.index(usage)
        body = bits.to_bytes((len(self.usages) + 7) // 8, "little")
        return ((bytes([self.report_id]) if self.report_id else b"") + body).hex()

    def typing(self, *usages: int) -> list[str]:
        """Commands that press and release each."""
        return [f"report {self.report(*held)}" for usage in usages for held in ((usage,), ())]

    def holding(self, *usages: int) -> list[str]:
        """Commands that press one after the other, hold them, and let go of all."""
        held = [usages[:count] for count in range(1, len(usages) + 1)]
        return [f"report {self.report(*keys)}" for keys in (*held, ())]


def keyboard(label: str, usages: Sequence[int], **members: Any) -> Crafted:
    return Crafted(label, keyboard_collection(usages), usages, **members)


PLAIN = keyboard("plain", [*range(0x04, 0x30), *range(0x3A, 0x48), DELETE, *range(0xE0, 0xE8)])

HOSTILE_NAMES = {
    "rule": b'x", RUN+="/bin/touch /run/bf-test/owned"',
    "newline": b'x\nINHIBITED=0\nE:ID_INPUT=0',
    "glob": b"*?[a-z]",
    "control": b"\x1b[2J\x07\x08name",
    "utf-8": "Tastatur \N{COMBINING DIAERESIS}\N{RIGHT-TO-LEFT OVERRIDE}\U0001f3b9".encode(),
    "not utf-8": b"\xff\xfe\xc0\x80",
    "format": b"%s%n$name$(id)`id`",
    "empty": b"",
    "longest": b"n" * 127,
    "the pointer that is let in": b"QEMU QEMU USB Tablet",
    "the same, and a space": b"QEMU QEMU USB Tablet ",
}

CRAFTED = [
    PLAIN,
    # One of the 31 is missing: no ID_INPUT_KEYBOARD, and still every other key.
    keyboard("30 of 31 keys", [usage for usage in FIRST_KEYS if usage != 0x14]),
    keyboard("only a chord", [LEFT_ALT, SYSRQ, B, A]),
    Crafted("mouse with a keyboard", mouse_collection(1) + keyboard_collection(PLAIN.usages, 2),
            PLAIN.usages, report_id=2, name=b"Acme Mouse"),
    keyboard("bluetooth", PLAIN.usages, bus=BLUETOOTH_BUS, more={"phys": "00:11:22:33:44:55"}),
    keyboard("i2c", PLAIN.usages, bus=I2C_BUS, more={"phys": "i2c-ACME0001:00"}),
    keyboard("virtual", PLAIN.usages, bus=VIRTUAL_BUS),
    *(keyboard(f"name: {label}", PLAIN.usages, name=name) for label, name in HOSTILE_NAMES.items()),
]


def labelled(label: str) -> Crafted:
    found, = (device for device in CRAFTED if device.label == label)
    return found
