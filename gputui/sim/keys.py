"""Key pairs derived from a seed, so that a machine keeps its fingerprint between runs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def private_key(phrase: str) -> bytes:
    """Return an ed25519 private key in OpenSSH format; not a secret, as its machines exist on loopback only."""
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"gputui embedded cloud {phrase}".encode()).digest())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )


def write_key(path: Path, phrase: str) -> None:
    """Write a private key with permissions that ssh accepts (0600)."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(private_key(phrase))
