# SPDX-License-Identifier: Apache-2.0
"""A compromised kiosk, or a card that was in another machine, has planted things on BF_DATA where
persistent paths should be. The boot completes, nothing outside BF_DATA changes, and each finding is
said."""

from __future__ import annotations

from scenarios.device_state import DATA, mounts, state_entries
from vm import Machine

# What stands in place of a source, by the name of its entry.
PLANTED = {
    "rauc": "ln -s /etc {at}",
    "pairing": "mkfifo {at}",
    "kiosk": "mknod {at} b 254 0",
    "network": "ln -s ../../../../../../etc/systemd {at}",
    "update": "echo file > {at}",
}


def source(name: str) -> str:
    return f"{DATA}/state/shared/{name}"


def plant(machine: Machine) -> None:
    """Straight into BF_DATA: what is bound over the targets stays as it is until the next boot."""
    for name, command in PLANTED.items():
        machine.run(f"mv {source(name)} {source(name)}.was; " + command.format(at=source(name)))
    machine.run(f"chown 65534:65534 {DATA}/state/shared/journal && chmod 0777 {DATA}/state/shared")
    machine.run(f"rmdir {DATA}/state/slot-b && ln -s /root {DATA}/state/slot-b")


def test_hostile_data(make_device):
    machine = make_device("hostile")
    machine.boot()
    plant(machine)
    machine.power_off()
    root = machine.disk.hash("BF_ROOT_A")

    machine.boot()
    assert machine.target_reached("betterframe-kiosk.target")
    told = machine.run("cat /run/betterframe/state.json") + machine.run(
        "cat /run/betterframe/data.json") + machine.run("journalctl -b -u bf-state -u bf-data -q")
    mounted = mounts(machine)
    for name in PLANTED:
        assert f"state/shared/{name} was " in told, f"{name} is not told of: {told}"
        entry = next(e for e in state_entries() if e["name"] == name)
        # Bound from a directory of BF_DATA made anew, and not from where the link led.
        assert mounted[entry["path"]].root == f"/state/shared/{name}"
        assert machine.run(f"stat -c %F {source(name)}").strip() == "directory"
        assert machine.execute(f"ls -d {source(name)}.aside.*").exit_code == 0
    assert machine.run(f"stat -c '%u %a' {DATA}/state/shared").split() == ["0", "755"]
    assert machine.run(f"stat -c '%u' {DATA}/state/shared/journal").strip() == "0"
    assert machine.run(f"stat -c %F {DATA}/state/slot-b").strip() == "directory"
    check = machine.execute("bf-overlay check")
    assert check.exit_code == 0, check.stdout + check.stderr
    machine.power_off()
    assert machine.disk.hash("BF_ROOT_A") == root
