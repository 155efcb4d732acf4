# SPDX-License-Identifier: Apache-2.0
"""Every sector write of a first boot is recorded; the power is cut after prefixes of them."""
import blklog
import disks
from case import DATA
from disks import DATA_AT, LINUX, MIB

GROWN = disks.SIZE - MIB - DATA_AT
# Boots per story; the cuts are spread over the writes, denser where the order matters most.
CUTS = 14


def spread(writes):
    """Numbers of writes to cut after: each that touches the table or a superblock, and some
    between."""
    last = disks.SIZE - 33 * 512
    important = [i for i, (offset, data, _) in enumerate(writes)
                 if data and (offset < MIB or offset >= last or offset in (DATA_AT, DATA_AT + 4096)
                              or DATA_AT + 128 * MIB == offset)]
    chosen = set()
    for i in important:
        chosen |= {i, i + 1}
    if len(chosen) > CUTS:
        ordered = sorted(chosen)
        chosen = {ordered[k * len(ordered) // CUTS] for k in range(CUTS)}
    chosen |= {k * len(writes) // 5 for k in range(1, 5)}
    return sorted(chosen)


def record(case, tmp_path):
    """The disk as it was, and all that one run wrote to it."""
    base, log = tmp_path / "base", tmp_path / "log"
    blklog.replay(case.disk.path, base, [])
    log.touch()
    case.log = log
    case.boot()
    case.log = None
    return base, blklog.entries(log)


def assert_in_place(case, formatted_again_allowed):
    result = case.boot()
    assert result.report["result"] == "ok", result.reason
    assert case.disk.data_entry() == (LINUX, "BF_DATA", DATA_AT, GROWN)
    assert case.disk.read_table(case.disk.last_lba) == case.disk.read_table()
    assert disks.label_of(case.disk) == "BF_DATA"
    assert formatted_again_allowed or not result.report["details"]["formatted"]


def test_first_boot_cut_after_prefixes_of_its_writes(make, tmp_path):
    case = make()
    base, writes = record(case, tmp_path)
    assert len(writes) > 20
    for cut in spread(writes):
        print(f"cut after write {cut} of {len(writes)}")
        blklog.replay(base, case.disk.path, writes[:cut])
        finished = disks.label_of(case.disk) == "BF_DATA"
        assert_in_place(case, not finished)


def test_first_boot_cut_inside_the_writes_of_table_and_label(make, tmp_path):
    case = make()
    base, writes = record(case, tmp_path)
    heads = [i for i, (offset, data, _) in enumerate(writes) if data and offset == 0]
    labels = [i for i, (offset, data, _) in enumerate(writes)
              if offset == DATA_AT and len(data) == 4096 and data[1024 + 0x78:][:8] == b"BF_DATA\0"]
    assert len(heads) == 2 and labels
    for i in heads + labels[:1]:
        offset, data, flags = writes[i]
        # The superblock begins in the third sector of its block: before that nothing has changed.
        for sectors in (3, 4) if i in labels else (1, 2, 3):
            print(f"{sectors} sectors of write {i} of {len(writes)}")
            blklog.replay(base, case.disk.path,
                          writes[:i] + [(offset, data[:512 * sectors], flags)])
            assert_in_place(case, formatted_again_allowed=i not in labels)


def test_superblock_writes_of_a_device_in_use_cut_inside(finished, tmp_path):
    """The kernel writes the superblock when it mounts; torn between its two sectors it has the
    fields of the new write and the checksum of the old one."""
    case = finished()
    base, writes = record(case, tmp_path)
    supers = [i for i, (offset, data, _) in enumerate(writes)
              if data and offset <= DATA_AT + 1024 < offset + len(data)]
    assert supers
    torn = 0
    for i in supers:
        offset, data, flags = writes[i]
        blklog.replay(base, case.disk.path,
                      writes[:i] + [(offset, data[:DATA_AT + 1536 - offset], flags)])
        result = case.boot()
        assert result.report["result"] == "ok", result.reason
        assert not result.report["details"]["formatted"]
        torn += "a power cut tore" in result.done
        assert case.boot().done.startswith("mount /dev/")
    assert torn


def test_growth_of_a_full_device_cut_after_prefixes_of_its_writes(finished, tmp_path):
    case = finished(fs_size=32 * MIB)
    kind, name, at, _ = case.disk.entries[1]
    case.disk.entries[1] = (kind, name, at, 32 * MIB)
    case.disk.put(case.disk.size - 17 * 1024, bytes(17 * 1024))
    case.disk.write_table(50 * MIB)
    base, writes = record(case, tmp_path)
    for cut in spread(writes):
        print(f"cut after write {cut} of {len(writes)}")
        blklog.replay(base, case.disk.path, writes[:cut])
        with case.booted():
            result = case.data()
            assert result.report["result"] == "ok", result.reason
            assert not result.report["details"]["formatted"]
            assert case.guest.ok(f"cat {DATA}/state/shared/pairing").strip() == "paired"
        assert case.disk.data_entry() == (LINUX, "BF_DATA", DATA_AT, GROWN)
