# SPDX-License-Identifier: Apache-2.0
"""From a disk image to what is started: the steps of the Pi's firmware, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from firmware import autoboot, config, fat, gpt


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

    def kernel_arguments(self) -> str:
        """cmdline.txt and what a Pi tells the kernel in /proc/device-tree/chosen/bootloader."""
        return (f"{self.cmdline} bf.firmware.partition={self.partition} "
                f"bf.firmware.tryboot={int(self.tryboot)}")


class Firmware:
    """One board. `tryboot` is the one-shot flag: set by the OS before a reboot, gone after it."""

    def __init__(self, image: Path, sector_size: int = 512):
        self.image = Path(image)
        self.sector_size = sector_size
        self.tryboot_flag = False

    def decide(self) -> Decision:
        """What this power-on starts. Uses up the one-shot flag."""
        tryboot, self.tryboot_flag = self.tryboot_flag, False
        with open(self.image, "rb") as disk:
            return self._decide(disk, tryboot)

    def _decide(self, disk, tryboot: bool) -> Decision:
        reasons: list[str] = []
        try:
            table = gpt.read(disk, self.sector_size)
        except gpt.GptError as error:
            raise FirmwareError(f"no partition table: {error}") from None
        reasons += [f"partition table: {problem}" for problem in table.problems]
        fats = self._fats(disk, table)
        if not fats:
            raise FirmwareError("no FAT partition on the disk")
        self._check_numbering(fats)

        first, first_fat = fats[0]
        chosen, chosen_fat = first, first_fat
        if first_fat.exists("autoboot.txt"):
            try:
                selection = autoboot.parse(first_fat.read("autoboot.txt"))
                wanted = selection.boot_partition(tryboot)
            except autoboot.AutobootError as error:
                raise FirmwareError(f"autoboot.txt: {error}") from None
            section = "[tryboot]" if tryboot and "boot_partition" in selection.tryboot else "[all]"
            if wanted is not None:
                match = [(p, f) for p, f in fats if p.number == wanted]
                if not match:
                    raise FirmwareError(f"autoboot.txt {section}: partition {wanted} is no FAT")
                chosen, chosen_fat = match[0]
                reasons.append(f"partition {first.number} ({first.name}): autoboot.txt {section} "
                               f"boot_partition={wanted}")
        else:
            reasons.append(f"partition {first.number} ({first.name}): no autoboot.txt")
        return self._files(chosen, chosen_fat, tryboot, reasons)

    @staticmethod
    def _fats(disk, table: gpt.Gpt) -> list[tuple[gpt.Partition, fat.Fat]]:
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
    def _check_numbering(fats: list[tuple[gpt.Partition, fat.Fat]]) -> None:
        # Firmware versions differ: some count every entry, some only bootable FATs. A layout in
        # which that matters boots the wrong partition on half of the boards.
        for position, (partition, _) in enumerate(fats, start=1):
            if partition.number != position:
                raise FirmwareError(f"partition {partition.number} ({partition.name}) is the "
                                    f"FAT number {position}: firmware versions disagree on it")

    @staticmethod
    def _files(partition: gpt.Partition, files: fat.Fat, tryboot: bool,
               reasons: list[str]) -> Decision:
        where = f"partition {partition.number} ({partition.name})"

        def read(path: str) -> bytes:
            try:
                return files.read(path)
            except FileNotFoundError:
                raise FirmwareError(f"{where}: no {path}") from None
            except fat.FatError as error:
                raise FirmwareError(f"{where}: {path}: {error}") from None

        settings = config.parse(read("config.txt"), tryboot)
        words = read(settings.cmdline).decode("ascii", "replace").strip("\0").split("\n", 1)[0]
        reasons.append(f"{where}: config.txt: kernel={settings.kernel}"
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
