# SPDX-License-Identifier: Apache-2.0
"""Not a test of ctest's: `scripts/bench booted_sandbox` runs it and reads what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

_ROUNDS = 30
_PROGRAM = "/run/bench/bench_calls"
_EXEC = "/usr/libexec/betterframe/bf-lockdown-exec kiosk --"
_UNIT = f"""[Service]
Type=oneshot
ExecStart={_PROGRAM} calls
StandardOutput=truncate:/run/calls.json
"""


def test_against_systemd(make_device):
    out = os.environ.get("BF_SANDBOX_TIMES")
    if not out:
        pytest.fail("scripts/bench booted_sandbox runs this")
    as_systemd_has_it = subprocess.run(
        [os.environ["BF_BENCH_LOCKDOWN"], "filter", "kiosk", "--policy",
         str(Path(__file__).parents[3] / "policies"), "--format", "systemd"],
        check=True, capture_output=True, text=True).stdout
    properties: dict[str, list[str]] = {}
    for line in as_systemd_has_it.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.isalpha():
            properties.setdefault(name, []).append(value)
    asked = " ".join(f"-p '{name}={' '.join(values)}'" for name, values in properties.items())
    machine = make_device()
    machine.boot()
    machine.run("mkdir /run/bench && mount -t tmpfs -o mode=755 bench /run/bench")
    machine.write_file(_PROGRAM, Path(os.environ["BF_BENCH_CALLS"]).read_bytes())
    machine.run("mkdir -p /run/systemd/system/bench-calls.service.d")
    machine.write_file("/run/systemd/system/bench-calls.service", _UNIT)
    machine.write_file("/run/systemd/system/bench-calls.service.d/filter.conf", as_systemd_has_it)
    machine.run(f"chmod 755 {_PROGRAM} && systemctl daemon-reload")

    def start(command: str) -> float:
        return float(machine.run(f"{_PROGRAM} starts {_ROUNDS} {command}"))

    starts = {
        "plain exec": start("/bin/true"),
        "bf-lockdown-exec": start(f"{_EXEC} /bin/true"),
        "systemd-run --scope, no filter": start("systemd-run --quiet --scope /bin/true"),
        "systemd-run --wait, its filter": start(
            f"systemd-run --quiet --wait --collect {asked} /bin/true"),
    }

    def under_systemd() -> dict[str, float]:
        machine.run("systemctl start bench-calls.service")
        return json.loads(machine.run("cat /run/calls.json"))

    calls = {
        "no filter": json.loads(machine.run(f"{_PROGRAM} calls")),
        "bf-lockdown-exec": json.loads(machine.run(f"{_EXEC} {_PROGRAM} calls")),
        "systemd": under_systemd(),
        "systemd, again": under_systemd(),
    }
    Path(out).write_text(json.dumps({"starts": starts, "calls": calls}))
