# SPDX-License-Identifier: Apache-2.0
"""Where things are."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
IMAGE = Path(os.environ.get("BF_DEVICE_IMAGE", REPOSITORY / "build/device/device.img"))
