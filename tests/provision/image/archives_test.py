# SPDX-License-Identifier: Apache-2.0
"""Roots as archives and trees: hostile, compressed, with ACLs, with something mounted in them."""
import os
import subprocess
import tarfile

from image_world import TOOL, digest, environment, make_tar, nothing_left, run


def test_hostile_archives(world, mounted):
    d, f, s, h = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE

    def refused(*entries):
        tar = make_tar(world.path / "hostile.tar", *entries)
        stderr = world.image(root=tar, code=1)
        nothing_left(world)
        return stderr

    assert "not one to unpack" in refused(("../escape", f, ""))
    assert "is not a directory" in refused(("etc", s, "/etc"), ("etc/passwd", f, ""))
    assert "no file that came before" in refused(("link", h, "absent"))
    assert "no file that came before" in refused(("dir", d, ""), ("link", h, "dir"))
    assert "there twice" in refused(("a", f, ""), ("a", f, ""))
    assert "there twice" in refused(("a", f, ""), ("a", d, ""))
    truncated = world.path / "truncated.tar"
    data = (world.path / "root.tar").read_bytes()
    truncated.write_bytes(data[:len(data) // 2])
    assert "truncated" in world.image(root=truncated, code=1).lower()
    nothing_left(world)
    # Parents that the archive leaves out are made.
    image = world.image(root=make_tar(world.path / "ok.tar", ("usr/share/x/file", f, "")))
    root = mounted(world.part(image, 4, "root"))
    assert (root / "usr/share/x/file").is_file()
    assert (root / "usr").stat().st_mode & 0o7777 == 0o755


def test_compressed_archives(world):
    plain = digest(world.part(world.image(root=world.path / "root.tar", out="p"), 4, "plain"))
    assert plain
    for program, suffix in (("gzip", "gz"), ("zstd", "zst"), ("xz", "xz")):
        tar = world.path / f"root.tar.{suffix}"
        with open(tar, "wb") as out:
            subprocess.run([program, "-c", str(world.path / "root.tar")], stdout=out, check=True)
        image = world.image(root=tar, out=suffix)
        run("e2fsck", "-fn", str(world.part(image, 4, f"root-{suffix}")))


def test_acls_of_an_archive(world, mounted):
    tar = world.path / "acl.tar"
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as out:
        info = tarfile.TarInfo("journal")
        info.type = tarfile.DIRTYPE
        info.mode = 0o2750
        info.pax_headers = {
            "SCHILY.acl.access": "user::rwx,group::r-x,group:4:r-x,mask::r-x,other::---",
            "SCHILY.acl.default": "user::rwx,group::r-x,group:4:r-x,mask::r-x,other::---"}
        out.addfile(info)
    root = mounted(world.part(world.image(root=tar), 4, "root"))
    wanted = bytes.fromhex("02000000"
                           "01000700ffffffff" "04000500ffffffff" "0800050004000000"
                           "10000500ffffffff" "20000000ffffffff")
    assert os.getxattr(root / "journal", "system.posix_acl_access") == wanted
    assert os.getxattr(root / "journal", "system.posix_acl_default") == wanted


def test_mounted_file_systems_in_a_tree_are_left_out(world):
    """A build root with /proc still mounted."""
    script = f"""
        mount -t tmpfs none {world.tree}/proc && echo leaked > {world.tree}/proc/leak &&
        exec {TOOL} image --policy {world.policy} --boot {world.boot} --root {world.tree} \
            --out {world.out}/image"""
    run("unshare", "-m", "sh", "-c", script, env=environment())
    root = world.part(world.out / "image", 4, "root")
    assert "leak" not in run("debugfs", "-R", "ls -p /proc", str(root)).stdout
