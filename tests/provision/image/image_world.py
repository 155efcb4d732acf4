# SPDX-License-Identifier: Apache-2.0
"""The inputs of `bf-provision image`, and what an image of them has to hold: judged by sfdisk,
fsck.vfat, mtools, e2fsck and debugfs."""
import hashlib
import json
import os
import pathlib
import stat
import subprocess
import tarfile
import time

TOOL = os.environ["BF_PROVISION_IMAGE"]
MIB = 1 << 20
EPOCH = "1700000000"

# Slots small enough that many images are made in little time.
LAYOUT = """schema = 1
[device]
compatible = "test"
[[partition]]
name = "BF_BOOTSEL"
role = "selector"
size = "16MiB"
[[partition]]
name = "BF_BOOT_A"
role = "boot"
slot = "A"
size = "48MiB"
[[partition]]
name = "BF_BOOT_B"
role = "boot"
slot = "B"
size = "48MiB"
[[partition]]
name = "BF_ROOT_A"
role = "root"
slot = "A"
size = "96MiB"
[[partition]]
name = "BF_ROOT_B"
role = "root"
slot = "B"
size = "96MiB"
[[partition]]
name = "BF_DATA"
role = "data"
size = "64MiB"
[cmdline]
words = ["ro", "rootwait=30", "panic=10", "gpt", "usbcore.authorized_default=0", "quiet"]
[data]
format = "intent"
"""


def run(*argv, code=0, **kw):
    done = subprocess.run(argv, capture_output=True, text=True, **kw)
    if code is not None:
        assert done.returncode == code, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done


def environment(epoch=EPOCH):
    env = dict(os.environ)
    env.pop("SOURCE_DATE_EPOCH", None)
    if epoch:
        env["SOURCE_DATE_EPOCH"] = epoch
    return env


def digest(path, offset=0, size=None):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        file.seek(offset)
        left = os.path.getsize(path) - offset if size is None else size
        while left > 0:
            block = file.read(min(left, MIB))
            if not block:
                break
            sha.update(block)
            left -= len(block)
    return sha.hexdigest()


def pattern(size, seed):
    return hashlib.shake_128(str(seed).encode()).digest(size)


class World:
    """Inputs and a place for outputs."""

    def __init__(self, path):
        self.path = path
        self.policy = path / "policy"
        self.boot = path / "boot"
        self.tree = path / "tree"
        self.out = path / "out"

    def image(self, *more, boot=None, root=None, code=0, out="image", epoch=EPOCH, **kw):
        out = self.out / out
        done = run(TOOL, "image", "--policy", str(self.policy), "--boot", str(boot or self.boot),
                   "--root", str(root or self.tree), "--out", str(out), *more,
                   code=code, env=environment(epoch), **kw)
        return out if code == 0 else done.stderr

    def part(self, image, number, name):
        table = json.loads(run("sfdisk", "-J", str(image)).stdout)["partitiontable"]
        entry = table["partitions"][number - 1]
        piece = self.out / name
        with open(image, "rb") as source, open(piece, "wb") as target:
            source.seek(entry["start"] * table["sectorsize"])
            left = entry["size"] * table["sectorsize"]
            target.truncate(left)
            at = 0
            while left > 0:
                block = source.read(min(MIB, left))
                if block.count(0) != len(block):
                    target.seek(at)
                    target.write(block)
                at += len(block)
                left -= len(block)
        return piece


def check_fats(world, image):
    for number, name in ((1, "BF_BOOTSEL"), (2, "BF_BOOT_A"), (3, "BF_BOOT_B")):
        fat = world.part(image, number, f"fat{number}")
        assert "files" in run("fsck.vfat", "-n", str(fat)).stdout
        assert name in run("blkid", "-p", "-o", "value", "-s", "LABEL", str(fat)).stdout
    names = [line.split() for line in
             run("mdir", "-b", "-i", str(world.out / "fat1"), "::").stdout.splitlines()]
    assert names == [["::/autoboot.txt"]]
    autoboot = run("mtype", "-i", str(world.out / "fat1"), "::autoboot.txt").stdout
    assert len(autoboot) == 512
    assert autoboot.startswith(
        "[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=2\n")
    for number in (2, 3):
        target = world.out / f"files{number}"
        target.mkdir()
        run("mcopy", "-s", "-i", str(world.out / f"fat{number}"), "::*", str(target))
        for path in world.boot.rglob("*"):
            if path.is_file() and path.name != "cmdline.txt":
                assert (target / path.relative_to(world.boot)).read_bytes() == path.read_bytes()
        table = json.loads(run("sfdisk", "-J", str(image)).stdout)["partitiontable"]
        uuid = table["partitions"][number + 1]["uuid"].lower()
        slot = "A" if number == 2 else "B"
        assert (target / "cmdline.txt").read_text() == (
            f"root=PARTUUID={uuid} rauc.slot={slot} ro rootwait=30 panic=10 gpt "
            "usbcore.authorized_default=0 quiet\n")


def check_tree(root, tree, clamp=int(EPOCH)):
    """The mounted `root` is `tree`, to the last attribute."""
    seen = 0
    for path in [tree, *sorted(tree.rglob("*"))]:
        name = path.relative_to(tree)
        there = root / name
        a, b = path.lstat(), there.lstat()
        assert (a.st_mode, a.st_uid, a.st_gid, a.st_rdev) == (
            b.st_mode, b.st_uid, b.st_gid, b.st_rdev), name
        if not stat.S_ISDIR(a.st_mode):
            assert a.st_nlink == b.st_nlink, name
        if name != pathlib.Path("."):
            assert int(b.st_mtime) == min(int(a.st_mtime), clamp), name
        if stat.S_ISREG(a.st_mode):
            assert path.read_bytes() == there.read_bytes(), name
        if stat.S_ISLNK(a.st_mode):
            assert os.readlink(path) == os.readlink(there)
        else:
            attributes = os.listxattr(path)
            assert sorted(attributes) == sorted(os.listxattr(there)), name
            for key in attributes:
                assert os.getxattr(path, key) == os.getxattr(there, key)
        seen += 1
    assert seen == len([p for p in root.rglob("*") if p.name != "lost+found"]) + 1
    assert (root / "usr/bin/ping").stat().st_ino == (root / "usr/bin/ping6").stat().st_ino
    assert (root / "var/sparse").stat().st_blocks * 512 < MIB


def nothing_left(world, *names):
    assert sorted(p.name for p in world.out.iterdir()) == sorted(names)


def make_tar(path, *entries):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = target
            info.mode = 0o755
            tar.addfile(info)
    return path
