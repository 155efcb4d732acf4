# SPDX-License-Identifier: Apache-2.0
"""From a disk image to what is started: the steps of the Pi's firmware, each with its reason."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

from firmware import autoboot, config, fat, gpt
from firmware.board import Board

# PARTITION_WALK looks at so many partitions, beginning with the one that was asked for.
_WALK = 8
# reboot(2) with this partition number halts the board.
_HALT = 63


class FirmwareError(Exception):
    """Nothing on the disk can be started."""


@dataclass
class Decision:
    partition: int
    partition_name: str
    tryboot: bool
    kernel: str
    initramfs: str | None
    cmdline: str
    reasons: list[str] = field(default_factory=list)
    # What the kernel is told; 0 where the firmware is too old to tell.
    told_partition: int = 0

    def kernel_arguments(self) -> str:
        """cmdline.txt and what a Pi tells the kernel in /proc/device-tree/chosen/bootloader."""
        return (f"{self.cmdline} bf.firmware.partition={self.told_partition} "
                f"bf.firmware.tryboot={int(self.tryboot)}")

    def write_facts(self, directory: Path) -> None:
        """The same as files, big-endian words as in the device tree: for bf-boot --facts."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, value in (("partition", self.told_partition), ("tryboot", int(self.tryboot))):
            (directory / name).write_bytes(struct.pack(">I", value))


_Fats = list[tuple[gpt.Partition, fat.Fat]]


class Firmware:
    """One board. `tryboot_flag` is the one-shot flag: set by the OS before a reboot, used up by the
    boot after it, lost when the power goes."""

    def __init__(self, image: Path, sector_size: int = 512, board: Board | None = None):
        self.image = Path(image)
        self.sector_size = sector_size
        self.board = board or Board()
        self.tryboot_flag = False
        self.requested_partition = 0

    def reboot(self, *arguments: str) -> None:
        """reboot(2) by way of the vendor kernel: one argument, "N tryboot". Its number is the
        partition to boot, 0 for what autoboot.txt says. Two arguments are none."""
        self.power_off()
        if len(arguments) != 1:
            return
        self.tryboot_flag = " tryboot" in arguments[0]
        if number := re.match(r"\d+", arguments[0]):
            # Six bits of a register that survives the reset.
            self.requested_partition = int(number[0]) & _HALT

    def power_off(self) -> None:
        self.tryboot_flag = False
        self.requested_partition = 0

    def decide(self) -> Decision:
        """What this power-on starts. Uses up the one-shot flag."""
        tryboot, requested = self.tryboot_flag, self.requested_partition
        self.power_off()
        if requested == _HALT:
            raise FirmwareError("halted: partition 63 was asked for")
        with open(self.image, "rb") as disk:
            return self._decide(disk, tryboot, requested)

    def _decide(self, disk, flag: bool, requested: int) -> Decision:
        reasons: list[str] = []
        try:
            table = gpt.read(disk, self.sector_size)
        except gpt.GptError as error:
            raise FirmwareError(f"no partition table: {error}") from None
        reasons += [f"partition table: {problem}" for problem in table.problems]
        fats = self._fats(disk, table)
        if not fats:
            raise FirmwareError("no FAT partition on the disk")
        if self.board.counting == "both":
            self._check_numbering(fats)

        tryboot = flag and self.board.honours_tryboot
        if flag and not tryboot:
            reasons.append("this firmware does not honour the tryboot flag")
        wanted, a_b, origin = self._wanted(fats, tryboot, requested, reasons)
        chosen, files = self._walk(fats, wanted, origin, reasons)
        name = "config.txt" if a_b or not tryboot else "tryboot.txt"
        decision = self._files(chosen, files, flag, name, reasons)
        decision.told_partition = wanted_number(fats, chosen, self.board) \
            if self.board.tells_partition else 0
        return decision

    @staticmethod
    def _fats(disk, table: gpt.Gpt) -> _Fats:
        found = []
        for partition in table.partitions:
            if partition.type not in (gpt.BASIC_DATA, gpt.EFI_SYSTEM):
                continue
            try:
                found.append((partition, fat.Fat(disk, partition.offset, partition.size)))
            except fat.FatError:
                continue
        return found

    @staticmethod
    def _check_numbering(fats: _Fats) -> None:
        # Firmware versions differ: some count every entry, some only bootable FATs. A layout in
        # which that matters boots the wrong partition on half of the boards.
        for position, (partition, _) in enumerate(fats, start=1):
            if partition.number != position:
                raise FirmwareError(f"partition {partition.number} ({partition.name}) is the "
                                    f"FAT number {position}: firmware versions disagree on it")

    def _wanted(self, fats: _Fats, tryboot: bool, requested: int,
                reasons: list[str]) -> tuple[int, bool, str]:
        """(partition number, config.txt is read in a trial as well, who asks for it)"""
        first, first_fat = fats[0]
        if requested:
            reasons.append(f"partition {requested} was asked for at the reboot")
            return requested, True, ""
        if not first_fat.exists("autoboot.txt"):
            reasons.append(f"partition {first.number} ({first.name}): no autoboot.txt")
            return wanted_number(fats, first, self.board), False, ""
        try:
            selection = autoboot.parse(first_fat.read("autoboot.txt"))
            wanted = selection.boot_partition(tryboot)
        except (autoboot.AutobootError, fat.FatError) as error:
            raise FirmwareError(f"autoboot.txt: {error}") from None
        a_b = selection.value("tryboot_a_b", tryboot) == "1"
        section = "[tryboot]" if tryboot and "boot_partition" in selection.tryboot else "[all]"
        if not wanted:  # absent, or 0: the first one
            return wanted_number(fats, first, self.board), a_b, ""
        reasons.append(f"partition {first.number} ({first.name}): autoboot.txt {section} "
                       f"boot_partition={wanted}")
        return wanted, a_b, f"autoboot.txt {section}: "

    def _walk(self, fats: _Fats, wanted: int, origin: str,
              reasons: list[str]) -> tuple[gpt.Partition, fat.Fat]:
        """The wanted partition, or where this firmware walks on from one that cannot be started.
        A walk reads no autoboot.txt."""
        for step in range(_WALK):
            number = (wanted - 1 + step) % _WALK + 1
            match = self._by_number(fats, number)
            if match and match[1].exists("config.txt"):
                return match
            if step == 0:
                problem = f"partition {number} " + ("has no config.txt" if match else "is no FAT")
                if match and not self.board.walks:
                    raise FirmwareError(f"partition {number} ({match[0].name}): no config.txt")
                if not self.board.walks:
                    raise FirmwareError(origin + problem)
                reasons.append(f"{problem}: PARTITION_WALK")
        raise FirmwareError(f"no partition from {wanted} on can be started")

    def _by_number(self, fats: _Fats, number: int) -> tuple[gpt.Partition, fat.Fat] | None:
        if self.board.counting == "fat":
            return fats[number - 1] if number <= len(fats) else None
        return next((f for f in fats if f[0].number == number), None)

    def _files(self, partition: gpt.Partition, files: fat.Fat, tryboot: bool, name: str,
               reasons: list[str]) -> Decision:
        where = f"partition {partition.number} ({partition.name})"

        def read(path: str) -> bytes:
            try:
                return files.read(path)
            except FileNotFoundError:
                raise FirmwareError(f"{where}: no {path}") from None
            except fat.FatError as error:
                raise FirmwareError(f"{where}: {path}: {error}") from None

        settings = config.parse(read(name), tryboot, partition.number,
                                self.board.knows_partition_filter)
        words = read(settings.cmdline).decode("ascii", "replace").strip("\0").split("\n", 1)[0]
        reasons.append(f"{where}: {name}: kernel={settings.kernel}"
                       + (f" initramfs={settings.initramfs}" if settings.initramfs else ""))
        for path in filter(None, (settings.kernel, settings.initramfs)):
            if not files.exists(path):
                raise FirmwareError(f"{where}: no {path}")
        return Decision(partition.number, partition.name, tryboot, settings.kernel,
                        settings.initramfs, words.strip(), reasons)

    def extract(self, decision: Decision, directory: Path) -> tuple[Path, Path | None]:
        """Kernel and initramfs as files, for QEMU."""
        with open(self.image, "rb") as disk:
            table = gpt.read(disk, self.sector_size)
            partition = next(p for p in table.partitions if p.number == decision.partition)
            files = fat.Fat(disk, partition.offset, partition.size)
            kernel = directory / "kernel"
            kernel.write_bytes(files.read(decision.kernel))
            if not decision.initramfs:
                return kernel, None
            initramfs = directory / "initramfs"
            initramfs.write_bytes(files.read(decision.initramfs))
            return kernel, initramfs


def wanted_number(fats: _Fats, partition: gpt.Partition, board: Board) -> int:
    """The partition's number as this firmware counts."""
    if board.counting == "fat":
        return next(i for i, (p, _) in enumerate(fats, start=1) if p is partition)
    return partition.number
