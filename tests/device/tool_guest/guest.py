# SPDX-License-Identifier: Apache-2.0
"""A QEMU guest without an operating system: commands over the serial line, disks over QMP.

One boot serves many cases: each plugs its own disk, mounts the root that is on it, and runs the
tool in a chroot there, so that "the disk under the running root" is the case's disk.
"""
import base64
import json
import os
import pathlib
import socket
import subprocess
import time


class GuestError(Exception):
    pass


class Guest:
    def __init__(self, kernel, initramfs: pathlib.Path, work: pathlib.Path, extra=()):
        self.work = work
        self.log = open(work / "serial.log", "wb")
        self.buffer = b""
        serial, qmp = work / "serial.sock", work / "qmp.sock"
        for path in (serial, qmp):
            path.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none", "-m", "384",
             "-machine", "pc", "-accel", "tcg", "-cpu", "max", "-kernel", str(kernel.vmlinuz),
             "-initrd", str(initramfs),
             "-append", "console=ttyS0 quiet gpt panic=-1 random.trust_cpu=on tsc=unstable",
             "-serial", f"unix:{serial},server=on,wait=off",
             "-qmp", f"unix:{qmp},server=on,wait=off",
             "-device", "virtio-scsi-pci,id=scsi", "-device", "qemu-xhci,id=xhci", *extra],
            stdout=open(work / "qemu.log", "wb"), stderr=subprocess.STDOUT)
        self.serial = self._connect(serial)
        self.qmp = self._connect(qmp)
        self.qmp_file = self.qmp.makefile("rw")
        self.qmp_file.readline()
        self.execute("qmp_capabilities")
        self._read_until(b"@@READY", 120)
        self._read_until(b"\n", 5)

    def _connect(self, path):
        deadline = time.monotonic() + 20
        while True:
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(str(path))
                return connection
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise GuestError(f"QEMU did not start; see {self.work}/qemu.log")
                time.sleep(0.05)

    def _read_until(self, marker: bytes, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        while marker not in self.buffer:
            self.serial.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                data = self.serial.recv(65536)
            except TimeoutError:
                data = None
            if data == b"" or time.monotonic() > deadline:
                raise GuestError(f"no {marker!r} within {timeout} s; see {self.log.name}")
            if data:
                self.log.write(data)
                self.log.flush()
                self.buffer += data
        before, _, self.buffer = self.buffer.partition(marker)
        return before

    def execute(self, command, **arguments):
        self.qmp_file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "error" in answer:
                raise GuestError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def wait_event(self, name, device, timeout=20):
        self.qmp.settimeout(timeout)
        while True:
            message = json.loads(self.qmp_file.readline())
            if message.get("event") == name and message["data"].get("device") == device:
                self.qmp.settimeout(None)
                return

    def run(self, script: str, timeout: float = 120):
        """(exit code, output) of a shell script."""
        self.serial.sendall(base64.b64encode(script.encode()) + b"\n")
        output = self._read_until(b"\n@@END ", timeout)
        code = int(self._read_until(b"\n", 10).strip())
        return code, output.decode(errors="replace").replace("\r", "")

    def ok(self, script: str, timeout: float = 120) -> str:
        code, output = self.run(script, timeout)
        assert code == 0, f"{script}\nexit code {code}\n{output}"
        return output

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        for connection in (self.serial, self.qmp):
            connection.close()

    # Disks ---------------------------------------------------------------------------------------

    def plug(self, image: pathlib.Path, name: str, bus="virtio", sector_size=512, log=None,
             bad_sectors=()):
        """Attaches an image; returns the kernel's name of the disk. Reads of bad sectors fail."""
        before = set(self.ok("ls /sys/block").split())
        node = {"driver": "raw", "node-name": name,
                "file": {"driver": "file", "filename": str(image),
                         "locking": "off", "discard": "unmap"}, "discard": "unmap"}
        if log:
            node = {"driver": "blklogwrites", "node-name": name, "log-sector-size": 512,
                    "file": {"driver": "raw", "file": {"driver": "file", "filename": str(image),
                                                       "locking": "off"}},
                    "log": {"driver": "raw", "file": {"driver": "file", "filename": str(log),
                                                      "locking": "off"}}}
        if bad_sectors:
            node = {"driver": "blkdebug", "node-name": name, "image": node | {"node-name": name + "-i"},
                    "inject-error": [{"event": "none", "iotype": "read", "errno": 5,
                                      "sector": sector} for sector in bad_sectors]}
        self.execute("blockdev-add", **node)
        device = {"id": f"dev-{name}", "drive": name}
        if bus == "virtio":
            device |= {"driver": "virtio-blk-pci", "logical_block_size": sector_size,
                       "physical_block_size": max(4096, sector_size)}
        elif bus == "nvme":
            device |= {"driver": "nvme", "serial": name, "logical_block_size": sector_size,
                       "physical_block_size": 4096}
        elif bus == "scsi":
            device |= {"driver": "scsi-hd", "bus": "scsi.0"}
        elif bus == "usb":
            device |= {"driver": "usb-storage", "bus": "xhci.0"}
        self.execute("device_add", **device)
        for _ in range(200):
            # A disk counts once it has a size: nvme shows the node first.
            new = [n for n in self.ok("cd /sys/block; for d in *; do "
                                      "[ \"$(cat $d/size)\" -gt 0 ] && echo $d; done; true").split()
                   if n not in before]
            if new:
                return new[0]
            time.sleep(0.05)
        raise GuestError(f"the guest does not see the disk on {bus}")

    def await_partition(self, name: str):
        """Until the kernel has read the table of the disk that `name` is on. A disk has its size
        before that; and once its first partition is there, who opens it waits for the others."""
        self.ok(f"i=0; until [ -b /dev/{name} ] && head -c 0 /dev/{name}; do "
                f"i=$((i + 1)); [ $i -lt 2000 ] || {{ ls /dev; exit 1; }}; usleep 50000; done")

    def unplug(self, name: str):
        self.execute("device_del", id=f"dev-{name}")
        self.wait_event("DEVICE_DELETED", f"dev-{name}")
        for _ in range(100):
            try:
                return self.execute("blockdev-del", **{"node-name": name})
            except GuestError:
                time.sleep(0.05)
        raise GuestError(f"{name} stays in use")
