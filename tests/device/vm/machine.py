# SPDX-License-Identifier: Apache-2.0
"""The virtual device: power, console, root shell. Nothing here sleeps; every wait is for an event,
with a ceiling far above what an emulated CPU on a busy host needs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from firmware import Decision, Firmware
from vm.agent import Agent, CommandFailed, Completed
from vm.disk import Disk
from vm.qmp import Qmp
from vm.stream import LineStream, StreamClosed

QEMU = "qemu-system-x86_64"
BOOT_CEILING = 600.0
COMMAND_CEILING = 180.0

# What the board adds to cmdline.txt: a serial console, and unit names on it for tests to wait for.
_BOARD_ARGUMENTS = "console=ttyS0,115200 systemd.show_status=1 systemd.journald.forward_to_console=0"

_BUSES = {
    "virtio": ["-device", "virtio-blk-pci,drive=disk,{geometry}"],
    "nvme": ["-device", "nvme,drive=disk,serial=bf,{geometry}"],
    "usb": ["-device", "qemu-xhci,id=xhci", "-device", "usb-storage,drive=disk,bus=xhci.0"],
}


# The kernel's last word, an emergency: no log level hides it.
_RESTART = re.compile(r"reboot: Restarting system(?: with command '(.*)')?\s*$")
_POWER_DOWN = re.compile(r"reboot: (Power down|System halted)")


class MachineError(Exception):
    pass


@dataclass
class Machine:
    # Sockets of QEMU's that are connected to, each a stream of that name.
    _STREAMS = ("agent", "serial", "qmp")
    # What a special kind of device needs on the kernel command line.
    _ARGUMENTS = ""

    disk: Disk
    directory: Path  # logs of each boot, named boot-N.*
    cpus: int = 1
    memory_mib: int = 768
    bus: str = "virtio"
    extra: list[str] = field(default_factory=list)
    # Where the disk is served from: None is the file itself, else a QEMU -drive argument.
    drive: str | None = None

    def __post_init__(self) -> None:
        self.directory = Path(self.directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.firmware = Firmware(self.disk.path, self.disk.sector_size)
        self.boots = 0
        self.decision: Decision | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._runtime: Path | None = None
        self._started = 0.0
        self.last_words: str | None = None

    # Power

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def power_on(self, arguments: str = "") -> None:
        """The firmware decides, then the kernel it chose is started; `arguments` are added."""
        if self._process is not None:
            raise MachineError("it is on already")
        self.boots += 1
        # Socket paths are limited to 107 bytes, so not below `directory`.
        self._runtime = Path(tempfile.mkdtemp(prefix="bf-vm-"))
        try:
            self._launch(arguments)
        except BaseException:
            self._reap()
            raise

    def _launch(self, arguments: str) -> None:
        assert self._runtime is not None
        self.decision = self.firmware.decide()
        kernel, initramfs = self.firmware.extract(self.decision, self._runtime)
        words = " ".join(filter(None, [self.decision.kernel_arguments(), _BOARD_ARGUMENTS,
                                       self._ARGUMENTS, arguments]))
        size = self.disk.sector_size
        geometry = f"logical_block_size={size},physical_block_size={max(size, 4096)}"
        drive = self.drive or f"file={self.disk.path},format=raw,cache=writeback,discard=unmap"
        command = [
            # Without what a PC has and no kiosk does: its drivers are a tenth of a boot.
            QEMU, "-nodefaults", "-display", "none", "-no-reboot", "-M", "q35,sata=off,smbus=off",
            "-accel", "tcg", "-cpu", "qemu64,-svm", "-smp", str(self.cpus), "-m", str(self.memory_mib),
            "-kernel", str(kernel), "-append", words,
            "-drive", f"if=none,id=disk,{drive}",
            *[part.format(geometry=geometry) for part in _BUSES[self.bus]],
            "-object", "rng-random,id=rng,filename=/dev/urandom",
            "-device", "virtio-rng-pci,rng=rng",
            "-device", "virtio-serial-pci",
            "-chardev", self._socket("agent"),
            "-device", "virtserialport,chardev=agent,name=bf.agent",
            "-chardev", self._socket("serial"), "-serial", "chardev:serial",
            "-chardev", self._socket("qmp"), "-mon", "chardev=qmp,mode=control",
            # Stopped until every socket is connected: no output is lost, no event missed.
            "-S",
            *self._more_devices(),
            *self.extra,
        ]
        if initramfs:
            command += ["-initrd", str(initramfs)]
        log = open(self.log("qemu"), "wb")
        with log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                             stderr=subprocess.STDOUT)
        self._await_sockets()
        self.serial = LineStream(self._runtime / "serial", self.log("serial"))
        self.agent = Agent(self._runtime / "agent")
        self.qmp = Qmp(self._runtime / "qmp")
        self._connect(self._runtime)
        self._started = time.monotonic()
        self.qmp.execute("cont")

    def _more_devices(self) -> list[str]:
        """What a special kind of device has besides."""
        return []

    def _connect(self, runtime: Path) -> None:
        """The streams of those, before the first instruction runs."""

    def _socket(self, name: str) -> str:
        return f"socket,id={name},path={self._runtime}/{name},server=on,wait=off"

    def _await_sockets(self) -> None:
        # QEMU has no way to say that it listens; -daemonize would, but hides the process.
        assert self._process is not None and self._runtime is not None
        deadline = time.monotonic() + 60
        while not all((self._runtime / n).exists() for n in self._STREAMS):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise MachineError(f"QEMU did not start: {self.log('qemu').read_text()}")
            time.sleep(0.02)

    def log(self, kind: str, boot: int | None = None) -> Path:
        return self.directory / f"boot-{self.boots if boot is None else boot}.{kind}.log"

    def cut_power(self) -> None:
        """The plug is pulled: what the guest has not written is lost."""
        if self._process is None:
            raise MachineError("it is off already")
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._reap()
        self.firmware.power_off()

    def kill(self) -> None:
        """Ends QEMU at once; from any thread. cut_power() still has to clear up."""
        if self._process is not None:
            self._process.kill()

    def power_off(self, timeout: float = BOOT_CEILING) -> None:
        """An orderly shutdown, as of the power key."""
        self.start_power_off(timeout)
        self.wait_off(timeout)

    def start_power_off(self, timeout: float = BOOT_CEILING) -> None:
        self.agent.wait_ready(timeout)
        # Not `systemctl poweroff`, which asks logind first and waits a minute for one that is ill.
        self.agent.start("systemctl start --no-block --job-mode=replace-irreversibly poweroff.target")

    def wait_off(self, timeout: float = BOOT_CEILING) -> None:
        assert self._process is not None
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise MachineError(f"still on after {timeout:.0f} s; see {self.log('serial')}") from None
        self._tell_firmware(self.serial.wait_closed(60))
        self._reap()

    def _tell_firmware(self, console: list[str]) -> None:
        """How it went off: by a reboot with an argument or without, a power-off, or a reset that
        nobody announced (watchdog, triple fault), which keeps nothing."""
        self.last_words = None
        for line in console:
            if match := _RESTART.search(line):
                self.last_words = f"restart {match[1]}" if match[1] else "restart"
                self.firmware.reboot(*([match[1]] if match[1] else []))
                return
            if _POWER_DOWN.search(line):
                self.last_words = "power-off"
        self.firmware.power_off()

    def wait_reset(self, timeout: float = BOOT_CEILING) -> str | None:
        """Until the guest restarts itself, or is restarted: "restart", "restart 0 tryboot", or None
        where the kernel announced nothing. The next power_on() is what the board then does."""
        self.wait_off(timeout)
        if self.last_words == "power-off":
            raise MachineError(f"it went off instead; see {self.log('serial')}")
        return self.last_words

    def _reap(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            self._process = None
        for name in self._STREAMS:
            if stream := self.__dict__.pop(name, None):
                stream.close()
        if self._runtime is not None:
            shutil.rmtree(self._runtime, ignore_errors=True)
            self._runtime = None

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self._reap()

    # Inside

    def execute(self, command: str, timeout: float = COMMAND_CEILING) -> Completed:
        """Runs a shell command as root; its exit code is the caller's to judge."""
        return self.agent.execute(command, timeout)

    def run(self, command: str, timeout: float = COMMAND_CEILING) -> str:
        """Runs a shell command as root that must succeed; its standard output."""
        done = self.execute(command, timeout)
        if done.exit_code != 0:
            raise CommandFailed(done)
        return done.stdout

    def fails(self, command: str, timeout: float = COMMAND_CEILING) -> Completed:
        """Runs a shell command as root that must not succeed."""
        done = self.execute(command, timeout)
        if done.exit_code == 0:
            raise AssertionError(f"{command!r} succeeded: {done.stdout}")
        return done

    def write_file(self, path: str, content: bytes | str) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.agent.write_file(path, data, COMMAND_CEILING)

    def wait_booted(self, timeout: float = BOOT_CEILING) -> float:
        """Until systemd has no job left; the seconds since power-on."""
        self.agent.wait_ready(timeout)
        # "degraded" counts failed units and exits non-zero; what failed is for the caller to ask.
        self.agent.execute("systemctl is-system-running --wait", timeout)
        return time.monotonic() - self._started

    def wait_booted_or_dead(self, timeout: float = BOOT_CEILING) -> bool:
        """Whether it came up; False where the power went first."""
        try:
            self.wait_booted(timeout)
        except (StreamClosed, OSError):
            assert self._process is not None
            self._process.wait(timeout)
            return False
        return True

    def boot(self, arguments: str = "") -> float:
        self.power_on(arguments)
        return self.wait_booted()

    def wait_console(self, pattern: str, timeout: float = BOOT_CEILING) -> str:
        _, match = self.serial.wait(pattern, timeout)
        return match.group(0)

    def target_reached(self, unit: str) -> bool:
        return self.execute(f"systemctl is-active {unit}").exit_code == 0

    def terminal(self) -> None:
        """Connects this terminal to the console until the guest goes off or Ctrl-] is typed."""
        from vm.terminal import attach  # only when someone sits in front
        attach(self)


def environment_note() -> str:
    """One line on what the numbers were measured on."""
    return f"{os.cpu_count()} CPUs, emulated by {QEMU} without hardware help"
