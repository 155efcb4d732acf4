# SPDX-License-Identifier: Apache-2.0
"""What udev calls for a decision: how long it takes, and what becomes of devices when it fails. The
times are those of an emulated CPU: a report, with bounds that only a mistake reaches."""

from __future__ import annotations

import json

import pytest

from scenarios.test_input_hotplug import bound_drivers, keyboards
from vm.input import InputMachine

_DECIDE = "/usr/bin/bf-lockdown"
_PLACE = "/run/bf-test/instead"
_PLUGS = 6

# What stands in its place; REAL is the real one.
BROKEN = {
    "crashes": "kill -SEGV $$",
    "hangs": "exec sleep infinity",
    "has no memory": 'ulimit -v 4000; exec REAL "$@"',
    "has no file to open": 'ulimit -n 3; exec REAL "$@"',
    "says nonsense": "echo allow; echo deny",
}


def put_in_its_place(machine: InputMachine, script: str) -> None:
    # No program runs from /run.
    machine.run(f"set -e; mkdir -p {_PLACE}; mount -t tmpfs -o mode=755 tmpfs {_PLACE}\n"
                f"cp {_DECIDE} {_PLACE}/real")
    machine.write_file(f"{_PLACE}/broken",
                       "#!/bin/sh\n" + script.replace("REAL", f"{_PLACE}/real") + "\n")
    machine.run(f"chmod 755 {_PLACE}/broken; mount --bind {_PLACE}/broken {_DECIDE}")


@pytest.mark.parametrize("how", BROKEN)
def test_where_it_fails_nothing_new_is_let_in(input_device, how):
    """Not even a keyboard that the policy allows; the pointer that is in use goes on."""
    machine = input_device
    put_in_its_place(machine, BROKEN[how])
    start = machine.watch.position()
    machine.attach("usb-kbd", "service", port="1", serial="service")
    usb = "/sys" + machine.watch.wait(start, event="uevent", by="kernel", action="bind",
                                      devtype="usb_device")["devpath"]
    if how != "hangs":
        machine.watch.processed(start)
    machine.type("typed")
    machine.press("alt", "sysrq", "h")
    machine.point()
    assert not machine.leaks(start)
    assert keyboards(machine) == []
    assert bound_drivers(machine, usb) == set()
    if how == "crashes":
        log = machine.run("journalctl -b -u systemd-udevd --no-pager")
        assert "bf-lockdown decide" in log and "SEGV" in log


def percentile(values: list[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def report(machine: InputMachine, name: str, figures: dict) -> None:
    path = machine.directory.parent / "input-decisions.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[name] = figures
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    print(f"{name}: {figures}")


def test_from_the_announcement_until_it_is_decided(input_device):
    machine = input_device
    times: dict[str, list[float]] = {"interface": [], "hid": [], "input": []}
    for _ in range(_PLUGS):
        start = machine.watch.position()
        machine.plug("usb-kbd", "service", port="1", serial="service")
        machine.watch.processed(start)
        events = machine.watch.events(start, machine.watch.mark(), event="uevent", action="add")
        announced = {e["seqnum"]: e["t"] for e in events if e["by"] == "kernel"}
        for event in events:
            if event["by"] != "udev" or event["seqnum"] not in announced:
                continue
            kind = kind_of(event)
            if kind:
                times[kind].append(event["t"] - announced[event["seqnum"]])
        machine.unplug("service")
    for kind, values in times.items():
        assert len(values) == _PLUGS, kind
        report(machine, f"uevent to decision, {kind}", {
            "ms_p50": round(percentile(values, 50), 1), "ms_p99": round(percentile(values, 99), 1)})
        assert percentile(values, 99) < 30_000


def kind_of(event: dict) -> str:
    if event.get("devtype") == "usb_interface":
        return "interface"
    if event["subsystem"] == "hid":
        return "hid"
    name = event["devpath"].rpartition("/")[2]
    return "input" if event["subsystem"] == "input" and name.startswith("input") else ""
