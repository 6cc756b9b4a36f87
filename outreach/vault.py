"""Sealing of identity and phone numbers at rest: AES-GCM-SIV with key ids, and blind indexes.

Keys live in ``instance/keys.json`` (0600), outside the database and its backups, and are made only by
``init`` on an empty database (decisions §2). A sealed value is bound by its associated data to the
table, column and row (UUID) it belongs to, so that ciphertexts cannot be swapped between rows.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

KEY_BYTES = 32
NONCE_BYTES = 12
INDEX_BYTES = 16


class KeysMissing(Exception):
    """The key file is absent or unreadable; without it nothing sealed can be opened."""


class SealBroken(Exception):
    """A sealed value was altered, moved to another row, or sealed with an unknown key."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys in force. ``sealing`` maps key id to key; ``active`` is the id for new values."""

    sealing: dict[int, bytes]
    active: int
    index_key: bytes

    def seal(self, plain: str, *, table: str, column: str, row: str) -> bytes:
        """Return key id (1 byte) + nonce + ciphertext of ``plain``, bound to its place."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCMSIV(self.sealing[self.active])
        sealed = cipher.encrypt(nonce, plain.encode(), _place(table, column, row))
        return bytes([self.active]) + nonce + sealed

    def open(self, sealed: bytes, *, table: str, column: str, row: str) -> str:
        """Return the text that was sealed at this place; raise SealBroken otherwise."""
        key = self.sealing.get(sealed[0])
        if key is None:
            raise SealBroken("unknown key id")
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return AESGCMSIV(key).decrypt(nonce, body, _place(table, column, row)).decode()
        except InvalidTag as error:
            raise SealBroken("sealed value does not belong here") from error

    def index(self, value: str, *, purpose: str) -> bytes:
        """Return a keyed hash by which equal values are found without opening any."""
        text = f"{purpose}\x00{value}".encode()
        return hmac.digest(self.index_key, text, hashlib.sha256)[:INDEX_BYTES]

    def fingerprint(self) -> str:
        """Return what the database keeps to recognise its own keys; says nothing about them."""
        text = b"".join(bytes([i]) + self.sealing[i] for i in sorted(self.sealing)) + self.index_key
        return hashlib.sha256(b"outreach keys\x00" + text).hexdigest()[:32]


def _place(table: str, column: str, row: str) -> bytes:
    return f"{table}\x00{column}\x00{row}".encode()


def new_vault() -> Vault:
    """Return a vault of fresh random keys."""
    return Vault(
        sealing={1: secrets.token_bytes(KEY_BYTES)},
        active=1,
        index_key=secrets.token_bytes(KEY_BYTES),
    )


def save_vault(vault: Vault, path: Path) -> None:
    """Write the keys to ``path``, readable by the owner alone; refuse to overwrite any."""
    encode = base64.b64encode
    text = json.dumps(
        {
            "active": vault.active,
            "sealing": {str(i): encode(k).decode() for i, k in vault.sealing.items()},
            "index": encode(vault.index_key).decode(),
        },
        indent=1,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


def load_vault(path: Path) -> Vault:
    """Read the keys; raise KeysMissing when the file is absent or no key file."""
    try:
        data = json.loads(path.read_text())
        return Vault(
            sealing={int(i): base64.b64decode(k) for i, k in data["sealing"].items()},
            active=int(data["active"]),
            index_key=base64.b64decode(data["index"]),
        )
    except FileNotFoundError as error:
        raise KeysMissing("no key file") from error
    except (ValueError, KeyError) as error:
        raise KeysMissing("unreadable key file") from error
