# SPDX-License-Identifier: Apache-2.0
"""An initramfs with busybox, our tool, e2fsprogs and some modules; no systemd, no udev."""
import os
import pathlib
import re
import shutil
import subprocess

MODULES = ["virtio_pci", "virtio_blk", "virtio_scsi", "virtio_console", "sd_mod", "nvme",
           "usb-storage", "uas", "xhci-pci", "sdhci-pci", "mmc_block", "ext4", "crc32c_generic",
           "crc32c_intel", "quota_v2", "loop"]
PROGRAMS = ["mkfs.ext4", "e2fsck", "debugfs", "dumpe2fs", "tune2fs", "sgdisk", "blkdiscard",
            "chattr", "lsattr"]

INIT = """#!/bin/sh
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
echo 1 > /proc/sys/kernel/printk
for module in %s; do modprobe -q $module; done
exec < /dev/ttyS0 > /dev/ttyS0 2>&1
stty raw -echo
echo @@READY
while read -r command; do
  echo "$command" | base64 -d > /tmp/command
  sh /tmp/command < /dev/null 2>&1
  code=$?
  echo
  echo "@@END $code"
done
"""


def libraries(binary):
    text = subprocess.run(["ldd", binary], capture_output=True, text=True).stdout
    return set(re.findall(r"(/\S+)", text))


def build(out: pathlib.Path, kernel, tools, *, policies: pathlib.Path, libexec=(), filters=()):
    tree = out.parent / (out.name + ".tree")
    shutil.rmtree(tree, ignore_errors=True)
    for name in ["bin", "sbin", "usr/bin", "usr/sbin", "usr/local/sbin", "proc", "sys", "dev", "run",
                 "tmp", "etc", "case", "usr/share/betterframe", "usr/libexec/betterframe"]:
        (tree / name).mkdir(parents=True)
    shutil.copy("/usr/bin/busybox", tree / "bin/busybox")
    for applet in subprocess.run(["/usr/bin/busybox", "--list"], capture_output=True,
                                 text=True).stdout.split():
        # e2fsprogs' own programs must be the ones found.
        if applet not in ("busybox", "mke2fs", "fsck", "blkdiscard"):
            (tree / "bin" / applet).symlink_to("busybox")
    needed = set()
    for program in PROGRAMS:
        path = shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin")
        shutil.copy(path, tree / "usr/sbin" / program)
        needed |= libraries(path)
    for tool in tools:
        shutil.copy(tool, tree / "usr/bin" / pathlib.Path(tool).name)
        needed |= libraries(tool)
    for plugin in libexec:
        shutil.copy(plugin, tree / "usr/libexec/betterframe")
        needed |= libraries(plugin)
    for library in needed:
        target = tree / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(library), target)
    shutil.copy("/etc/mke2fs.conf", tree / "etc")
    for compiled in filters:
        target = tree / "usr/lib/betterframe/sandbox" / compiled.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(compiled, target)
    shutil.copytree(policies, tree / "usr/share/betterframe/policies")
    modules = tree / "lib/modules" / kernel.release
    for path in kernel.closure(MODULES):
        (modules / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kernel.modules / path, modules / path)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(kernel.modules / name, modules)
    subprocess.run(["/usr/sbin/depmod", "-b", tree, kernel.release], check=True)
    (tree / "sbin/modprobe").symlink_to("../bin/busybox")
    init = tree / "init"
    init.write_text(INIT % " ".join(MODULES))
    init.chmod(0o755)
    with open(out, "wb") as file:
        names = subprocess.run(["find", ".", "-mindepth", "1", "-print0"], cwd=tree, check=True,
                               capture_output=True).stdout
        archive = subprocess.run(["cpio", "-0", "-o", "-H", "newc", "-R", "0:0", "--quiet"],
                                 cwd=tree, input=names, check=True, capture_output=True).stdout
        file.write(subprocess.run(["gzip", "-1"], input=archive, check=True,
                                  capture_output=True).stdout)
    shutil.rmtree(tree)
