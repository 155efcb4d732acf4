# SPDX-License-Identifier: Apache-2.0
"""python3 -m firmware IMAGE: what would boot from this image, and why."""

import argparse
import sys
from pathlib import Path

from firmware.model import Firmware, FirmwareError


def main() -> int:
    parser = argparse.ArgumentParser(prog="firmware", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--tryboot", action="store_true", help="as after a reboot with '0 tryboot'")
    parser.add_argument("--sector-size", type=int, default=512)
    arguments = parser.parse_args()
    firmware = Firmware(arguments.image, arguments.sector_size)
    firmware.tryboot_flag = arguments.tryboot
    try:
        decision = firmware.decide()
    except (FirmwareError, OSError) as error:
        print(f"firmware: {error}", file=sys.stderr)
        return 1
    for reason in decision.reasons:
        print(f"because    {reason}")
    print(f"partition  {decision.partition} ({decision.partition_name})")
    print(f"kernel     {decision.kernel}")
    print(f"initramfs  {decision.initramfs or '-'}")
    print(f"cmdline    {decision.kernel_arguments()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
