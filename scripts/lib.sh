# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts: what is said, and where the log of each step goes.
# shellcheck shell=bash

bf_started=$SECONDS
bf_logs=build/logs
mkdir -p "$bf_logs"

say() { printf '%s: %4d s  %s\n' "${0##*/}" $((SECONDS - bf_started)) "$*" >&2; }

# step NAME COMMAND...: says what is being done; the output goes to a log, whose end is shown and
# whose name is said if it fails.
step() {
  local name=$1 log
  shift
  log="$bf_logs/${name// /-}.log"
  say "$name"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    say "$name failed; the whole log is $PWD/$log"
    return 1
  fi
}

jobs=$(nproc)
python=/usr/bin/python3  # Debian's, which has Debian's pytest

configure() { cmake --preset "$1" "${@:2}"; }
compile() { cmake --build --preset "$1" -j "$jobs" "${@:2}"; }

# The two packages, from a release build without tests.
packages() {
  configure release && compile release &&
    rm -f build/release/betterframe-*.deb &&
    (cd build/release && cpack -G DEB)
}

# What only the tests have inside the device.
guest_tool() { configure gcc && compile gcc --target bf-test-input; }

# device_image OUT: the image that is booted, in OUT/device.img. Installing Debian takes root.
device_image() {
  local root=()
  if ((EUID != 0)); then
    root=(sudo)
  fi
  (cd tests/device &&
    "${root[@]}" "$python" -m image --package ../../build/release/betterframe-device_*.deb \
      --guest-tool ../../build/gcc/tests/device/guest_tools/bf-test-input \
      --image-tool ../../build/release/provision/image/bf-provision-image \
      --policy ../../policies --out "../../$1")
  if ((EUID != 0)); then
    sudo chown -R "$(id -u):$(id -g)" "$1"
  fi
}
