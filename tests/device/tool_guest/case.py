# SPDX-License-Identifier: Apache-2.0
"""One disk's life in the guest: plugged, booted from (as far as the tool can tell), looked at."""
import contextlib
import hashlib
import json

import disks

DATA = "/case/var/lib/betterframe"
# As its unit starts it: what it does in any of these cases, its profile lets it do.
SANDBOXED = "/usr/libexec/betterframe/bf-lockdown-exec bf-data -- /usr/bin/bf-provision"


class Result:
    def __init__(self, code, stderr, report, writes):
        self.code, self.stderr, self.report, self.writes = code, stderr, report, writes
        print(stderr)  # pytest shows it with a failure

    @property
    def degraded(self):
        return self.report["result"] == "degraded"

    @property
    def reason(self):
        return self.report["reason"]

    @property
    def done(self):
        return "\n".join(self.report["done"])

    @property
    def problems(self):
        return "\n".join(self.report["problems"])


def policy(**keys):
    """(shell commands, arguments) for a run under a [data] table with other values."""
    edits = " ".join(f"-e 's/^{key} = .*/{key} = {value}/'" for key, value in keys.items())
    return ("rm -rf /tmp/policies; cp -r /usr/share/betterframe/policies /tmp/policies; "
            f"sed -i {edits} /tmp/policies/layout.toml", "--policy /tmp/policies")


class Case:
    def __init__(self, guest, disk: disks.Disk, name, bus="virtio", device=None):
        self.guest, self.disk, self.name, self.bus = guest, disk, name, bus
        self.fixed_device = device
        self.device = None
        self.bad_sectors = ()
        self.log = None

    def partition(self, number=2):
        joint = "p" if self.device[-1].isdigit() else ""
        return f"{self.device}{joint}{number}"

    @contextlib.contextmanager
    def booted(self, before=""):
        """The disk is plugged and its root is mounted; afterwards all of it is gone again."""
        if self.fixed_device:
            self.device = self.fixed_device
            self.guest.ok(f"blockdev --rereadpt /dev/{self.device}")
        else:
            self.device = self.guest.plug(self.disk.path, self.name, self.bus, self.disk.sector,
                                          self.log, self.bad_sectors)
        self.guest.await_partition(self.partition(1))
        self.guest.ok(f"""
            set -e
            mount -t ext4 -o ro /dev/{self.partition(1)} /case
            for d in bin sbin lib lib64 usr etc proc sys dev tmp; do mount -o bind /$d /case/$d; done
            mount -t tmpfs run /case/run
            {before}
        """)
        try:
            yield self
        finally:
            self.guest.ok(f"""
                cd /
                for i in 1 2 3 4; do
                  grep -o ' /case[^ ]* ' /proc/mounts | sort -r | while read m; do umount $m; done
                done 2>/dev/null
                sync
                if grep -q ' /case' /proc/mounts; then cat /proc/mounts; exit 1; fi
            """)
            if not self.fixed_device:
                self.guest.unplug(self.name)

    def data(self, arguments="", timeout=240) -> Result:
        """bf-provision data, once. `writes` is what the disk was written in sectors meanwhile."""
        stat = f"awk '{{print $7}}' /sys/block/{self.device}/stat"
        code, output = self.guest.run(f"""
            sync; a=$({stat})
            chroot /case {SANDBOXED} data {arguments} > /tmp/out 2> /tmp/err; code=$?
            sync; b=$({stat})
            echo $((b - a)); cat /tmp/err; echo @@REPORT
            cat /case/run/betterframe/data.json
            exit $code
        """, timeout)
        head, _, report = output.partition("@@REPORT")
        writes, _, stderr = head.partition("\n")
        assert report.strip().startswith("{"), f"no report; exit code {code}\n{output}"
        return Result(code, stderr, json.loads(report), int(writes))

    def await_inode_tables(self):
        """The kernel fills in those of a new file system, some seconds after its mount."""
        self.guest.ok("i=0; while ps | grep -q '[e]xt4lazyinit'; do "
                      "i=$((i + 1)); [ $i -lt 2000 ] || exit 1; usleep 50000; done")

    def boot(self, before="", arguments="") -> Result:
        """Boot, run the tool, and hold what every boot must hold."""
        with self.booted(before):
            result = self.data(arguments)
            if not result.degraded:
                self.assert_mounted_right()
            else:
                assert "tmpfs" in self.guest.ok(f"grep ' {DATA} ' /proc/mounts")
            return result

    def boot_kept(self, before="", arguments="") -> Result:
        """A boot that must leave every byte of the disk alone, and say why."""
        was = self.fingerprint()
        result = self.boot(before, arguments)
        assert result.degraded
        assert "make an ext4" not in result.done and "write" not in result.done
        assert self.fingerprint() == was, "the disk was written to"
        return result

    def assert_mounted_right(self):
        line = self.guest.ok(f"grep ' {DATA} ' /proc/mounts").split()
        assert line[0] == f"/dev/{self.partition()}"
        for option in ("nosuid", "nodev", "noexec", "noatime", "errors=remount-ro", "usrquota",
                       "prjquota"):
            assert option in line[3].split(","), f"{option} is missing in {line[3]}"
        modes = self.guest.ok(f"cd {DATA}; stat -c '%a %u:%g %n' . state state/shared state/slot-a "
                              "state/slot-b overlay control").splitlines()
        assert [m for m in modes if m] == [
            "755 0:0 .", "755 0:0 state", "755 0:0 state/shared", "755 0:0 state/slot-a",
            "755 0:0 state/slot-b", "700 0:0 overlay", "700 0:0 control"]

    def fingerprint(self, begin=0, end=None):
        """The disk, byte by byte."""
        digest = hashlib.sha256()
        end = end or self.disk.size
        with open(self.disk.path, "rb") as file:
            file.seek(begin)
            while begin < end and (chunk := file.read(min(1 << 20, end - begin))):
                digest.update(chunk)
                begin += len(chunk)
        return digest.hexdigest()
