# SPDX-License-Identifier: Apache-2.0
"""Disk images as they could be found in the field: laid out, then damaged on purpose."""
import pathlib
import struct
import subprocess
import uuid
import zlib

MIB = 1 << 20
LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
UNFORMATTED = uuid.UUID("9e1b52a4-6d0c-4c5e-9f0a-bfda7a0f0a01")
ROOT_AT = 1 * MIB
ROOT_SIZE = 8 * MIB
DATA_AT = 16 * MIB
# Room for one backup superblock, at 128 MiB.
SIZE = 200 * MIB


class Disk:
    """A GPT disk with a root (1) and BF_DATA (2). `image_size` is what the factory wrote; the disk
    may be larger."""

    def __init__(self, path: pathlib.Path, size=SIZE, image_size=48 * MIB, sector=512,
                 data_type=UNFORMATTED, data_size=None, root: pathlib.Path = None, extra=()):
        self.path, self.size, self.sector = path, size, sector
        self.disk_id = uuid.uuid5(uuid.NAMESPACE_URL, path.name)
        end = (image_size - 64 * 1024) // MIB * MIB
        self.entries = [(LINUX, "BF_ROOT_A", ROOT_AT, ROOT_SIZE),
                        (data_type, "BF_DATA", DATA_AT, data_size or end - DATA_AT), *extra]
        with open(path, "wb") as file:
            file.truncate(size)
        self.write_table(image_size)
        if root:
            self.put(ROOT_AT, root.read_bytes())

    # Bytes ---------------------------------------------------------------------------------------

    def put(self, offset, data):
        with open(self.path, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def get(self, offset, size):
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(size)

    def flip(self, offset):
        self.put(offset, bytes([self.get(offset, 1)[0] ^ 0x20]))

    def copy_in(self, offset, image: pathlib.Path):
        """Sparse, so that a large file system costs what it uses."""
        subprocess.run(["dd", f"if={image}", f"of={self.path}", "bs=1M", "conv=notrunc,sparse",
                        f"seek={offset // MIB}", "status=none"], check=True)

    # The partition table -------------------------------------------------------------------------

    def _table(self, entries, my, other, last_usable, array_at):
        array = bytearray(128 * 128)
        for i, (kind, name, at, size) in enumerate(entries):
            identity = uuid.uuid5(self.disk_id, f"{i}{name}")
            struct.pack_into("<16s16sQQQ72s", array, i * 128, kind.bytes_le, identity.bytes_le,
                             at // self.sector, (at + size) // self.sector - 1, 0,
                             name.encode("utf-16-le"))
        first_usable = 2 + (len(array) + self.sector - 1) // self.sector
        header = bytearray(struct.pack(
            "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, my, other, first_usable,
            last_usable, self.disk_id.bytes_le, array_at, 128, 128, zlib.crc32(array)))
        struct.pack_into("<I", header, 16, zlib.crc32(header))
        return bytes(header).ljust(self.sector, b"\0"), bytes(array)

    def write_table(self, image_size=None, entries=None, primary=True, backup=True):
        """Both copies, the backup at the end of an image of that size."""
        last = (image_size or self.size) // self.sector - 1
        entries = entries or self.entries
        array_sectors = (128 * 128 + self.sector - 1) // self.sector
        usable = last - array_sectors - 1
        if primary:
            header, array = self._table(entries, 1, last, usable, 2)
            mbr = bytearray(self.sector)
            mbr[446:462] = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xee, b"\xff\xff\xff", 1,
                                       min(last, 0xffffffff))
            mbr[510:512] = b"\x55\xaa"
            self.put(0, bytes(mbr) + header + array)
        if backup:
            header, array = self._table(entries, last, 1, usable, last - array_sectors)
            self.put((last - array_sectors) * self.sector, array + header)

    def read_table(self, lba=1):
        """[(type, name, offset, size)] of the copy there, or None."""
        header = bytearray(self.get(lba * self.sector, 92))
        fields = struct.unpack("<8sIIIIQQQQ16sQIII", header)
        if fields[0] != b"EFI PART":
            return None
        struct.pack_into("<I", header, 16, 0)
        array = self.get(fields[10] * self.sector, fields[11] * fields[12])
        if zlib.crc32(header) != fields[3] or zlib.crc32(array) != fields[13]:
            return None
        entries = []
        for i in range(fields[11]):
            kind, _, first, last, _, name = struct.unpack_from("<16s16sQQQ72s", array, i * 128)
            if kind != bytes(16):
                entries.append((uuid.UUID(bytes_le=kind),
                                name.decode("utf-16-le").rstrip("\0"), first * self.sector,
                                (last - first + 1) * self.sector))
        return entries

    @property
    def last_lba(self):
        return self.size // self.sector - 1

    def data_entry(self):
        return next(e for e in self.read_table() if e[1] == "BF_DATA")


def ext4(path: pathlib.Path, size, label="BF_DATA", options=(), content=None):
    """A file system as bf-data makes it, in a file of its own."""
    with open(path, "wb") as file:
        file.truncate(size)
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "1", "-L", label,
                    "-O", "has_journal,extent,64bit,metadata_csum,quota,project",
                    "-E", "quotatype=usrquota:prjquota,lazy_itable_init=1,root_owner=0:0",
                    *(["-d", str(content)] if content else []), *options, path], check=True)
    return path


def super_field(disk: Disk, offset, size, at=DATA_AT):
    return disk.get(at + 1024 + offset, size)


def label_of(disk: Disk, at=DATA_AT):
    return super_field(disk, 0x78, 16, at).rstrip(b"\0").decode()
