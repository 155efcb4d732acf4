# SPDX-License-Identifier: Apache-2.0
"""What udev calls for a decision: how long it takes, and what becomes of devices when it fails. The
times are those of an emulated CPU: a report, with bounds that only a mistake reaches."""

from __future__ import annotations

import json
import re

import pytest

from scenarios.test_input_hotplug import bound_drivers, keyboards
from vm.input import CEILING, InputMachine

_HOME = "/usr/libexec/betterframe"
_DECIDE = f"{_HOME}/bf-lockdown-decide"
_PLACE = "/run/bf-test/instead"
_TIMES = "/run/bf-test"
_PLUGS = 6

# What stands in its place; REAL is the real one.
BROKEN = {
    "crashes": "kill -SEGV $$",
    "hangs": "exec sleep infinity",
    # For half of itself.
    "has no memory": 'ulimit -v $(($(stat -c %s REAL) / 2048)); exec REAL "$@"',
    "has no file to open": 'ulimit -n 3; exec REAL "$@"',
    "says nonsense": "echo allow; echo deny",
    # The real one, in a control group that hardly gets the processor: its own deadline ends it.
    "has no time": 'echo $$ > /sys/fs/cgroup/bf-slow/cgroup.procs; exec REAL "$@"',
    # The real one, with a policy compiled from another text than the one that is there.
    "has another policy": 'exec REAL "$@"',
    "has half a policy": 'exec REAL "$@"',
    # Somebody was there first: what the device has queued cannot be drained.
    "cannot drain": 'test $1 = input && /usr/lib/bf-test/bf-test-input grab /sys$2; exec REAL "$@"',
}
# What the journal says of it.
SAID = {
    "is missing": ("bf-lockdown-decide is missing", "failed with exit code"),
    "crashes": ("bf-lockdown-decide", "SEGV"),
    "hangs": ("bf-lockdown-decide", "is taking longer than"),
    "has no memory": ("bf-lockdown-decide", "SEGV"),
    "has no file to open": ("deny /devices/", "Too many open files"),
    "has no time": ("decide ran out of time; nothing was released",),
    "has another policy": ("deny /devices/", "it is not what .*input.toml compiles to"),
    "has half a policy": ("deny /devices/", "it is cut"),
    "cannot drain": ("deny /devices/", "grab /dev/input/event", "Device or resource busy"),
}
_SLOW = """set -e; cd /sys/fs/cgroup; echo +cpu > cgroup.subtree_control; mkdir bf-slow
echo '1000 1000000' > bf-slow/cpu.max"""
_POLICY = "/usr/share/betterframe/policies/input.toml"
_COMPILED = "/usr/share/betterframe/lockdown/input.policy"
# udev gives up on a program after three minutes; the same, sooner.
_IMPATIENT = "event_timeout=20\n"


def put_in_its_place(machine: InputMachine, script: str) -> None:
    # No program runs from /run.
    machine.run(f"set -e; mkdir -p {_PLACE}; mount -t tmpfs -o mode=755 tmpfs {_PLACE}\n"
                f"cp {_DECIDE} {_PLACE}/real")
    machine.write_file(f"{_PLACE}/broken",
                       "#!/bin/sh\n" + script.replace("REAL", f"{_PLACE}/real") + "\n")
    machine.run(f"chmod 755 {_PLACE}/broken; mount --bind {_PLACE}/broken {_DECIDE}")


def take_away(machine: InputMachine) -> None:
    machine.run(f"set -e; mkdir -p {_PLACE}; mount -t tmpfs -o mode=755 tmpfs {_PLACE}\n"
                f"cp -a {_HOME}/. {_PLACE}; rm {_PLACE}/bf-lockdown-decide; mount --bind {_PLACE} {_HOME}\n"
                f"! test -e {_DECIDE}")


def make_it_so(machine: InputMachine, how: str) -> None:
    if how == "is missing":
        take_away(machine)
        return
    put_in_its_place(machine, BROKEN[how])
    if how == "has no time":
        machine.run(_SLOW)
    if how == "hangs":
        machine.write_file(f"{_PLACE}/udev.conf", _IMPATIENT)
        machine.run(f"set -e; mount --bind {_PLACE}/udev.conf /etc/udev/udev.conf\n"
                    "systemctl restart systemd-udevd.service", CEILING)
    if how == "has another policy":
        machine.run(f"set -e; sed 's/^reason = \"t/reason = \"T/' {_POLICY} > {_PLACE}/other\n"
                    f"! cmp -s {_PLACE}/other {_POLICY}; mount --bind {_PLACE}/other {_POLICY}")
    if how == "has half a policy":
        machine.run(f"set -e; head -c 200 {_COMPILED} > {_PLACE}/half; mount --bind {_PLACE}/half {_COMPILED}")


@pytest.mark.parametrize("how", ["is missing", *BROKEN])
def test_where_it_fails_nothing_new_is_let_in(input_device, how):
    """Not even a keyboard that the policy allows; the pointer that is in use goes on, and the journal
    says why."""
    machine = input_device
    make_it_so(machine, how)
    start = machine.watch.position()
    machine.attach("usb-kbd", "service", port="1", serial="service")
    usb = "/sys" + machine.watch.wait(start, event="uevent", by="kernel", action="bind",
                                      devtype="usb_device")["devpath"]
    machine.watch.processed(start)
    machine.type("typed")
    machine.press("alt", "sysrq", "h")
    machine.point()
    leaks = machine.leaks(start)
    if how == "cannot drain":
        # By then a driver is bound; root alone hears its HID device.
        leaks.hidraw = []
        assert machine.run("stat -c '%a %u:%g' /dev/hidraw* | sort -u").strip() == "0 0:0"
    assert not leaks
    assert keyboards(machine) == []
    assert bound_drivers(machine, usb) == ({"usbhid"} if how == "cannot drain" else set())
    if how in SAID:
        assert said(machine, SAID[how]), machine.run(
            "journalctl -b --no-pager -t systemd-udevd -t bf-lockdown | tail -n 20")


def said(machine: InputMachine, parts: tuple[str, ...]) -> bool:
    """In one line of the journal, in any unit."""
    lines = machine.run("journalctl --sync; journalctl -b --no-pager").splitlines()
    return any(all(re.search(part, line) for part in parts) for line in lines)


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


def test_the_processor_time_of_one_decision(input_device):
    """About the pointer that is in use: there is nothing to be done. Beside a program that does nothing,
    because an emulator takes most of the time to translate a process that has just started."""
    machine = input_device
    usb = machine.run("readlink -f $(grep -l 'QEMU USB Tablet' /sys/bus/usb/devices/*/product)")
    interface = usb.strip().removeprefix("/sys").rpartition("/")[0]
    interface += f"/{interface.rpartition('/')[2]}:1.0"
    figures = {"decide": processor_ms(machine, f"{_DECIDE} usb {interface}"),
               "true": processor_ms(machine, "/bin/true")}
    report(machine, "processor time of one process, ms", figures)
    assert figures["decide"] < 10 * figures["true"]


def processor_ms(machine: InputMachine, command: str, times: int = 50) -> float:
    # Redirected, not piped: a subshell has had no children.
    said = machine.run(f"bash -c 'cd {_TIMES}; times > before; for i in {{1..{times}}}; do {command}"
                       " >/dev/null 2>&1 || exit; done; times > after; tail -q -n 1 before after'")
    before, after = (sum(map(_seconds, line.split())) for line in said.splitlines())
    return round((after - before) / times * 1000, 2)


def _seconds(text: str) -> float:
    """As bash prints it: 1m2.345s."""
    minutes, _, seconds = text.rstrip("s").partition("m")
    return int(minutes) * 60 + float(seconds)


def kind_of(event: dict) -> str:
    if event.get("devtype") == "usb_interface":
        return "interface"
    if event["subsystem"] == "hid":
        return "hid"
    name = event["devpath"].rpartition("/")[2]
    return "input" if event["subsystem"] == "input" and name.startswith("input") else ""
