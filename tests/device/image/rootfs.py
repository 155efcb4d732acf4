# SPDX-License-Identifier: Apache-2.0
"""The device's root file system as a tar, and its boot files as a directory.

The Debian part takes a minute or two and rarely changes, so it is kept in a cache; what changes
with the code is only the installation of the package on top.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from image import fingerprint

GUEST = Path(__file__).parents[1] / "guest"
# Policies that take the place of the shipped ones: the virtual device has other input devices.
POLICIES = Path(__file__).parent / "policies"
SCRIPTS = Path(__file__).parents[3] / "scripts"

# A device without a screen or a network yet: what boots Debian, and nothing recommended. Bluetooth's
# daemon is there for the policy to shut, and its emulator of controllers for cases to try.
BASE_PACKAGES = ["bluez", "bluez-test-tools", "dbus", "initramfs-tools", "kmod", "linux-image-amd64",
                 "systemd", "systemd-sysv", "udev", "zstd"]


def _modules(*paths: str) -> list[str]:
    return [f"/lib/modules/*/kernel/{path}/*" for path in paths]


# Documentation, and drivers for hardware that QEMU is never asked to emulate here.
_EXCLUDED = [
    "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*",
    *_modules("drivers/gpu", "drivers/iio", "drivers/infiniband", "drivers/isdn", "drivers/media",
              "drivers/net/ethernet", "drivers/net/wireless", "drivers/staging", "sound"),
]
# But for remotes: an infrared receiver and a CEC adapter that are software, and what those need.
_INCLUDED = _modules(*(f"drivers/media/{path}" for path in (
    "cec", "common", "mc", "rc", "test-drivers/vivid", "v4l2-core")))

Say = Callable[[str], None]


@dataclass(frozen=True)
class Identity:
    """os-release fields by which the OS knows its own version."""
    image_id: str = "betterframe-device"
    version: str = "1.0.0"
    build: str = "test"


class BuildFailed(Exception):
    pass


def _logged(command: list[str], log: Path, **options) -> None:
    with open(log, "ab") as out:
        out.write(f"+ {' '.join(command)}\n".encode())
        out.flush()
        if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          check=False, **options).returncode:
            raise BuildFailed(f"{command[0]} failed; see {log}")


def dependencies(deb: Path) -> list[str]:
    """Names of the packages that `deb` depends on."""
    field = subprocess.run(["dpkg-deb", "-f", str(deb), "Depends"], check=True,
                           capture_output=True, text=True).stdout
    return sorted({re.split(r"[\s(:|]", d.strip(), maxsplit=1)[0]
                   for d in field.split(",") if d.strip()})


def base(deb: Path, cache: Path, log: Path, say: Say) -> Path:
    """Debian with what the package depends on, from the cache where it is there."""
    packages = sorted({*BASE_PACKAGES, *dependencies(deb)})
    options = ["--variant=minbase", "--mode=root", "--format=tar",
               f"--include={','.join(packages)}",
               '--aptopt=Apt::Install-Recommends "false"',
               *(f"--dpkgopt=path-exclude={path}" for path in _EXCLUDED),
               *(f"--dpkgopt=path-include={path}" for path in _INCLUDED)]
    tar = cache / f"base-{fingerprint.of('1', *options)}.tar"
    if tar.exists():
        return tar
    say(f"Debian root with {len(packages)} packages and what they need (about 1 minute, then cached)")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        made = Path(scratch) / "base.tar"
        _logged(["mmdebstrap", *options, "bookworm", str(made)], log)
        made.rename(tar)
    return tar


def _in_root(root: Path, script: str, log: Path) -> None:
    """Runs a script inside the new root, in a mount namespace that ends with it."""
    inner = ('set -e; mount --make-rprivate /; mount -t proc proc "$1/proc"; '
             'mount -t sysfs -o ro sysfs "$1/sys"; mount --rbind /dev "$1/dev"; '
             'exec chroot "$1" /bin/sh -euc "$2"')
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
                   "DEBIAN_FRONTEND": "noninteractive"}
    _logged(["unshare", "--mount", "sh", "-c", inner, "sh", str(root), script], log,
            env=environment)


def _identify(root: Path, identity: Identity) -> None:
    release = root / "usr/lib/os-release"
    lines = [line for line in release.read_text().splitlines()
             if not line.startswith(("IMAGE_ID=", "IMAGE_VERSION=", "BUILD_ID="))]
    lines += [f"IMAGE_ID={identity.image_id}", f"IMAGE_VERSION={identity.version}",
              f"BUILD_ID={identity.build}"]
    release.write_text("\n".join(lines) + "\n")


def _lay_over(tree: Path, root: Path) -> None:
    for source in sorted(p for p in tree.rglob("*") if p.name != "README.md"):
        target = root / source.relative_to(tree)
        if source.is_dir():
            target.mkdir(exist_ok=True, parents=True)
        else:
            shutil.copy(source, target)
            os.chown(target, 0, 0)


@dataclass(frozen=True)
class RootFs:
    tar: Path
    boot: Path  # a directory: config.txt, kernel, initramfs


def signing_keys(out: Path, log: Path) -> Path:
    """The directory of the pair that test bundles are signed with; made once."""
    keys = out / "keys"
    if not (keys / "keyring.pem").exists():
        shutil.rmtree(keys, ignore_errors=True)
        _logged([str(SCRIPTS / "keys"), "--name", "BetterFrame test signing", "self-signed",
                 str(keys)], log)
    return keys


def build(deb: Path, guest_tool: Path, out: Path, cache: Path, log: Path, say: Say,
          identity: Identity = Identity()) -> RootFs:
    if os.geteuid() != 0:
        raise BuildFailed("making a root file system needs root (mounts and file owners): "
                          "run it with sudo")
    debian = base(deb, cache, log, say)
    out.mkdir(parents=True, exist_ok=True)
    keyring = signing_keys(out, log) / "keyring.pem"
    key = fingerprint.of("1", debian.name, fingerprint.of_package(deb), fingerprint.of_tree(GUEST),
                         fingerprint.of_tree(POLICIES), guest_tool.read_bytes(),
                         repr(identity), keyring.read_bytes(), Path(__file__).read_bytes())
    result = RootFs(out / "root.tar", out / "boot")
    stamp = out / "rootfs.stamp"
    if stamp.exists() and stamp.read_text() == key:
        return result
    stamp.unlink(missing_ok=True)

    say("installing the package into it")
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        root = Path(scratch) / "root"
        root.mkdir()
        _logged(["tar", "-xf", str(debian), "-C", str(root), "--numeric-owner"], log)
        _identify(root, identity)
        _lay_over(GUEST, root)
        shutil.copy(guest_tool, root / "usr/lib/bf-test")
        shutil.copy(deb, root / "package.deb")
        _in_root(root, "dpkg -i /package.deb; rm /package.deb; "
                       "systemctl set-default betterframe-kiosk.target; passwd -d root; "
                       # Looks for LVM snapshots, seconds of each emulated boot; there is no LVM.
                       "systemctl mask e2scrub_reap.service", log)
        _replace_policies(root, log)
        shutil.copy(keyring, root / "etc/rauc/keyring.pem")
        os.chmod(root / "etc/rauc/keyring.pem", 0o644)
        _finish(root)
        shutil.rmtree(result.boot, ignore_errors=True)
        _boot_files(root, result.boot)
        _logged(["tar", "-cf", str(result.tar), "-C", str(root), "--numeric-owner", "--sort=name",
                 "--xattrs", "--exclude=./boot/initrd.img-*", "."], log)
    stamp.write_text(key)
    return result


def _replace_policies(root: Path, log: Path) -> None:
    """What the shipped input policy compiled to goes, what the other one compiles to comes."""
    for policy in POLICIES.iterdir():
        shutil.copy(policy, root / "tmp")
    _in_root(root, """
        bf-lockdown compile --out /tmp/shipped >/dev/null
        cd /tmp/shipped && find . ! -type d | (cd / && xargs rm -f)
        mv /tmp/input.toml /usr/share/betterframe/policies/
        bf-lockdown compile --out /tmp/replaced >/dev/null
        cp -a /tmp/replaced/. /
        rm -rf /tmp/shipped /tmp/replaced
        """, log)


def _finish(root: Path) -> None:
    (root / "etc/fstab").write_text("")
    (root / "etc/hostname").write_text("betterframe\n")
    (root / "etc/machine-id").write_text("")  # a mount point; the initramfs step fills it
    for left in ("var/lib/dbus/machine-id", "var/lib/systemd/random-seed"):
        (root / left).unlink(missing_ok=True)
    for directory in ("var/log/apt", "var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / directory, ignore_errors=True)
    for log in (root / "var/log").iterdir():
        if log.is_file():
            log.unlink()


def _boot_files(root: Path, boot: Path) -> None:
    boot.mkdir(parents=True)
    kernel, = (root / "boot").glob("vmlinuz-*")
    initramfs, = (root / "boot").glob("initrd.img-*")
    shutil.copy(kernel, boot / "vmlinuz")
    shutil.copy(initramfs, boot / "initramfs.img")
    (boot / "config.txt").write_text("[all]\nkernel=vmlinuz\ninitramfs initramfs.img followkernel\n"
                                    "kernel_watchdog_timeout=15\n")
