# SPDX-License-Identifier: Apache-2.0
"""SysRq by other ways than Alt+SysRq: a BREAK on the serial console, and the keys of the sequence that
resets (sysrq.reset_seq)."""

from __future__ import annotations

import pytest

from scenarios.input_gates import open_shipped
from vm.input import InputMachine

# Held together they restart a device: KEY_A, KEY_B.
RESET = "echo 30,48 > /sys/module/sysrq/parameters/reset_seq"

_READ = "/run/bf-test/serial"


def open_port(machine: InputMachine) -> None:
    """Somebody reads a character of the port, which no getty has any more."""
    machine.run("set -e; systemctl stop serial-getty@ttyS0.service\n"
                f"mkfifo {_READ}; exec 3<>/dev/ttyS0; stty raw -echo <&3\n"
                f"setsid head -c 1 <&3 >{_READ} 2>/dev/null &")


def send_break(machine: InputMachine, key: str) -> None:
    machine.qmp.execute("chardev-send-break", id="serial")
    machine.serial.send(key)


def test_a_break_asks_for_sysrq_on_an_open_device(open_device):
    machine = open_device
    open_port(machine)
    start = machine.watch.position()
    send_break(machine, "h")
    machine.watch.wait(start, event="kmsg", matching=lambda e: e["text"].startswith("sysrq: HELP"))


def test_a_break_and_b_restarts_an_open_device(open_device):
    machine = open_device
    open_port(machine)
    start = machine.qmp.position()
    send_break(machine, "b")
    machine.qmp.wait_event("SHUTDOWN", 120, start)


# Each on a port just opened: after that QEMU gives some BREAKs on as a NUL.
@pytest.mark.parametrize("key", "hsubc")
def test_a_break_does_nothing(shipped, key):
    """The kernel takes the BREAK, and gives the key to who reads the port: it was no SysRq."""
    machine = shipped
    open_port(machine)
    start = machine.watch.position()
    send_break(machine, key)
    assert machine.run(f"timeout 20 cat {_READ} || true") == key
    assert machine.leaks(start).sysrq == []


def test_the_reset_sequence_restarts_an_open_device(open_device):
    machine = open_device
    machine.run(RESET)
    machine.plug("usb-kbd", "kbd", port="1")
    start = machine.serial.position()
    machine.press("a", "b")
    machine.serial.wait("Stopp(ed|ing)", 120, start)


def test_the_reset_sequence_does_nothing(input_device):
    """Even where one was set, and the keyboard is heard."""
    machine = input_device
    open_shipped(machine)
    machine.run(RESET)
    machine.plug("usb-kbd", "kbd", port="1")
    start = machine.watch.position()
    machine.press("a", "b")
    machine.watch.wait(start, event="key", code=48, value=0)
    machine.point()
    assert machine.run("systemctl list-jobs --no-legend --no-pager") == ""
    assert machine.leaks(start).sysrq == []
