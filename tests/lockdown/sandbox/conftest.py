# SPDX-License-Identifier: Apache-2.0
"""How a unit starts a program in a sandbox: a user without rights, no capability left."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A root for compiled profiles, where everything belongs to root and nobody else may write."""
    assert os.geteuid() == 0, "these tests become another user, and so need root"
    root = tmp_path_factory.mktemp("root")
    (root / "usr/lib/betterframe/sandbox").mkdir(parents=True)
    for path in (root, *root.parents):
        if path.stat().st_mode & 0o5 != 0o5 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o5)  # pytest shuts its own to other users
    return root


@pytest.fixture
def home(tmp_path, root) -> Path:
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    for path in (home, home / "run"):
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700)
    tmp_path.chmod(0o755)
    return home


@pytest.fixture
def start(root, home):
    def in_profile(profile: str, *command: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
             "--bounding-set=-all", "--inh-caps=-all", os.environ["BF_EXEC"], "--root", root, profile,
             "--", *command],
            env={"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "LANG": "C.UTF-8"},
            cwd="/", capture_output=True, text=True, timeout=600, check=False)
    return in_profile
