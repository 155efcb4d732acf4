# SPDX-License-Identifier: Apache-2.0
"""What differs between boards: mostly the date of the firmware in their EEPROM."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

# Of the Pi 5's release notes.
TELLS_PARTITION = datetime.date(2024, 5, 13)
KNOWS_PARTITION_FILTER = datetime.date(2025, 3, 10)
CAN_WALK = datetime.date(2025, 1, 27)
WALKS_BY_DEFAULT = datetime.date(2025, 8, 13)


@dataclass
class Board:
    eeprom: datetime.date = field(default_factory=lambda: datetime.date(2026, 2, 1))
    # How boot_partition counts on GPT: "all" entries, "fat" for bootable FATs only, "both" refuses
    # a disk on which that makes a difference.
    counting: str = "both"
    # The EEPROM's PARTITION_WALK; None: its default. Off here, because a walk hides what is broken.
    partition_walk: bool | None = False
    honours_tryboot: bool = True        # some boards lose the flag: old EEPROM, cut power

    @property
    def tells_partition(self) -> bool:
        return self.eeprom >= TELLS_PARTITION

    @property
    def knows_partition_filter(self) -> bool:
        return self.eeprom >= KNOWS_PARTITION_FILTER

    @property
    def walks(self) -> bool:
        if self.eeprom < CAN_WALK:
            return False
        if self.partition_walk is not None:
            return self.partition_walk
        return self.eeprom >= WALKS_BY_DEFAULT
