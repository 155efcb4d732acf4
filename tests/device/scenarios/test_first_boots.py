# SPDX-License-Identifier: Apache-2.0
"""The device is switched on for the first time on a disk larger than the image, used, switched off,
and switched on twice more. The tests are the steps of that story, in their order."""

from __future__ import annotations

import pytest

from scenarios.device_state import (DATA, assert_clean, assert_empty_plans, assert_grown,
                                    assert_settled, assert_table_settled, journal_boots,
                                    machine_id, mounts, policy, state_entries)
from firmware import gpt
from vm import Machine

KIOSK = "runuser -u betterframe-kiosk --"
CACHE = "/var/lib/betterframe-kiosk"

# What a later step compares with.
seen: dict[str, str] = {}


@pytest.fixture(scope="module")
def device(make_device) -> Machine:
    machine = make_device()
    seen["root A"] = machine.disk.hash("BF_ROOT_A")
    seen["root B"] = machine.disk.hash("BF_ROOT_B")
    return machine


# As it was flashed


def test_the_image_has_never_held_data(device):
    assert device.disk.partition("BF_DATA").type == gpt.BF_DATA_UNFORMATTED
    decision = device.firmware.decide()
    assert decision.partition_name == "BF_BOOT_A"
    words = decision.cmdline.split()
    root = device.disk.partition("BF_ROOT_A")
    assert f"root=PARTUUID={root.unique}" in words
    assert "rauc.slot=A" in words
    for word in policy("layout.toml")["cmdline"]["words"]:
        assert word in words


# First boot


def test_first_boot_ends_in_the_settled_state(device):
    device.boot()
    assert_settled(device)
    seen["machine id"] = machine_id(device)
    seen["boot id"] = device.run("cat /proc/sys/kernel/random/boot_id").strip()


def test_data_was_formatted(device):
    details = device.execute("cat /run/betterframe/data.json").json()["details"]
    assert details["formatted"] and not details["repaired"]
    seen["fs uuid"] = device.run(f"findmnt -no UUID {DATA}").strip()


def test_data_is_grown_to_the_end_of_the_disk(device):
    assert_grown(device)
    blocks, block_size = map(int, device.run(f"stat -f -c '%b %S' {DATA}").split())
    size = blocks * block_size
    assert size > device.disk.partition("BF_DATA").size * 0.9


def test_data_is_mounted_as_listed(device):
    data = mounts(device)[DATA]
    assert {"nosuid", "nodev", "noexec", "noatime"} <= data.options
    assert {"errors=remount-ro", "usrquota", "prjquota"} <= data.super_options


@pytest.mark.parametrize(("path", "expected"), [
    ("", "0 0 755 directory"),
    ("/state", "0 0 755 directory"),
    ("/overlay", "0 0 700 directory"),
    ("/control", "0 0 700 directory"),
])
def test_skeleton_owners_and_modes(device, path, expected):
    assert device.run(f"stat -c '%u %g %a %F' {DATA}{path}").strip() == expected


@pytest.mark.parametrize("entry", state_entries(), ids=lambda entry: entry["name"])
def test_state_is_bound(device, entry):
    mount = mounts(device)[entry["path"]]
    slot = "shared" if entry["scope"] == "shared" else "slot-a"
    assert mount.root == f"/state/{slot}/{entry['name']}"
    assert {"rw", "nosuid", "nodev", "noexec"} <= mount.options
    owner, group, mode = device.run(f"stat -c '%U %G %a' {entry['path']}").split()
    assert (owner, group, int(mode, 8)) == (entry["owner"], entry["group"], int(entry["mode"], 8))


def test_no_unit_failed(device):
    failed = device.run("systemctl --failed --no-legend --plain")
    assert failed.strip() == ""


def test_a_quota_stops_the_kiosk(device):
    """An unprivileged process fills its cache: it hits its own limit."""
    limit = next(e for e in state_entries() if e["name"] == "kiosk")["quota"]["size"]
    assert limit == "1GiB"
    device.run(f"{KIOSK} fallocate -l 1000M {CACHE}/most")
    refused = device.fails(f"{KIOSK} fallocate -l 100M {CACHE}/too-much")
    assert "No space left" in refused.stderr or "quota exceeded" in refused.stderr
    device.fails(f"{KIOSK} dd if=/dev/zero of={CACHE}/slowly bs=1M count=60")


def test_others_still_write_beside_a_full_cache(device):
    device.run("dd if=/dev/urandom of=/var/lib/rauc/central.raucs bs=64k count=4 conv=fsync")
    device.run(f"{KIOSK} dd if=/dev/urandom of=/var/lib/betterframe-pairing/token bs=1k count=4 "
               "conv=fsync")
    seen["token"] = device.run("sha256sum < /var/lib/betterframe-pairing/token")


def test_the_number_of_files_is_limited_too(device):
    limit = next(e for e in state_entries() if e["name"] == "pairing")["quota"]["inodes"]
    refused = device.fails(
        f"{KIOSK} perl -e 'for (1..{limit + 10}) {{ open(my $f, \">\", "
        f"\"/var/lib/betterframe-pairing/f$_\") or die \"$_: $!\\n\" }}'")
    assert "quota exceeded" in refused.stderr or "No space left" in refused.stderr
    device.run("rm /var/lib/betterframe-pairing/f*")


def test_a_full_cache_is_emptied_again(device):
    device.run(f"rm {CACHE}/most {CACHE}/slowly {CACHE}/too-much 2>/dev/null || "
               f"rm -f {CACHE}/most {CACHE}/slowly")
    device.run(f"{KIOSK} dd if=/dev/urandom of={CACHE}/picture bs=64k count=16 conv=fsync")
    seen["picture"] = device.run(f"sha256sum < {CACHE}/picture")


def test_nothing_else_can_be_written(device):
    """Root itself tries in every directory of the root file system."""
    written = device.run("find / -xdev -type d -print0 | perl -0ne '"
                         "chomp; my $p = \"$_/.bf-probe\"; "
                         "if (open(my $f, \">\", $p)) { print \"$_\\n\"; unlink $p }'")
    # find names the mount points too, though it does not go further.
    assert set(written.splitlines()) - set(mounts(device)) == set()
    assert "Read-only file system" in device.fails("touch /usr/new /etc/new").stderr


def test_check_sees_something_mounted_writable(device):
    device.run("mount -t tmpfs tmpfs /mnt")
    drift = device.execute("bf-overlay check")
    assert drift.exit_code == 3 and "/mnt" in drift.stdout + drift.stderr
    device.run("umount /mnt")
    assert device.execute("bf-overlay check").exit_code == 0


def test_check_sees_a_bind_made_writable(device):
    device.run("mount --bind /run /opt")
    assert device.execute("bf-overlay check").exit_code == 3
    device.run("umount /opt")
    assert device.execute("bf-overlay check").exit_code == 0


def test_first_power_off_leaves_it_clean(device):
    device.power_off()
    assert_clean(device.disk)
    assert_table_settled(device.disk)
    assert device.disk.hash("BF_ROOT_A") == seen["root A"]


# Second boot


def test_second_boot_has_nothing_to_do(device):
    device.boot()
    assert_settled(device)
    assert_empty_plans(device)
    details = device.execute("cat /run/betterframe/data.json").json()["details"]
    assert not (details["formatted"] or details["grown"] or details["repaired"])


def test_same_machine_id_and_file_system(device):
    assert machine_id(device) == seen["machine id"]
    assert device.run(f"findmnt -no UUID {DATA}").strip() == seen["fs uuid"]


def test_the_journal_is_one(device):
    boots = journal_boots(device)
    assert len(boots) == 2
    assert seen["boot id"].replace("-", "") in boots[0]
    assert device.run("ls /var/log/journal").split() == [seen["machine id"]]


def test_files_are_kept(device):
    assert device.run("sha256sum < /var/lib/betterframe-pairing/token") == seen["token"]
    assert device.run(f"sha256sum < {CACHE}/picture") == seen["picture"]
    assert device.run("stat -c %s /var/lib/rauc/central.raucs").strip() == "262144"
    assert len(device.run(f"cat {CACHE}/starts").splitlines()) == 2


def test_scratch_space_is_empty_again(device):
    assert device.run("find /tmp -mindepth 1 -not -path '/tmp/systemd-private*' "
                      "-not -path '/tmp/.*'") == ""


def test_second_power_off_leaves_it_clean(device):
    device.power_off()
    assert_clean(device.disk)


def test_root_partitions_never_changed(device):
    assert device.disk.hash("BF_ROOT_A") == seen["root A"]
    assert device.disk.hash("BF_ROOT_B") == seen["root B"]


# Third boot, and someone with root rights who wants to write


def test_check_sees_a_writable_root(device):
    device.boot()
    assert_settled(device)
    assert len(journal_boots(device)) == 3
    device.run("mount -o remount,rw /")
    drift = device.execute("bf-overlay check")
    assert drift.exit_code == 3
    device.run("mount -o remount,ro /")
    assert device.execute("bf-overlay check").exit_code == 0
