# SPDX-License-Identifier: Apache-2.0
"""Each file of the packages, with its mode: what is new in them is seen by who reviews a change.
BF_UPDATE_GOLDENS=1 writes the list anew."""

import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
RELEASE = Path(os.environ["BF_RELEASE_DIR"])


def contents(package: str) -> list[str]:
    """`-rwxr-xr-x /usr/bin/bf-boot`, with what a link points to; directories only where special."""
    (deb,) = RELEASE.glob(f"{package}_*.deb")
    listed = subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True,
                            text=True).stdout
    lines = []
    for line in listed.splitlines():
        mode, owner, path = re.fullmatch(r"(\S+) (\S+) +\S+ \S+ \S+ \.(/.*)", line).groups()
        assert owner == "root/root", line
        # No set-user-id, nothing that others may write to; a link has no mode of its own.
        assert mode[0] == "l" or (not re.search("[st]", mode[1:]) and mode[8] == "-"), line
        if mode != "drwxr-xr-x":
            lines.append(f"{mode} {path}")
    return sorted(lines, key=lambda line: line.split()[1])


@pytest.mark.parametrize("package", ["betterframe-device", "betterframe-factory"])
def test_packages_have_what_was_reviewed(package):
    golden = HERE / f"{package}.contents"
    found = "".join(f"{line}\n" for line in contents(package))
    if os.environ.get("BF_UPDATE_GOLDENS") == "1":
        golden.write_text(found)
    assert found == golden.read_text(), "BF_UPDATE_GOLDENS=1 takes what is new"
