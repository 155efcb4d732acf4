#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `bf-provision data` finds out at a boot with nothing to do, done honestly with the tools a
# shell script has: which disk the root is on, which partition of it is BF_DATA, whether table,
# partition and file system reach the end, whether both copies of the table are sound, what is on the
# partition, how it is mounted, and whether its directories are in order.
# Exit 0: nothing to do; 3: something differs, each on a line.
set -u
data=/var/lib/betterframe
status=0

differs() { printf '%s\n' "$*"; status=3; }

root_number=$(findmnt -n -o MAJ:MIN --mountpoint / | tr -d ' ')
root_sys=$(readlink -f "/sys/dev/block/$root_number")
disk=$(basename "$(dirname "$root_sys")")

# Exactly one BF_DATA, on the disk of the root.
found=()
for uevent in /sys/block/"$disk"/"$disk"*/uevent; do
  grep -q '^PARTNAME=BF_DATA$' "$uevent" && found+=("$(basename "$(dirname "$uevent")")")
done
[ "${#found[@]}" = 1 ] || { differs "${#found[@]} partitions are called BF_DATA"; exit 3; }
part=${found[0]}

# The table: valid, its backup at the end, the type of BF_DATA, nothing left behind it.
sfdisk --verify "/dev/$disk" >/dev/null 2>&1 || differs "the partition table is damaged"
dump=$(sfdisk --dump "/dev/$disk" 2>/dev/null)
line=$(grep 'name="BF_DATA"' <<<"$dump")
grep -qi 'type=0FC63DAF-8483-4772-8E79-3D69D8477DE4' <<<"$line" || differs "BF_DATA has another type"
start=$(sed -n 's/.*start= *\([0-9]*\).*/\1/p' <<<"$line")
size=$(sed -n 's/.*size= *\([0-9]*\).*/\1/p' <<<"$line")
sectors=$(blockdev --getsz "/dev/$disk")
[ $((sectors - start - size)) -lt 18432 ] || differs "the disk goes on behind BF_DATA"
[ "$(cat "/sys/block/$disk/$part/size")" = "$size" ] || differs "the kernel sees another size"

# What is on it.
eval "$(blkid -p -o export "/dev/$part" | grep -E '^(TYPE|LABEL|UUID)=')"
[ "${TYPE-} ${LABEL-}" = "ext4 BF_DATA" ] || differs "BF_DATA holds ${TYPE-nothing} ${LABEL-}"
super=$(dumpe2fs -h "/dev/$part" 2>/dev/null)
blocks=$(sed -n 's/^Block count: *//p' <<<"$super")
block=$(sed -n 's/^Block size: *//p' <<<"$super")
[ $((size * 512 - blocks * block)) -lt 8388608 ] || differs "the file system could grow"
grep -q '^Filesystem state:.*error' <<<"$super" && differs "the file system has errors"

# How it is mounted, and its directories.
options=$(findmnt -n -o OPTIONS --mountpoint "$data") || differs "not mounted"
for option in rw nosuid nodev noexec noatime; do
  grep -q -w -- "$option" <<<"$options" || differs "not mounted $option"
done
[ "$(findmnt -n -o SOURCE --mountpoint "$data")" = "/dev/$part" ] || differs "something else is mounted"
while read -r directory mode; do
  [ "$(stat -c '%F %u %g %a' "$data/$directory")" = "directory 0 0 $mode" ] || differs "$directory"
done <<<"state 755
overlay 700
control 700"
exit $status
