# SPDX-License-Identifier: Apache-2.0
"""`bf-audit report` in a real browser: on a desk, on a phone, on paper, and with a device whose name
is an attack. The pictures stay in BF_PICTURES, to be looked at."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
AUDIT, LOCKDOWN_CORPUS = os.environ["BF_AUDIT"], SOURCE / "tests/lockdown/corpus"
PICTURES = Path(os.environ["BF_PICTURES"])
PHONE, DESK = 390, 1280

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
MEASURE = """<script>
const root = document.documentElement;
document.title = JSON.stringify({ page: root.scrollWidth, window: root.clientWidth,
  scripts: document.scripts.length, rows: document.querySelectorAll("tr").length,
  hit: typeof hit === "undefined" ? 0 : hit });
</script>"""


def chromium(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         "--virtual-time-budget=2000", *arguments],
        env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture
def listener():
    """What a page that asks the network would ask."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()


def report(out: Path, recorded: Path) -> Path:
    subprocess.run([AUDIT, "report", SOURCE / "policies", "--html", out, "--recorded", recorded],
                   check=True)
    return out


def hostile(out: Path, port: int) -> Path:
    text = (LOCKDOWN_CORPUS / "qemu_keyboard.json").read_text()
    recorded = json.loads(text)

    def spoil(value):
        if isinstance(value, dict):
            return {key: spoil(one) for key, one in value.items()}
        if isinstance(value, list):
            return [spoil(one) for one in value]
        if isinstance(value, str) and "QEMU" in value:
            # Short, so that nothing of it is cut, and without a quote, which is told with a backslash.
            return f"<script>hit=1</script><img src=http://127.0.0.1:{port}/p>"
        return value

    spoiled = spoil(recorded)
    assert spoiled != recorded
    out.write_text(json.dumps(spoiled))
    return out


def measure(page: Path, home: Path, width: int) -> dict:
    """Of a copy that may run one script: ours."""
    copy = page.with_suffix(f".{width}.html")
    text, found = POLICY.subn("", page.read_text())
    assert found == 1
    copy.write_text(text.replace("</body>", MEASURE + "</body>") if "</body>" in text
                    else text + MEASURE)
    dom = chromium(home, f"--window-size={width},1000", "--dump-dom", f"file://{copy}")
    return json.loads(re.search(r"<title>(.*?)</title>", dom).group(1).replace("&quot;", '"'))


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_is_as_wide_as_the_screen(tmp_path, listener, width):
    page = report(tmp_path / "report.html", hostile(tmp_path / "hostile.json", listener[0]))
    seen = measure(page, tmp_path, width)
    assert seen["page"] <= seen["window"], seen
    assert seen["scripts"] == 1 and seen["hit"] == 0 and seen["rows"] > 50, seen
    assert listener[1] == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_it_is_drawn(tmp_path, listener, width):
    page = report(tmp_path / "report.html", hostile(tmp_path / "hostile.json", listener[0]))
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / f"report-{width}.png"
    picture.unlink(missing_ok=True)
    chromium(tmp_path, f"--window-size={width},2400", f"--screenshot={picture}", f"file://{page}")
    header = picture.read_bytes()[:24]
    assert struct.unpack(">II", header[16:]) == (width, 2400)
    # White is a picture of a few hundred bytes.
    assert picture.stat().st_size > 50_000
    assert listener[1] == []


def test_it_prints(tmp_path, listener):
    page = report(tmp_path / "report.html", hostile(tmp_path / "hostile.json", listener[0]))
    paper = tmp_path / "report.pdf"
    chromium(tmp_path, f"--print-to-pdf={paper}", f"file://{page}")
    assert paper.read_bytes().startswith(b"%PDF-") and paper.stat().st_size > 20_000
    assert listener[1] == []
