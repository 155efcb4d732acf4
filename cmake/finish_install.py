#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""finish_install.py PREFIX POLICIES: completes an installed tree.

- PREFIX/lib/systemd/system/X.wants/UNIT for each `WantedBy=X` of an installed unit, so that the
  image needs no `systemctl enable` and /etc stays empty of our links.
- A mount point, below the tree's root, for each path that a policy mounts on.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def link_wants(units: Path) -> None:
    for unit in sorted(units.glob("b[ef]*.*")):
        if not unit.is_file():
            continue
        for line in unit.read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() not in ("WantedBy", "RequiredBy"):
                continue
            suffix = "wants" if key.strip() == "WantedBy" else "requires"
            for target in value.split():
                link = units / f"{target}.{suffix}" / unit.name
                link.parent.mkdir(exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(f"../{unit.name}")


def mount_points(policies: Path) -> Iterator[tuple[str, bool]]:
    """(path, is a directory) of all that state.toml and overlays.toml mount on."""
    layout = policies / "layout.toml"
    if layout.exists():
        data = tomllib.loads(layout.read_text()).get("data", {})
        if path := data.get("mount_point"):
            yield path, True
    for name in ("state.toml", "overlays.toml"):
        policy = policies / name
        if not policy.exists():
            continue
        for table in tomllib.loads(policy.read_text()).values():
            for entry in table if isinstance(table, list) else []:
                if isinstance(entry, dict) and "path" in entry:
                    yield entry["path"], entry.get("kind", "directory") != "file"


def make_mount_points(root: Path, policies: Path) -> None:
    for path, directory in mount_points(policies):
        target = root / path.lstrip("/")
        if directory:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()


def main() -> int:
    prefix, policies = Path(sys.argv[1]), Path(sys.argv[2])
    root = prefix.parent if prefix.name == "usr" else prefix
    link_wants(prefix / "lib/systemd/system")
    make_mount_points(root, policies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
