#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `bf-overlay apply` finds out at a boot with nothing to do, done honestly with the tools a shell
# script has: is each path mounted as it should be, with the options, flags and limits it should have,
# from the upper directory that was made on the OS now running?
# Usage: overlay.sh [ROOT]. Exit 0: nothing to do; 3: something differs, each on a line.
set -u
root=${1:-}
data=$root/var/lib/betterframe
status=0

differs() { printf '%s\n' "$*"; status=3; }

# The tables of overlays.toml, for a shell: name, path, kind, backing, size in KiB, inodes.
entries() {
  awk -F ' *= *' '
    function flush() { if (name != "") print name, path, kind, (backing == "" ? "-" : backing), size, inodes }
    /^\[\[writable\]\]/ { flush(); name = path = kind = backing = size = inodes = "" }
    { value = $2; gsub(/"/, "", value) }
    $1 == "name" { name = value }
    $1 == "path" { path = value }
    $1 == "kind" { kind = value }
    $1 == "backing" { backing = value }
    $1 == "inodes" { inodes = value }
    $1 == "size" { size = value + 0; if (value ~ /MiB/) size *= 1024; if (value ~ /GiB/) size *= 1048576 }
    END { flush() }' "$root/usr/share/betterframe/policies/overlays.toml"
}

option() { # the value of $2 among the options $1
  tr ',' '\n' <<<"$1" | sed -n "s/^$2=//p"
}

has() { # whether the options $1 contain the word $2
  grep -q -w -- "$2" <<<"$1"
}

module_default_on() {
  [ "$(cat "/sys/module/overlay/parameters/$1" 2>/dev/null)" = Y ]
}

check_overlay_options() { # target, options
  local name parameter value
  for name in index metacopy redirect_dir nfs_export xino; do
    parameter=$name
    [ "$name" = xino ] && parameter=xino_auto
    value=$(option "$2" "$name")
    if [ -z "$value" ]; then
      module_default_on "$parameter" && differs "$1: $name is on by default"
    elif [ "$value" = on ]; then
      differs "$1: $name is on"
    fi
  done
}

# Which OS runs, by its own words and by the start of its file system.
image_version=$(sed -n 's/^IMAGE_VERSION=//p' "$root/usr/lib/os-release" | tr -d '"')
root_device=$(findmnt -n -o SOURCE --target "${root:-/}")
root_hash=$(head -c 4096 "$root_device" 2>/dev/null | sha256sum | cut -c1-16)

findmnt -n --target "$data" -o OPTIONS >/dev/null || differs "BF_DATA is not mounted"

while read -r name path kind backing size inodes; do
  target=$root$path
  line=$(findmnt -n -r -o FSTYPE,OPTIONS --mountpoint "$target") || {
    differs "$path: not mounted"
    continue
  }
  type=${line%% *}
  options=${line#* }
  [ "$type" = "$kind" ] || differs "$path: a $type"
  for flag in rw nosuid nodev; do
    has "$options" "$flag" || differs "$path: without $flag"
  done
  if [ "$kind" = tmpfs ]; then
    [ "$(option "$options" size)" = "${size}k" ] || differs "$path: another size"
    [ "$(option "$options" nr_inodes)" = "$inodes" ] || differs "$path: another number of inodes"
    continue
  fi
  check_overlay_options "$path" "$options"
  [ "$(option "$options" lowerdir)" = "$target" ] || differs "$path: another lower directory"
  if [ "$backing" = tmpfs ]; then
    [ "$(df -k --output=size "$target" | tail -n 1 | tr -d ' ')" = "$size" ] ||
      differs "$path: another size"
    [ "$(df --output=itotal "$target" | tail -n 1 | tr -d ' ')" = "$inodes" ] ||
      differs "$path: another number of inodes"
    continue
  fi
  store=$data/overlay/$name
  newest=$(find "$store" -maxdepth 1 -name 'generation-*' -printf '%f\n' | sort -t - -k 2 -n | tail -n 1)
  [ "$(option "$options" upperdir)" = "$store/$newest/upper" ] || differs "$path: another upper directory"
  stamp=$store/$newest/stamp.json
  [ "$(sed -n 's/.*"image_version": "\(.*\)".*/\1/p' "$stamp")" = "$image_version" ] ||
    differs "$path: made on another OS"
  grep -q "$root_hash" "$stamp" || differs "$path: made on another root"
  [ "$(stat -c '%u %a' "$store")" = "0 700" ] || differs "$store: open to others"
  [ "$(stat -c '%F %u' "$store/$newest/work")" = "directory 0" ] || differs "$store: work"
  if [ ! -d "$store/$newest/upper" ] || [ -L "$store/$newest/upper" ]; then
    differs "$store: upper"
  fi
  [ -e "$store/$newest/work/work/incompat" ] && differs "$store: incompatible features"
done < <(entries)

exit $status
