# SPDX-License-Identifier: Apache-2.0
"""The remote of a television, by infrared and through HDMI (CEC): on receivers of the kernel's own that
hear what is sent to them. Their input devices are no HID devices."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scenarios.filter_output import given_on
from scenarios.other_policy import lay_over, opening
from vm.input import CEILING, InputMachine, Leaks

_TOOL = "/usr/lib/bf-test/bf-test-input"
KEY_1, KEY_HOMEPAGE, KEY_EXIT, KEY_NUMERIC_1, KEY_ROOT_MENU = 2, 172, 174, 513, 618


@dataclass(frozen=True)
class Receiver:
    name: str
    plug: str  # commands until its input device has its keys
    press: str
    keys: list[int]  # what the kernel makes of that
    node: str  # where programs take its keys, or send them, past the input layer


INFRARED = Receiver(
    "rc-core loopback device",
    "modprobe rc-loopback; echo nec > /sys/class/rc/rc0/protocols\n"
    f"{_TOOL} keytable /dev/input/$(basename /sys/class/rc/rc0/input*/event*)"
    f" {KEY_1} {KEY_HOMEPAGE} {KEY_EXIT}",
    f"{_TOOL} infrared /dev/lirc0 {KEY_1} {KEY_HOMEPAGE} {KEY_EXIT}",
    [KEY_1, KEY_HOMEPAGE, KEY_EXIT], "/dev/lirc0")
# CEC's own codes of its keys; it has no home page.
CEC = Receiver(
    "vivid-000-vid-cap0", "modprobe vivid n_devs=1", f"{_TOOL} cec /dev/cec0 /dev/cec1 0x21 0x09 0x0d",
    [KEY_NUMERIC_1, KEY_ROOT_MENU, KEY_EXIT], "/dev/cec0")
RECEIVERS = pytest.mark.parametrize("receiver", [INFRARED, CEC], ids=["infrared", "CEC"])


def plug(machine: InputMachine, receiver: Receiver) -> str:
    """Once udev is done with it; "input3"."""
    start = machine.watch.position()
    machine.run(f"set -e; {receiver.plug}")
    machine.watch.processed(start)
    return machine.run(f"cd /sys/class/input; dirname $(grep -lx '{receiver.name}' input*/name)").strip()


def pressed(machine: InputMachine, receiver: Receiver) -> Leaks:
    start = machine.watch.position()
    machine.run(receiver.press, CEILING)  # until the receiver has it
    return machine.leaks(start)


@RECEIVERS
def test_on_an_open_device_it_is_heard(open_device, receiver):
    plug(open_device, receiver)
    leaks = pressed(open_device, receiver)
    assert leaks.pressed() == receiver.keys
    assert {event["name"] for event in leaks.evdev} == {receiver.name}


@RECEIVERS
def test_as_shipped_nothing_is_heard(shipped, receiver):
    machine = shipped
    device = plug(machine, receiver)
    assert not pressed(machine, receiver)
    assert machine.run(f"cat /sys/class/input/{device}/inhibited").strip() == "1"
    nodes = f"{receiver.node} /dev/input/$(basename /sys/class/input/{device}/event*)"
    assert set(machine.run(f"stat -c '%a %u:%g' {nodes}").splitlines()) == {"0 0:0"}
    why = machine.run(f"bf-lockdown explain {device} --key KEY_EXIT")
    assert f'KEY_EXIT stops at the input gate: no entry names "{receiver.name}" on bus rc' in why
    journal = machine.run("journalctl --sync; journalctl -b -t bf-lockdown -o cat --no-pager")
    assert f'deny input {device}' in journal and receiver.name in journal


def entry(receiver: Receiver, id: str, key: str, can: str) -> str:
    """As `bf-lockdown devices` has it."""
    return f"""
[[allow]]
name = "receiver"
reason = "a television's remote"
owner = "tests"
bus = "rc"

[[allow.input]]
name = "{receiver.name}"
id = "{id}"
capabilities = {{ ev = "100017", key = "{key}", rel = "3", msc = "10", properties = "20" }}
can = [{can}]
because = "a case"
"""


LISTED = [
    (CEC, entry(CEC, "001e:0000:0000:0001",
                "ffffc000000000 3ff 0 400000320fc200 40830c900000000 0 210300 49d2c040ec00 1e378000000000"
                " 8010000010000000", '"type", "power"'), CEC.keys, CEC.name),
    (INFRARED, entry(INFRARED, "0006:0000:0000:0001", "500001000000 0 4", '"type"')
     + '[[filter]]\ndevice = "receiver"\nreason = "one key"\nkeys = ["KEY_HOMEPAGE"]\n',
     [KEY_HOMEPAGE], "BetterFrame filter receiver"),
]


@pytest.mark.parametrize("receiver, listed, keys, heard_of", LISTED, ids=["CEC", "infrared, one key"])
def test_what_is_listed_is_heard_and_nothing_else(shipped, receiver, listed, keys, heard_of):
    machine = shipped
    lay_over(machine, opening("remotes", "true") + listed)
    start = machine.watch.position()
    device = plug(machine, receiver)
    # With the keys that it has learned it is what is listed.
    machine.run(f"udevadm trigger --settle --action=change /sys/class/input/{device}", CEILING)
    if heard_of != receiver.name:
        given_on(machine, start)
        machine.run(f"systemctl start bf-input-filter@{device}.service", CEILING)
    leaks = pressed(machine, receiver)
    assert leaks.pressed() == keys
    assert {event["name"] for event in leaks.evdev} == {heard_of}
    released = "cd /sys/class/input; cat $(dirname $(grep -lx 0 input*/inhibited) | sed s,$,/name,)"
    assert set(machine.run(released).splitlines()) == {receiver.name, heard_of}
