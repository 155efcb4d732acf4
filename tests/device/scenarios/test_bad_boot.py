# SPDX-License-Identifier: Apache-2.0
"""Updates that do not get as far as systemd. Slot B is damaged from outside between two boots, as a
bad release would have left it; each trial of it ends on slot A, which says so."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.trials import back_on, stage_anew, to_trial
from vm import Disk, Machine

# The image has the same system in both slots: staging B needs no bundle.


@pytest.fixture(scope="module")
def device(make_device) -> Iterator[Machine]:
    machine = make_device()
    machine.boot()
    yield machine


def boot_files(disk: Disk) -> str:
    return f"{disk.path}@@{disk.partition('BF_BOOT_B').offset}"


def replace_boot_file(disk: Disk, name: str, content: bytes) -> None:
    source = disk.path.with_suffix(".put")
    source.write_bytes(content)
    subprocess.run(["mcopy", "-o", "-i", boot_files(disk), source, f"::{name}"], check=True)
    source.unlink()


def keep_boot_file(disk: Disk, name: str) -> bytes:
    return subprocess.run(["mtype", "-i", boot_files(disk), f"::{name}"], check=True,
                          stdout=subprocess.PIPE).stdout


def armed(machine: Machine) -> None:
    stage_anew(machine, "B")
    to_trial(machine)


def reset_from_outside(machine: Machine) -> None:
    """In the place of the watchdog that the Pi's firmware starts (kernel_watchdog_timeout), and that
    nothing feeds any more. QEMU has no firmware that would start one: what is shown here is that the
    trial hangs, and what the device makes of the reset that ends it."""
    assert machine.running
    machine.cut_power()


def assert_tried_in_vain(machine: Machine) -> None:
    assert machine.decision is not None
    assert (machine.decision.partition_name, machine.decision.tryboot) == ("BF_BOOT_B", True)
    after = back_on(machine, "A")
    assert (after["state"], after["target"], after["attempts"]) == ("staged", "B", 1), after
    assert after["reason"].startswith("trial 1 of 3 ended before bf-boot-reconcile ran in it"), after


def test_empty_kernel(device: Machine, tmp_path: Path):
    armed(device)
    kernel = keep_boot_file(device.disk, "vmlinuz")
    replace_boot_file(device.disk, "vmlinuz", b"")
    # The firmware jumps into nothing, and its watchdog ends that.
    device.decision = device.firmware.decide()
    started, _ = device.firmware.extract(device.decision, tmp_path)
    assert started.stat().st_size == 0
    assert_tried_in_vain(device)
    replace_boot_file(device.disk, "vmlinuz", kernel)


def test_kernel_panic(device: Machine):
    armed(device)
    initramfs = keep_boot_file(device.disk, "initramfs.img")
    replace_boot_file(device.disk, "initramfs.img", bytes(512))
    device.power_on()
    device.wait_console("Kernel panic - not syncing: VFS: Unable to mount root fs")
    # panic= on the command line: it resets itself.
    device.wait_reset()
    assert_tried_in_vain(device)
    replace_boot_file(device.disk, "initramfs.img", initramfs)


def test_hang_before_systemd(device: Machine):
    armed(device)
    # Reads from the console, for ever.
    device.power_on("rdinit=/bin/cat loglevel=7")
    device.wait_console("Run /bin/cat as init process")
    reset_from_outside(device)
    assert_tried_in_vain(device)


def test_missing_init(device: Machine):
    armed(device)
    root = device.disk.partition("BF_ROOT_B")
    done = subprocess.run(["/sbin/debugfs", "-w", "-R", "rm /usr/lib/systemd/systemd",
                           f"{device.disk.path}?offset={root.offset}"],
                          capture_output=True, text=True, check=True)
    assert "rm:" not in done.stderr, done.stderr
    device.power_on()
    # Debian's initramfs then starts a shell in its place, which waits for someone to type.
    device.wait_console("Target filesystem doesn't have requested /sbin/init")
    reset_from_outside(device)
    assert_tried_in_vain(device)


def test_missing_root(device: Machine):
    armed(device)
    device.disk.write("BF_ROOT_B", 0, bytes(1 << 20))
    device.power_on()
    device.wait_console("Rebooting automatically due to panic= boot argument")
    device.wait_reset()
    assert_tried_in_vain(device)
    device.power_off()
