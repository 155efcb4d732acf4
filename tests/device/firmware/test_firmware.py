# SPDX-License-Identifier: Apache-2.0
"""The model against images made by sfdisk, mkfs.fat and mtools: nothing of ours on either side."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from firmware import Board, Firmware, FirmwareError, autoboot, config, fat, gpt

MIB = 1 << 20
TYPES = {"fat": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
         "linux": "0FC63DAF-8483-4772-8E79-3D69D8477DE4"}


def run(*command: str, **options) -> None:
    subprocess.run(command, check=True, capture_output=True, **options)


class ImageMaker:
    """A disk image of partitions (name, kind, MiB), with files copied into its FATs."""

    def __init__(self, path: Path, partitions: list[tuple[str, str, int]], bits: int = 0):
        self.path = path
        size = (sum(mib for _, _, mib in partitions) + 2) * MIB
        with open(path, "wb") as out:
            out.truncate(size)
        script = "label: gpt\n" + "".join(
            f"name={name}, type={TYPES[kind]}, size={mib}MiB\n" for name, kind, mib in partitions)
        run("/sbin/sfdisk", "-q", str(path), input=script.encode())
        self.offsets = {}
        at = MIB
        for name, kind, mib in partitions:
            self.offsets[name] = at
            if kind == "fat":
                command = ["/sbin/mkfs.fat", "--offset", str(at // 512), "-n", name]
                if bits:
                    command += ["-F", str(bits)]
                run(*command, str(path), str(mib * 1024))
            at += mib * MIB

    def put(self, partition: str, name: str, content: bytes) -> None:
        source = self.path.with_suffix(".put")
        source.write_bytes(content)
        run("mcopy", "-o", "-i", f"{self.path}@@{self.offsets[partition]}", str(source), f"::{name}")

    def boot_files(self, partition: str, cmdline: str) -> None:
        self.put(partition, "config.txt", b"[pi4]\nkernel=old\n[all]\nkernel=vmlinuz\n"
                                          b"initramfs initramfs.img followkernel\n")
        self.put(partition, "cmdline.txt", cmdline.encode() + b"\n")
        self.put(partition, "vmlinuz", b"kernel of " + partition.encode())
        self.put(partition, "initramfs.img", b"\x28" * 70000)


AB = [("BF_BOOTSEL", "fat", 4), ("BF_BOOT_A", "fat", 40), ("BF_BOOT_B", "fat", 40),
      ("BF_ROOT_A", "linux", 1)]


@pytest.fixture
def ab(tmp_path: Path) -> ImageMaker:
    image = ImageMaker(tmp_path / "disk.img", AB)
    image.put("BF_BOOTSEL", "autoboot.txt",
              b"[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n")
    image.boot_files("BF_BOOT_A", "root=A ro")
    image.boot_files("BF_BOOT_B", "root=B ro")
    return image


def test_boots_what_all_says(ab, tmp_path):
    firmware = Firmware(ab.path)
    decision = firmware.decide()
    assert (decision.partition, decision.partition_name) == (2, "BF_BOOT_A")
    assert decision.kernel_arguments() == "root=A ro bf.firmware.partition=2 bf.firmware.tryboot=0"
    kernel, initramfs = firmware.extract(decision, tmp_path)
    assert kernel.read_bytes() == b"kernel of BF_BOOT_A"
    assert initramfs.read_bytes() == b"\x28" * 70000


def test_a_trial_is_one_boot(ab):
    firmware = Firmware(ab.path)
    firmware.tryboot_flag = True
    trial = firmware.decide()
    assert (trial.partition, trial.tryboot) == (3, True)
    assert trial.kernel_arguments().endswith("bf.firmware.partition=3 bf.firmware.tryboot=1")
    after = firmware.decide()
    assert (after.partition, after.tryboot) == (2, False)


def test_says_why(ab):
    reasons = Firmware(ab.path).decide().reasons
    assert reasons == ["partition 1 (BF_BOOTSEL): autoboot.txt [all] boot_partition=2",
                       "partition 2 (BF_BOOT_A): config.txt: kernel=vmlinuz initramfs=initramfs.img"]


def test_command_line_tool(ab):
    command = [sys.executable, "-m", "firmware", str(ab.path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0
    assert "partition  2 (BF_BOOT_A)" in done.stdout
    ab.put("BF_BOOTSEL", "autoboot.txt", b"[all]\nboot_partition=4\n")
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "firmware: autoboot.txt [all]: partition 4 is no FAT\n"


def test_without_autoboot_the_first_fat_boots(tmp_path):
    image = ImageMaker(tmp_path / "disk.img", [("ONLY", "fat", 40)])
    image.boot_files("ONLY", "root=X")
    assert Firmware(image.path).decide().partition == 1


def test_a_torn_primary_table_falls_back(ab):
    with open(ab.path, "r+b") as disk:
        disk.seek(512 + 16)
        disk.write(b"torn")
    decision = Firmware(ab.path).decide()
    assert decision.partition == 2
    assert decision.reasons[0] == "partition table: primary: header checksum is wrong"


def test_no_table_at_all(tmp_path):
    (tmp_path / "disk.img").write_bytes(bytes(MIB))
    with pytest.raises(FirmwareError, match="no partition table: primary: no signature"):
        Firmware(tmp_path / "disk.img").decide()


def test_a_misplaced_alternate_is_said(ab):
    with open(ab.path, "r+b") as disk:
        disk.truncate(disk.seek(0, 2) + 5 * MIB)
    assert "the disk ends at" in Firmware(ab.path).decide().reasons[0]


@pytest.mark.parametrize("missing", ["config.txt", "cmdline.txt", "vmlinuz", "initramfs.img"])
def test_a_missing_file_is_named(ab, missing):
    run("mdel", "-i", f"{ab.path}@@{ab.offsets['BF_BOOT_A']}", f"::{missing}")
    with pytest.raises(FirmwareError, match=rf"partition 2 \(BF_BOOT_A\): no {missing}"):
        Firmware(ab.path).decide()


def test_numbering_that_firmware_versions_disagree_on(tmp_path):
    image = ImageMaker(tmp_path / "disk.img", [("ROOT", "linux", 1), ("BOOT", "fat", 40)])
    image.boot_files("BOOT", "root=X")
    with pytest.raises(FirmwareError, match="FAT number 1"):
        Firmware(image.path).decide()


@pytest.mark.parametrize(("bits", "mib"), [(12, 4), (16, 20), (32, 40)])
def test_every_kind_of_fat(tmp_path, bits, mib):
    image = ImageMaker(tmp_path / "disk.img", [("F", "fat", mib)], bits)
    content = bytes(range(256)) * 300
    image.put("F", "A long name.with dots", content)
    run("mmd", "-i", f"{image.path}@@{MIB}", "::overlays")
    image.put("F", "overlays/vc4.dtbo", b"dtb")
    with open(image.path, "rb") as disk:
        files = fat.Fat(disk, MIB, mib * MIB)
        assert files.bits == bits
        assert files.read("a LONG name.with dots") == content
        assert files.read("overlays/vc4.dtbo") == b"dtb"
        assert sorted(e.name.lower() for e in files.list()) == ["a long name.with dots", "overlays"]
        assert not files.exists("nothing")
        with pytest.raises(FileNotFoundError):
            files.read("overlays/none")


def test_not_a_fat():
    with pytest.raises(fat.FatError, match="signature"):
        fat.Fat(io.BytesIO(bytes(4096)), 0, 4096)


def test_autoboot_sections():
    parsed = autoboot.parse(b"boot_partition=2 # committed\r\n[TryBoot]\nboot_partition=3\n[none]\n"
                            b"boot_partition=9\nnonsense\n[all]\ntryboot_a_b=1\n" + bytes(10))
    assert parsed.boot_partition(tryboot=False) == 2
    assert parsed.boot_partition(tryboot=True) == 3
    assert parsed.tryboot_a_b


def test_autoboot_is_one_sector():
    with pytest.raises(autoboot.AutobootError, match="513 bytes"):
        autoboot.parse(b"#" * 513)


def test_autoboot_that_is_no_number(ab):
    ab.put("BF_BOOTSEL", "autoboot.txt", b"boot_partition=two\n")
    with pytest.raises(FirmwareError, match="boot_partition=two is not a number"):
        Firmware(ab.path).decide()


def test_config_filters_and_prefix():
    parsed = config.parse(b"kernel=a\n[cm4]\nkernel=b\n[pi5]\nos_prefix=x/\n[tryboot]\nkernel=t\n",
                          tryboot=False)
    assert parsed == config.Config("x/a", None, "x/cmdline.txt")
    assert config.parse(b"[tryboot]\nkernel=t\n", tryboot=True).kernel == "t"
    assert config.parse(b"auto_initramfs=1\n", tryboot=False).initramfs == "initramfs_2712"


def test_partitions_as_sfdisk_made_them(ab):
    with open(ab.path, "rb") as disk:
        table = gpt.read(disk)
    assert [(p.number, p.name) for p in table.partitions] == [
        (1, "BF_BOOTSEL"), (2, "BF_BOOT_A"), (3, "BF_BOOT_B"), (4, "BF_ROOT_A")]
    assert table.by_name("BF_BOOT_A").offset == ab.offsets["BF_BOOT_A"]
    assert table.by_name("BF_BOOT_A").size == 40 * MIB
    with pytest.raises(gpt.GptError, match="0 partitions are called BF_DATA"):
        table.by_name("BF_DATA")
    assert table.problems == []


# What differs between boards --------------------------------------------------------------------


def board(ab, **settings) -> Firmware:
    return Firmware(ab.path, board=Board(**settings))


def test_the_flag_is_one_argument(ab):
    firmware = Firmware(ab.path)
    firmware.reboot("0 tryboot")
    assert firmware.decide().partition == 3
    firmware.reboot("0", "tryboot")
    assert firmware.decide().partition == 2
    firmware.reboot("tryboot")  # the kernel looks for " tryboot", after a number
    assert firmware.decide().partition == 2
    firmware.reboot()
    assert firmware.decide().partition == 2


def test_the_flag_is_lost_with_the_power(ab):
    firmware = Firmware(ab.path)
    firmware.reboot("0 tryboot")
    firmware.power_off()
    assert firmware.decide().partition == 2


def test_a_partition_asked_for_at_the_reboot_wins(ab):
    firmware = Firmware(ab.path)
    firmware.reboot("3")
    decision = firmware.decide()
    assert (decision.partition, decision.tryboot) == (3, False)
    firmware.reboot("63")
    with pytest.raises(FirmwareError, match="halted"):
        firmware.decide()


def test_an_old_eeprom_does_not_tell_the_partition(ab, tmp_path):
    old = board(ab, eeprom=date(2024, 5, 12)).decide()
    assert old.partition == 2
    assert "bf.firmware.partition=0 " in old.kernel_arguments()
    board(ab, eeprom=date(2024, 5, 13)).decide().write_facts(tmp_path / "facts")
    assert (tmp_path / "facts/partition").read_bytes() == b"\0\0\0\2"
    assert (tmp_path / "facts/tryboot").read_bytes() == b"\0\0\0\0"


def test_a_board_that_loses_the_flag(ab):
    firmware = board(ab, honours_tryboot=False)
    firmware.reboot("0 tryboot")
    decision = firmware.decide()
    assert (decision.partition, decision.tryboot) == (2, True)
    assert "this firmware does not honour the tryboot flag" in decision.reasons


def test_the_partition_filter_of_config_txt():
    text = b"[boot_partition=2]\ncmdline=a.txt\n[boot_partition=3]\ncmdline=b.txt\n[all]\n"
    assert config.parse(text, False, 2).cmdline == "a.txt"
    assert config.parse(text, False, 3).cmdline == "b.txt"
    # The trap: slot A is started with the command line of slot B.
    assert config.parse(text, False, 2, knows_partition=False).cmdline == "b.txt"


def test_a_walk_goes_on_from_what_cannot_be_started(ab):
    run("mdel", "-i", f"{ab.path}@@{ab.offsets['BF_BOOT_A']}", "::config.txt")
    decision = board(ab, partition_walk=True).decide()
    assert (decision.partition, decision.tryboot) == (3, False)
    assert "partition 2 has no config.txt: PARTITION_WALK" in decision.reasons
    with pytest.raises(FirmwareError, match="no config.txt"):
        board(ab, partition_walk=None, eeprom=date(2025, 8, 12)).decide()
    assert board(ab, partition_walk=None, eeprom=date(2025, 8, 13)).decide().partition == 3
    with pytest.raises(FirmwareError, match="no config.txt"):
        board(ab, partition_walk=True, eeprom=date(2025, 1, 26)).decide()


def test_two_ways_to_count(tmp_path):
    image = ImageMaker(tmp_path / "disk.img", [
        ("BF_BOOTSEL", "fat", 4), ("BF_ROOT_A", "linux", 1), ("BF_BOOT_A", "fat", 40)])
    image.put("BF_BOOTSEL", "autoboot.txt", b"boot_partition=2\n")
    image.boot_files("BF_BOOT_A", "root=A ro")
    with pytest.raises(FirmwareError, match="firmware versions disagree"):
        board(image).decide()
    with pytest.raises(FirmwareError, match="partition 2 is no FAT"):
        board(image, counting="all").decide()
    fat_only = board(image, counting="fat").decide()
    assert (fat_only.partition_name, fat_only.told_partition) == ("BF_BOOT_A", 2)


def test_without_tryboot_a_b_the_flag_changes_files(ab):
    ab.put("BF_BOOTSEL", "autoboot.txt", b"boot_partition=2\n")
    firmware = Firmware(ab.path)
    firmware.tryboot_flag = True
    with pytest.raises(FirmwareError, match="no tryboot.txt"):
        firmware.decide()
