# SPDX-License-Identifier: Apache-2.0
"""What the package adds to what was installed: links of units, and places to mount on."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def finish(root: Path, policies: Path) -> None:
    subprocess.run([sys.executable, str(REPOSITORY / "cmake/finish_install.py"), str(root / "usr"),
                    str(policies)], check=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "usr/lib/systemd/system").mkdir(parents=True)
    return tmp_path


def test_a_unit_is_wanted_by_what_it_says(root):
    units = root / "usr/lib/systemd/system"
    (units / "bf-x.service").write_text("[Install]\nWantedBy=local-fs.target a.target\n")
    (units / "bf-y.service").write_text("[Unit]\nDescription=y\n")
    (units / "other.service").write_text("[Install]\nWantedBy=local-fs.target\n")
    finish(root, root)
    finish(root, root)  # as often as one likes
    links = {str(p.relative_to(units)) for p in units.rglob("*") if p.is_symlink()}
    assert links == {"local-fs.target.wants/bf-x.service", "a.target.wants/bf-x.service"}
    assert (units / "a.target.wants/bf-x.service").resolve() == units / "bf-x.service"


def test_every_path_of_the_shipped_policies_can_be_mounted_on(root):
    finish(root, REPOSITORY / "policies")
    expected = [tomllib.loads((REPOSITORY / "policies/layout.toml").read_text())["data"]["mount_point"]]
    for name, table in (("state", "state"), ("overlays", "writable")):
        entries = tomllib.loads((REPOSITORY / f"policies/{name}.toml").read_text())[table]
        expected += [entry["path"] for entry in entries]
    assert len(expected) > 10
    for path in expected:
        assert (root / path.lstrip("/")).is_dir(), path


def test_a_file_is_a_place_for_a_file(root):
    policies = root / "policies"
    policies.mkdir()
    (policies / "state.toml").write_text(
        '[[state]]\npath = "/etc/one"\nkind = "file"\n[[state]]\npath = "/a/b"\nkind = "directory"\n')
    finish(root, policies)
    assert (root / "etc/one").is_file()
    assert (root / "a/b").is_dir()
