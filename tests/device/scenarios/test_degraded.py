# SPDX-License-Identifier: Apache-2.0
"""BF_DATA cannot be used: the kiosk is shown all the same, what is wrong is said, and not one byte
of what may be someone's data is written."""

from __future__ import annotations

from firmware import gpt
from scenarios.device_state import DATA, machine_id, mounts, replace_in_root
from vm import Disk, Machine

MIB = 1 << 20


def made_foreign(disk: Disk) -> None:
    """Another program's signature under our name: a LUKS header."""
    disk.write("BF_DATA", 0, b"LUKS\xba\xbe\x00\x02" + bytes(504))


def assert_degraded(machine: Machine) -> dict:
    assert machine.target_reached("betterframe-kiosk.target")
    result = machine.execute("cat /run/betterframe/data.json").json()
    assert result["result"] == "degraded", result
    stand_in = mounts(machine)[DATA]
    assert stand_in.fs_type == "tmpfs"
    assert {"nosuid", "nodev", "noexec"} <= stand_in.options
    status = machine.execute("bf-provision status")
    assert "degraded" in status.stdout.lower()
    machine_id(machine)
    return result


def test_a_foreign_content_is_kept(make_device):
    machine = make_device("foreign")
    made_foreign(machine.disk)
    before = machine.disk.hash("BF_DATA")
    machine.boot()
    result = assert_degraded(machine)
    assert "crypto_LUKS" in result["reason"] or "LUKS" in result["reason"], result["reason"]
    # Loud: at least a warning in the journal, and still there for who looks later.
    assert machine.run("journalctl -b -u bf-data -p warning --no-pager -q").strip()
    machine.power_off()
    assert machine.disk.hash("BF_DATA") == before
    assert machine.disk.partition("BF_DATA").type == gpt.BF_DATA_UNFORMATTED


def test_destroyed_after_years_of_use(make_device):
    """The start of a finished BF_DATA is overwritten: degraded, nothing wiped, and the machine is
    whole again once the bytes are back."""
    machine = make_device("destroyed")
    machine.boot()
    first = machine_id(machine)
    machine.run("echo precious > /var/lib/betterframe-pairing/token; sync")
    machine.power_off()

    saved = machine.disk.read("BF_DATA", 0, 64 * MIB)
    machine.disk.write("BF_DATA", 0, b"\xa5" * (64 * MIB))
    before = machine.disk.hash("BF_DATA")
    machine.boot()
    assert_degraded(machine)
    machine.power_off()
    assert machine.disk.hash("BF_DATA") == before

    machine.disk.write("BF_DATA", 0, saved)
    machine.boot()
    assert machine_id(machine) == first
    assert machine.run("cat /var/lib/betterframe-pairing/token") == "precious\n"
    machine.cut_power()


def with_mistakes(make_device, *names: str) -> Machine:
    machine = make_device("-".join(names))
    for name in names:
        replace_in_root(machine.disk, f"/usr/share/betterframe/policies/{name}.toml",
                        b"schema = 1\nshema = 2\n")
    return machine


def test_a_mistake_in_the_layout_leaves_bf_data_alone(make_device):
    machine = with_mistakes(make_device, "layout")
    before = machine.disk.hash("BF_DATA")
    machine.boot()
    assert machine.target_reached("betterframe-kiosk.target")
    result = machine.execute("cat /run/betterframe/data.json").json()
    assert result["result"] == "failed" and "shema" in result["reason"], result
    assert mounts(machine)[DATA].fs_type == "tmpfs"
    machine.power_off()
    assert machine.disk.hash("BF_DATA") == before


def test_mistakes_in_other_policies_stop_their_stages_and_nothing_else(make_device):
    machine = with_mistakes(make_device, "state", "overlays")
    root = machine.disk.hash("BF_ROOT_A")
    machine.boot()
    assert machine.target_reached("betterframe-kiosk.target")
    machine_id(machine)
    for stage, name in (("state", "state"), ("overlay", "overlays")):
        unit = machine.run(f"systemctl show -p ExecMainStatus --value bf-{stage}.service")
        assert unit.strip() == "65"
        journal = machine.run(f"journalctl -b -u bf-{stage} -p err --no-pager -q")
        assert f"{name}.toml:2:1: unknown key" in journal, journal
    status = machine.execute("bf-provision status")
    assert status.exit_code == 1 and "shema" in status.stdout, status.stdout
    # What needs none of the two is as ever.
    assert machine.execute("cat /run/betterframe/data.json").json()["result"] == "ok"
    assert mounts(machine)[DATA].fs_type == "ext4"
    machine.fails("touch /etc/x")
    machine.power_off()
    assert machine.disk.hash("BF_ROOT_A") == root
