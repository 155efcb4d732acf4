# SPDX-License-Identifier: Apache-2.0
"""Real programs in the profile `kiosk`, as a kiosk's unit starts them: a user without rights, no
capability left. A WebKit page under the compositor cage, pipelines of GStreamer, Chromium's report."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
EXEC, FILTER = Path(os.environ["BF_EXEC"]), Path(os.environ["BF_KIOSK_FILTER"])
NOBODY = 65534

# A script that is compiled while it runs, a child process for each page, the network's own process.
PAGE = """<!doctype html><meta charset="utf-8"><title>wait</title><canvas id="c"></canvas><script>
let sum = 0;
for (let i = 0; i < 3e6; i++) sum += i % 7;
document.getElementById("c").getContext("2d").fillRect(0, 0, 9, 9);
setTimeout(() => { document.title = "sum " + sum; }, 10);
</script>"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A root with the filter, where everything belongs to root and nobody else may write."""
    assert os.geteuid() == 0, "these tests become another user, and so need root"
    root = tmp_path_factory.mktemp("root")
    stored = root / "usr/lib/betterframe/sandbox"
    stored.mkdir(parents=True)
    shutil.copy(FILTER, stored / "kiosk.filter")
    for path in (root, *root.parents):
        if path.stat().st_mode & 0o5 != 0o5 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o5)  # pytest shuts its own to other users
    return root


@pytest.fixture
def home(tmp_path, root):
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    for path in (home, home / "run"):
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700)
    tmp_path.chmod(0o755)
    return home


def kiosk(root: Path, home: Path, *command: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
         "--bounding-set=-all", "--inh-caps=-all", EXEC, "--root", root, "kiosk", "--", *command],
        env={"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "LANG": "C.UTF-8"},
        cwd="/", capture_output=True, text=True, timeout=600, check=False)


def test_a_webkit_page_under_cage(root, home):
    page = home / "page.html"
    page.write_text(PAGE)
    shown = kiosk(root, home, "env", "WLR_BACKENDS=headless", "WLR_RENDERER=pixman",
                  "WLR_LIBINPUT_NO_DEVICES=1", "cage", "--", "python3", HERE / "live/page.py", page)
    assert shown.returncode == 0 and "sum 8999994\n" in shown.stdout, shown


PIPELINE = """\
videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240 ! videoconvert ! theoraenc ! oggmux name=mux !
filesink location={0}/film.ogg audiotestsrc num-buffers=60 ! audioconvert ! vorbisenc ! mux.""".split()
PLAYED = """\
filesrc location={0}/film.ogg ! oggdemux name=demux
demux. ! queue ! theoradec ! videoconvert ! videoscale ! video/x-raw,width=640 ! fakesink
demux. ! queue ! vorbisdec ! audioconvert ! audioresample ! wavenc ! filesink location={0}/sound.wav""".split()


def test_a_film_is_made_and_played(root, home):
    for pipeline in (PIPELINE, PLAYED):
        done = kiosk(root, home, "gst-launch-1.0", "-q", *(word.format(home) for word in pipeline))
        assert done.returncode == 0, done
    assert (home / "film.ogg").stat().st_size > 10_000
    # 60 buffers of 1,024 samples, of two bytes or more.
    assert (home / "sound.wav").stat().st_size > 60 * 1024 * 2


def test_threads_names_and_locales_take_the_older_ways(root, home):
    """What is newer than the profile is ENOSYS: clone3, openat2."""
    done = kiosk(root, home, "python3", "-c", """
import locale, socket, subprocess, threading
locale.setlocale(locale.LC_ALL, "")
done = []
threads = [threading.Thread(target=lambda: done.append(1)) for _ in range(20)]
[t.start() for t in threads]; [t.join() for t in threads]
assert socket.getaddrinfo("localhost", 80)
assert subprocess.run(["/bin/echo", "child"], capture_output=True).stdout == b"child\\n"
print(len(done))
""")
    assert (done.returncode, done.stdout) == (0, "20\n"), done


@pytest.mark.parametrize("program", [
    ["unshare", "--user", "true"],
    ["python3", "-c", "import fcntl; fcntl.ioctl(0, 0x5412, b'x')"],  # TIOCSTI
])
def test_outside_is_the_end(root, home, program):
    assert kiosk(root, home, *program).returncode == -signal.SIGSYS
