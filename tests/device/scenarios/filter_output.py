# SPDX-License-Identifier: Apache-2.0
"""The device through which a filter gives on the keys that are listed."""

from __future__ import annotations

from vm.input import InputMachine


def given_on(machine: InputMachine, start: int) -> str:
    """Until a filter's own device was let through; its path in /sys."""
    event = machine.watch.wait(start, event="uevent", by="udev", subsystem="input", action="add",
                               inhibited="0", matching=lambda e: is_virtual(e["devpath"]))
    machine.watch.processed(start)
    return "/sys" + event["devpath"]


def is_virtual(devpath: str) -> bool:
    return devpath.startswith("/devices/virtual/input/")
