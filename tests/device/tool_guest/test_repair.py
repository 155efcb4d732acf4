# SPDX-License-Identifier: Apache-2.0
"""The repair ladder, within one boot, and every byte as before where it does not help."""
import shutil
import os

import pytest

import disks
from case import DATA, policy
from disks import DATA_AT, MIB

WRAPPER = "/usr/local/sbin/e2fsck"


@pytest.fixture
def fsck(guest):
    """fsck(script) → shell commands that put a script in front of e2fsck."""
    def wrap(script):
        return f"cat > {WRAPPER} <<'EOF'\n#!/bin/sh\n{script}\nEOF\nchmod 755 {WRAPPER}\n"
    yield wrap
    guest.ok(f"rm -f {WRAPPER}")


def break_descriptors(case):
    """The kernel refuses to mount; e2fsck puts the descriptors back from a backup."""
    case.disk.put(DATA_AT + 4096, bytes(4096))
    return case


def read_pairing(case):
    return case.guest.ok(f"cat {DATA}/state/shared/pairing").strip()


def test_dirty_journal_is_replayed_by_the_mount(finished, tmp_path):
    case = finished()
    with case.booted():
        case.data()
        case.guest.ok(f"echo kept > {DATA}/state/shared/late; sync")
        shutil.copy(case.disk.path, tmp_path / "cut")  # the power goes here
    os.replace(tmp_path / "cut", case.disk.path)
    with case.booted():
        result = case.data()
        assert result.done.splitlines() == [result.done] and result.done.startswith("mount ")
        assert case.guest.ok(f"cat {DATA}/state/shared/late").strip() == "kept"


def test_damage_is_repaired_and_what_was_before_is_kept(finished):
    case = break_descriptors(finished())
    with case.booted():
        result = case.data()
        assert result.report["result"] == "ok" and "e2fsck -" in result.done
        assert read_pairing(case) == "paired"
        case.assert_mounted_right()


def test_full_repair_keeps_an_undo_file_that_brings_the_metadata_back(finished, fsck):
    case = break_descriptors(finished())
    # As if -p had not been enough: what it changed is undone, then -y repairs.
    script = 'if [ "$1" = -p ]; then /usr/sbin/e2fsck "$@"; exit 4; fi; exec /usr/sbin/e2fsck "$@"'
    with case.booted(fsck(script)):
        result = case.data()
        assert result.report["result"] == "ok" and "(e2fsck -y)" in result.done
        assert read_pairing(case) == "paired"
        saved = case.guest.ok(f"ls {DATA}/control/repair").split()
        assert saved == ["repair-0001-full.undo"]
        undo = "chroot /case bf-provision data --undo /tmp/repair-0001-full.undo"
        onto = f"{undo} --onto /dev/{case.partition()}"
        case.guest.ok(f"""
            set -e
            cp {DATA}/control/repair/repair-0001-full.undo /tmp/
            if {undo}; then exit 9; fi  # what is mounted is refused
            if {onto}; then exit 9; fi
            umount {DATA}
            {onto}
            dd if=/dev/{case.partition()} bs=4096 skip=1 count=1 | tr -d '\\0' | wc -c | grep -x 0
            {undo}
        """)
    # The damage is back, byte for byte where the repair had been.
    assert case.disk.get(DATA_AT + 4096, 4096) == bytes(4096)


@pytest.mark.parametrize("code,good", [(1, True), (2, True), (3, True), (4, False), (8, False),
                                       (32, False)])
def test_exit_codes(finished, fsck, code, good):
    case = break_descriptors(finished())
    script = f'/usr/sbin/e2fsck "$@"; exit {code}'
    if good:
        # -p alone refuses this damage; the code is what is looked at here.
        script = f'[ "$1" != -p ] || {{ shift; set -- -f -y "$@"; }}; {script}'
        result = case.boot(fsck(script))
        assert result.report["result"] == "ok" and result.done.count("e2fsck -") == 1
    else:
        result = case.boot_kept(fsck(script))
        assert f"exit code {code}" in result.reason
        # Each rung was tried, and each was undone.
        assert result.problems.count("e2fsck -y") == 2 and result.problems.count("e2fsck -p") == 1


@pytest.mark.parametrize("script", [
    "sleep 1000",
    'kill -STOP $$',
    '/usr/sbin/e2fsck "$@"; sleep 1000',
    'trap "" TERM; /usr/sbin/e2fsck "$@"; while :; do sleep 1; done',
], ids=["at-once", "stopped", "after-the-work", "ignores-sigterm"])
def test_a_repair_that_hangs_is_ended_and_undone(finished, fsck, script):
    case = break_descriptors(finished())
    prepare, arguments = policy(check_timeout='"3s"', repair_timeout='"3s"')
    result = case.boot_kept(prepare + "\n" + fsck(script), arguments)
    assert "was ended after 3 s" in result.reason


def test_a_repair_that_reports_success_and_does_not_help_is_undone(finished, fsck):
    case = break_descriptors(finished())
    # Writes through its undo file, then breaks the file system again.
    script = ('/usr/sbin/e2fsck "$@"; for last; do :; done; '
              'dd if=/dev/zero of=$last bs=4096 seek=1 count=1 conv=notrunc 2>/dev/null; exit 1')
    result = case.boot_kept(fsck(script))
    assert "it cannot be repaired" in result.reason


def test_e2fsck_is_missing(finished, fsck):
    case = break_descriptors(finished())
    assert "runs without the undo log" in case.boot_kept(fsck("exit 127")).reason


def test_undo_log_too_small_for_the_repair(finished):
    case = break_descriptors(finished())
    # e2fsck cannot write what cannot be taken back.
    prepare, arguments = policy(undo_size='"1MiB"')
    case.boot_kept(prepare + "\nsed -i 's/^undo_size.*/undo_size = \"1MiB\"/' "
                   "/tmp/policies/layout.toml; mkdir -p /case/run/betterframe/repair; "
                   "mount -t tmpfs -o size=8k full /case/run/betterframe/repair", arguments)


def test_destroyed_beyond_repair(finished):
    case = finished()
    # The superblock says BF_DATA; nothing behind it is left.
    head = case.disk.get(DATA_AT, 4096)
    block = os.urandom(MIB)
    for at in range(0, disks.SIZE - DATA_AT - MIB, MIB):
        case.disk.put(DATA_AT + at, block)
    case.disk.put(DATA_AT, head)
    result = case.boot_kept()
    assert case.partition() in result.reason and "is kept as it is" in result.reason


def test_undo_space_is_bounded_and_given_back(finished, fsck):
    case = break_descriptors(finished())
    prepare, arguments = policy(undo_size='"1MiB"')
    script = 'grep betterframe/repair /proc/mounts > /tmp/seen; exec /usr/sbin/e2fsck "$@"'
    with case.booted(prepare + "\n" + fsck(script)):
        case.data(arguments)
        assert "size=1088k" in case.guest.ok("cat /tmp/seen")
        assert case.guest.run("grep betterframe/repair /proc/mounts")[0] == 1


def test_hostile_skeleton_is_moved_aside_and_nothing_outside_changes(finished):
    case = finished()
    with case.booted():
        case.data()
        case.guest.ok(f"""
            set -e
            cd {DATA}
            mkdir /tmp/outside; chmod 711 /tmp/outside; echo secret > /tmp/outside/file
            rm -rf state/slot-a; ln -s /tmp/outside state/slot-a
            rmdir overlay; mkfifo overlay
            rmdir control; mknod control b 1 1
            chown 1000:1000 state/shared; chmod 777 state/shared
        """)
    with case.booted():
        result = case.data()
        for finding in ("state/slot-a is a symlink", "overlay is a FIFO", "control is a device",
                        "state/shared belongs to 1000:1000"):
            assert finding in result.done
        case.assert_mounted_right()
        names = case.guest.ok(f"cd {DATA}; ls . state")
        for aside in ("slot-a.aside-1", "overlay.aside-1", "control.aside-1"):
            assert aside in names
        assert case.guest.ok("stat -c %a /tmp/outside; ls /tmp/outside; rm -r /tmp/outside"
                             ).split() == ["711", "file"]
