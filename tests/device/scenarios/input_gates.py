# SPDX-License-Identifier: Apache-2.0
"""The three gates of local input, closed and opened one by one, and the console behind them.

Closed by hand here: what a shell and udev's own language can do. It is what the tool is measured
against, and shows that the cases can fail, for a gate can be left open."""

from __future__ import annotations

from collections.abc import Collection

from vm.input import CONTROL, CEILING, InputMachine

USB, HID, INPUT = "usb", "hid", "input"
ALL = (USB, HID, INPUT)
# Every set that lacks one.
WITHOUT_ONE = [tuple(gate for gate in ALL if gate != missing) for missing in ALL]

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


_CLOSE_CONSOLE = """
echo 0 > /proc/sys/kernel/sysrq
ln -sf /dev/null /run/systemd/system/ctrl-alt-del.target
mkdir -p /run/systemd/system.conf.d
printf '[Manager]\\nCtrlAltDelBurstAction=none\\n' > /run/systemd/system.conf.d/bf-test.conf
systemctl daemon-reload
# VT_LOCKSWITCH
perl -e 'open(my $t, "+<", "/dev/tty1") or die; ioctl($t, 0x560B, 0) // die "VT_LOCKSWITCH: $!"'
"""


def close_console_by_hand(machine: InputMachine) -> None:
    """No SysRq, no switch to another terminal, no reboot by Ctrl-Alt-Del."""
    machine.run("set -e\n" + _CLOSE_CONSOLE)
