# SPDX-License-Identifier: Apache-2.0
"""How long a new keyboard is heard, gate by gate: keys that come out, and the time from the first of
them until the last. A keyboard that types from the instant it exists, faster than any hand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import pytest

from scenarios.hid_devices import A, PLAIN
from scenarios.input_gates import INPUT, WITHOUT_ONE, set_by_hand
from vm.input import InputMachine, Leaks
from vm.typist import Typist

# Of each set of gates, for CI; BF_INPUT_PLUGS=100 is the long form.
PLUGS = int(os.environ.get("BF_INPUT_PLUGS", "4"))
# Of reports: a key every second one. Faster, and the guest does nothing but report them.
_INTERVAL_US = 8000


@dataclass(frozen=True)
class Window:
    """Of one plug."""
    keys: int
    ms: float  # from the announcement of the input device until the last key
    keys_later: int = 0  # of these, after udev was done with the device


def percentile(values: list[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def table(windows: list[Window]) -> dict[str, float]:
    keys, times = [w.keys for w in windows], [w.ms for w in windows]
    return {"plugs": len(windows), "plugs_heard": sum(1 for w in windows if w.keys),
            "keys_p50": percentile(keys, 50), "keys_p99": percentile(keys, 99),
            "keys_max": max(keys), "ms_p50": round(percentile(times, 50), 2),
            "ms_p99": round(percentile(times, 99), 2), "ms_max": round(max(times), 2)}


def report(machine: InputMachine, gates: str, windows: list[Window]) -> dict[str, float]:
    """Prints it, and keeps it beside the logs: one object for each set of gates."""
    path = machine.directory.parent / "input-window.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[gates] = table(windows)
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    print(f"leak window with {gates}: {known[gates]}")
    return known[gates]


def replugged(machine: InputMachine, bound: bool) -> list[Window]:
    virtual = machine.uhid(PLAIN.description())
    windows = []
    for _ in range(PLUGS):
        start = machine.watch.position()
        typing = (f"repeat 1000000 {_INTERVAL_US} "
                  f"report {PLAIN.report(A)}; report {PLAIN.report()}")
        virtual.tell("create 0", typing)
        machine.watch.wait(start, event="uevent", by="kernel", subsystem="hid",
                           action="bind" if bound else "add")
        machine.watch.processed(start)
        done = machine.watch.mark()
        machine.run("sleep 0.3")  # by the guest's clock, in which the keys go on
        virtual.tell("stop")
        virtual.finish()
        windows.append(window_of(machine.watch.events(start, machine.watch.mark()),
                                 len(machine.leaks(done).pressed())))
        virtual.destroy()
    return windows


def window_of(plug: list[dict], later: int = 0) -> Window:
    leaks = Leaks.among(plug)
    born = [e["t"] for e in plug if e["event"] == "uevent" and e["by"] == "kernel"
            and e["action"] == "add" and e["subsystem"] == "input"]
    # tty1 has no time of the key's own, but is open from the first instant; evdev is not.
    times = [e["t"] for e in plug if e["event"] in ("key", "tty1")]
    keys = max(len(leaks.pressed()), len(leaks.tty1))
    return Window(keys, max(times) - min(born) if keys else 0.0, later)


@pytest.mark.parametrize("gates", [(), (INPUT,)], ids=["none", INPUT])
def test_window_of_a_hid_device(open_device, gates):
    set_by_hand(open_device, gates)
    windows = replugged(open_device, bound=True)
    report(open_device, "uhid, gates: " + ("+".join(gates) or "none"), windows)
    if gates:
        # It cannot be closed from udev, only ended: this is why there are three gates.
        assert not any(w.keys_later for w in windows)
    else:
        assert all(w.keys_later for w in windows)


def test_no_window_of_a_hid_device_as_shipped(shipped):
    windows = replugged(shipped, bound=False)
    assert report(shipped, "uhid, as shipped", windows)["keys_max"] == 0


def replugged_keyboard(machine: InputMachine) -> list[Window]:
    """Someone types while it is plugged in and pulled out."""
    windows = []
    with Typist(machine, 100) as typist:
        for number in range(PLUGS):
            start = machine.watch.position()
            machine.plug("usb-kbd", f"kbd-{number}", port=str(number % 14 + 1))
            typist.until(typist.keys + 20)
            machine.unplug(f"kbd-{number}")
            windows.append(window_of(machine.watch.events(start, machine.watch.mark())))
    return windows


@pytest.mark.parametrize(("gates", "heard"), [
    ((), True), ((INPUT,), None), *((gates, False) for gates in WITHOUT_ONE),
], ids=lambda value: "+".join(value) or "none" if isinstance(value, tuple) else "")
def test_window_of_a_usb_keyboard(open_device, gates, heard):
    set_by_hand(open_device, gates)
    windows = replugged_keyboard(open_device)
    figures = report(open_device, "usb-kbd, gates: " + ("+".join(gates) or "none"), windows)
    if heard is True:
        assert figures["plugs_heard"] == len(windows)
    elif heard is False:
        assert figures["keys_max"] == 0


def test_no_window_of_a_usb_keyboard_as_shipped(shipped):
    figures = report(shipped, "usb-kbd, as shipped", replugged_keyboard(shipped))
    assert figures["keys_max"] == 0
