# SPDX-License-Identifier: Apache-2.0
"""The virtual device with a USB controller, someone at its keyboard, a watcher inside, and snapshots
of the booted machine: one boot serves many cases."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vm.disk import Disk
from vm.keys import KEYS, SHIFTED
from vm.machine import BOOT_CEILING, Machine
from vm.qmp import QmpError
from vm.watch import Event, Watch

CEILING = 120.0

# The pointer that cases let in: what it reports shows that what came before has arrived, or never will.
CONTROL = "QEMU QEMU USB Tablet"

# QEMU's keyboard holds back so many events, and is asked for one each so often.
_QUEUED_KEYS, _POLL_MS = 16, 8.0

_RUN = "/run/bf-test"


@dataclass
class Leaks:
    """What came out of the device between two marks; nothing is expected."""
    evdev: list[Event] = field(default_factory=list)
    hidraw: list[Event] = field(default_factory=list)
    tty1: str = ""
    sysrq: list[str] = field(default_factory=list)
    vt: list[str] = field(default_factory=list)

    @classmethod
    def among(cls, events: Iterable[Event]) -> Leaks:
        leaks = cls()
        for event in events:
            match event["event"]:
                case "key":
                    leaks.evdev.append(event)
                case "hidraw" if event["name"] != CONTROL:
                    leaks.hidraw.append(event)
                case "tty1":
                    leaks.tty1 += bytes.fromhex(event["hex"]).decode("latin-1")
                case "vt":
                    leaks.vt.append(event["active"])
                case "kmsg" if event["text"].startswith("sysrq:"):
                    leaks.sysrq.append(event["text"])
        return leaks

    def __bool__(self) -> bool:
        return bool(self.evdev or self.hidraw or self.tty1 or self.sysrq or self.vt)

    def pressed(self) -> list[int]:
        return [event["code"] for event in self.evdev if event["value"] == 1]


class Virtual:
    """Makes uhid or uinput devices inside, of a list of descriptions, one at a time."""

    def __init__(self, machine: InputMachine, kind: str, descriptions: Sequence[dict[str, Any]],
                 name: str):
        self._machine = machine
        self._control = f"{_RUN}/{name}.control"
        path = f"{_RUN}/{name}.json"
        start = machine.watch.position()
        # The module is loaded when a program opens the node; a case is not about that.
        machine.run(f"cat > {path} <<'END'\n{json.dumps(descriptions)}\nEND\n"
                    f"set -e; modprobe {kind}; mkfifo {self._control}\n"
                    f"setsid /usr/lib/bf-test/bf-test-input {kind} {path} {self._control} "
                    f"</dev/null >{_RUN}/{name}.log 2>&1 &")
        machine.watch.wait(start, event="ready")

    def tell(self, *lines: str) -> None:
        """Commands, as guest_tools/script.h and uhid.cc have them; "stop" overtakes."""
        for line in lines:
            self._machine.watch.tell(self._control, line)

    def create(self, number: int = 0, bound: bool = True) -> None:
        """Until the kernel has bound a driver to the HID device, or where it is not to, has announced
        it; and udev is done with it."""
        start = self._machine.watch.position()
        self.tell(f"create {number}")
        # The kernel adds it later than it says that it was created.
        self._machine.watch.wait(start, event="uevent", by="kernel", subsystem="hid",
                                 action="bind" if bound else "add")
        self._machine.watch.processed(start)

    def destroy(self) -> None:
        start = self._machine.watch.position()
        self.tell("destroy")
        self._machine.watch.wait(start, event="destroyed")
        self._machine.watch.processed(start)

    def finish(self, timeout: float = CEILING) -> None:
        """Until all commands so far were carried out."""
        start = self._machine.watch.position()
        self.tell("say done")
        self._machine.watch.wait(start, timeout, event="said", text="done")


@dataclass
class InputMachine(Machine):
    _STREAMS = ("agent", "serial", "qmp", "watch")
    # A real hub that sleeps wakes its host when something is plugged in. QEMU's does not, when that
    # happens between the last look at its ports and its falling asleep: the device is never seen.
    _ARGUMENTS = "usbcore.autosuspend=-1"

    # A PC's own keyboard port. Off: keys go to USB keyboards or nowhere.
    i8042: bool = False
    # Goes on from this snapshot of an earlier machine in the directory, instead of a boot.
    resume_from: str = ""
    # Called with the machine while it has power, before its first instruction.
    at_power_on: Callable[[InputMachine], None] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._overlay = self.directory / "overlay.qcow2"
        if not self.resume_from:
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b",
                            self.disk.path.resolve(), "-F", "raw", self._overlay], check=True)
        self.drive = f"file={self._overlay},format=qcow2,cache=unsafe,discard=unmap"
        self._plugged: list[str] = []
        # With nothing plugged in, where another process saved it.
        self._at_snapshot: dict[str, list[str]] = defaultdict(list)
        self._virtuals = 0
        self._x = 0

    def _more_devices(self) -> list[str]:
        resume = ["-loadvm", self.resume_from] if self.resume_from else []
        return [*resume, "-machine", f"i8042={'on' if self.i8042 else 'off'}",
                "-device", "qemu-xhci,id=usb,p2=15,p3=15",
                "-chardev", self._socket("watch"),
                "-device", "virtserialport,chardev=watch,name=bf.watch",
                # A guest that resets or goes off stays, stopped, for a snapshot to be restored.
                "-action", "shutdown=pause"]

    def _connect(self, runtime: Path) -> None:
        self.watch = Watch(runtime / "watch", self.log("watch"))
        if self.resume_from:
            self.agent.resumed()
        if self.at_power_on:
            self.at_power_on(self)

    def power_off(self, timeout: float = BOOT_CEILING) -> None:
        start = self.qmp.position()
        self.start_power_off(timeout)
        self.qmp.wait_event("SHUTDOWN", timeout, start)
        self.cut_power()
        self._plugged.clear()

    # Snapshots

    def save(self, name: str) -> None:
        self.watch.mark()
        self._human(f"savevm {name}")
        self._at_snapshot[name] = list(self._plugged)

    def restore(self, name: str) -> None:
        """As it was at save(); what was plugged in since is gone."""
        for device in reversed(self._plugged.copy()):  # what hangs on a hub before the hub
            if device not in self._at_snapshot[name]:
                self.detach(device)
        missing = set(self._at_snapshot[name]) - set(self._plugged)
        if missing:
            raise RuntimeError(f"{missing} have to be plugged in again before {name} is restored")
        if not self.qmp.execute("query-status")["running"]:
            self._wake()
        self._human(f"loadvm {name}")
        self._virtuals = 0
        self.watch.mark()

    def _wake(self) -> None:
        # After a reset of the guest's own it has to be reset once more before it may run.
        start = self.qmp.position()
        self.qmp.execute("set-action", reboot="reset")
        self.qmp.execute("system_reset")
        self.qmp.wait_event("RESET", CEILING, start)
        self.qmp.execute("set-action", reboot="shutdown")
        self.qmp.execute("cont")

    def _human(self, command: str) -> None:
        if said := self.qmp.human(command).strip():
            raise QmpError(f"{command}: {said}")

    # Plugs

    def attach(self, driver: str, id: str, **properties: Any) -> None:
        """Plugs in, and does not wait for the guest."""
        if driver == "usb-storage":
            drive = f"{id}-medium"
            if drive not in self._media():
                # Read-only, because a snapshot is of all that is writable.
                self.qmp.execute("blockdev-add", driver="null-co", node_name=drive, size=1 << 20,
                                 read_only=True)
            properties["drive"] = drive
        self.qmp.execute("device_add", driver=driver, id=id, bus=properties.pop("bus", "usb.0"),
                         **properties)
        self._plugged.append(id)

    def _media(self) -> set[str]:
        return {node["node-name"] for node in self.qmp.execute("query-named-block-nodes")}

    def plug(self, driver: str, id: str, timeout: float = CEILING, **properties: Any) -> str:
        """Plugs in and waits until the kernel has looked at it and udev has nothing left to do; its
        path in /sys. Behind a hub in port 3, `port` is "3.1"."""
        start = self.watch.position()
        self.attach(driver, id, **properties)
        event = self.watch.wait(start, timeout, event="uevent", by="kernel", action="bind",
                                devtype="usb_device")
        self.watch.processed(start)
        return "/sys" + event["devpath"]

    def unplug(self, id: str, timeout: float = CEILING) -> None:
        start = self.watch.position()
        self.detach(id)
        self.watch.wait(start, timeout, event="uevent", by="udev", action="remove",
                        devtype="usb_device")

    def detach(self, id: str) -> None:
        """Pulls out, and does not wait for the guest."""
        start = self.qmp.position()
        self.qmp.execute("device_del", id=id)
        self.qmp.wait_event("DEVICE_DELETED", CEILING, start,
                            lambda data: data.get("device") == id)
        self._plugged.remove(id)

    def settle(self) -> None:
        self.run("udevadm settle --timeout=100")

    # Keys

    def key(self, code: str, down: bool) -> None:
        self.qmp.execute("input-send-event", events=[
            {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": code}}}])

    def press(self, *codes: str) -> None:
        """A chord: down in order, up in the other."""
        for code in codes:
            self.key(code, True)
        for code in reversed(codes):
            self.key(code, False)

    def type(self, text: str) -> None:
        for character in text:
            if character in SHIFTED:
                self.press("shift", SHIFTED[character])
            else:
                self.press(KEYS.get(character, character))

    def uhid(self, *descriptions: dict[str, Any]) -> Virtual:
        return self._virtual("uhid", descriptions)

    def uinput(self, *descriptions: dict[str, Any]) -> Virtual:
        return self._virtual("uinput", descriptions)

    def _virtual(self, kind: str, descriptions: Sequence[dict[str, Any]]) -> Virtual:
        self._virtuals += 1
        return Virtual(self, kind, descriptions, f"{kind}-{self._virtuals}")

    # What came out

    def point(self) -> None:
        """Moves the pointer that is let in until it was seen to move for as long as a keyboard takes
        to deliver all that it can hold back: what was typed before on any of them has come out by
        now, or never will. The time is the guest's own, however slow it is."""
        until = None
        while until is None or event["t"] < until:
            self._x = (self._x + 4099) % 32768
            start = self.watch.position()
            self.qmp.execute("input-send-event", events=[
                {"type": "abs", "data": {"axis": "x", "value": self._x}}])
            event = self.watch.wait(start, event="abs", name=CONTROL)
            until = until or event["t"] + _QUEUED_KEYS * _POLL_MS * 2

    def leaks(self, start: int = 0) -> Leaks:
        """What has come out since the position `start` of the watch."""
        return Leaks.among(self.watch.events(start, self.watch.mark()))


def input_machine(image: Path, directory: Path, **options: Any) -> InputMachine:
    directory.mkdir(parents=True, exist_ok=True)
    return InputMachine(Disk(image), directory, **options)
