# SPDX-License-Identifier: Apache-2.0
"""Not a test of ctest's: `scripts/bench install` runs it and reads what it leaves."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from scenarios.bundles import INSTALL_CEILING, install, plugged_in, with_bundles


def test_install_against_a_copy(make_device, bundle_disk):
    out = os.environ.get("BF_INSTALL_TIMES")
    if not out:
        pytest.fail("scripts/bench install runs this")
    machine = make_device(extra=with_bundles(bundle_disk))
    machine.boot()
    plugged_in(machine)
    machine.run("mkdir -p /run/content && mount -o ro,loop /run/bundles/2.0.0.raucb /run/content")
    size = int(machine.run("stat -c %s /run/content/rootfs.ext4"))
    started = time.monotonic()
    machine.run("dd if=/run/content/rootfs.ext4 of=/run/betterframe/slots/root-b bs=1M conv=fsync",
                INSTALL_CEILING)
    copy = time.monotonic() - started
    machine.run("umount /run/content; umount /run/bundles; echo 3 > /proc/sys/vm/drop_caches")
    Path(out).write_text(json.dumps({"install": install(machine, "2.0.0.raucb"), "copy": copy,
                                     "bytes": size}))
