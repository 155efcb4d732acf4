# SPDX-License-Identifier: Apache-2.0
"""Keys and bundles as a release engineer makes them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(os.environ["BF_SOURCE"])
TOOLS = Path(os.environ["BF_TOOLS"])


def run(*command: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)


@pytest.fixture(scope="session")
def keys(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    for command, name in (("self-signed", "pair"), ("ca", "chain")):
        made = run(SOURCE / "scripts/keys", command, directory / name)
        assert made.returncode == 0, made.stderr
    return directory


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("artifacts")
    (directory / "root/usr/lib").mkdir(parents=True)
    (directory / "root/usr/lib/os-release").write_text('ID=debian\nIMAGE_VERSION="2.0.0"\n')
    (directory / "root/usr/lib/noise").write_bytes(os.urandom(1 << 20))
    (directory / "boot").mkdir()
    (directory / "boot/config.txt").write_text("kernel=vmlinuz\nkernel_watchdog_timeout=15\n")
    (directory / "boot/vmlinuz").write_bytes(os.urandom(1 << 16))
    return directory


def arguments(artifacts: Path, out: Path, keyring: Path, version: str = "2.0.0") -> list[object]:
    return [SOURCE / "scripts/bundle", "--tools", TOOLS, "--boot", artifacts / "boot",
            "--root", artifacts / "root", "--version", version, "--keyring", keyring,
            "--out", out, "--squashfs", "-comp zstd -Xcompression-level 1"]


def pair(directory: Path) -> list[object]:
    return ["--cert", directory / "signing.cert.pem", "--key", directory / "signing.key.pem"]


def test_private_keys_are_private_and_never_replaced(keys):
    before = {}
    for path in keys.glob("*/*.pem"):
        if path.name.endswith(".key.pem"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            before[path] = path.read_bytes()
            bits = run("openssl", "pkey", "-in", path, "-noout", "-text").stdout
            assert "(4096 bit" in bits
    assert len(before) == 3
    for command, name in (("self-signed", "pair"), ("ca", "chain"), ("signing", "chain")):
        again = run(SOURCE / "scripts/keys", command, keys / name)
        assert again.returncode == 77 and "is not replaced" in again.stderr
    assert all(path.read_bytes() == content for path, content in before.items())
    assert not list(keys.glob("*/.keys.*"))


def test_keys_stay_out_of_a_repository(tmp_path):
    assert run("git", "init", "-q", tmp_path).returncode == 0
    refused = run(SOURCE / "scripts/keys", "self-signed", tmp_path / "keys")
    assert refused.returncode == 77 and "inside the repository" in refused.stderr
    assert not list(tmp_path.glob("keys/*"))


def test_the_keyring_is_what_verifies(keys):
    chain = keys / "chain"
    assert (chain / "keyring.pem").read_bytes() == (chain / "ca.cert.pem").read_bytes()
    verified = run("openssl", "verify", "-CAfile", chain / "keyring.pem",
                   chain / "signing.cert.pem")
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("name", ["pair", "chain"])
def test_a_bundle_is_verity_and_verified(keys, artifacts, tmp_path, name):
    out = tmp_path / "update.raucb"
    environment = {**os.environ,
                   "BF_RAUC_CERT_PEM": (keys / name / "signing.cert.pem").read_text(),
                   "BF_RAUC_KEY_PEM": (keys / name / "signing.key.pem").read_text()}
    made = run(*arguments(artifacts, out, keys / name / "keyring.pem"), env=environment)
    assert made.returncode == 0 and made.stderr == "", made.stderr
    info = run("rauc", "--keyring", keys / name / "keyring.pem", "--output-format=json", "info", out)
    assert info.returncode == 0, info.stderr
    manifest = json.loads(info.stdout)
    assert (manifest["compatible"], manifest["version"]) == ("betterframe-rpi5-aarch64", "2.0.0")
    content = tmp_path / "content"
    assert run("rauc", "--keyring", keys / name / "keyring.pem", "extract", out,
               content).returncode == 0
    text = (content / "manifest.raucm").read_text()
    assert "format=verity" in text and "adaptive=block-hash-index" in text
    assert {p.name for p in content.iterdir()} >= {"hook", "rootfs.ext4", "bootfs.vfat"}
    key = (keys / name / "signing.key.pem").read_bytes().splitlines()[1]
    for path in content.iterdir():
        assert key not in path.read_bytes(), path
    checked = run("e2fsck", "-fn", content / "rootfs.ext4",
                  env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"})
    assert checked.returncode == 0, checked.stdout
    words = run("mtype", "-i", content / "bootfs.vfat", "::cmdline.txt").stdout
    assert words.endswith(" bf.revision=2.0.0\n") and "root=" not in words
    assert sorted(p.name for p in tmp_path.iterdir()) == ["content", "update.raucb"]


@pytest.mark.parametrize("case, code, words", [
    ("wrong keyring", 1, "does not verify"),
    ("wrong version", 77, "would never confirm"),
    ("too large", 77, "smallest root slot"),
    ("no pair", 64, "no signing pair"),
    ("there already", 77, "there already"),
])
def test_what_devices_could_not_use_is_never_made(keys, artifacts, tmp_path, case, code, words):
    out = tmp_path / "update.raucb"
    keyring = keys / ("chain" if case == "wrong keyring" else "pair") / "keyring.pem"
    version = "2.0.1" if case == "wrong version" else "2.0.0"
    command = arguments(artifacts, out, keyring, version)
    if case != "no pair":
        command += pair(keys / "pair")
    if case == "too large":
        command += ["--slot-size", 1 << 20]
    if case == "there already":
        out.write_text("old")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BF_RAUC_")}
    done = run(*command, env=environment)
    assert done.returncode == code and words in done.stderr, done
    left = [p.name for p in tmp_path.iterdir()]
    assert left == (["update.raucb"] if case == "there already" else [])


def test_a_trial_that_nothing_would_reset_is_warned_of(keys, artifacts, tmp_path):
    boot = tmp_path / "boot"
    boot.mkdir()
    (boot / "config.txt").write_text("kernel=vmlinuz\n#kernel_watchdog_timeout=15\n")
    (boot / "vmlinuz").write_bytes(b"kernel")
    command = arguments(artifacts, tmp_path / "update.raucb", keys / "pair/keyring.pem")
    command[command.index("--boot") + 1] = boot
    made = run(*command, *pair(keys / "pair"))
    assert made.returncode == 0 and "kernel_watchdog_timeout" in made.stderr, made


def test_ctrl_c_leaves_nothing(keys, artifacts, tmp_path):
    out = tmp_path / "update.raucb"
    before = set(Path("/dev/shm").glob("bundle.*"))
    process = subprocess.Popen(
        [str(word) for word in arguments(artifacts, out, keys / "pair" / "keyring.pem")],
        env={**os.environ, "BF_RAUC_CERT_PEM": (keys / "pair/signing.cert.pem").read_text(),
             "BF_RAUC_KEY_PEM": (keys / "pair/signing.key.pem").read_text()},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp_path.glob(".bundle.*/content/*")):
        pass
    assert process.poll() is None, "it ended before it could be interrupted"
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert not list(tmp_path.iterdir())
    assert set(Path("/dev/shm").glob("bundle.*")) == before
