# SPDX-License-Identifier: Apache-2.0
"""A keyboard that is let in for two of its keys: what its filter gives on, and what is heard of it when
the filter is killed, plugged in again, or played by another."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scenarios.filter_output import given_on, is_virtual
from vm.input import CEILING, InputMachine, Leaks

OUTPUT = "BetterFrame filter remote"
V, LEFT, A = 47, 105, 30
_UNITS = "/run/systemd/system/bf-input-filter@.service.d"


@dataclass(frozen=True)
class Remote:
    usb: str  # its path in /sys
    input: str  # "input12"

    @property
    def unit(self) -> str:
        return f"bf-input-filter@{self.input}.service"

    @property
    def inhibited(self) -> str:
        return f"cat /sys/class/input/{self.input}/inhibited"


def plug(machine: InputMachine, id: str = "remote", port: str = "1") -> Remote:
    """A remote, once its filter runs. Nothing here starts that."""
    start = machine.watch.position()
    usb = machine.plug("usb-kbd", id, port=port, serial="remote")
    given_on(machine, start)
    remote = found(machine, usb)
    # To start what is being started is to wait until it is.
    machine.run(f"systemctl start {remote.unit}", CEILING)
    assert machine.run(remote.inhibited).strip() == "0"
    return remote


def found(machine: InputMachine, usb: str) -> Remote:
    return Remote(usb, machine.run(f"ls {usb}/*:*/*/input").strip())


def type_all(machine: InputMachine) -> None:
    """What is listed, between much that is not."""
    machine.type("va")
    machine.press("left")
    machine.press("alt", "sysrq", "h")
    machine.press("ctrl", "alt", "f2")
    machine.press("ctrl", "alt", "delete")
    machine.press("up")
    machine.point()


def heard(machine: InputMachine, start: int) -> Leaks:
    """What came out, but for the bytes of the HID device: its mode keeps that node shut."""
    leaks = machine.leaks(start)
    leaks.hidraw = []
    assert machine.run("stat -c '%a %u:%g' /dev/hidraw* | sort -u").strip() == "0 0:0"
    return leaks


def assert_filtered(machine: InputMachine, start: int) -> None:
    leaks = heard(machine, start)
    assert leaks.pressed() == [V, LEFT]
    assert {event["name"] for event in leaks.evdev} == {OUTPUT}
    assert leaks.tty1 == "v\x1b[D"
    assert not leaks.sysrq and not leaks.vt


def set_unit(machine: InputMachine, *lines: str) -> None:
    machine.run(f"mkdir -p {_UNITS}")
    machine.write_file(f"{_UNITS}/test.conf", "[Service]\n" + "\n".join(lines) + "\n")
    machine.run("systemctl daemon-reload")


def kill(machine: InputMachine, remote: Remote) -> None:
    """Until the kernel has taken its output away."""
    start = machine.watch.position()
    machine.run(f"systemctl kill --signal=KILL {remote.unit}")
    machine.watch.wait(start, event="uevent", by="kernel", subsystem="input", action="remove",
                       matching=lambda e: is_virtual(e["devpath"]))


def wait_for_unit(machine: InputMachine, remote: Remote) -> None:
    """Until the service manager is done with it: a job that does nothing waits for those before."""
    machine.run(f"systemctl stop {remote.unit}", CEILING)


def test_listed_keys_pass_and_no_others(input_device):
    machine = input_device
    remote = plug(machine)
    start = machine.watch.position()
    type_all(machine)
    assert_filtered(machine, start)
    node = machine.run(f"ls -d {remote.usb}/*:*/*/input/*/event*").strip().rpartition("/")[2]
    assert machine.run(f"stat -c '%a %u:%g' /dev/input/{node}").strip() == "0 0:0"
    status = machine.run(f"cat /proc/$(systemctl show -p MainPID --value {remote.unit})/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert {int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {0}
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"


def test_killed_it_is_mute_and_plugged_in_again_it_works(input_device):
    machine = input_device
    set_unit(machine, "Restart=no")
    remote = plug(machine)
    start = machine.watch.position()
    machine.key("v", True)  # held down while it dies
    machine.watch.wait(start, event="key", name=OUTPUT, code=V, value=1)
    start = machine.watch.position()
    kill(machine, remote)
    machine.key("v", False)
    wait_for_unit(machine, remote)
    assert machine.run(remote.inhibited).strip() == "1"
    type_all(machine)
    leaks = heard(machine, start)
    assert not leaks.pressed() and not leaks.sysrq and not leaks.vt and "a" not in leaks.tty1

    machine.unplug("remote")
    again = plug(machine)
    assert again.input != remote.input
    start = machine.watch.position()
    type_all(machine)
    assert_filtered(machine, start)


def test_killed_it_is_started_again(input_device):
    machine = input_device
    remote = plug(machine)
    start = machine.watch.position()
    kill(machine, remote)
    given_on(machine, start)
    machine.run(f"systemctl start {remote.unit}", CEILING)
    start = machine.watch.position()
    type_all(machine)
    assert_filtered(machine, start)


def test_the_grab_outlives_the_filter(input_device):
    """Between its death and its device being inhibited, the service manager holds the grab: here that
    moment lasts."""
    machine = input_device
    set_unit(machine, "Restart=no", "ExecStopPost=", "ExecStopPost=/usr/bin/sleep infinity",
             "TimeoutStopSec=infinity")
    remote = plug(machine)
    start = machine.watch.position()
    kill(machine, remote)
    assert machine.run(remote.inhibited).strip() == "0"
    type_all(machine)
    assert not heard(machine, start)


def test_stopped_it_holds_back(input_device):
    machine = input_device
    remote = plug(machine)
    machine.run(f"systemctl kill --signal=STOP {remote.unit}")
    start = machine.watch.position()
    machine.type("va")  # not more than the kernel keeps for who does not read
    machine.press("left")
    machine.point()
    assert not heard(machine, start)
    machine.run(f"systemctl kill --signal=CONT {remote.unit}")
    machine.watch.wait(start, event="key", name=OUTPUT, code=LEFT, value=0)
    assert_filtered(machine, start)


def test_two_remotes_have_a_filter_each(input_device):
    machine = input_device
    first = plug(machine, "first", "1")
    second = plug(machine, "second", "2")
    assert first.unit != second.unit
    start = machine.watch.position()
    type_all(machine)  # on the one plugged last
    assert_filtered(machine, start)
    machine.unplug("second")
    start = machine.watch.position()
    type_all(machine)
    assert_filtered(machine, start)


@pytest.mark.parametrize("more", [{"keys": [V, LEFT, A]}, {"keys": [V]}, {"vendor": 1},
                                  {"name": OUTPUT + " "}, {"properties": [0]}], ids=str)
def test_nothing_else_passes_for_its_output(shipped, more):
    """Root alone can make it at all; a compromised service with the node in its hands makes it one."""
    machine = shipped
    virtual = machine.uinput({"name": OUTPUT, "bus": 6, "version": 1, "keys": [V, LEFT]} | more)
    start = machine.watch.position()
    virtual.tell("create 0")
    machine.watch.wait(start, event="uevent", by="udev", subsystem="input", action="add",
                       inhibited="1", matching=lambda e: is_virtual(e["devpath"]))
    machine.watch.processed(start)
    start = machine.watch.position()
    virtual.tell(f"key {V} 1", f"key {V} 0")
    virtual.finish()
    assert not machine.leaks(start)


def test_nobody_but_root_makes_one(shipped):
    done = shipped.run("for node in uinput uhid; do stat -c '%n %a %u:%g' /dev/$node; done")
    assert done.split("\n")[:-1] == ["/dev/uinput 600 0:0", "/dev/uhid 600 0:0"]
