# SPDX-License-Identifier: Apache-2.0
"""What a Raspberry Pi would boot from a disk image, and why. See bf-firmware-model(8)."""

import argparse
import datetime
import json
import sys
from pathlib import Path

from firmware.board import Board
from firmware.model import Firmware, FirmwareError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bf-firmware-model", description=__doc__)
    parser.add_argument("image", type=Path)
    parser.add_argument("--tryboot", action="store_true", help="as after a reboot with '0 tryboot'")
    parser.add_argument("--reboot", metavar="ARGUMENT", action="append",
                        help="as after a reboot with that argument; given twice, with two")
    parser.add_argument("--eeprom", metavar="DATE", type=datetime.date.fromisoformat,
                        help="date of the firmware, YYYY-MM-DD")
    parser.add_argument("--counting", choices=("both", "all", "fat"), default="both",
                        help="how boot_partition counts on GPT")
    parser.add_argument("--walk", choices=("0", "1", "default"), default="0",
                        help="the EEPROM's PARTITION_WALK")
    parser.add_argument("--ignore-tryboot", action="store_true",
                        help="a firmware that does not honour the flag")
    parser.add_argument("--facts", metavar="DIR", type=Path,
                        help="leave what the kernel is told in DIR, for bf-boot --facts")
    parser.add_argument("--sector-size", metavar="BYTES", type=int, default=512)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    board = Board(counting=given.counting, honours_tryboot=not given.ignore_tryboot)
    if given.eeprom:
        board.eeprom = given.eeprom
    board.partition_walk = None if given.walk == "default" else given.walk == "1"
    firmware = Firmware(given.image, given.sector_size, board)
    if given.reboot:
        firmware.reboot(*given.reboot)
    firmware.tryboot_flag |= given.tryboot
    try:
        decision = firmware.decide()
    except (FirmwareError, OSError) as error:
        print(f"firmware: {error}", file=sys.stderr)
        return 1
    if given.facts:
        decision.write_facts(given.facts)
    if given.json:
        print(json.dumps({"schema": 1, **vars(decision),
                          "kernel_arguments": decision.kernel_arguments()}, indent=2))
        return 0
    for reason in decision.reasons:
        print(f"because    {reason}")
    print(f"partition  {decision.partition} ({decision.partition_name})")
    print(f"kernel     {decision.kernel}")
    print(f"initramfs  {decision.initramfs or '-'}")
    print(f"cmdline    {decision.kernel_arguments()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
