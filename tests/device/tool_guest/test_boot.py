# SPDX-License-Identifier: Apache-2.0
"""Every sector that bf-boot writes is recorded in the guest, and then the power is cut: after each
prefix, with every unflushed write dropped, kept or torn; and once more as if the disk had lied about
every flush, so that all writes of one boot may be dropped or torn in any combination. In each case
the firmware model starts a complete slot, and the next `reconcile` ends in a defined state."""
import itertools
import json
import subprocess

import blklog
import disks
import pytest
from boot_disk import (BLOCK, LAYOUT, SECTOR, SIZE, BootCase, Firmware, autoboot_sector, lay_out,
                       record_place, run_verbs)
from conftest import BUILD, SOURCE

# Unflushed writes whose subsets are all tried; more of them: each alone dropped, each alone kept.
MAX_SUBSETS = 6


@pytest.fixture(scope="module")
def device(guest, root_image, tmp_path_factory):
    work = tmp_path_factory.mktemp("boot")
    return BootCase(guest, lay_out(work / "disk.img", root_image), "boot")


class Cuts:
    """What may be on the disk after a cut, of the places that count: autoboot.txt's sector and the
    record's blocks. Everything else is the file system's own, and does not move them."""

    def __init__(self, base, writes, sector, blocks):
        self.places = [(sector, SECTOR)] + [(block, BLOCK) for block in blocks]
        self.base = tuple(base.get(at, size) for at, size in self.places)
        self.writes = writes
        self.cases = 0

    def place_of(self, offset, data):
        for i, (at, size) in enumerate(self.places):
            if offset < at + size and at < offset + len(data):
                assert at <= offset and offset + len(data) <= at + size, "half beside the place"
                return i
        return None

    @staticmethod
    def torn(size):
        """Which sectors of a write reach the medium: none, each prefix, each suffix, all."""
        sectors = size // SECTOR
        kept = {frozenset(range(n)) for n in range(sectors + 1)}
        kept |= {frozenset(range(n, sectors)) for n in range(sectors)}
        return kept

    def apply(self, state, offset, data, kept):
        i = self.place_of(offset, data)
        content = bytearray(state[i])
        for sector in kept:
            at = offset - self.places[i][0] + sector * SECTOR
            content[at:at + SECTOR] = data[sector * SECTOR:(sector + 1) * SECTOR]
        return state[:i] + (bytes(content),) + state[i + 1:]

    @staticmethod
    def torn_coarsely(size):
        sectors = range(size // SECTOR)
        return {frozenset(), frozenset(sectors), frozenset(sectors[:1]), frozenset(sectors[1:])}

    def outcomes(self, durable, unflushed, torn):
        choices = [sorted(torn(len(data)), key=sorted) for _, data in unflushed]
        if len(unflushed) > MAX_SUBSETS:
            whole = [frozenset(range(len(data) // SECTOR)) for _, data in unflushed]
            picks = [tuple(whole[:n]) + (frozenset(),) * (len(whole) - n)
                     for n in range(len(whole) + 1)]
            picks += [tuple(w if i != n else frozenset() for i, w in enumerate(whole))
                      for n in range(len(whole))]
        else:
            picks = itertools.product(*choices)
        for pick in picks:
            # Any order: where two go to one place, either may be the last.
            for order in {tuple(range(len(unflushed))), tuple(reversed(range(len(unflushed))))}:
                state = durable
                for i in order:
                    state = self.apply(state, *unflushed[i], pick[i])
                self.cases += 1
                yield state

    def states(self):
        """Distinct contents of the places, over all cuts."""
        seen = {}
        durable, unflushed = self.base, []
        seen[durable] = 0
        for number, (offset, data, flags) in enumerate(self.writes, 1):
            if flags & blklog.FLUSH:
                for at, content in unflushed:
                    durable = self.apply(durable, at, content,
                                         frozenset(range(len(content) // SECTOR)))
                unflushed = []
            counts = data and not flags & (blklog.DISCARD | blklog.MARK)
            if counts and self.place_of(offset, data) is not None:
                unflushed.append((offset, data))
            for state in self.outcomes(durable, unflushed, self.torn):
                seen.setdefault(state, number)
            if counts and flags & blklog.FUA and unflushed and unflushed[-1] == (offset, data):
                # Durable by itself; what came before it need not be.
                durable = self.apply(durable, offset, data,
                                     frozenset(range(len(data) // SECTOR)))
                unflushed.pop()
        relevant = [(offset, data) for offset, data, flags in self.writes
                    if data and not flags & (blklog.DISCARD | blklog.MARK)
                    and self.place_of(offset, data) is not None]
        assert len(relevant) <= MAX_SUBSETS
        for state in self.outcomes(self.base, relevant, self.torn_coarsely):
            seen.setdefault(state, len(self.writes))
        return seen


def bf_boot(image, facts, *arguments, code=0):
    done = subprocess.run([BUILD / "boot/bf-boot", "--policy", SOURCE / "policies", "--disk", image,
                           "--facts", facts, *arguments], capture_output=True, text=True)
    assert done.returncode == code, f"{arguments}: {done}"
    return done.stdout


def assert_boots_and_settles(image, cuts, state, allowed, work):
    """One cut: the firmware with and without its flag, then reconcile."""
    for (at, _), content in zip(cuts.places, state):
        image.put(at, content)
    for flag in (False, True):
        firmware = Firmware(image.path)
        firmware.tryboot_flag = flag
        decision = firmware.decide()
        assert decision.partition_name[-1] in allowed[flag], decision.reasons
        # With the flag it is a trial, and reconcile runs in it; both on a copy of the sector.
        facts = work / f"facts-{flag}"
        decision.write_facts(facts)
        (facts / "boot_id").write_text("after-the-cut\n")
        (facts / "boot-record").write_bytes(state[1] + state[2])
        settled = json.loads(bf_boot(image.path, facts, "status", "--json"))
        degraded = 1 if settled["disagreements"] else 0
        bf_boot(image.path, facts, "reconcile", code=degraded)
        settled = json.loads(bf_boot(image.path, facts, "status", "--json"))
        assert settled["situation"] in ("normal", "trial")
        # A flag that starts what was given up: it runs, and cannot be confirmed.
        given_up = settled["situation"] == "trial" and settled["state"] == "rolled-back"
        assert bool(settled["disagreements"]) == given_up, settled["disagreements"]
        assert settled["state"] in ("committed", "staged", "trial", "confirmed", "rolled-back")
        if settled["situation"] == "normal":
            assert settled["state"] != "trial"
            assert (settled["pending"] is not None) == (settled["state"] == "staged")
        before = (facts / "boot-record").read_bytes()
        bf_boot(image.path, facts, "reconcile", code=degraded)
        assert (facts / "boot-record").read_bytes() == before, "the second one is not quiet"
        image.put(cuts.places[0][0], state[0])


# What happens in one boot of which slot; which slots may start after a cut in it, without and with
# the firmware's flag; how many writes of autoboot.txt there are.
STORY = [
    ("stage", "A", 0, ["set-state B bad", "set-primary B", "arm --no-reboot"], "A", "AB", 1),
    ("give up", "B", 1, ["reconcile", "set-state B bad"], "A", "AB", 1),
    ("again", "A", 0, ["reconcile", "set-state B bad", "set-primary B", "arm --no-reboot"], "A",
     "AB", 1),
    ("not started", "A", 0, ["reconcile", "arm --no-reboot"], "A", "AB", 0),
    ("confirm", "B", 1, ["reconcile", "set-state B good"], "AB", "B", 1),
    ("settle", "B", 0, ["reconcile", "set-state B good"], "B", "B", 0),
    ("back", "B", 0, ["rollback --no-reboot"], "B", "AB", 1),
    ("taken back", "B", 0, ["rollback --no-reboot"], "B", "AB", 1),
]


def test_a_cut_at_every_write(device, tmp_path):
    run_verbs(device, "A", 0, "set-state A good")  # the record is made
    sector, blocks = autoboot_sector(device.disk), record_place(device.disk)
    total = distinct = 0
    for name, slot, tryboot, verbs, plain, flagged, selector_writes in STORY:
        base, log = tmp_path / "base", tmp_path / "log"
        blklog.replay(device.disk.path, base, [])
        log.unlink(missing_ok=True)
        log.touch()
        run_verbs(device, slot, tryboot, *verbs, log=log)
        writes = blklog.entries(log)
        selector_at, selector_size = LAYOUT["BF_BOOTSEL"][1:]
        in_selector = [(offset, len(data)) for offset, data, _ in writes
                       if data and selector_at <= offset < selector_at + selector_size]
        # The commit is one sector, and nothing else of the selector is ever written.
        assert in_selector == [(sector, SECTOR)] * selector_writes, name
        assert record_place(device.disk) == blocks, "the record moved"

        image = disks.Disk.__new__(disks.Disk)
        image.path, image.sector, image.size = base, SECTOR, SIZE
        cuts = Cuts(image, writes, sector, blocks)
        states = cuts.states()
        for state in states:
            assert_boots_and_settles(image, cuts, state, {False: plain, True: flagged}, tmp_path)
        print(f"{name}: {len(writes)} writes, {cuts.cases} cuts, {len(states)} different disks")
        total += cuts.cases
        distinct += len(states)
    print(f"{total} cuts, {distinct} different disks")
    assert total > 800 and distinct > 25
