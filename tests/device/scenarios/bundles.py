# SPDX-License-Identifier: Apache-2.0
"""Bundles of the device's own artifacts, made by scripts/bundle once per image, and a read-only disk
that brings them into the guest."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from vm.paths import IMAGE

REPOSITORY = Path(__file__).parents[3]
_TOOLS = REPOSITORY / "build/release"
_MAKER = _TOOLS / "provision/image/bf-provision-image"
_HOOK = _TOOLS / "boot/hook/bf-slot-hook"
_COMPATIBLE = "betterframe-rpi5-aarch64"
# Whole seconds of compressing are saved for a bundle that is a few percent larger.
_SQUASHFS = "-comp zstd -Xcompression-level 1"
# What the artifacts need, and room for resize2fs; the slots have 3 GiB.
_ROOT_SIZE = "1GiB"


def _run(*command: object, **options) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode:
        raise AssertionError(f"{command[0]} exited {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "SOURCE_DATE_EPOCH": "1700000000"}


def root_of_version(version: str, out: Path) -> Path:
    """The device's root, as an ext4 image that says it is `version`."""
    _run(_MAKER, "rootfs", "--policy", REPOSITORY / "policies", "--root", IMAGE.parent / "root.tar",
         "--size", _ROOT_SIZE, "--out", out, "--force", env=_environment())
    with tempfile.NamedTemporaryFile("w", suffix=".os-release") as release:
        old = _run("debugfs", "-R", "cat /usr/lib/os-release", out, env=_environment())
        release.write("".join(
            f"IMAGE_VERSION={version}\n" if line.startswith("IMAGE_VERSION=") else f"{line}\n"
            for line in old.splitlines()))
        release.flush()
        # debugfs has no overwrite.
        for request in ("rm /usr/lib/os-release", f"write {release.name} /usr/lib/os-release"):
            _run("debugfs", "-w", "-R", request, out, env=_environment())
    stamped = _run("debugfs", "-R", "cat /usr/lib/os-release", out, env=_environment())
    assert f"IMAGE_VERSION={version}\n" in stamped
    return out


def make(out: Path, root: Path, version: str, boot: Path = IMAGE.parent / "boot") -> Path:
    """As a release engineer makes one. Without the block hash index: a device would first have to
    hash 3 GiB of its slots, minutes on an emulated CPU, for a bundle that is not streamed."""
    keys = IMAGE.parent / "keys"
    _run(REPOSITORY / "scripts/bundle", "--boot", boot, "--root", root, "--version", version,
         "--keyring", keys / "keyring.pem", "--cert", keys / "signing.cert.pem",
         "--key", keys / "signing.key.pem", "--out", out, "--force", "--no-adaptive",
         "--squashfs", _SQUASHFS, env=_environment())
    return out


@dataclass
class Crafted:
    """A small bundle that scripts/bundle would never make."""
    compatible: str = _COMPATIBLE
    format: str = "verity"
    version: str = "9.0.0"
    root_size: int = 1 << 20
    keys: Path = field(default_factory=lambda: IMAGE.parent / "keys")

    def make(self, out: Path) -> Path:
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            content = Path(scratch) / "content"
            content.mkdir()
            with open(content / "rootfs.ext4", "wb") as image:
                image.truncate(self.root_size)
            shutil.copy(_HOOK, content / "hook")
            (content / "manifest.raucm").write_text(
                f"[update]\ncompatible={self.compatible}\nversion={self.version}\n\n"
                f"[bundle]\nformat={self.format}\n\n[hooks]\nfilename=hook\n\n"
                "[image.rootfs]\nfilename=rootfs.ext4\n")
            out.unlink(missing_ok=True)
            _run("rauc", "--cert", self.keys / "signing.cert.pem",
                 "--key", self.keys / "signing.key.pem", "bundle", content, out,
                 env=_environment())
        return out


def disk_of(files: list[Path], out: Path) -> Path:
    """A disk without partitions, ext4, with these files: /dev/vdb of a virtio device."""
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        for path in files:
            os.link(path, Path(scratch) / path.name)
        size = sum(path.stat().st_size for path in files)
        out.unlink(missing_ok=True)
        with open(out, "wb") as image:
            image.truncate(size + size // 20 + (16 << 20))
        _run("mkfs.ext4", "-q", "-O", "^has_journal", "-E", "root_owner=0:0", "-d", scratch, out,
             env=_environment())
    return out
