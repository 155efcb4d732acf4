# SPDX-License-Identifier: Apache-2.0
"""The disk may be of any kind: BF_DATA is found by its name on the disk under the root."""

from __future__ import annotations

import pytest

from scenarios.device_state import DATA, assert_settled, mounts


@pytest.mark.parametrize(("bus", "partition", "arguments"), [
    ("nvme", "/dev/nvme0n1p6", ""),
    # The board's own disk on USB: the command line of such a board has to let it through.
    ("usb", "/dev/sda6", "usbcore.authorized_default=1"),
])
def test_data_is_found(make_device, bus, partition, arguments):
    machine = make_device(bus, bus=bus)
    machine.boot(arguments)
    assert_settled(machine)
    assert mounts(machine)[DATA].source == partition
    machine.cut_power()
