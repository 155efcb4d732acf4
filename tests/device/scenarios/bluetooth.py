# SPDX-License-Identifier: Apache-2.0
"""Two Bluetooth controllers of software within reach of each other, of which one is the device's own and
the other a stranger's."""

from __future__ import annotations

from vm.input import CEILING, InputMachine

CONTROLLERS = "ls /sys/class/bluetooth 2>/dev/null || true"
_MODULES = "grep -E '^(bluetooth|btusb|hidp|hci_)' /proc/modules || true"

_OWN = "00:AA:01:00:00:00"
# As the device's bluetoothd knows the stranger.
_STRANGER = "/org/bluez/hci0/dev_00_AA_01_01_00_01 org.bluez.Device1"

# Both tools end with their standard input.
_INPUT = "/run/bf-test/input"

# The kernel gives up a controller that does not answer its first command within two seconds; on a busy
# machine that is no fault of btvirt's.
_START_CONTROLLERS = f"""
for attempt in 1 2 3 4 5; do
  setsid chrt --fifo 1 btvirt -l2 </dev/null >/run/bf-test/btvirt.log 2>&1 &
  timeout 10 sh -c 'until btmgmt info 0<>{_INPUT} | grep -q "with 2 items"; do sleep 0.1; done' && exit
  kill $!; wait $! || true
done
exit 1
"""


def _value(path: str, name: str) -> str:
    return f"busctl get-property org.bluez {path} {name} 2>/dev/null"


def _until(machine: InputMachine, command: str, said: str) -> None:
    machine.run(f"timeout 100 sh -c 'until [ \"$({command})\" = \"{said}\" ]; do sleep 0.1; done'",
                CEILING)


def _manage(machine: InputMachine, controller: int, command: str) -> str:
    return machine.run(f"btmgmt --index {controller} {command} 0<>{_INPUT}", CEILING)


def switch_on(machine: InputMachine) -> None:
    """Both controllers, and bluetoothd, which cares for both."""
    # While btvirt loads what it needs itself, its first controller does not answer.
    machine.run("set -e; modprobe -a hci_vhci algif_hash algif_skcipher cmac ecb\n"
                f"mkfifo {_INPUT}; mount -t tmpfs tmpfs /var/lib/bluetooth\n"
                # Its own files say that it pairs at any time.
                "sed 's/#AlwaysPairable = false/AlwaysPairable = true/' /etc/bluetooth/main.conf"
                " > /run/bf-test/main.conf\n"
                "mount --bind /run/bf-test/main.conf /etc/bluetooth/main.conf\n"
                # Before there is a controller: udev would start it in the middle of that.
                f"systemctl start bluetooth.service\n{_START_CONTROLLERS}", CEILING)
    for controller in (0, 1):
        _until(machine, _value(f"/org/bluez/hci{controller} org.bluez.Adapter1", "Powered"), "b true")
    _manage(machine, 0, "connectable on")
    _manage(machine, 1, "bondable on")


def asks_for_a_bond(machine: InputMachine) -> str:
    """The stranger, which has neither keys nor a display: nobody has to compare anything."""
    return _manage(machine, 1, f"pair -c 3 -t 0 {_OWN}")


def is_bonded(machine: InputMachine) -> list[str]:
    """Whether they are paired, and for longer than it lasts."""
    return [machine.run(_value(_STRANGER, name)).strip() for name in ("Paired", "Bonded")]


def start_agent(machine: InputMachine) -> None:
    machine.run(f"bluetoothctl --agent NoInputNoOutput 0<>{_INPUT} >/run/bf-test/agent.log 2>&1 &")
    _until(machine, _value("/org/bluez/hci0 org.bluez.Adapter1", "Pairable"), "b true")


def assert_none(machine: InputMachine) -> None:
    assert machine.run(CONTROLLERS) == "" and machine.run(_MODULES) == ""
