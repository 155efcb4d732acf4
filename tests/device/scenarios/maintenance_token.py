# SPDX-License-Identifier: Apache-2.0
"""Signed maintenance tokens for the virtual device, made with openssl as bf-lockdown-maintenance(8)
says. The key is nobody's secret: its other half is in image/policies/input.toml."""

from __future__ import annotations

import subprocess
from pathlib import Path

# What comes before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410).
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
_SECRET = bytes([7]) * 32


def signed_token(scratch: Path, machine_id: str, number: int, milliseconds: int = 600_000) -> str:
    text = (f"betterframe maintenance token 1\nmachine {machine_id}\nnumber {number}\n"
            f"for {milliseconds}\nboot any\n")
    key, message = scratch / "key.der", scratch / "message"
    key.write_bytes(_PKCS8 + _SECRET)
    message.write_text(text)
    signature = subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key, "-in", message],
        check=True, capture_output=True).stdout
    return f"{text}signature {signature.hex()}\n"
