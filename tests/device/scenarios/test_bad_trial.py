# SPDX-License-Identifier: Apache-2.0
"""Updates that reach systemd and are no good all the same, and power that goes at the wrong moment.
One story on one device, whose slot B got a real update; each trial of it ends on slot A."""

from __future__ import annotations

import subprocess
from pathlib import Path

from scenarios.bundles import install, with_bundles
from scenarios.trials import back_on, stage_anew, status, to_trial
from vm import Disk, Machine

_POLICY = "/usr/share/betterframe/policies/update.toml"
_DROP_IN = "/usr/lib/systemd/system/betterframe-kiosk.service.d"

_HANGING = "/usr/lib/systemd/system/bf-test-hanging.service"
_WANTS = "/usr/lib/systemd/system/sysinit.target.wants"

HANGS = """\
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/usr/bin/sleep infinity
TimeoutStartSec=infinity
"""

# As a kiosk that says it is healthy when it starts, and then crashes.
CRASH_LOOP = """\
[Unit]
StartLimitIntervalSec=0
[Service]
Restart=always
RestartSec=2
ExecStart=
ExecStart=+/bin/sh -c 'touch /run/betterframe/kiosk-healthy; sleep 2; exit 1'
ExecStopPost=+/bin/rm -f /run/betterframe/kiosk-healthy
"""


class SlotB:
    """Its root, from outside, while the device is off."""

    def __init__(self, disk: Disk, scratch: Path):
        self._device = f"{disk.path}?offset={disk.partition('BF_ROOT_B').offset}"
        self._scratch = scratch / "content"

    def _debugfs(self, request: str, write: bool = True) -> str:
        done = subprocess.run(["/sbin/debugfs", *(["-w"] if write else []), "-R", request, self._device],
                              capture_output=True, text=True, check=True)
        # It exits 0 whatever happens; its first line is the version.
        complaints = done.stderr.splitlines()[1:]
        assert not complaints, (request, complaints)
        return done.stdout

    def read(self, path: str) -> str:
        return self._debugfs(f"cat {path}", write=False)

    def remove(self, path: str) -> None:
        self._debugfs(f"rm {path}")

    def write(self, path: str, content: str) -> None:
        self._scratch.write_text(content)
        self._debugfs(f"write {self._scratch} {path}")
        assert self.read(path) == content

    def replace(self, path: str, content: str) -> None:
        self.remove(path)  # debugfs has no overwrite
        self.write(path, content)

    def link(self, path: str, target: str) -> None:
        self._debugfs(f"symlink {path} {target}")

    def set_deadline(self, old: str, new: str) -> None:
        policy = self.read(_POLICY)
        assert policy.count(f'deadline = "{old}"') == 1
        self.replace(_POLICY, policy.replace(f'deadline = "{old}"', f'deadline = "{new}"'))

    def make_directory(self, path: str) -> None:
        self._debugfs(f"mkdir {path}")


def on_trial(machine: Machine, attempt: int) -> float:
    """Seconds that the boot took."""
    took = machine.boot()
    tried = status(machine)
    assert (tried["situation"], tried["running"], tried["attempts"]) == ("trial", "B", attempt), tried
    assert tried["revisions"] == {"boot": "2.0.0", "root": "2.0.0"}
    return took


def test_each_bad_trial_ends_on_the_old_slot(make_device, bundle_disk, tmp_path):
    machine = make_device(extra=with_bundles(bundle_disk))
    machine.boot()
    power_goes_before_the_trial(machine, bundle_disk)
    boot_takes = three_restarts_are_the_end(machine)
    never_healthy(machine, SlotB(machine.disk, tmp_path))
    crash_loop(machine, SlotB(machine.disk, tmp_path), seconds=max(120, round(4 * boot_takes)))
    pid_1_hangs(machine, SlotB(machine.disk, tmp_path))
    nothing_can_be_kept(machine)
    machine.power_off()


def power_goes_before_the_trial(machine: Machine, bundle_disk: Path) -> None:
    """What was staged stays so, and is armed by whoever comes next."""
    install(machine, "2.0.0.raucb")
    machine.cut_power()
    machine.boot()
    after = status(machine)
    assert (after["state"], after["running"], after["pending"], after["attempts"]) == \
        ("staged", "A", "B", 0), after


def three_restarts_are_the_end(machine: Machine) -> float:
    """A reboot by hand is allowed in a trial, and power may go; but not for ever."""
    to_trial(machine)
    boot_takes = on_trial(machine, 1)
    machine.agent.start("systemctl reboot")
    assert machine.wait_reset() == "restart"
    after = back_on(machine, "A")
    assert (after["state"], after["pending"]) == ("staged", "B")
    assert after["reason"].startswith("trial 1 of 3 was not confirmed before the device restarted")

    to_trial(machine)
    on_trial(machine, 2)
    machine.cut_power()
    after = back_on(machine, "A")
    assert (after["state"], after["pending"]) == ("staged", "B")
    assert after["reason"].startswith("trial 2 of 3 was not confirmed before the device restarted")

    to_trial(machine)
    machine.power_on("loglevel=7")
    machine.wait_console("Run /init as init process")
    machine.cut_power()
    after = back_on(machine, "A")
    assert (after["state"], after["target"], after["pending"]) == ("rolled-back", "B", None), after
    assert after["reason"].startswith("trial 3 of 3 ended before bf-boot-reconcile ran in it")
    assert "nothing is staged" in machine.fails("bf-boot arm").stderr
    return boot_takes


def never_healthy(machine: Machine, slot_b: SlotB) -> None:
    """A unit of the start hangs without end, so nothing that waits for it is ever started."""
    stage_anew(machine, "B")
    to_trial(machine)
    # A boot takes half a minute here; this deadline is over soon after it.
    slot_b.set_deadline("10min", "90s")
    slot_b.write(_HANGING, HANGS)
    slot_b.link(f"{_WANTS}/{Path(_HANGING).name}", _HANGING)
    machine.power_on()
    assert machine.wait_reset() == "restart"
    assert_given_up(machine, "the kiosk was not healthy within 90 s of the start")
    slot_b.remove(f"{_WANTS}/{Path(_HANGING).name}")


def crash_loop(machine: Machine, slot_b: SlotB, seconds: int) -> None:
    """`seconds` are enough for the kiosk to become healthy at least once."""
    stage_anew(machine, "B")
    to_trial(machine)
    slot_b.set_deadline("90s", f"{seconds}s")
    slot_b.make_directory(_DROP_IN)
    slot_b.write(f"{_DROP_IN}/crash-loop.conf", CRASH_LOOP)
    machine.power_on()
    assert machine.wait_reset() == "restart"
    assert_given_up(machine, f"the kiosk did not stay healthy within {seconds} s of the start")


def pid_1_hangs(machine: Machine, slot_b: SlotB) -> None:
    """Nothing in the device could say so any more: its watchdog does."""
    stage_anew(machine, "B")
    to_trial(machine)
    slot_b.remove(f"{_DROP_IN}/crash-loop.conf")
    without_watchdog = machine.extra
    # The one of the chipset, which bites; QEMU ends at a reset.
    machine.extra = [*without_watchdog, "-global", "ICH9-LPC.noreboot=off"]
    on_trial(machine, 1)
    machine.extra = without_watchdog
    # A signal like that of a bug: systemd then freezes, as it does after a crash of its own.
    machine.agent.start("kill -SEGV 1")
    assert machine.wait_reset() is None
    # No panic, which would have ended it as well: nothing at all.
    assert "Kernel panic" not in machine.log("serial").read_text(errors="replace")
    after = back_on(machine, "A")
    assert (after["state"], after["attempts"]) == ("staged", 1)
    assert after["reason"].startswith("trial 1 of 3 was not confirmed before the device restarted: ")


def nothing_can_be_kept(machine: Machine) -> None:
    """At the deadline somebody holds the lock, and autoboot.txt cannot be written: the trial ends all
    the same, only its reason is lost."""
    to_trial(machine)
    on_trial(machine, 2)
    machine.run("blockdev --setro $(readlink -f /dev/disk/by-partlabel/BF_BOOTSEL)")
    machine.agent.start("flock /run/betterframe/boot.lock sleep infinity")
    assert machine.wait_reset() == "restart"
    after = back_on(machine, "A")
    assert (after["state"], after["attempts"]) == ("staged", 2), after
    assert after["reason"].startswith("trial 2 of 3 was not confirmed before the device restarted")
    journal = machine.run("journalctl -b -1 --no-pager -u betterframe-rauc-mark-good")
    assert "the trial is given up: " in journal and "keep the reason: " in journal, journal


def assert_given_up(machine: Machine, reason: str) -> None:
    after = back_on(machine, "A")
    assert (after["state"], after["target"], after["pending"]) == ("rolled-back", "B", None), after
    assert after["reason"] == reason, after
