# SPDX-License-Identifier: Apache-2.0
"""What a US keyboard is pressed for: QEMU's key names."""

from __future__ import annotations

KEYS = {" ": "spc", "\n": "ret", "-": "minus", "=": "equal", "/": "slash", ".": "dot",
        ",": "comma", ";": "semicolon", "'": "apostrophe"}
SHIFTED = {"_": "minus", "|": "backslash", ">": "dot", "<": "comma", '"': "apostrophe",
           **{letter.upper(): letter for letter in "abcdefghijklmnopqrstuvwxyz"}}
