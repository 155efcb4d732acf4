# SPDX-License-Identifier: Apache-2.0
"""What asks a server for updates, in the profile `update`: curl fetches a bundle from a server, `rauc
info` checks its signature, and a call on the system bus has RAUC install it."""

from __future__ import annotations

import functools
import http.server
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROFILE = HERE.parents[2] / "policies/sandbox/update.toml"
# Without @runtime, which has execve, it would be no profile.
GROUPS = re.findall(r"@[a-z-]+", PROFILE.read_text().split("[[rule]]")[1].replace("@runtime", ""))

CLIENT = """set -e
curl --silent --show-error --fail --output {home}/part {server}/new.raucb
sleep 0.01
mv {home}/part {home}/new.raucb
rauc --keyring {keys}/cert.pem info {home}/new.raucb > {home}/info
dbus-send --bus={bus} --print-reply --dest=de.pengutronix.rauc / \
    de.pengutronix.rauc.Installer.Install string:{home}/new.raucb
"""
BUS = """<busconfig><type>system</type><listen>unix:path={0}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow own="*"/><allow send_destination="*"/><allow eavesdrop="false"/>
<allow user="*"/></policy></busconfig>"""


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def compile_profile(root: Path, policies: Path) -> None:
    run(os.environ["BF_LOCKDOWN"], "filter", "update", "--policy", policies,
        "--out", root / "usr/lib/betterframe/sandbox")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A signed bundle, a server that has it, a bus with RAUC on it: what the client is told."""
    place = tmp_path_factory.mktemp("served")
    place.chmod(0o755)
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
        "-keyout", place / "key.pem", "-out", place / "cert.pem")
    content = place / "content"
    content.mkdir()
    (content / "root.img").write_bytes(os.urandom(1 << 20))
    (content / "manifest.raucm").write_text(
        "[update]\ncompatible=test\nversion=2\n[bundle]\nformat=verity\n[image.rootfs]\nfilename=root.img\n")
    run("rauc", "--cert", place / "cert.pem", "--key", place / "key.pem", "bundle", content,
        place / "new.raucb")
    (place / "bus.conf").write_text(BUS.format(place / "bus"))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=place))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    daemon = subprocess.Popen(["dbus-daemon", "--nofork", f"--config-file={place}/bus.conf",
                               "--print-address"], stdout=subprocess.PIPE, text=True)
    address = daemon.stdout.readline().strip()
    rauc = subprocess.Popen(["/usr/bin/python3", HERE / "live/rauc.py", address],
                            stdout=subprocess.PIPE, text=True)
    assert rauc.stdout.readline() == "ready\n"
    yield {"server": f"http://127.0.0.1:{server.server_port}", "keys": place, "bus": address}, rauc
    for process in (rauc, daemon):
        process.terminate()
        process.wait()
    server.shutdown()


def test_a_client_fetches_checks_and_has_it_installed(root, home, start, served):
    told, rauc = served
    compile_profile(root, PROFILE.parents[1])
    done = start("update", "sh", "-c", CLIENT.format(home=home, **told))
    assert done.returncode == 0, done
    assert (home / "new.raucb").read_bytes() == (told["keys"] / "new.raucb").read_bytes()
    assert "Version:" in (home / "info").read_text()
    assert rauc.stdout.readline() == f"Install {home}/new.raucb\n"


@pytest.mark.parametrize("group", GROUPS)
def test_without_one_group_it_ends_early(root, home, start, served, tmp_path, group):
    policies = tmp_path / "policies/sandbox"
    policies.mkdir(parents=True)
    without = PROFILE.read_text().replace(f'"{group}",', "", 1)
    assert without != PROFILE.read_text()
    (policies / "update.toml").write_text(without)
    compile_profile(root, policies.parent)
    done = start("update", "sh", "-c", CLIENT.format(home=home, **served[0]))
    assert done.returncode != 0, done
