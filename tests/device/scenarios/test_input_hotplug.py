# SPDX-License-Identifier: Apache-2.0
"""Plugged in behind hubs, faster than anyone can, with a storage function beside it, and while udev
is told to start over, killed or stopped."""

from __future__ import annotations

import os

import pytest

from scenarios.hid_devices import A, PLAIN
from scenarios.input_gates import drifted
from vm.input import InputMachine

# Short, for CI; BF_INPUT_SECONDS=60 is the long form.
SECONDS = int(os.environ.get("BF_INPUT_SECONDS", "2"))
PER_SECOND = 20


def bound_drivers(machine: InputMachine, usb: str) -> set[str]:
    """Of the interfaces of a USB device, by its path in /sys."""
    links = machine.run(f"for i in {usb}/*:*; do readlink $i/driver || true; done").split()
    return {link.rpartition("/")[2] for link in links}


def keyboards(machine: InputMachine) -> list[str]:
    """Input devices that are not inhibited and have a key of the main block."""
    return machine.run(
        "for i in /sys/class/input/input*; do"
        ' if [ "$(cat $i/inhibited)" = 0 ] && grep -q Keyboard $i/name; then echo $i; fi; done').split()


def hub_chain(machine: InputMachine, depth: int) -> str:
    """The port behind the last of so many hubs, one in the other."""
    port = "4"
    for level in range(depth):
        machine.plug("usb-hub", f"chain-{level}", port=port)
        port += ".1"
    return port


def test_behind_five_hubs(input_device):
    machine = input_device
    port = hub_chain(machine, 5)
    start = machine.watch.position()
    keyboard = machine.plug("usb-kbd", "deep", port=port)
    assert bound_drivers(machine, keyboard) == set()
    machine.type("deep")
    machine.point()
    assert not machine.leaks(start)


def test_behind_five_hubs_without_gates(open_device):
    machine = open_device
    machine.plug("usb-kbd", "deep", port=hub_chain(machine, 5))
    start = machine.watch.position()
    machine.type("deep")
    machine.watch.wait(start, event="key", code=25, value=0)
    assert machine.leaks(start).tty1 == "deep"


def test_every_kind_of_device(input_device):
    machine = input_device
    for number, driver in enumerate(("usb-kbd", "usb-mouse", "usb-wacom-tablet", "usb-storage")):
        start = machine.watch.position()
        usb = machine.plug(driver, f"kind-{number}", port=str(number + 1))
        assert bound_drivers(machine, usb) == set(), driver
        machine.unplug(f"kind-{number}")
        events = machine.watch.events(start)
        new = [e for e in events if e["event"] == "uevent" and e["subsystem"] in ("input", "block")]
        assert new == [], driver


def test_storage_is_bound_without_gates(open_device):
    """So that the case above can fail."""
    machine = open_device
    assert bound_drivers(machine, machine.plug("usb-storage", "stick")) == {"usb-storage"}
    assert bound_drivers(machine, machine.plug("usb-mouse", "mouse")) == {"usbhid"}


def memory(machine: InputMachine) -> int:
    """What udev and the kernel hold for devices, in KiB."""
    udev = int(machine.run("systemctl show -p MemoryCurrent --value systemd-udevd"))
    return udev // 1024 + int(machine.run("awk '/^SUnreclaim/ {print $2}' /proc/meminfo"))


def replug_for(machine: InputMachine, seconds: int) -> int:
    """20 HID devices a second come, type and go; how many of them udev has seen."""
    count = seconds * PER_SECOND
    quarter = 1_000_000 // PER_SECOND // 4
    virtual = machine.uhid(PLAIN.description())
    start = machine.watch.position()
    virtual.tell(f"repeat {count * 4} {quarter} create 0; report {PLAIN.report(A)}; "
                 f"report {PLAIN.report()}; destroy")
    virtual.finish(60 + seconds * 10)
    machine.watch.processed(start)
    events = machine.watch.events(start, machine.watch.mark())
    assert not [e for e in events if e["event"] == "uevents-lost"]
    come = {by: [e for e in events if e.get("by") == by and e["subsystem"] == "hid"
                 and e["action"] == "add"] for by in ("kernel", "udev")}
    assert len(come["udev"]) == len(come["kernel"])
    return len(come["udev"])


def test_twenty_plugs_a_second(shipped):
    """None is missed, and udev's memory does not grow with them."""
    machine = shipped
    replug_for(machine, 1)
    before = memory(machine)
    start = machine.watch.position()
    # The kernel itself forgets one that goes before it was looked at.
    assert replug_for(machine, SECONDS) > SECONDS * PER_SECOND * 0.8
    assert memory(machine) < before + 4096
    assert not machine.leaks(start)
    # After all of it, the next one is held as the first was.
    virtual = machine.uhid(PLAIN.description())
    virtual.create(bound=False)
    start = machine.watch.position()
    virtual.tell(*PLAIN.typing(A))
    virtual.finish()
    assert not machine.leaks(start)


def test_usb_plugs_faster_than_they_are_looked_at(input_device):
    """15 ports, each plugged and pulled at the same time again and again; what stays in is held."""
    machine = input_device
    start = machine.watch.position()
    ports = range(1, 15)
    for _ in range(max(1, SECONDS * PER_SECOND // len(ports))):
        for port in ports:
            machine.attach("usb-kbd", f"fast-{port}", port=str(port))
        for port in ports:
            machine.detach(f"fast-{port}")
    last = machine.plug("usb-kbd", "last", port="1")
    assert bound_drivers(machine, last) == set()
    machine.type("fast")
    machine.point()
    assert not machine.leaks(start)


@pytest.mark.parametrize("command", [
    "udevadm trigger --action={action} --settle", "udevadm control --reload",
    "systemctl restart systemd-udevd"])
def test_udev_told_to_start_over(input_device, command):
    machine = input_device
    machine.plug("usb-kbd", "kbd", port="1")
    start = machine.watch.position()
    for action in ("add", "change", "bind"):
        machine.run(command.format(action=action))
        machine.type("x")
    machine.settle()
    machine.point()
    assert not machine.leaks(start)
    assert keyboards(machine) == []


def test_a_controller_bound_again(input_device):
    """All its devices come anew, on a bus whose gates the kernel has opened again."""
    machine = input_device
    machine.plug("usb-kbd", "kbd", port="1")
    start = machine.watch.position()
    machine.run("cd /sys/bus/pci/drivers/xhci_hcd; for c in 0000:*; do"
                " echo $c > unbind; echo $c > bind; done")
    machine.type("bound")
    machine.watch.wait(start, event="uevent", by="udev", subsystem="input", action="add",
                       inhibited="0")
    machine.watch.processed(start)
    machine.type("again")
    machine.point()
    assert not machine.leaks(start)
    assert keyboards(machine) == []
    assert drifted(machine) == {}


def cycle_power(machine: InputMachine) -> str:
    """Of a keyboard's port on a hub that can; the keyboard's path in /sys."""
    hub = machine.plug("usb-hub", "hub", port="4", port_power=True)
    keyboard = machine.plug("usb-kbd", "kbd", port="4.1")
    start = machine.watch.position()
    for value, action in ((1, "remove"), (0, "bind")):
        machine.run(f"echo {value} | tee {hub}/*:1.0/*-port1/disable")
        machine.watch.wait(start, event="uevent", by="udev", action=action, devtype="usb_device")
    machine.watch.processed(start)
    return keyboard


def test_a_hub_whose_ports_lose_power(input_device):
    """What hangs on it is gone and comes anew, with no hand at a plug."""
    machine = input_device
    start = machine.watch.position()
    keyboard = cycle_power(machine)
    machine.type("power")
    machine.point()
    assert not machine.leaks(start)
    assert bound_drivers(machine, keyboard) == set()
    assert keyboards(machine) == []
    assert drifted(machine) == {}


def test_a_hub_whose_ports_lose_power_without_gates(open_device):
    machine = open_device
    keyboard = cycle_power(machine)
    start = machine.watch.position()
    assert bound_drivers(machine, keyboard) == {"usbhid"}
    machine.type("p")
    machine.watch.wait(start, event="key", code=25, value=0)


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_udev_workers_killed_or_stopped(input_device, signal):
    """The helper's host dies or hangs in the middle of it: what it did not get to stays shut."""
    machine = input_device
    start = machine.watch.position()
    main = machine.run("systemctl show -p MainPID --value systemd-udevd").strip()
    workers = f"cat /proc/{main}/task/{main}/children"
    for number in range(6):
        machine.attach("usb-kbd", f"kbd-{number}", port=str(number + 1))
        machine.execute(f"kill -{signal} $({workers})")
        machine.type("q")
    machine.execute(f"kill -{signal} $({workers})")
    machine.type("typed")
    if signal == "STOP":
        # By control group: while one of them exits, the kernel's list of children leaves out others,
        # and one that stays stopped is handed the next event all the same.
        machine.run("systemctl kill --kill-who=all --signal=CONT systemd-udevd.service")
    machine.settle()
    machine.type("typed")
    machine.point()
    assert not machine.leaks(start)
    assert keyboards(machine) == []
    for number in range(6):
        machine.detach(f"kbd-{number}")
    # And it goes on: the next one is looked at, and held.
    assert bound_drivers(machine, machine.plug("usb-kbd", "next", port="9")) == set()
