# SPDX-License-Identifier: Apache-2.0
"""One boot for all cases of local input; each starts from a snapshot of it."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.input_gates import ALL, set_by_hand
from scenarios.input_power_on import PowerOn, power_on
from vm.input import InputMachine, input_machine

# For who writes cases: the machine that an earlier run left in build/device/logs/input, no boot.
KEPT = os.environ.get("BF_INPUT_KEPT") == "1"


@pytest.fixture(scope="session")
def power_on_story(image: Path) -> Iterator[PowerOn]:
    """A machine that was typed on from power-on, up, and saved with its gates "open" and "closed"."""
    directory = image.parent / "logs" / "input"
    kept = directory / "story"
    if KEPT:
        with input_machine(image, directory, resume_from="open") as machine:
            machine.power_on()
            yield PowerOn(machine, **pickle.loads(kept.read_bytes()))
        return
    shutil.rmtree(directory, ignore_errors=True)
    with input_machine(image, directory) as machine:
        story = power_on(machine)
        kept.write_bytes(pickle.dumps({k: v for k, v in vars(story).items() if k != "machine"}))
        # What a getty would get is what the watcher is to get.
        machine.run("systemctl stop getty@tty1")
        machine.watch.take_terminal()
        set_by_hand(machine, ())
        machine.settle()
        machine.save("open")
        set_by_hand(machine, ALL)
        machine.save("closed")
        yield story


@pytest.fixture
def open_device(power_on_story: PowerOn) -> InputMachine:
    """No gate holds; nothing is plugged in."""
    power_on_story.machine.restore("open")
    return power_on_story.machine


@pytest.fixture
def input_device(power_on_story: PowerOn) -> InputMachine:
    """All gates hold; nothing is plugged in but the pointer that they let in."""
    machine = power_on_story.machine
    machine.restore("closed")
    machine.plug("usb-tablet", "control", port="15")
    machine.point()
    return machine
