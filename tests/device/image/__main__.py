# SPDX-License-Identifier: Apache-2.0
"""python3 -m image: makes the device image that the tests and scripts/run boot."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from image import fingerprint, rootfs


def cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "betterframe"


def lay_out(arguments: argparse.Namespace, made: rootfs.RootFs, log: Path) -> Path:
    image = arguments.out / "device.img"
    stamp = arguments.out / "device.stamp"
    key = fingerprint.of((arguments.out / "rootfs.stamp").read_text(),
                         arguments.image_tool.read_bytes(), fingerprint.of_tree(arguments.policy))
    if image.exists() and stamp.exists() and stamp.read_text() == key:
        return image
    stamp.unlink(missing_ok=True)
    image.unlink(missing_ok=True)
    command = [str(arguments.image_tool), "image", "--policy", str(arguments.policy),
               "--boot", str(made.boot), "--root", str(made.tar), "--out", str(image),
               "--revision", rootfs.Identity().version]
    with open(log, "ab") as out:
        out.write(f"+ {' '.join(command)}\n".encode())
        out.flush()
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False,
                              env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    if done.returncode:
        raise rootfs.BuildFailed(f"bf-provision image exited {done.returncode}; see {log}")
    stamp.write_text(key)
    return image


def main() -> int:
    parser = argparse.ArgumentParser(prog="image", description=__doc__)
    parser.add_argument("--package", type=Path, required=True, help="the betterframe-device .deb")
    parser.add_argument("--image-tool", type=Path, required=True, help="bf-provision-image")
    parser.add_argument("--guest-tool", type=Path, required=True, help="bf-test-input")
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    started = time.monotonic()
    arguments.out.mkdir(parents=True, exist_ok=True)
    log = arguments.out / "image.log"
    log.write_bytes(b"")

    def say(text: str) -> None:
        print(f"image: {time.monotonic() - started:4.0f} s  {text}", file=sys.stderr, flush=True)

    try:
        made = rootfs.build(arguments.package, arguments.guest_tool, arguments.out, cache_directory(),
                            log, say)
        say("laying out the disk image")
        image = lay_out(arguments, made, log)
    except rootfs.BuildFailed as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    say(f"done: {image}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
