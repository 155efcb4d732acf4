# SPDX-License-Identifier: Apache-2.0
import itertools
import os
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import disks  # noqa: E402
import guest as guest_module  # noqa: E402
import initramfs  # noqa: E402
import kernel as kernel_module  # noqa: E402
from case import Case  # noqa: E402

SOURCE = HERE.parents[2]
BUILD = pathlib.Path(os.environ.get("BF_BUILD_DIR", SOURCE / "build/gcc"))


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("tool_guest")


@pytest.fixture(scope="session")
def kernel():
    return kernel_module.fetch(SOURCE / "build/device/kernel")


@pytest.fixture(scope="session")
def image(kernel, work):
    out = work / "initramfs.gz"
    initramfs.build(out, kernel,
                    [BUILD / "provision/bf-provision", BUILD / "boot/bf-boot",
                     BUILD / "tests/lockdown/sandbox/sandbox_probe"],
                    libexec=[BUILD / "provision/libbf-undo.so",
                             BUILD / "lockdown/sandbox/start/bf-lockdown-exec"],
                    filters=sorted((BUILD / "lockdown/filters").glob("*.filter")),
                    policies=SOURCE / "policies")
    return out


@pytest.fixture(scope="session")
def guest(kernel, image, work):
    running = guest_module.Guest(kernel, image, work)
    yield running
    running.close()


@pytest.fixture(scope="session")
def root_image(work):
    """The root partition: mount points, and nothing else; the guest binds its own tools there."""
    tree = work / "root"
    for name in ("bin sbin lib lib64 usr etc proc sys dev run tmp var/lib/betterframe").split():
        (tree / name).mkdir(parents=True)
    path = work / "root.ext4"
    with open(path, "wb") as file:
        file.truncate(disks.ROOT_SIZE)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-d", tree, "-b", "4096", "-O", "^has_journal",
                    path],
                   check=True)
    return path


@pytest.fixture
def make(request, guest, root_image, tmp_path):
    """make(bus=…, Disk arguments…) → a case with a freshly laid out disk."""
    name = re.sub(r"\W+", "-", request.node.name)[-20:].strip("-")

    made = itertools.count()

    def factory(bus="virtio", device=None, **arguments):
        unique = f"d{next(made)}-{name}"
        disk = disks.Disk(tmp_path / f"{unique}.img", root=root_image, **arguments)
        return Case(guest, disk, unique, bus, device)
    return factory


@pytest.fixture
def finished(make, tmp_path):
    """A case whose BF_DATA is formatted, as large as its disk, and holds a file."""
    def factory(label="BF_DATA", data_type=disks.LINUX, options=(), size=disks.SIZE,
                fs_size=None, **arguments):
        content = tmp_path / "content"
        for name in ("state/shared", "state/slot-a", "state/slot-b", "overlay", "control"):
            (content / name).mkdir(parents=True, exist_ok=True)
        (content / "overlay").chmod(0o700)
        (content / "control").chmod(0o700)
        (content / "state/shared/pairing").write_text("paired\n")
        data_size = size - disks.DATA_AT - disks.MIB
        case = make(data_type=data_type, size=size, image_size=size, data_size=data_size,
                    **arguments)
        file = disks.ext4(tmp_path / "data.ext4", fs_size or data_size, label, options, content)
        case.disk.copy_in(disks.DATA_AT, file)
        file.unlink()
        return case
    return factory
