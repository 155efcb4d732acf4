# SPDX-License-Identifier: Apache-2.0
"""Images that are made: table, file systems, bytes."""
import hashlib
import json
import os
import pathlib
import re
import time

import pytest
from image_world import LAYOUT, MIB, TOOL, check_fats, check_tree, digest, environment, run


@pytest.mark.parametrize("root", ["root.tar", "tree", "root.ext4"])
def test_image_is_what_it_should_be(world, root, mounted):
    source = world.path / root
    image = world.image(root=source)
    assert "No errors detected" in run("sfdisk", "--verify", str(image)).stdout
    table = json.loads(run("sfdisk", "-J", str(image)).stdout)["partitiontable"]
    assert [p["name"] for p in table["partitions"]] == [
        "BF_BOOTSEL", "BF_BOOT_A", "BF_BOOT_B", "BF_ROOT_A", "BF_ROOT_B", "BF_DATA"]
    assert table["partitions"][5]["type"].lower() == "9e1b52a4-6d0c-4c5e-9f0a-bfda7a0f0a01"
    check_fats(world, image)
    a = world.part(image, 4, "root-a")
    b = world.part(image, 5, "root-b")
    assert digest(a) == digest(b)
    assert digest(world.part(image, 6, "data")) == hashlib.sha256(bytes(64 * MIB)).hexdigest()
    run("e2fsck", "-fn", str(a))
    if root == "root.ext4":
        assert digest(a, 0, 64 * MIB) == digest(source)
    else:
        check_tree(mounted(a), world.tree)
        features = run("dumpe2fs", "-h", str(a)).stdout
        assert "has_journal" not in features and "metadata_csum" in features
        assert "Free blocks" in features


@pytest.mark.parametrize("root", ["root.tar", "tree", "root.ext4"])
def test_same_inputs_and_epoch_give_the_same_bytes(world, root):
    first = digest(world.image(root=world.path / root, out="one"))
    time.sleep(1.1)
    assert digest(world.image(root=world.path / root, out="two")) == first
    other = world.image(root=world.path / root, out="three", epoch="1700000001")
    assert digest(other) != first


def test_without_an_epoch_every_image_has_its_own_identity(world):
    ids = set()
    for n in range(2):
        image = world.image(epoch=None, out=f"image{n}")
        ids.add(json.loads(run("sfdisk", "-J", str(image)).stdout)["partitiontable"]["id"])
    assert len(ids) == 2


def test_4096_byte_sectors(world):
    image = world.image("--sector-size", "4096")
    report = run("fdisk", "-b", "4096", "-l", str(image)).stdout
    assert "BF_ROOT_B" in run("fdisk", "-b", "4096", "-l", "-o", "Name", str(image)).stdout
    assert "Disklabel type: gpt" in report and "GPT PMBR size mismatch" not in report
    fat = world.out / "fat"
    with open(image, "rb") as source:
        source.seek(MIB)
        fat.write_bytes(source.read(16 * MIB))
    assert "4096 bytes per logical sector" in run("fsck.vfat", "-nv", str(fat)).stdout
    assert len(run("mtype", "-i", str(fat), "::autoboot.txt").stdout) == 512


def test_fat_image_as_boot_input(world):
    first = world.image(out="first")
    fat = world.part(first, 2, "boot.fat")
    again = world.image(out="again", boot=fat)
    check_fats(world, again)


def test_size_option_gives_the_rest_to_data(world):
    image = world.image("--size", "1GiB")
    table = json.loads(run("sfdisk", "-J", str(image)).stdout)["partitiontable"]
    data = table["partitions"][5]
    assert (data["start"] + data["size"]) * 512 == (1 << 30) - MIB
    assert image.stat().st_size == 1 << 30


def test_json_result(world):
    out = world.out / "image"
    done = run(TOOL, "image", "--policy", str(world.policy), "--boot", str(world.boot), "--root",
               str(world.tree), "--out", str(out), "--json", env=environment())
    result = json.loads(done.stdout)
    assert result["schema"] == 1 and result["size"] == out.stat().st_size
    table = json.loads(run("sfdisk", "-J", str(out)).stdout)["partitiontable"]
    for ours, theirs in zip(result["partitions"], table["partitions"], strict=True):
        assert ours["partuuid"] == theirs["uuid"].lower()
        assert ours["start"] == theirs["start"] * 512 and ours["size"] == theirs["size"] * 512
    assert done.stderr == ""


def test_through_bf_provision(world):
    out = world.out / "image"
    run(os.environ["BF_PROVISION"], "image", "--policy", str(world.policy), "--boot",
        str(world.boot), "--root", str(world.tree), "--out", str(out), "--json", env=environment())
    assert digest(out) == digest(world.image(out="direct"))


def test_root_artifact_is_what_the_slots_hold(world):
    for source in ("root.tar", "tree"):
        artifact = world.out / f"{source}.ext4"
        run(TOOL, "rootfs", "--policy", str(world.policy), "--root", str(world.path / source),
            "--out", str(artifact), env=environment())
        image = world.image(root=world.path / source, out=f"{source}.img")
        assert digest(world.part(image, 4, f"{source}.slot")) == digest(artifact)
    done = run(TOOL, "rootfs", "--policy", str(world.policy), "--root",
               str(world.path / "root.ext4"), "--out", str(world.out / "x"), code=64)
    assert "is an ext4 image already" in done.stderr


def test_sparse_in_sparse_out(world):
    root = world.out / "root.ext4"
    run("mke2fs", "-q", "-F", "-t", "ext4", "-d", str(world.tree), str(root), "96M")
    image = world.image(root=root)
    used = 2 * root.stat().st_blocks * 512
    used += 2 * sum(p.stat().st_blocks * 512 for p in world.boot.rglob("*"))
    assert image.stat().st_blocks * 512 <= used * 1.02
    # A copy of the root without any hole costs nothing more.
    full = world.out / "full.ext4"
    run("cp", "--sparse=never", str(root), str(full))
    second = world.image(root=full, out="second")
    assert digest(second) == digest(image)
    assert second.stat().st_blocks <= image.stat().st_blocks * 1.02


def test_unformatted_data_is_zeros_where_a_flasher_must_not_skip(world):
    """With the size of the shipped BF_DATA: at its start and where ext4 has backups is no hole."""
    shipped = (pathlib.Path(__file__).parents[3] / "policies/layout.toml").read_text()
    size = re.search(r'name = "BF_DATA".*?size = "(\w+)"', shipped, re.S)[1]
    policy = world.out / "policy"
    policy.mkdir()
    (policy / "layout.toml").write_text(LAYOUT.replace('size = "64MiB"', f'size = "{size}"'))
    world.policy = policy
    image = world.image()
    table = json.loads(run("sfdisk", "-J", str(image)).stdout)["partitiontable"]
    start, length = (table["partitions"][5][k] * 512 for k in ("start", "size"))
    # As `bmaptool` and the like: a used card, and only what is no hole goes over it.
    card = world.out / "card"
    run("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-L", "BF_DATA", str(card), str(length >> 10))
    with open(image, "rb") as source, open(card, "r+b") as target:
        at = start
        while at < start + length:
            try:
                data = os.lseek(source.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            at = min(os.lseek(source.fileno(), data, os.SEEK_HOLE), start + length)
            if data >= start + length:
                break
            source.seek(data)
            target.seek(data - start)
            target.write(source.read(at - data))
    assert run("blkid", "-p", str(card), code=2).stdout == ""
    with open(card, "rb") as file:
        for group in (1,):
            file.seek(group * 128 * MIB + 0x38)
            assert file.read(2) == bytes(2)
