# SPDX-License-Identifier: Apache-2.0
"""The disk that loses power, driven by qemu-io: no guest needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from vm.nbd import PullableDisk

SIZE = 1 << 20


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    path.write_bytes(bytes([0x11]) * SIZE)
    return path


def qemu_io(disk: PullableDisk, *commands: str) -> subprocess.CompletedProcess[str]:
    arguments = [argument for command in commands for argument in ("-c", command)]
    return subprocess.run(["qemu-io", "-f", "raw", "-t", "writeback", *arguments,
                           f"nbd+unix:///?socket={disk.socket}"],
                          capture_output=True, text=True, check=False, timeout=60)


def test_what_is_written_is_read(image):
    disk = PullableDisk(image)
    done = qemu_io(disk, "write -P 0x22 4096 8192", "write -z 65536 4096", "flush",
                   "read -P 0x22 4096 8192", "read -P 0 65536 4096", "read -P 0x11 0 4096")
    disk.close()
    assert done.returncode == 0 and "verification failed" not in done.stdout, done.stdout
    assert [(w.offset, w.length, w.zeroes) for w in disk.writes] == [
        (4096, 8192, False), (65536, 4096, True)]
    assert disk.flushes >= 1


def test_a_cut_keeps_what_was_flushed(image):
    pulled = []
    disk = PullableDisk(image, seed=1)
    disk.arm(3, lambda: pulled.append(True))
    qemu_io(disk, "write -P 0x22 0 4096", "flush", "write -P 0x33 8192 4096",
            "write -P 0x44 16384 4096", "write -P 0x55 32768 4096")
    assert disk.cut.wait(10) and pulled == [True]
    disk.close()
    after = image.read_bytes()
    assert after[:4096] == b"\x22" * 4096
    assert after[8192:12288] in (b"\x11" * 4096, b"\x33" * 4096)
    assert after[32768:36864] == b"\x11" * 4096  # came after the cut
    assert len(disk.writes) == 3


def test_a_cut_loses_and_tears(image):
    """Over many seeds each thing that may happen does."""
    lost = kept = torn = 0
    for seed in range(40):
        image.write_bytes(bytes([0x11]) * SIZE)
        disk = PullableDisk(image, seed)
        disk.arm(2, lambda: None)
        disk._write(8192, b"\x33" * 4096)
        disk._write(16384, b"\x44" * 4096)
        disk.close()
        after = image.read_bytes()
        lost += after[8192:12288] == b"\x11" * 4096
        kept += after[8192:12288] == b"\x33" * 4096
        torn += 0 < after[16384:20480].count(b"\x44") < 4096
    assert lost + kept == 40
    assert lost > 5 and kept > 5 and torn > 5


def test_overwriting_an_unflushed_write_can_leave_the_older(image):
    seen = set()
    for seed in range(40):
        image.write_bytes(bytes([0x11]) * SIZE)
        disk = PullableDisk(image, seed)
        disk.arm(3, lambda: None)
        disk._write(0, b"\x22" * 512)
        disk._write(0, b"\x33" * 512)
        disk._write(4096, b"\x44" * 512)
        disk.close()
        seen.add(image.read_bytes()[0])
    assert seen == {0x11, 0x22, 0x33}
