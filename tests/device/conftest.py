# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the booted device. Logs stay in build/device/logs; disks only of what failed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vm import Disk, Machine
from vm.paths import IMAGE

GIB = 1 << 30
# Larger than the image: the first boot has something to grow into.
DISK_SIZE = 9 * GIB

MakeDevice = Callable[..., Machine]


@pytest.fixture(scope="session")
def image() -> Path:
    if not IMAGE.exists():
        pytest.fail(f"no device image at {IMAGE}: scripts/image makes it")
    return IMAGE


@pytest.fixture(scope="module")
def make_device(request: pytest.FixtureRequest, image: Path) -> Iterator[MakeDevice]:
    """make_device(name): a device with a fresh disk, flashed from the image, still off."""
    module = request.module.__name__.rpartition(".")[2]
    made: list[Machine] = []

    def make(name: str = "device", size: int = DISK_SIZE, **options) -> Machine:
        directory = IMAGE.parent / "logs" / re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{module}-{name}")
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        disk = Disk.copy_of(image, directory / "disk.img", size)
        machine = Machine(disk, directory, **options)
        made.append(machine)
        return machine

    failed_before = request.session.testsfailed
    yield make
    for machine in made:
        machine.__exit__()
        if request.session.testsfailed == failed_before:
            machine.disk.path.unlink(missing_ok=True)
        else:
            print(f"disk and logs are in {machine.directory}")
