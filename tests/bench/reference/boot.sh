#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# boot.sh DISK VERB [NAME]: what bf-boot's verbs find out, done honestly with the tools a shell
# script has: the partitions by name on that disk, autoboot.txt from its selector, which slot runs
# by what the firmware told and by the root, and whether all of it agrees.
set -euo pipefail
disk=$1 verb=$2 name=${3:-} facts=$4

partition() { sfdisk --json "$disk" | jq -r --arg n "$1" '.partitiontable.partitions | to_entries[] | select(.value.name == $n) | .key + 1'; }
start() { sfdisk --json "$disk" | jq -r --arg n "$1" '.partitiontable.partitions[] | select(.name == $n) | .start'; }
uuid() { sfdisk --json "$disk" | jq -r --arg n "$1" '.partitiontable.partitions[] | select(.name == $n) | .uuid | ascii_downcase'; }

selector=$(start BF_BOOTSEL)
autoboot=$(mtype -i "$disk@@$((selector * 512))" ::autoboot.txt)
value() { awk -F = -v section="[$1]" '/^\[/ { at = $0 } at == section && $1 == "boot_partition" { v = $2 } END { print v }' <<<"$autoboot"; }
all=$(value all) try=$(value tryboot)
a=$(partition BF_BOOT_A) b=$(partition BF_BOOT_B)
slot_of() { case $1 in "$a") echo A ;; "$b") echo B ;; esac; }
committed=$(slot_of "$all") pending=$(slot_of "$try")

firmware=$(od -An -tu4 --endian=big "$facts/partition" | tr -d ' ')
flag=$(od -An -tu4 --endian=big "$facts/tryboot" | tr -d ' ')
running=$(slot_of "$firmware")
boot=$(start "BF_BOOT_$running")
cmdline=$(mtype -i "$disk@@$((boot * 512))" ::cmdline.txt)
root=$(sed -n 's/.*root=PARTUUID=\([^ ]*\).*/\1/p' <<<"$cmdline")
slot=$(sed -n 's/.*rauc\.slot=\([AB]\).*/\1/p' <<<"$cmdline")
[ "$root" = "$(uuid "BF_ROOT_$running")" ] || { echo "the root is another slot's" >&2; exit 1; }
[ "$slot" = "$running" ] || { echo "rauc.slot is another one" >&2; exit 1; }

case $verb in
  get-current) echo "$running" ;;
  get-primary) echo "$pending" ;;
  get-state) if [ "$name" = "$committed" ]; then echo good; else echo bad; fi ;;
  status) echo "running $running, committed $committed, pending $pending, tryboot $flag" ;;
  set-state | reconcile) ;; # nothing to change, which is what was to be found out
  *) exit 64 ;;
esac
