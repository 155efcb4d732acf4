# SPDX-License-Identifier: Apache-2.0
"""The state that every boot has to end in, however the one before it ended."""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from firmware import gpt
from vm import Disk, Machine

POLICIES = Path(__file__).parents[3] / "policies"
DATA = "/var/lib/betterframe"


def policy(name: str) -> dict:
    return tomllib.loads((POLICIES / name).read_text())


def state_entries() -> list[dict]:
    return policy("state.toml")["state"]


@dataclass(frozen=True)
class Mount:
    root: str  # within its file system: where a bind comes from
    path: str
    options: set[str]
    fs_type: str
    source: str
    super_options: set[str]


def mounts(machine: Machine) -> dict[str, Mount]:
    """By mount point; the topmost where several lie over each other."""
    found = {}
    for line in machine.run("cat /proc/self/mountinfo").splitlines():
        before, after = line.split(" - ")
        fields, (fs_type, source, super_options) = before.split(), after.split(maxsplit=2)
        found[fields[4]] = Mount(fields[3], fields[4], set(fields[5].split(",")), fs_type, source,
                                 set(super_options.split(",")))
    return found


def machine_id(machine: Machine) -> str:
    identifier = machine.run("cat /etc/machine-id").strip()
    assert len(identifier) == 32 and set(identifier) <= set("0123456789abcdef"), identifier
    return identifier


def journal_boots(machine: Machine) -> list[str]:
    """One line for each boot that the journal of this machine id holds."""
    return [line for line in machine.run("journalctl --list-boots --no-pager").splitlines()
            if not line.startswith("IDX")]


def assert_settled(machine: Machine) -> None:
    """BF_DATA formatted, grown and mounted, state bound, nothing left to do, nothing writable
    that should not be, and the kiosk on the screen."""
    for stage in ("data", "state", "overlay"):
        result = machine.execute(f"cat /run/betterframe/{stage}.json")
        assert result.exit_code == 0, f"{stage} left no result: {result.stderr}"
        assert result.json()["result"] == "ok", result.stdout
    assert_empty_plans(machine)
    mounted = mounts(machine)
    data = mounted[DATA]
    assert data.fs_type == "ext4"
    assert {"rw", "nosuid", "nodev", "noexec", "noatime"} <= data.options
    assert "errors=remount-ro" in data.super_options
    for entry in state_entries():
        assert entry["path"] in mounted, f"{entry['path']} is not bound"
    assert_grown(machine)
    check = machine.execute("bf-overlay check")
    assert check.exit_code == 0, check.stdout + check.stderr
    assert machine.target_reached("betterframe-kiosk.target")
    machine_id(machine)


def assert_empty_plans(machine: Machine) -> None:
    for command, key in (("bf-provision data", "steps"), ("bf-provision state", "plan"),
                         ("bf-overlay apply", "steps")):
        plan = machine.execute(f"{command} --dry-run --json")
        assert plan.exit_code == 0, f"{command}: {plan.stderr}"
        assert plan.json()[key] == [], f"{command} would still do: {plan.stdout}"


def assert_grown(machine: Machine) -> None:
    """Disk, partition and file system end together, up to what the policy leaves alone."""
    device = Path(mounts(machine)[DATA].source).name
    sectors = {}
    for what, path in (("disk", f"/sys/class/block/{device}/../size"),
                       ("start", f"/sys/class/block/{device}/start"),
                       ("size", f"/sys/class/block/{device}/size")):
        sectors[what] = int(machine.run(f"cat {path}"))
    slack = sectors["disk"] - (sectors["start"] + sectors["size"])
    assert 0 < slack * 512 < 8 << 20, f"{slack} sectors behind BF_DATA"
    blocks = dict(line.split(":", 1) for line in machine.run(
        f"dumpe2fs -h /dev/{device} 2>/dev/null").splitlines() if ":" in line)
    size = int(blocks["Block count"]) * int(blocks["Block size"])
    assert blocks["Block size"].strip() == "4096"
    assert blocks["Filesystem volume name"].strip() == "BF_DATA"
    assert sectors["size"] * 512 - size < 8 << 20, f"the file system is {size} bytes"


def assert_table_settled(disk: Disk) -> None:
    """From outside: both tables whole and where they belong, and BF_DATA no longer unformatted."""
    table = disk.table()
    assert table.problems == []
    data = table.by_name("BF_DATA")
    assert data.type == gpt.LINUX_DATA
    assert table.disk_size - data.end < 8 << 20


def assert_clean(disk: Disk) -> None:
    """BF_DATA was unmounted in order, and nothing in it is out of place."""
    check = disk.ext4("BF_DATA", "e2fsck", "-fn")
    assert check.returncode == 0, check.stdout
    assert "Filesystem state:         clean" in disk.ext4("BF_DATA", "dumpe2fs", "-h").stdout


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
