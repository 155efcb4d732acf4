# SPDX-License-Identifier: Apache-2.0
"""Drives one virtual device: QEMU, its serial console, and a root shell inside for tests."""

from vm.agent import CommandFailed, Completed
from vm.disk import Disk
from vm.machine import Machine, MachineError

__all__ = ["CommandFailed", "Completed", "Disk", "Machine", "MachineError"]
