# SPDX-License-Identifier: Apache-2.0
"""What scripts/run shows: the device boots twice, and says of itself what it found and made."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from firmware import gpt
from vm import Disk, Machine
from vm.machine import environment_note

GIB = 1 << 30
_STARTED = time.monotonic()
_failures: list[str] = []


def say(text: str) -> None:
    print(f"run: {time.monotonic() - _STARTED:4.0f} s  {text}", file=sys.stderr, flush=True)


def heading(text: str) -> None:
    print(f"\n== {text}", flush=True)


def show(machine: Machine, title: str, command: str) -> None:
    heading(title)
    done = machine.execute(command)
    print(done.stdout.rstrip() or "(nothing)")
    if done.stderr.strip():
        print(done.stderr.rstrip())
    if done.exit_code:
        print(f"(exit code {done.exit_code})")
        _failures.append(f"{command}: exit code {done.exit_code}")


def show_table(disk: Disk) -> None:
    table = disk.table()
    for partition in table.partitions:
        kind = {gpt.BF_DATA_UNFORMATTED: "unformatted", gpt.LINUX_DATA: "Linux data"}.get(
            partition.type, "FAT")
        print(f"  {partition.number}  {partition.name:<11} {partition.size / (1 << 20):8.0f} MiB"
              f"  {kind}")


def boot(machine: Machine, which: str) -> None:
    say(f"{which} boot (console: {machine.directory}/boot-{machine.boots + 1}.serial.log)")
    machine.power_on()
    assert machine.decision is not None
    for reason in machine.decision.reasons:
        say(f"firmware: {reason}")
    seconds = machine.wait_booted()
    kiosk = machine.target_reached("betterframe-kiosk.target")
    say(f"up after {seconds:.0f} s, kiosk " + ("on the screen" if kiosk else "NOT UP"))
    if not kiosk:
        _failures.append(f"{which} boot: the kiosk is not up")


def tell(machine: Machine) -> None:
    show(machine, "what the device says of itself: bf-provision status", "bf-provision status")
    heading("what is writable is listed: bf-overlay check")
    check = machine.execute("bf-overlay check")
    print((check.stdout.splitlines() or ["(nothing)"])[-1] if not check.exit_code
          else check.stdout + check.stderr)
    show(machine, "what is left to do: bf-provision data --dry-run", "bf-provision data --dry-run")
    show(machine, "the journal is one: journalctl --list-boots", "journalctl --list-boots --no-pager")


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--shell", action="store_true")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    work = arguments.work.resolve()
    disk = Disk.copy_of(arguments.image, work / "disk.img", 10 * GIB)
    with Machine(disk, work, cpus=2) as machine:
        if arguments.shell:
            machine.power_on()
            say("the device's console; Ctrl-] leaves and switches it off")
            machine.terminal()
            return 0
        print(f"A device with a disk of {10} GiB ({environment_note()}).")
        heading("the disk as it was flashed")
        show_table(disk)
        boot(machine, "first")
        tell(machine)
        machine.run("echo hello > /var/lib/betterframe-pairing/kept")
        say("power off")
        machine.power_off()
        heading("the disk after the first boot")
        show_table(disk)
        root = disk.hash("BF_ROOT_A")

        boot(machine, "second")
        tell(machine)
        show(machine, "a file of the first boot", "cat /var/lib/betterframe-pairing/kept")
        machine.power_off()
        heading("the root partition after the second boot")
        same = disk.hash("BF_ROOT_A") == root
        print("not one byte differs" if same else "CHANGED")
        if not same:
            _failures.append("the root partition was written to")
        for failure in _failures:
            say(f"FAILED: {failure} (logs: {work})")
        say("failed" if _failures else "done")
        return 1 if _failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, TimeoutError, RuntimeError, AssertionError) as error:
        print(f"run: {error}", file=sys.stderr)
        sys.exit(1)
