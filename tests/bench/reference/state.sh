#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `bf-provision state` finds out at a boot with nothing to do, done honestly with the tools a
# shell script has: was a factory reset asked for, has each source its kind, owner and mode, is each
# of them what is mounted on its path, and with which flags?
# Exit 0: nothing to do; 3: something differs, each on a line.
set -u
data=/var/lib/betterframe
status=0

differs() { printf '%s\n' "$*"; status=3; }

entries() {
  awk -F ' *= *' '
    function flush() { if (name != "") print name, path, kind, owner, group, mode, scope }
    /^\[\[state\]\]/ { flush(); name = path = kind = owner = group = mode = scope = "" }
    { value = $2; gsub(/"/, "", value) }
    $1 == "name" { name = value }
    $1 == "path" { path = value }
    $1 == "kind" { kind = value }
    $1 == "owner" { owner = value }
    $1 == "group" { group = value }
    $1 == "mode" { mode = value }
    $1 == "scope" { scope = value }
    END { flush() }' /usr/share/betterframe/policies/state.toml
}

[ -e "$data/control/reset-request" ] && differs "a factory reset was asked for"
slot=$(sed -n 's/.*rauc\.slot=\([AB]\).*/\1/p' /proc/cmdline | tr AB ab)
device=$(findmnt -n -o MAJ:MIN --mountpoint "$data" | tr -d ' ')
for directory in state state/shared; do
  [ "$(stat -c '%F %u %g %a' "$data/$directory")" = "directory 0 0 755" ] || differs "$directory"
done

count=0
while read -r name path kind owner group mode scope; do
  count=$((count + 1))
  source=state/shared/$name
  [ "$scope" = per-slot ] && source=state/slot-$slot/$name
  uid=$(awk -F : -v name="$owner" '$1 == name { print $3; exit }' /etc/passwd)
  gid=$(awk -F : -v name="$group" '$1 == name { print $3; exit }' /etc/group)
  # No symlink anywhere on the way.
  [ "$(realpath -e "$data/$source")" = "$data/$source" ] || differs "$source: a link, or absent"
  [ "$(stat -c '%F %u %g %a' "$data/$source")" = "$kind $uid $gid ${mode#0}" ] ||
    differs "$source: another kind, owner or mode"
  [ "$(stat -c '%F' "$path")" = "$kind" ] || differs "$path: not a $kind in the image"
  read -r number fs_root options < <(findmnt -n -r -o MAJ:MIN,FSROOT,OPTIONS --mountpoint "$path") ||
    differs "$path: not mounted"
  [ "$number $fs_root" = "$device /$source" ] || differs "$path: something else is mounted"
  for flag in rw nosuid nodev noexec; do
    grep -q -w -- "$flag" <<<"$options" || differs "$path: without $flag"
  done
done < <(entries)
[ "$count" -gt 0 ] || differs "state.toml lists nothing"
exit $status
