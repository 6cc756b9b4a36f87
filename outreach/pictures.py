"""Photos as sealed files in the instance folder; whose they are and what for is said by rows elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from outreach.kernel.errors import InvalidInput, NotFound
from outreach.vault import Vault

FOLDER = "evidence"
LARGEST = 6 * 1024 * 1024
# Told by what a file begins with, never by what it is called.
_BEGINNINGS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def type_of_picture(content: bytes, *, largest: int = LARGEST) -> str:
    """Return the content type of a photo of at most ``largest`` bytes; InvalidInput for anything else."""
    found = next((name for begin, name in _BEGINNINGS.items() if content.startswith(begin)), "")
    if not found:
        raise InvalidInput("not_a_picture", field="photo")
    if len(content) > largest:
        raise InvalidInput("picture_too_large", field="photo")
    return found


def seal_picture(vault: Vault, folder: Path, content: bytes, *, table: str, name: str) -> None:
    """Write a photo of a row of ``table`` sealed under ``folder`` (the instance); ``name`` is a fresh id.

    Call it before the commit: a file without its row is sealed noise, a row without its file a lie.
    """
    plain = base64.b64encode(content).decode()
    path = folder / FOLDER / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(vault.seal(plain, table=table, column="file", row=name))


def open_picture(vault: Vault, folder: Path, *, table: str, name: str) -> bytes:
    """Return a sealed photo; NotFound when its file is gone."""
    path = folder / FOLDER / name
    if not path.exists():
        raise NotFound("not_found")
    return base64.b64decode(vault.open(path.read_bytes(), table=table, column="file", row=name))


def forget_files(folder: Path, names: Iterable[str]) -> None:
    """Remove the sealed files of photos whose rows are gone; one that is missing is gone already."""
    for name in names:
        (folder / FOLDER / name).unlink(missing_ok=True)
