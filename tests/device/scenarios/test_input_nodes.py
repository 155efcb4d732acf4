# SPDX-License-Identifier: Apache-2.0
"""What a program can do with the device nodes of input: of what is let in and of what is not, as a user
of its own and in the kiosk's sandbox."""

from __future__ import annotations

import pytest

from scenarios.hid_devices import PLAIN
from vm.input import InputMachine

_EACCES = 13
_NODES = ("find /dev/input /dev/usb /dev/uinput /dev/uhid /dev/hidraw* -type c "
          "-not -name 'mon*' 2>/dev/null || true")
# Of Debian's group for event nodes, and nobody's.
_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"
_INPUT = "setpriv --reuid=65534 --regid=65534 --groups=input"

# Linux's EV_KEY, KEY_A, and a SYN_REPORT: input_event of 64 bits.
_FORGE = ("perl -e 'sysopen(F, shift, 2) or exit $!+0;"
          "syswrite(F, pack(\"q2S2l\" x 2, 0, 0, 1, 30, 1, 0, 0, 0, 0, 0)) or exit $!+0'")
_OPEN = "perl -e 'sysopen(F, $ARGV[0], $ARGV[1]) or exit $!+0'"

EVIOCGRAB, EVIOCSKEYCODE = 0x40044590, 0x40084504


def keyboard_let_in(machine: InputMachine) -> str:
    """Its event node."""
    path = machine.plug("usb-kbd", "service", port="1", serial="service")
    return "/dev/input/" + machine.run(
        f"basename $(find {path}/ -path '*/input/input*/event*' -name 'event*' -type d)").strip()


@pytest.mark.parametrize("user", [_NOBODY, _INPUT], ids=["nobody", "in the group input"])
def test_no_node_opens_for_another_user(input_device, user):
    machine = input_device
    keyboard_let_in(machine)
    machine.uhid(PLAIN.description()).create(bound=False)
    machine.uinput({"name": "Acme Keyboard", "bus": 3, "version": 1, "keys": [30]}).tell("create 0")
    machine.settle()
    nodes = machine.run(_NODES).split()
    kinds = {node.rstrip("0123456789").rpartition("/")[2] for node in nodes}
    assert {"event", "hidraw", "uinput", "uhid"} <= kinds
    for node in nodes:
        for mode in (0, 1, 2):
            done = machine.execute(f"{user} {_OPEN} {node} {mode}")
            assert done.exit_code == _EACCES, (node, mode, done.stderr)


def test_a_forged_key_is_heard_on_an_open_device(open_device):
    machine = open_device
    node = keyboard_let_in(machine)
    start = machine.watch.position()
    machine.run(f"{_INPUT} {_FORGE} {node}")
    machine.watch.wait(start, event="key", code=30, value=1)


def test_nobody_forges_a_key_of_a_keyboard_that_is_let_in(input_device):
    machine = input_device
    node = keyboard_let_in(machine)
    start = machine.watch.position()
    assert machine.execute(f"{_INPUT} {_FORGE} {node}").exit_code == _EACCES
    machine.point()
    assert not machine.leaks(start)


@pytest.mark.parametrize("request_, exit_code", [
    (EVIOCSKEYCODE, 159), (EVIOCGRAB, 1)], ids=["EVIOCSKEYCODE", "EVIOCGRAB"])  # SIGSYS, EPERM
def test_the_kiosk_changes_nothing_of_a_node_it_has_open(input_device, request_, exit_code):
    """Even as the user that the node belongs to: what its key A means, or whose it is alone."""
    machine = input_device
    change = ("perl -e 'sysopen(F, shift, 0) or exit 99; my $keys = pack(\"I2\", 0x70004, 30);"
              f" ioctl(F, {request_}, $keys) or exit $!+0' {keyboard_let_in(machine)}")
    assert machine.execute(change).exit_code == 0
    assert machine.execute(f"bf-lockdown exec kiosk -- {change}").exit_code == exit_code
