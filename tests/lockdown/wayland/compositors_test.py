# SPDX-License-Identifier: Apache-2.0
"""`bf-lockdown check` beside real compositors, each in namespaces of its own: what could a client of
theirs type with?"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
POLICIES = HERE / "../../../policies"
OPEN = HERE / "../check/open_policy"

# The compositor runs as a kiosk's does, as a user without rights, and ends with the namespaces. In a
# /tmp of its own, because it is killed: what it leaves there of Xwayland takes displays from others.
SCRIPT = """
set -eu
mount -t tmpfs tmpfs /usr/libexec
install -D "$BF_GLOBALS" /usr/libexec/betterframe/bf-wayland-globals
cp "$BF_LOCKDOWN" /usr/libexec/bf-lockdown
cp -r "$POLICY" /usr/libexec/policies
mount -t tmpfs -o mode=0700,uid=65534 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
cd /
$WITHIN setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
  env HOME=/run XDG_RUNTIME_DIR=/run WLR_BACKENDS=headless WLR_RENDERER=pixman \
  WLR_LIBINPUT_NO_DEVICES=1 "$@" >&2 </dev/null &
tries=0
until test -z "$SOCKET" -o -S "/run/$SOCKET"; do
  kill -0 $!; sleep 0.1; tries=$((tries + 1)); test $tries -lt 300
done
/usr/libexec/bf-lockdown check --policy /usr/libexec/policies --json || test $? -eq 3
"""


def row(*compositor: str, socket: str, policy: Path = POLICIES, within: str = "") -> dict:
    """The row of the matrix, when `compositor` listens at `socket`."""
    assert os.geteuid() == 0, "these tests mount, and so need root"
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child",
         "sh", "-c", SCRIPT, "sh", *compositor],
        env={**os.environ, "SOCKET": socket, "POLICY": str(policy), "WITHIN": within},
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = [one for one in json.loads(done.stdout)["rows"] if one["name"] == "virtual-keyboard"]
    return found


def offered(found: dict) -> set[str]:
    return {drift.split(" offers ")[1].split(",")[0] for drift in found["drifts"]}


SWAY = ("sway", "--config", "/dev/null")
BY_SWAY = {"zwp_virtual_keyboard_manager_v1", "zwlr_virtual_pointer_manager_v1",
           "zwp_input_method_manager_v2"}


def weston_in_cage(shell: str) -> tuple[str, ...]:
    """It has a seat there, which its headless backend has not."""
    return ("cage", "--", "weston", "--backend=wayland-backend.so", "--use-pixman",
            f"--shell={shell}-shell.so", "--no-config", "--socket=wayland-9")


def test_without_a_compositor():
    found = row("true", socket="")
    assert (found["verdict"], found["in_effect"]) == ("closed", "no compositor")


def test_sway_lets_its_clients_type():
    found = row(*SWAY, socket="wayland-1")
    assert found["verdict"] == "drift" and offered(found) == BY_SWAY, found
    assert found["evidence"] == "/run/wayland-1"


def test_in_a_network_of_its_own_as_well():
    found = row(*SWAY, socket="wayland-1", within="unshare --net")
    assert found["verdict"] == "drift" and offered(found) == BY_SWAY, found


def test_policy_lets_it():
    found = row(*SWAY, socket="wayland-1", policy=OPEN)
    assert (found["verdict"], found["drifts"]) == ("open", []), found
    assert found["reason"] == "the compositor of the bench is sway"


def test_weston_with_its_kiosk_shell_lets_nobody_type():
    """Nor does cage, in which it runs: that of Debian 12 is older than what would let them."""
    found = row(*weston_in_cage("kiosk"), socket="wayland-9")
    assert (found["verdict"], found["in_effect"]) == ("closed", "none"), found


def test_weston_with_its_desktop_shell_has_an_input_method():
    found = row(*weston_in_cage("desktop"), socket="wayland-9")
    assert found["verdict"] == "drift" and offered(found) == {"zwp_input_method_v1"}, found
    assert found["evidence"] == "/run/wayland-9"
