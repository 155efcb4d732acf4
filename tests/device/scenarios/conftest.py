# SPDX-License-Identifier: Apache-2.0
"""Two boots for all cases of local input, as it is shipped and without that; each case starts from a
snapshot of one of them. And the disk of bundles."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios import bundles
from scenarios.input_gates import OPEN, set_by_hand
from scenarios.input_power_on import PowerOn, power_on
from vm.input import InputMachine, input_machine

# For who writes cases: the machines that an earlier run left in build/device/logs, no boot.
KEPT = os.environ.get("BF_INPUT_KEPT") == "1"


@pytest.fixture(scope="session")
def power_on_story(image: Path) -> Iterator[PowerOn]:
    """The device as it is shipped: typed on from power-on, up, and saved."""
    directory = image.parent / "logs" / "input"
    kept = directory / "story"
    if KEPT and kept.exists():
        with input_machine(image, directory, resume_from="shut") as machine:
            machine.power_on()
            yield PowerOn(machine, **pickle.loads(kept.read_bytes()))
        return
    shutil.rmtree(directory, ignore_errors=True)
    with input_machine(image, directory) as machine:
        story = power_on(machine)
        kept.write_bytes(pickle.dumps({k: v for k, v in vars(story).items() if k != "machine"}))
        machine.save("shut")
        yield story


@pytest.fixture(scope="session")
def opened(image: Path) -> Iterator[InputMachine]:
    """A boot without what bf-lockdown ships, saved with no gate closed."""
    directory = image.parent / "logs" / "input-open"
    kept = directory / "kept"
    if KEPT and kept.exists():
        with input_machine(image, directory, resume_from="open") as machine:
            machine.power_on()
            yield machine
        return
    shutil.rmtree(directory, ignore_errors=True)
    with input_machine(image, directory) as machine:
        machine.power_on(OPEN)
        machine.wait_booted()
        machine.watch.take_terminal()
        set_by_hand(machine, ())
        # Shut by a word of the kernel command line; this is what Debian's kernel has without it.
        machine.run("echo 438 > /proc/sys/kernel/sysrq")
        machine.settle()
        machine.save("open")
        kept.touch()
        yield machine


@pytest.fixture
def open_device(opened: InputMachine) -> InputMachine:
    """No gate holds; nothing is plugged in."""
    opened.restore("open")
    return opened


@pytest.fixture
def shipped(power_on_story: PowerOn) -> InputMachine:
    """As it is shipped; nothing is plugged in."""
    power_on_story.machine.restore("shut")
    return power_on_story.machine


@pytest.fixture
def input_device(shipped: InputMachine) -> InputMachine:
    """As it is shipped; nothing is plugged in but the pointer that the policy lets in."""
    shipped.plug("usb-tablet", "control", port="15")
    shipped.point()
    return shipped


@pytest.fixture(scope="session")
def bundle_disk(image: Path) -> Path:
    return bundles.disk_for_all()
