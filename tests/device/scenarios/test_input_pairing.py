# SPDX-License-Identifier: Apache-2.0
"""A Bluetooth device nearby that wants to pair."""

from __future__ import annotations

from scenarios.bluetooth import asks_for_a_bond, assert_none, is_bonded, start_agent, switch_on
from scenarios.other_policy import lay_over, opening


def test_as_shipped_there_is_none(shipped):
    machine = shipped
    for ask in ("systemctl start bluetooth.service", "systemctl start dbus-org.bluez.service",
                "busctl call org.bluez / org.freedesktop.DBus.Peer Ping"):
        assert "bluetooth.service is masked" in machine.fails(ask).stderr
    for module in ("bluetooth", "hci_vhci", "btusb", "hidp"):
        assert "install command '/usr/bin/false'" in machine.fails(f"modprobe {module}").stderr
    assert "Failed to open Virtual HCI device" in machine.fails("btvirt -l2").stderr
    assert_none(machine)


def test_a_bond_takes_an_agent(shipped):
    machine = shipped
    lay_over(machine, opening("bluetooth", '"bonded"'))
    switch_on(machine)
    start = machine.watch.position()
    assert "failed. status 0x05 (Authentication Failed)" in asks_for_a_bond(machine)
    assert is_bonded(machine) == ["b false", "b false"]
    assert not machine.watch.events(start, event="uevent", subsystem="hid")
    start_agent(machine)
    assert "Paired with" in asks_for_a_bond(machine)
    assert is_bonded(machine) == ["b true", "b true"]


def test_on_an_open_device_whoever_asks_gets_one(open_device):
    """By what bluetoothd's own files say there: no agent is asked."""
    machine = open_device
    units = "/run/systemd/system.control"  # over the mask in /etc
    machine.run(f"set -e; mkdir -p {units}\n"
                f"cp /usr/lib/systemd/system/bluetooth.service {units}; systemctl daemon-reload")
    switch_on(machine)
    assert "Paired with" in asks_for_a_bond(machine)
    assert is_bonded(machine) == ["b true", "b true"]
