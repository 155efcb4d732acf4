# SPDX-License-Identifier: Apache-2.0
"""What a cached artifact was made from, as one hash."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path


def of(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:20]


def of_package(deb: Path) -> str:
    """Of what a package installs; not of the times in it."""
    parts: list[str | bytes] = []
    for part in ("--fsys-tarfile", "--ctrl-tarfile"):
        raw = subprocess.run(["dpkg-deb", part, str(deb)], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in sorted(archive.getmembers(), key=lambda m: m.name):
                # A link, such as a mask, may lead out of the package.
                content = archive.extractfile(member) if member.isfile() else None
                parts.append(f"{member.name} {member.mode:o} {member.uid} {member.gid} "
                             f"{member.type!r} {member.linkname}")
                parts.append(content.read() if content else b"")
    return of(*parts)


def of_tree(directory: Path) -> str:
    parts: list[str | bytes] = []
    for path in sorted(p for p in directory.rglob("*") if "__pycache__" not in p.parts):
        parts.append(f"{path.relative_to(directory)} {path.lstat().st_mode:o}")
        if path.is_symlink():
            parts.append(str(path.readlink()))
        elif path.is_file():
            parts.append(path.read_bytes())
    return of(*parts)
