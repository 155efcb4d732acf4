# SPDX-License-Identifier: Apache-2.0
"""The sandbox on the kernel that devices have, which still takes int 0x80: a table of system calls
that a filter by number says nothing about."""
import pytest

PROBE = "/usr/bin/sandbox_probe"
KIOSK = f"/usr/libexec/betterframe/bf-lockdown-exec kiosk -- {PROBE}"
SIGSYS = 128 + 31


@pytest.fixture(scope="module", autouse=True)
def root_of_root(guest):
    """An initramfs gives its / the mode of /tmp, in which nothing is trusted."""
    guest.ok("chmod 755 /")


@pytest.mark.parametrize("attack", ["i386 getpid", "x32 getpid", "TIOCSTI", "TIOCSTI|1<<32",
                                    "TIOCLINUX", "i386 ioctl TIOCSTI", "x32 ioctl TIOCSTI",
                                    "io_uring_setup", "unshare user", "ptrace", "bpf", "mount"])
def test_what_no_kiosk_does_kills_it(guest, attack):
    code, output = guest.run(f"{KIOSK} try '{attack}'")
    assert code == SIGSYS, output


def test_without_a_sandbox_they_are_made(guest):
    """Otherwise a call that this kernel has not got would pass for one that was denied."""
    assert guest.ok(f"{PROBE} try 'i386 getpid'").strip() == "done"
    assert guest.ok(f"{PROBE} try 'unshare user'").strip() == "done"
    assert guest.ok(f"{PROBE} try 'io_uring_setup'").strip() == "done"
    # The kernel looked at the descriptor, which is no terminal.
    assert guest.ok(f"{PROBE} try 'i386 ioctl TIOCSTI'").strip() == "ENOTTY"


def test_the_process_is_what_the_profile_says(guest):
    status = dict(line.split(":\t") for line in guest.ok(f"{KIOSK} status").splitlines()
                  if ":\t" in line)
    assert status == {"CapInh": "0" * 16, "CapPrm": "0" * 16, "CapEff": "0" * 16,
                      "CapBnd": "0" * 16, "CapAmb": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}


def test_a_filter_that_others_can_write_to_starts_nothing(guest):
    file = "/usr/lib/betterframe/sandbox/kiosk.filter"
    guest.ok(f"chmod o+w {file}")
    code, output = guest.run(f"{KIOSK} status")
    guest.ok(f"chmod o-w {file}")
    assert code == 77 and "writable by others" in output
