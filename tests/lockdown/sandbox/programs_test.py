# SPDX-License-Identifier: Apache-2.0
"""Real programs in the profile `kiosk`, as a kiosk's unit starts them: a WebKit page under the
compositor cage, and pipelines of GStreamer."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

# A script that is compiled while it runs, a child process for each page, the network's own process.
PAGE = """<!doctype html><meta charset="utf-8"><title>wait</title><canvas id="c"></canvas><script>
let sum = 0;
for (let i = 0; i < 3e6; i++) sum += i % 7;
document.getElementById("c").getContext("2d").fillRect(0, 0, 9, 9);
setTimeout(() => { document.title = "sum " + sum; }, 10);
</script>"""


@pytest.fixture
def kiosk(root, start):
    shutil.copy(os.environ["BF_KIOSK_FILTER"], root / "usr/lib/betterframe/sandbox/kiosk.filter")
    return lambda *command: start("kiosk", *command)


def test_a_webkit_page_under_cage(kiosk, home):
    page = home / "page.html"
    page.write_text(PAGE)
    shown = kiosk("env", "WLR_BACKENDS=headless", "WLR_RENDERER=pixman",
                  "WLR_LIBINPUT_NO_DEVICES=1", "cage", "--", "python3", HERE / "live/page.py", page)
    assert shown.returncode == 0 and "sum 8999994\n" in shown.stdout, shown


PIPELINE = """\
videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240 ! videoconvert ! theoraenc ! oggmux name=mux !
filesink location={0}/film.ogg audiotestsrc num-buffers=60 ! audioconvert ! vorbisenc ! mux.""".split()
PLAYED = """\
filesrc location={0}/film.ogg ! oggdemux name=demux
demux. ! queue ! theoradec ! videoconvert ! videoscale ! video/x-raw,width=640 ! fakesink
demux. ! queue ! vorbisdec ! audioconvert ! audioresample ! wavenc ! filesink location={0}/sound.wav""".split()


def test_a_film_is_made_and_played(kiosk, home):
    for pipeline in (PIPELINE, PLAYED):
        done = kiosk("gst-launch-1.0", "-q", *(word.format(home) for word in pipeline))
        assert done.returncode == 0, done
    assert (home / "film.ogg").stat().st_size > 10_000
    # 60 buffers of 1,024 samples, of two bytes or more.
    assert (home / "sound.wav").stat().st_size > 60 * 1024 * 2


def test_threads_names_and_locales_take_the_older_ways(kiosk, home):
    """What is newer than the profile is ENOSYS: clone3, openat2."""
    done = kiosk("python3", "-c", """
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
def test_outside_is_the_end(kiosk, program):
    assert kiosk(*program).returncode == -signal.SIGSYS
