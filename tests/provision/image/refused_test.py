# SPDX-License-Identifier: Apache-2.0
"""What is refused, what fails, what is interrupted: and what is left of it, which is nothing."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from image_world import MIB, TOOL, digest, environment, nothing_left, pattern, run


def test_inputs_that_cannot_be(world):
    truncated = world.path / "truncated.ext4"
    shutil.copy(world.path / "root.ext4", truncated)
    os.truncate(truncated, 40 * MIB)
    assert "is truncated: the file system has 67108864 bytes, the file only 41943040" in world.image(
        root=truncated, code=1)
    large = world.path / "large.ext4"
    run("mke2fs", "-q", "-F", "-t", "ext4", str(large), "200M")
    stderr = world.image(root=large, code=1)
    assert "BF_ROOT_A only 96 MiB" in stderr and "layout.toml:22:8" in stderr
    damaged = world.path / "damaged.ext4"
    shutil.copy(world.path / "root.ext4", damaged)
    run("debugfs", "-w", "-R", "set_super_value state 2", str(damaged))
    assert "marked as damaged; run e2fsck" in world.image(root=damaged, code=1)
    flipped = world.path / "flipped.ext4"
    shutil.copy(world.path / "root.ext4", flipped)
    with open(flipped, "r+b") as file:
        file.seek(1024 + 0x30)
        file.write(b"\xa5")
    assert "checksum of its superblock is wrong" in world.image(root=flipped, code=1)
    empty = world.path / "empty-boot"
    empty.mkdir(exist_ok=True)
    assert "no config.txt" in world.image(boot=empty, code=1)
    fat = world.path / "no-config.fat"
    run("mkfs.vfat", "-C", str(fat), "16384")
    assert "no config.txt" in world.image(boot=fat, code=1)
    os.truncate(fat, 8 * MIB)
    assert "truncated: the FAT file system has" in world.image(boot=fat, code=1)
    nothing_left(world)


def test_tree_that_does_not_fit(world):
    tree = world.path / "large-tree"
    tree.mkdir(exist_ok=True)
    (tree / "large").write_bytes(pattern(120 * MIB, 1))
    stderr = world.image(root=tree, code=1)
    assert "the root file system of 96 MiB is full (no blocks left)" in stderr
    nothing_left(world)
    shutil.rmtree(tree)


@pytest.mark.parametrize("root", ["root.ext4", "tree", "root.tar"])
@pytest.mark.parametrize("size", [1, 6, 11, 40])
def test_full_disk(world, root, size):
    """Whatever part of the work meets it. On a tmpfs of its own in a mount namespace of its own."""
    script = f"""
        mount -t tmpfs -o size={size}m none {world.out} &&
        {TOOL} image --policy {world.policy} --boot {world.boot} --root {world.path}/{root} \
            --out {world.out}/image
        code=$?; ls -A {world.out}; exit $code"""
    done = run("unshare", "-m", "sh", "-c", script, code=None, env=environment())
    if size == 40:
        assert done.returncode == 0 and done.stdout.endswith("image\n")
    else:
        assert done.returncode == 1 and done.stdout == "", done.stdout
        assert "No space left" in done.stderr or "no room" in done.stderr, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted(world, number):
    large = world.path / "interrupt.ext4"
    if not large.exists():
        (world.path / "blob").mkdir()
        (world.path / "blob/data").write_bytes(pattern(80 * MIB, "blob"))
        run("mke2fs", "-q", "-F", "-t", "ext4", "-d", str(world.path / "blob"), str(large), "96M")
    hits = 0
    for delay in (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08):
        process = subprocess.Popen(
            [TOOL, "image", "--policy", str(world.policy), "--boot", str(world.boot), "--root",
             str(large), "--out", str(world.out / "image")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
        deadline = time.monotonic() + 10
        while not list(world.out.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(delay)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
        if process.returncode == 0:
            nothing_left(world, "image")
            os.unlink(world.out / "image")
        else:
            hits += 1
            assert process.returncode == 1 and "interrupted" in stderr
            nothing_left(world)
    assert hits > 0


def test_killed_leaves_nothing_under_the_final_name(world):
    process = subprocess.Popen(
        [TOOL, "image", "--policy", str(world.policy), "--boot", str(world.boot), "--root",
         str(world.tree), "--out", str(world.out / "image")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    deadline = time.monotonic() + 10
    while not list(world.out.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert not (world.out / "image").exists()
    world.image()


def test_unreadable_input(world):
    stderr = world.image(root="/proc/self/mem", code=1)
    assert "/proc/self/mem" in stderr


def test_without_root_rights(world):
    """Everything but devices' owners is as root makes it: an archive says who owns what."""
    # Not beneath pytest's directory, which every pytest that starts shuts for other users.
    copy = pathlib.Path(tempfile.mkdtemp(prefix="bf-image-"))
    try:
        make_as_nobody(world, copy)
    finally:
        shutil.rmtree(copy)


def make_as_nobody(world, copy):
    for name in ("policy", "boot"):
        shutil.copytree(world.path / name, copy / name)
    shutil.copy(world.path / "root.tar", copy / "root.tar")
    run("chown", "-R", "nobody", str(copy))
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", TOOL, "image",
            "--policy", str(copy / "policy"), "--boot", str(copy / "boot"), "--root",
            str(copy / "root.tar"), "--out", str(copy / "image")]
    run(*argv, env=environment())
    reference = world.image(boot=copy / "boot", root=copy / "root.tar", out="as-root")
    assert digest(copy / "image") == digest(reference)
