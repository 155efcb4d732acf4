# SPDX-License-Identifier: Apache-2.0
"""bf-lockdown-decide as udev starts it, one process for each decision, in a tree of its own that has
the sysfs of a touch panel that is in use: nothing is left to be done. And beside it a program that
does nothing, because most of it is the start of a process."""

from __future__ import annotations

import json
import os
import resource  # noqa: F401  os.wait4 looks for it, and in the tree it is not
import shutil
import statistics
import subprocess
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
ENTRIES = (1, 30, 1000)
RUNS = 200
ROUNDS = 3
REPORT_DESCRIPTOR = 4096
DECIDE = "/usr/libexec/betterframe/bf-lockdown-decide"
NOTHING = "/usr/libexec/betterframe/nothing"
_POLICIES = "usr/share/betterframe/policies"
_USAGES = bytes.fromhex("050d0904a1018501050d0922a102")

_DISK = "devices/pci0000:00/0000:00:05.0/virtio1/block/vda"
_MOUNTS = """21 1 254:4 / / ro,relatime - ext4 /dev/vda4 ro
22 21 0:20 / /sys rw,nosuid - sysfs sysfs rw
23 21 0:21 / /proc rw,nosuid - proc proc rw
24 21 0:5 / /dev rw,nosuid - devtmpfs devtmpfs rw
25 21 0:22 / /run rw,nosuid - tmpfs tmpfs rw
26 21 254:6 / /var/lib/betterframe rw,nosuid,nodev,noexec - ext4 /dev/vda6 rw
"""


def _write(path: Path, data: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def _link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _panel() -> dict:
    panel, = json.loads((REPO / "tests/lockdown/corpus/panel.json").read_text())["devices"]
    # What a hostile device would take the longest with.
    whole = _USAGES * (REPORT_DESCRIPTOR // len(_USAGES) + 1)
    panel["hid"][0]["report_descriptor"] = whole[:REPORT_DESCRIPTOR].hex()
    panel["input"][0]["inhibited"] = False
    return panel


def _plant(root: Path, panel: dict) -> dict[str, str]:
    """GATE: DEVPATH of what may be asked about."""
    sys = root / "sys"
    usb, hid, node = panel["usb"], panel["hid"][0], panel["input"][0]
    interface = usb["interfaces"][0]

    def attributes(path: str, **values: str | bytes) -> None:
        for name, value in values.items():
            _write(sys / path.lstrip("/") / name.replace("__", "/"),
                   value if isinstance(value, bytes) else value + "\n")

    attributes(usb["path"].rpartition("/")[0], authorized_default="1",
               interface_authorized_default="0", authorized="1")
    base, subclass, protocol = usb["class"].split("/")
    attributes(usb["path"], idVendor=usb["vendor"], idProduct=usb["product"], bcdDevice=usb["version"],
               bDeviceClass=base, bDeviceSubClass=subclass, bDeviceProtocol=protocol,
               manufacturer=usb["manufacturer"], product=usb["device_name"], authorized="1",
               descriptors=bytes.fromhex(usb["descriptors"]))
    base, subclass, protocol = interface["class"].split("/")
    where = f"{usb['path']}/{interface['name']}"
    attributes(where, bInterfaceNumber="00", bInterfaceClass=base, bInterfaceSubClass=subclass,
               bInterfaceProtocol=protocol, authorized="1")
    _link(sys / where.lstrip("/") / "driver", "../../../../../../bus/usb/drivers/usbhid")
    attributes(hid["path"], report_descriptor=bytes.fromhex(hid["report_descriptor"]), uevent=(
        f"DRIVER=hid-generic\nHID_ID=0003:0000222A:00000001\nHID_NAME={hid['device_name']}\n"
        f"HID_PHYS={hid['phys']}\nHID_UNIQ=\nMODALIAS=hid:b0003"))
    _link(sys / hid["path"].lstrip("/") / "driver", "../../../../../../../bus/hid/drivers/hid-generic")
    bus, vendor, product, version = node["id"].split(":")
    capabilities = {f"capabilities__{key}": value for key, value in node["capabilities"].items()
                    if key != "properties"}
    attributes(node["path"], id__bustype=bus, id__vendor=vendor, id__product=product,
               id__version=version, name=node["device_name"], phys=node["phys"], uniq="",
               properties=node["capabilities"]["properties"], inhibited="0", event0__dev="13:64",
               **capabilities)
    _write(sys / "bus/hid/drivers_autoprobe", "0\n")
    _link(sys / f"bus/usb/devices/{usb['name']}", f"../../../{usb['path'].lstrip('/')}")
    _link(sys / f"bus/hid/devices/{hid['name']}", f"../../../{hid['path'].lstrip('/')}")
    _link(sys / f"class/input/{node['name']}", f"../../{node['path'].lstrip('/')}")
    # The disk of the root, for whoever looks for it.
    _write(root / "proc/self/mountinfo", _MOUNTS)
    for index in range(1, 7):
        attributes(f"{_DISK}/vda{index}", dev=f"254:{index}", partition=str(index), start="2048",
                   size="4096", ro="0", uevent=f"PARTNAME=BF_{index}")
        _link(sys / f"dev/block/254:{index}", f"../../{_DISK}/vda{index}")
    attributes(_DISK, dev="254:0", size="65536", ro="0", removable="0", queue__logical_block_size="512")
    _link(sys / "block/vda", f"../{_DISK}")
    return {"usb": where, "hid": hid["path"], "input": node["path"]}


def _policy(build: Path, root: Path, entries: int) -> str:
    """The entry of the panel, as the tool proposes it, among others: the last one."""
    bf_lockdown = build / "lockdown/bf-lockdown"
    entry = subprocess.run([bf_lockdown, "devices", "--allow", "--root", root, "--policy", root],
                           check=True, capture_output=True, text=True).stdout
    entry = entry[entry.index("[[allow]]"):]
    for key in ("reason", "owner"):
        entry = entry.replace(f'{key} = ""', f'{key} = "bench"')
    text = "schema = 1\n[usb]\nhubs = 0\n[console]\n[maintenance]\nwindow = \"off\"\n"
    for number in range(entries - 1):
        text += (entry.replace('name = "ilitek-tp"', f'name = "other-{number}"', 1)
                 .replace('"0001"', f'"{number + 0x1000:04x}"', 1)
                 .replace("222a:0001", f"222a:{number + 0x1000:04x}"))
    return text + entry


def lay_out(build: Path, work: Path, entries: int) -> tuple[Path, dict[str, str]]:
    root = work / f"root-{entries}"
    shutil.rmtree(root, ignore_errors=True)
    devpaths = _plant(root, _panel())
    _write(root / _POLICIES / "input.toml", _policy(build, root, entries))
    out = work / f"compiled-{entries}"
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run([build / "lockdown/bf-lockdown", "compile", "--policy", root / _POLICIES,
                    "--out", out], check=True, capture_output=True)
    shutil.copytree(out, root, dirs_exist_ok=True, symlinks=True)
    libexec = root / DECIDE.lstrip("/")
    libexec.parent.mkdir(parents=True)
    # As the package has it: without symbols.
    subprocess.run(["strip", "-o", libexec, build / "lockdown/decide/bf-lockdown-decide"], check=True)
    source = work / "nothing.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", "-O2", "-static-pie", "-fPIE", source, "-o", root / NOTHING.lstrip("/")],
                   check=True)
    (root / "dev").mkdir()
    (root / "dev/null").touch()
    return root, devpaths


def _time(argv: list[str], said: bytes) -> dict[str, float]:
    """p50 of wall clock and CPU of a process, in seconds, and its page faults."""
    walls, cpus, faults = [], [], []
    for _ in range(RUNS):
        ours, theirs = os.pipe()
        start = time.perf_counter()
        child = os.posix_spawn(argv[0], argv, {}, file_actions=[
            (os.POSIX_SPAWN_DUP2, theirs, 1), (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(child, 0)
        walls.append(time.perf_counter() - start)
        os.close(theirs)
        answer = os.read(ours, 256)
        os.close(ours)
        if status != 0 or answer != said:
            raise SystemExit(f"{argv}: status {status}, said {answer!r}")
        cpus.append(usage.ru_utime + usage.ru_stime)
        faults.append(usage.ru_minflt)
    return {"wall": statistics.median(walls), "cpu": statistics.median(cpus),
            "p99": sorted(walls)[RUNS * 99 // 100], "faults": statistics.median(faults)}


def measure(root: Path, devpaths: dict[str, str]) -> dict[str, dict[str, float]]:
    """Of each gate, and of "nothing"; the best of the rounds, which alternate."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chroot(root)
            best: dict[str, dict[str, float]] = {}
            for _ in range(ROUNDS):
                asked = {gate: ([DECIDE, gate, path], b"allow ilitek-tp\n")
                         for gate, path in devpaths.items()} | {"nothing": ([NOTHING], b"")}
                for name, (argv, said) in asked.items():
                    times = _time(argv, said)
                    if name not in best or times["cpu"] < best[name]["cpu"]:
                        best[name] = times
            os.write(write, json.dumps(best).encode())
            os._exit(0)
        except BaseException as error:  # what comes after is the parent's to do
            print(f"{type(error).__name__}: {error}", flush=True)
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as results:
        text = results.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise SystemExit("a decision went wrong")
    return json.loads(text)
