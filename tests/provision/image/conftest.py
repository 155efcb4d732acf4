# SPDX-License-Identifier: Apache-2.0
"""Inputs that are made once, and a directory for each test."""
import os
import stat

import pytest
from image_world import LAYOUT, MIB, World, pattern, run


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("inputs"))
    world.policy.mkdir()
    (world.policy / "layout.toml").write_text(LAYOUT)
    (world.boot / "overlays").mkdir(parents=True)
    (world.boot / "config.txt").write_text("arm_64bit=1\n")
    (world.boot / "cmdline.txt").write_text("root=/dev/not-this-one\n")
    (world.boot / "kernel_2712.img").write_bytes(pattern(5_000_000, "kernel"))
    (world.boot / "overlays" / "disable-bt-pi5.dtbo").write_bytes(pattern(3000, "dtbo"))
    tree = world.tree
    for name in ("etc", "usr/bin", "dev", "var/lib", "many", "proc"):
        (tree / name).mkdir(parents=True)
    (tree / "etc/hostname").write_text("kiosk\n")
    (tree / "etc/shadow").write_text("root:*:::::::\n")
    os.chmod(tree / "etc/shadow", 0o640)
    os.chown(tree / "etc/shadow", 0, 42)
    os.setxattr(tree / "etc/hostname", "user.note", b"x" * 300)
    (tree / "usr/bin/ping").write_bytes(pattern(300_000, "ping"))
    os.chmod(tree / "usr/bin/ping", 0o4755)
    # cap_net_raw=ep, as setcap(8) stores it.
    os.setxattr(tree / "usr/bin/ping", "security.capability",
                bytes.fromhex("0100000200200000000000000000000000000000"))
    os.link(tree / "usr/bin/ping", tree / "usr/bin/ping6")
    (tree / "bin").symlink_to("usr/bin")
    (tree / "var/long").symlink_to("/" + "a" * 200)
    os.mknod(tree / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.chmod(tree / "dev/null", 0o666)
    os.mknod(tree / "dev/disk", 0o660 | stat.S_IFBLK, os.makedev(259, 70000))
    os.mkfifo(tree / "var/fifo")
    os.chown(tree / "var/lib", 70001, 70002)
    os.chmod(tree / "var/lib", 0o1777)
    with open(tree / "var/sparse", "wb") as file:
        for at in (0, 3 * MIB, 9 * MIB):
            file.seek(at)
            file.write(pattern(5000, at))
        file.truncate(10 * MIB)
    # More than a directory block holds.
    for n in range(1200):
        (tree / f"many/a-file-with-a-rather-long-name-{n:05}").write_text("" if n % 2 else "x" * n)
    for path in sorted(tree.rglob("*"), reverse=True):
        os.utime(path, (1600000000, 1600000000), follow_symlinks=False)
    os.utime(tree / "etc/hostname", (1800000000, 1800000000))  # newer than SOURCE_DATE_EPOCH
    run("tar", "--xattrs", "--xattrs-include=*", "--sort=name", "-S", "-C", str(tree), "-cf",
        str(world.path / "root.tar"), ".")
    run("mke2fs", "-q", "-F", "-t", "ext4", "-d", str(tree), str(world.path / "root.ext4"), "64M")
    return world


@pytest.fixture
def world(inputs, tmp_path):
    world = World(inputs.path)
    world.out = tmp_path
    return world


@pytest.fixture
def mounted(tmp_path):
    mounts = []

    def mount(image):
        target = tmp_path / f"mnt{len(mounts)}"
        target.mkdir()
        run("mount", "-o", "loop,ro", str(image), str(target))
        mounts.append(target)
        return target

    yield mount
    for target in mounts:
        run("umount", str(target))
