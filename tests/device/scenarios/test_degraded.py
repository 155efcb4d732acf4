# SPDX-License-Identifier: Apache-2.0
"""BF_DATA cannot be used: the kiosk is shown all the same, what is wrong is said, and not one byte
of what may be someone's data is written."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from firmware import gpt
from scenarios.device_state import DATA, machine_id, mounts
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


def replace_in_root(disk: Disk, name: str, content: bytes) -> None:
    """Another content for a file of slot A's root, with debugfs: no mount, no root rights."""
    with tempfile.TemporaryDirectory(dir=disk.path.parent) as scratch:
        root = disk.extract("BF_ROOT_A", Path(scratch) / "root")
        new = Path(scratch) / "new"
        new.write_bytes(content)
        done = subprocess.run(["/sbin/debugfs", "-w", "-f", "-", str(root)], text=True, check=True,
                              capture_output=True, input=f"rm {name}\nwrite {new} {name}\n")
        assert "not found" not in done.stderr, done.stderr
        partition = disk.partition("BF_ROOT_A")
        subprocess.run(["dd", f"if={root}", f"of={disk.path}", "bs=1M", "conv=notrunc",
                        "oflag=seek_bytes", f"seek={partition.offset}", "status=none"], check=True)


def test_policies_with_mistakes_stop_their_stages_and_nothing_else(make_device):
    machine = make_device("bad-policies")
    for name in ("state", "overlays"):
        replace_in_root(machine.disk, f"/usr/share/betterframe/policies/{name}.toml",
                        b"schema = 1\nshema = 2\n")
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
