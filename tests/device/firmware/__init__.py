# SPDX-License-Identifier: Apache-2.0
"""A model of the Raspberry Pi's boot firmware: what it would start from a disk image, and why.

It shares no code with the tools under test, so that it can disagree with them.
"""

from firmware.board import Board
from firmware.model import Decision, Firmware, FirmwareError

__all__ = ["Board", "Decision", "Firmware", "FirmwareError"]
