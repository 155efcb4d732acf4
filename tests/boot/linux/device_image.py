# SPDX-License-Identifier: Apache-2.0
"""A disk image made by sfdisk, mkfs.fat and mtools, recorded facts of the firmware, and bf-boot on
the two."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BF_BOOT = Path(os.environ["BF_BOOT"])
sys.path.insert(0, str(SOURCE / "tests/device"))
from firmware import Firmware  # noqa: E402

MIB = 1 << 20
FAT = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
PARTITIONS = [("BF_BOOTSEL", 2), ("BF_BOOT_A", 2), ("BF_BOOT_B", 2), ("BF_ROOT_A", 1),
              ("BF_ROOT_B", 1), ("BF_DATA", 1)]
MADE = b"[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=2\n".ljust(511) + b"\n"


def sh(*argv, **options) -> str:
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True,
                          **options).stdout


class Device:
    def __init__(self, work: Path, selector_options=()):
        self.image, self.facts = work / "disk.img", work / "facts"
        self.facts.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(12 * MIB)
        sh("/sbin/sfdisk", "-q", self.image, input="label: gpt\n" + "".join(
            f"name={name}, size={size}MiB, type={FAT if 'BOOT' in name else LINUX}\n"
            for name, size in PARTITIONS))
        table = json.loads(sh("/sbin/sfdisk", "--json", self.image))["partitiontable"]
        self.parts = {part["name"]: part for part in table["partitions"]}
        for name in ("BF_BOOTSEL", "BF_BOOT_A", "BF_BOOT_B"):
            options = selector_options if name == "BF_BOOTSEL" else ()
            sh("/sbin/mkfs.fat", "-n", name, *options, "--offset", self.parts[name]["start"],
               self.image, self.parts[name]["size"] // 2)
        self.put("BF_BOOTSEL", "autoboot.txt", MADE)
        for slot in "AB":
            root = self.parts[f"BF_ROOT_{slot}"]["uuid"].lower()
            self.put(f"BF_BOOT_{slot}", "config.txt", b"kernel=k\n")
            self.put(f"BF_BOOT_{slot}", "k", b"kernel\n")
            self.put(f"BF_BOOT_{slot}", "cmdline.txt",
                     f"root=PARTUUID={root} rauc.slot={slot} ro\n".encode())
        self.boots = 0
        self.boot(2, 0)

    def offset(self, name: str) -> int:
        return self.parts[name]["start"] * 512

    def put(self, partition: str, name: str, content: bytes) -> None:
        subprocess.run(["mcopy", "-D", "o", "-o", "-i", f"{self.image}@@{self.offset(partition)}", "-",
                        f"::{name}"], input=content, check=True, capture_output=True)

    def poke(self, at: int, data: bytes) -> None:
        with open(self.image, "r+b") as file:
            file.seek(at)
            file.write(data)

    def node(self, name: str, content: bytes | None) -> None:
        path = self.facts / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)

    def boot(self, partition: int, tryboot: int) -> None:
        self.boots += 1
        self.node("partition", struct.pack(">I", partition))
        self.node("tryboot", struct.pack(">I", tryboot))
        self.node("boot_id", f"boot-{self.boots}\n".encode())

    def verb(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([BF_BOOT, "--policy", SOURCE / "policies", "--disk", self.image,
                               "--facts", self.facts, *words], capture_output=True, text=True)

    def ok(self, *words: str) -> str:
        done = self.verb(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        done = self.verb(*words)
        assert done.returncode in (1, 77) and done.stdout == "", done
        return done.stderr

    def degraded(self, *words: str) -> str:
        """Done as far as it can be, and exits 1 as every stage does that could not do all."""
        done = self.verb(*words)
        assert done.returncode == 1, done
        return done.stderr

    def status(self) -> dict:
        return json.loads(self.ok("status", "--json"))

    def next(self, tryboot=False) -> str:
        firmware = Firmware(self.image)
        firmware.tryboot_flag = tryboot
        return firmware.decide().partition_name

    def bytes(self) -> bytes:
        return self.image.read_bytes()
