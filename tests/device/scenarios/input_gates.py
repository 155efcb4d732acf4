# SPDX-License-Identifier: Apache-2.0
"""The three gates of local input, closed and opened one by one on a device that boots without what
bf-lockdown ships: what a shell and udev's own language can do. It shows that the cases can fail, and
that each gate holds without the others."""

from __future__ import annotations

from collections.abc import Collection

from vm.input import CONTROL, CEILING, InputMachine

USB, HID, INPUT = "usb", "hid", "input"
ALL = (USB, HID, INPUT)
# Every set that lacks one.
WITHOUT_ONE = [tuple(gate for gate in ALL if gate != missing) for missing in ALL]

# On the kernel command line: guest/usr/lib/bf-test/open covers what is shipped.
OPEN = "init=/usr/lib/bf-test/open"

_RULES = "/run/udev/rules.d/99-zz-bf-test-gates.rules"
_PRODUCT = CONTROL.removeprefix("QEMU ")

_AUTHORIZE = """RUN+="/bin/sh -c 'echo 1 > /sys%p/authorized; echo %k > /sys/bus/usb/drivers_probe'\""""

_USB_RULES = f"""
SUBSYSTEM!="usb", GOTO="usb_end"
ACTION!="add", GOTO="usb_end"
ENV{{DEVTYPE}}!="usb_interface", GOTO="usb_end"
ATTR{{bInterfaceClass}}=="09", {_AUTHORIZE}
ATTRS{{product}}=="{_PRODUCT}", {_AUTHORIZE}
LABEL="usb_end"
"""

# Of a real USB port: a name can be anyone's.
_HID_RULES = f"""
SUBSYSTEM=="hid", ACTION=="add", DEVPATH=="/devices/pci*/usb*", ENV{{HID_NAME}}=="{CONTROL}", \
 RUN+="/bin/sh -c 'echo %k > /sys/bus/hid/drivers_probe'"
"""

_INPUT_RULES = f"""
SUBSYSTEM!="input|hidraw", GOTO="input_end"
ACTION=="remove", GOTO="input_end"
SUBSYSTEM=="input", DEVPATH=="/devices/pci*/usb*", ATTRS{{name}}=="{CONTROL}", GOTO="input_end"
SUBSYSTEM=="input", KERNEL=="input[0-9]*", ATTR{{inhibited}}="1"
SUBSYSTEM=="input", KERNEL=="event*|js*|mouse*|mice", MODE="0000", OWNER="root", GROUP="root"
SUBSYSTEM=="hidraw", MODE="0000", OWNER="root", GROUP="root"
TAG-="uaccess", TAG-="power-switch"
LABEL="input_end"
"""

_RULES_OF = {USB: _USB_RULES, HID: _HID_RULES, INPUT: _INPUT_RULES}

_CLOSE_USB = """
for hub in /sys/bus/usb/devices/usb*; do
  echo 0 > $hub/interface_authorized_default
  echo 1 > $hub/authorized_default
  [ "$(cat $hub/interface_authorized_default $hub/authorized_default)" = "0
1" ]
done
for waiting in /sys/bus/usb/devices/[0-9]*-*; do
  if [ "$(cat $waiting/authorized 2>/dev/null)" = 0 ]; then
    case $waiting in *:*) ;; *) echo 1 > $waiting/authorized ;; esac
  fi
done
"""
_OPEN_USB = """
for hub in /sys/bus/usb/devices/usb*; do
  echo 1 > $hub/interface_authorized_default
  echo 1 > $hub/authorized_default
done
"""
# The bus is there once the module is.
_SET_HID = "modprobe hid; echo {} > /sys/bus/hid/drivers_autoprobe"


def set_by_hand(machine: InputMachine, closed: Collection[str]) -> None:
    """Closes those, and opens the others, for what is plugged in from now on."""
    rules = "".join(_RULES_OF[gate] for gate in ALL if gate in closed)
    machine.run("mkdir -p /run/udev/rules.d")
    machine.write_file(_RULES, rules)
    machine.run("set -e; udevadm control --reload\n"
                + _SET_HID.format(0 if HID in closed else 1) + "\n"
                + (_CLOSE_USB if USB in closed else _OPEN_USB))
    if INPUT in closed:  # what is there already
        machine.run("udevadm trigger --action=change --subsystem-match=input "
                    "--subsystem-match=hidraw --settle", CEILING)


_SHIPPED_RULES = ("10-betterframe-lockdown.rules", "72-betterframe-lockdown.rules")


def open_shipped(machine: InputMachine) -> None:
    """On a device as it is shipped, for what is plugged in from now on: no gate holds, and whatever
    else is shipped does."""
    machine.run("set -e; mkdir -p /run/udev/rules.d\n" + "".join(
        f"ln -s /dev/null /run/udev/rules.d/{name}\n" for name in _SHIPPED_RULES))
    set_by_hand(machine, ())


def drifted(machine: InputMachine) -> dict[str, list[str]]:
    """The rows of `bf-lockdown check` that say so, and what they say; the exit code agrees."""
    done = machine.execute("bf-lockdown check --json")
    rows = {row["name"]: row["drifts"] for row in done.json()["rows"] if row["verdict"] == "drift"}
    assert done.exit_code == (3 if rows else 0), done.stderr
    return rows
