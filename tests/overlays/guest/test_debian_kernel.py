# SPDX-License-Identifier: Apache-2.0
"""The tests of tests/overlays/integration once more, on the kernel that the device has.

The kernel of a development machine is newer: overlayfs came to the new mount API in Linux 6.5, and
what it shows in mountinfo has changed since. The power cuts are left out: they are about the order
of writes, which is ours, and would take minutes here.
"""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[2]
BUILD = pathlib.Path(os.environ.get("BF_BUILD_DIR", SOURCE / "build/gcc"))
sys.path.insert(0, str(SOURCE / "tests/device/tool_guest"))

import guest as guest_module  # noqa: E402
import initramfs  # noqa: E402
import kernel as kernel_module  # noqa: E402

TESTS = BUILD / "tests/overlays/integration"


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    work = tmp_path_factory.mktemp("overlay_guest")
    kernel = kernel_module.fetch(SOURCE / "build/device/kernel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(initramfs, "MODULES",
                      ["loop", "ext4", "crc32c_generic", "crc32c_intel", "overlay"])
        patch.setattr(initramfs, "PROGRAMS", ["mkfs.ext4"])
        initramfs.build(work / "initramfs.gz", kernel,
                        [TESTS / "overlays_mount_test", TESTS / "overlays_update_test",
                         "/usr/bin/mount", "/usr/sbin/losetup", "/usr/bin/truncate"],
                        policies=SOURCE / "policies")
    running = guest_module.Guest(kernel, work / "initramfs.gz", work)
    yield running
    running.close()


@pytest.mark.parametrize("program", ["overlays_mount_test", "overlays_update_test"])
def test_on_the_kernel_of_the_device(guest, program):
    code, output = guest.run(
        f"export TMPDIR=/run; {program} --gtest_brief=1 --gtest_color=no --gtest_filter=-PowerCut.*",
        timeout=900)
    assert code == 0, output
    assert "[  PASSED  ]" in output
