# SPDX-License-Identifier: Apache-2.0
"""The Debian kernel: vmlinuz, and modules to pick from.

    python3 kernel.py DIR      prints the path of vmlinuz

The one that scripts/setup installs (linux-image-amd64), or else fetched once with `apt-get download`
and unpacked into DIR.
"""
import fcntl
import pathlib
import re
import shutil
import subprocess
import sys


class Kernel:
    def __init__(self, tree: pathlib.Path):
        self.vmlinuz = sorted((tree / "boot").glob("vmlinuz-*-amd64"))[-1]
        self.release = self.vmlinuz.name.removeprefix("vmlinuz-")
        self.modules = tree / "lib/modules" / self.release

    def closure(self, names):
        """Paths, relative to the module directory, of the modules and all that they need."""
        depends = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            path, _, needs = line.partition(":")
            depends[path] = needs.split()
        by_name = {pathlib.Path(p).name.split(".")[0].replace("-", "_"): p for p in depends}
        wanted, todo = set(), []
        for name in names:
            path = by_name.get(name.replace("-", "_"))
            if path:  # otherwise it is built in
                todo.append(path)
        while todo:
            path = todo.pop()
            if path not in wanted:
                wanted.add(path)
                todo.extend(depends[path])
        return sorted(wanted)


def package_name() -> str:
    text = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], check=True,
                          capture_output=True, text=True).stdout
    found = re.search(r"Depends: (linux-image-[\d.]+-\S+-amd64)", text)
    if not found:
        raise RuntimeError("apt knows no linux-image-amd64; is deb822 bookworm main configured?")
    return found[1]


def installed():
    for vmlinuz in sorted(pathlib.Path("/boot").glob("vmlinuz-*-amd64")):
        release = vmlinuz.name.removeprefix("vmlinuz-")
        if (pathlib.Path("/lib/modules") / release / "modules.dep").exists():
            return Kernel(pathlib.Path("/"))
    return None


def fetch(directory: pathlib.Path) -> Kernel:
    if kernel := installed():
        return kernel
    directory.mkdir(parents=True, exist_ok=True)
    tree = directory / "x"
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (tree / "complete").exists():
            shutil.rmtree(tree, ignore_errors=True)
            subprocess.run(["apt-get", "-q", "download", package_name()], cwd=directory, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            package = next(directory.glob("linux-image-*.deb"))
            subprocess.run(["dpkg", "-x", package, tree], check=True)
            package.unlink()
            release = next((tree / "boot").glob("vmlinuz-*")).name.removeprefix("vmlinuz-")
            subprocess.run(["/usr/sbin/depmod", "-b", tree, release], check=True)
            (tree / "complete").touch()
    return Kernel(tree)


if __name__ == "__main__":
    print(fetch(pathlib.Path(sys.argv[1])).vmlinuz)
