# SPDX-License-Identifier: Apache-2.0
"""A running device as another policy would have it: compiled inside, and laid over what is installed.
The command line of the kernel, and what was read at boot, stay."""

from __future__ import annotations

from image.rootfs import POLICIES
from vm.input import CEILING, InputMachine

INSTALLED = (POLICIES / "input.toml").read_text()

_DIRECTORIES = ("etc/systemd/system", "usr/lib/modprobe.d", "usr/lib/systemd/system",
                "usr/lib/udev/rules.d", "usr/share/betterframe/lockdown",
                "usr/share/betterframe/policies")
_WORK = "/run/bf-test/other"


def opening(key: str, value: str) -> str:
    """The installed policy, with a key of [console] that opens something."""
    return (INSTALLED.replace("[console]\n", f"[console]\n{key} = {value}\n")
            .replace("[console.reasons]\n", f'[console.reasons]\n{key} = "for one case"\n'))


def lay_over(machine: InputMachine, policy: str) -> None:
    """Not over what follows from `policy` by luck: masks that it does not have are gone as well."""
    machine.run(f"mkdir -p {_WORK}/policy {_WORK}/tree/usr/share/betterframe/policies")
    machine.write_file(f"{_WORK}/policy/input.toml", policy)
    mounts = "\n".join(f"mkdir -p tree/{path}; mount -t overlay overlay /{path}"
                       f" -o lowerdir={_WORK}/tree/{path}:/{path}" for path in _DIRECTORIES)
    machine.run(f"""set -e; cd {_WORK}
bf-lockdown compile --out installed >/dev/null
bf-lockdown compile --policy policy --out compiled >/dev/null
cp -a compiled/. tree; cp policy/input.toml tree/usr/share/betterframe/policies
for mask in $(cd installed; find etc -type l); do
  [ -h compiled/$mask ] || mknod tree/$mask c 0 0  # how overlayfs has it that there is none
done
{mounts}
udevadm control --reload; systemctl daemon-reload
""", CEILING)
