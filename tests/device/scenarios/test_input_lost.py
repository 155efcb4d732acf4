# SPDX-License-Identifier: Apache-2.0
"""Events that udev never hears of, because its queue is full or it died: USB devices that came with them
stay shut out, and all are looked at when udev starts again."""

from __future__ import annotations

import re

from scenarios.filter_output import is_virtual
from scenarios.input_gates import drifted
from scenarios.test_input_hotplug import bound_drivers, keyboards
from vm.input import CEILING, InputMachine

# The real queue is of the same kind and a thousand times as long.
_SHORT_QUEUE = """set -e
mkdir -p /run/systemd/system/systemd-udevd-kernel.socket.d
printf '[Socket]\\nReceiveBuffer=128K\\n' > /run/systemd/system/systemd-udevd-kernel.socket.d/bf-test.conf
systemctl daemon-reload
systemctl stop systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
systemctl start systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service"""

# The kernel's count of what it could not hand to those who listen to it (group 1).
_LOST = "awk '$2 == 15 && $4 == \"00000001\" { lost += $9 } END { print lost }' /proc/net/netlink"
_FLOOD = "i=0; while [ $i -lt 2000 ]; do echo change; i=$((i+1)); done > /sys/class/mem/null/uevent"


def stop_udev(machine: InputMachine) -> None:
    machine.run("systemctl kill --kill-who=all --signal=STOP systemd-udevd.service")


def go_on(machine: InputMachine) -> None:
    machine.run("systemctl kill --kill-who=all --signal=CONT systemd-udevd.service")
    machine.settle()


def plug_unseen(machine: InputMachine, driver: str, id: str, **properties: str) -> str:
    start = machine.watch.position()
    machine.attach(driver, id, **properties)
    event = machine.watch.wait(start, event="uevent", by="kernel", action="bind",
                               devtype="usb_device")
    return "/sys" + event["devpath"]


def test_a_queue_that_is_full(shipped):
    machine = shipped
    machine.run(_SHORT_QUEUE, CEILING)
    stop_udev(machine)
    assert machine.run(_LOST).strip() == "0"
    machine.run(_FLOOD)
    lost = int(machine.run(_LOST))
    assert lost > 0
    start = machine.watch.position()
    keyboard = plug_unseen(machine, "usb-kbd", "kbd", port="1")
    panel = plug_unseen(machine, "usb-tablet", "control", port="15")
    assert int(machine.run(_LOST)) > lost
    go_on(machine)
    machine.type("unseen")
    assert bound_drivers(machine, keyboard) == bound_drivers(machine, panel) == set()
    assert not machine.leaks(start)

    machine.run("systemctl restart systemd-udevd.service", CEILING)
    machine.watch.wait(start, event="uevent", by="udev", subsystem="input", action="add", inhibited="0")
    machine.settle()
    assert bound_drivers(machine, panel) == {"usbhid"}
    assert bound_drivers(machine, keyboard) == set()
    machine.type("seen")
    machine.point()
    assert not machine.leaks(start)
    assert keyboards(machine) == []
    assert drifted(machine) == {}


# Until apply has ended for the second time in this boot.
_AGAIN = ("timeout 100 journalctl -b -f -n all -u bf-lockdown.service"
          " | grep -m 2 'Finished bf-lockdown.service'")


def test_an_input_device_that_udev_does_not_hear_of_is_shut_when_it_starts_again(input_device):
    """It has no other gate than udev's, and is heard until then."""
    machine = input_device
    machine.run(_SHORT_QUEUE, CEILING)
    stop_udev(machine)
    machine.run(_FLOOD)
    start = machine.watch.position()
    keyboard = machine.uinput({"name": "Acme Keyboard", "bus": 3, "version": 1, "keys": [30]})
    keyboard.tell("create 0")
    created = machine.watch.wait(start, event="uevent", by="kernel", subsystem="input", action="add",
                                 matching=lambda e: is_virtual(e["devpath"]))
    go_on(machine)
    keyboard.tell("key 30 1", "key 30 0")
    machine.watch.wait(start, event="key", code=30, value=0)

    machine.run("systemctl restart systemd-udevd.service", CEILING)
    machine.settle()
    start = machine.watch.position()
    keyboard.tell("key 30 1", "key 30 0")
    keyboard.finish()
    machine.point()
    assert not machine.leaks(start)
    input_ = "/sys" + re.match(".*/input[0-9]+", created["devpath"])[0]
    assert machine.run(f"cat {input_}/inhibited; stat -c %a /dev/input/$(basename {input_}/event*)"
                       ).split() == ["1", "0"]
    assert drifted(machine) == {}


def test_the_gates_are_looked_at_again_after_udev_died(input_device):
    """What its workers were at is lost with them; whoever is still shut out is judged anew."""
    machine = input_device
    start = machine.watch.position()
    keyboard = plug_unseen(machine, "usb-kbd", "kbd", port="1")
    machine.run(f"systemctl kill --signal=KILL systemd-udevd.service\n{_AGAIN}\n"
                # To start what is being started is to wait until it is.
                "systemctl start systemd-udevd.service", CEILING)
    machine.settle()
    machine.type("died")
    machine.point()
    assert not machine.leaks(start)
    assert bound_drivers(machine, keyboard) == set()
    assert drifted(machine) == {}
