# SPDX-License-Identifier: Apache-2.0
"""Quotas of persistent paths, on a kernel that has them."""
import json
import re

POLICY = "--policy /tmp/state-policies"
# As its unit starts it.
SANDBOXED = "/usr/libexec/betterframe/bf-lockdown-exec bf-state -- /usr/bin/bf-provision"
KIOSK = "/case/var/lib/betterframe-kiosk"
PREPARE = """
    rm -rf /tmp/state-policies; cp -r /usr/share/betterframe/policies /tmp/state-policies
    sed -i -e 's/size = "1GiB"/size = "4MiB"/' -e 's/inodes = 65536/inodes = 64/' \
        /tmp/state-policies/state.toml
    printf 'root:x:0:0::/:/bin/sh\\nbetterframe-kiosk:x:901:901::/:/bin/sh\\n' > /etc/passwd
    printf 'root:x:0:\\nbetterframe-kiosk:x:901:\\nsystemd-journal:x:902:\\n' > /etc/group
    mount -o remount,rw /case
    sed -n 's/^path = "\\(.*\\)"/\\1/p' /tmp/state-policies/state.toml |
        while read -r path; do mkdir -p "/case$path"; done
    mount -o remount,ro /case
"""


def state(guest, arguments=""):
    code, output = guest.run(f"chroot /case {SANDBOXED} state {POLICY} {arguments}")
    return code, output


def as_kiosk(guest, script):
    return guest.run(f"su -s /bin/sh betterframe-kiosk -c '{script}'")


def fill(guest):
    """The kiosk's process writes until it is told to stop; returns what it was told."""
    return as_kiosk(guest, f"dd if=/dev/zero of={KIOSK}/page bs=64k count=400 2>&1")


def test_quotas_hold_for_the_kiosk_and_leave_the_others_room(make, guest):
    with make().booted(PREPARE) as case:
        assert case.data().code == 0
        code, output = state(guest)
        assert code == 0, output
        assert "limit quota project 7 (kiosk) to 4 MiB and 64 inodes" in output

        code, output = fill(guest)
        assert code != 0 and ("uota" in output or "No space" in output), output
        used = int(guest.ok(f"du -sk {KIOSK}").split()[0])
        assert 3500 <= used <= 4096, used
        # df shows the quota, so that programs which look before they write see it.
        blocks, size = guest.ok(f"stat -f -c '%b %S' {KIOSK}").split()
        assert int(blocks) * int(size) == 4 << 20
        guest.ok("dd if=/dev/zero of=/case/var/lib/rauc/status bs=64k count=16")
        guest.ok("dd if=/dev/zero of=/case/var/lib/betterframe-pairing/token bs=4k count=16")

        code, _ = as_kiosk(guest, f"rm {KIOSK}/page; for i in $(seq 100); do : > {KIOSK}/$i || exit 1; "
                                  "done")
        assert code != 0, "the limit of inodes does not hold"
        assert int(guest.ok(f"ls {KIOSK} | wc -l")) <= 64

        code, output = state(guest)
        assert (code, output.strip()) == (0, "nothing to do")
        report = json.loads(guest.ok("cat /case/run/betterframe/state.json"))
        kiosk = next(p for p in report["details"]["paths"] if p["path"].endswith("-kiosk"))
        assert kiosk["quota"]["limit_bytes"] == 4 << 20
        assert kiosk["quota"]["used_inodes"] > 50


def test_on_a_disk_too_small_for_all_quotas_only_the_largest_give_way(make, guest):
    """The shipped policy asks for gigabytes, the disk has some hundred MiB: the kiosk fills what it
    gets, and RAUC and pairing still take writes."""
    shipped = PREPARE.replace('size = "4MiB"', 'size = "1GiB"').replace("= 64/'", "= 65536/'")
    with make().booted(shipped) as case:
        assert case.data().code == 0
        code, output = state(guest)
        assert code == 0, output
        share = re.search(r"limit quota project 7 \(kiosk\) to (\S+) MiB .*, not 1 GiB", output)
        assert share, output
        assert "limit quota project 1 (rauc) to 16 MiB and" in output
        code, output = as_kiosk(guest, f"dd if=/dev/zero of={KIOSK}/page bs=1M count=1024 2>&1")
        assert code != 0 and ("uota" in output or "No space" in output), output
        assert int(guest.ok(f"du -sk {KIOSK}").split()[0]) > float(share[1]) * 1024 * 0.9
        guest.ok("dd if=/dev/zero of=/case/var/lib/rauc/status bs=64k count=200 conv=fsync")
        code, output = as_kiosk(
            guest, "dd if=/dev/zero of=/case/var/lib/betterframe-pairing/token bs=64k count=32 2>&1")
        assert code == 0, output
        assert state(guest)[1].strip() == "nothing to do"


def test_an_old_tree_is_given_to_its_project(make, guest):
    with make().booted(PREPARE) as case:
        assert case.data().code == 0
        guest.ok("""
            cd /case/var/lib/betterframe/state/shared
            mkdir -p kiosk/a/b; dd if=/dev/zero of=kiosk/a/b/old bs=1k count=1000
            mkfifo kiosk/a/fifo; ln -s /etc/passwd kiosk/a/link; chown -R 901:901 kiosk
            chmod 700 kiosk
        """)
        code, output = state(guest)
        assert code == 0, output
        assert "give state/shared/kiosk to quota project 7" in output
        report = json.loads(guest.ok("cat /case/run/betterframe/state.json"))
        kiosk = next(p for p in report["details"]["paths"] if p["path"].endswith("-kiosk"))
        assert kiosk["quota"]["used_bytes"] >= 1000 << 10
        assert state(guest)[1].strip() == "nothing to do"


def test_a_kiosk_that_leaves_its_project_is_held_by_its_owner_limit(make, guest):
    with make().booted(PREPARE) as case:
        assert case.data().code == 0
        code, output = state(guest)
        assert code == 0, output
        limit = re.search(r"limit all that betterframe-kiosk \(901\) owns to (\d+) MiB", output)
        assert limit, output

        code, output = as_kiosk(guest, f"chattr -p 0 {KIOSK} && lsattr -pd {KIOSK}")
        assert code == 0 and output.split()[0] == "0", output
        code, output = fill(guest)
        assert code != 0 and "uota" in output, output
        used = int(guest.ok(f"du -sk {KIOSK}").split()[0])
        # Its project would have stopped it at 4 MiB.
        assert used <= int(limit[1]) << 10, used
        assert 4 << 10 < used or limit[1] == "4", used
        guest.ok("dd if=/dev/zero of=/case/var/lib/rauc/status bs=64k count=16")

        code, output = state(guest)
        assert code == 0 and "give state/shared/kiosk to quota project 7" in output, output
        assert guest.ok(f"lsattr -pd {KIOSK}").split()[0] == "7"
        assert guest.ok(f"lsattr -p {KIOSK}").split()[0] == "7"
        assert state(guest)[1].strip() == "nothing to do"


def test_a_factory_reset_removes_a_deep_tree_of_another_project(make, guest):
    case = make()
    with case.booted(PREPARE):
        assert case.data().code == 0
        assert state(guest)[0] == 0
        code, output = as_kiosk(guest, f"cd {KIOSK} && mkdir d && chattr -p 0 d && cd d && "
                                       "for i in $(seq 150); do mkdir d && cd d || exit 1; done; "
                                       "echo private > page")
        assert code == 0, output
        guest.ok(f"chroot /case /usr/bin/bf-provision reset {POLICY}")
    with case.booted(PREPARE):
        assert case.data().code == 0
        code, output = state(guest)
        assert code == 0 and "factory reset: finished" in output, output
        assert guest.ok(f"ls -A {KIOSK}").strip() == ""
