# SPDX-License-Identifier: Apache-2.0
"""`bf-lockdown check` on the booted device: one as it is shipped has no drift; each way to undo it while
it runs is found."""

from __future__ import annotations

import pytest

from scenarios.input_gates import drifted
from scenarios.test_input_hotplug import bound_drivers

_RULES = "/run/udev/rules.d"
_OURS = "10-betterframe-lockdown.rules"
_HUB = "/sys/bus/usb/devices/usb1"

UNDONE = {
    "sysrq": "echo 1 > /proc/sys/kernel/sysrq",
    "rules-files": f"mkdir -p {_RULES}; ln -s /dev/null {_RULES}/{_OURS}",
    "foreign-rules": f"mkdir -p {_RULES}; echo 'SUBSYSTEM==\"input\", ATTR{{inhibited}}=\"0\"'"
                     f" > {_RULES}/99-zz-mine.rules",
    "usb-default": f"echo 2 > {_HUB}/authorized_default",
    "usb-interface-default": f"echo 1 > {_HUB}/interface_authorized_default",
    "hid-autoprobe": "echo 1 > /sys/bus/hid/drivers_autoprobe",
}


def test_nothing_drifted_with_the_panel_in_use(input_device):
    input_device.plug("usb-kbd", "kbd", port="1")
    assert drifted(input_device) == {}


@pytest.mark.parametrize("row", UNDONE)
def test_what_is_undone_is_found(shipped, row):
    shipped.run(UNDONE[row])
    assert row in drifted(shipped)


def test_a_value_that_the_kernel_does_not_know_opens_nothing(shipped):
    """It takes 3 for 1, which is what the policy compiles to: interfaces are what is held back."""
    assert shipped.run(f"echo 3 > {_HUB}/authorized_default; cat {_HUB}/authorized_default").strip() == "1"
    assert drifted(shipped) == {}
    assert bound_drivers(shipped, shipped.plug("usb-kbd", "kbd", port="1")) == set()
