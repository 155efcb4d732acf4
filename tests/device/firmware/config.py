# SPDX-License-Identifier: Apache-2.0
"""config.txt, as far as it decides which files are started."""

from __future__ import annotations

from dataclasses import dataclass

# Filters that hold on the board we model; settings under any other are not ours.
_ACTIVE = {"all", "pi5"}


@dataclass
class Config:
    kernel: str
    initramfs: str | None
    cmdline: str


def parse(raw: bytes, tryboot: bool, partition: int = 0, knows_partition: bool = True) -> Config:
    """`knows_partition`: the firmware knows the filter [boot_partition=N]. One that does not reads
    on as if the line were not there, so that the last such section counts in every slot."""
    kernel, initramfs, cmdline, prefix = "kernel_2712.img", None, "cmdline.txt", ""
    active = True
    for line in raw.decode("utf-8", "replace").splitlines():
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1].strip().lower()
            if name.startswith("boot_partition="):
                if knows_partition:
                    active = name.partition("=")[2] == str(partition)
                continue
            active = name in _ACTIVE or (name == "tryboot" and tryboot)
            continue
        if not active:
            continue
        words = line.split()
        if words[0] == "initramfs":  # the one directive without "=": initramfs FILE followkernel
            initramfs = words[1] if len(words) > 1 else None
            continue
        key, _, value = line.partition("=")
        key, value = key.strip(), value.strip()
        if key == "kernel":
            kernel = value
        elif key == "cmdline":
            cmdline = value
        elif key == "os_prefix":
            prefix = value
        elif key == "auto_initramfs" and value == "1" and initramfs is None:
            initramfs = "initramfs_2712"
    return Config(prefix + kernel, prefix + initramfs if initramfs else None, prefix + cmdline)
