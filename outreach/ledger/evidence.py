"""Documents that were seen: photos of certificates and paper books, sealed in the instance folder."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.entry_models import Evidence

FOLDER = "evidence"
LARGEST = 6 * 1024 * 1024
KINDS = frozenset({"certificate", "paper_book", "consent", "portrait"})
# Told by what a file begins with, never by what it is called.
_BEGINNINGS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A photo as it came from a phone."""

    resident_id: int
    kind: str
    content: bytes


def keep_evidence(
    session: Session, *, picture: Picture, folder: Path, by: int, now: datetime
) -> Evidence:
    """Seal a photo into ``folder`` (the instance) and note it; only pictures are taken."""
    if picture.kind not in KINDS:
        raise InvalidInput("not_in_list", field="kind")
    content_type = next(
        (name for begin, name in _BEGINNINGS.items() if picture.content.startswith(begin)), ""
    )
    if not content_type:
        raise InvalidInput("not_a_picture", field="photo")
    if len(picture.content) > LARGEST:
        raise InvalidInput("picture_too_large", field="photo")
    row = Evidence(
        uuid=uuid4().hex,
        resident_id=picture.resident_id,
        kind=picture.kind,
        content_type=content_type,
        size_bytes=len(picture.content),
        uploaded_by=by,
        uploaded_at=now,
    )
    session.add(row)
    session.flush()
    sealed = vault_of(session).seal(
        base64.b64encode(picture.content).decode(), table="evidence", column="file", row=row.uuid
    )
    path = folder / FOLDER / row.uuid
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Before the commit: a file without its row is sealed noise, a row without its file would be a lie.
    path.write_bytes(sealed)
    return row


def open_evidence(session: Session, *, evidence_id: int, folder: Path) -> tuple[Evidence, bytes]:
    """Return a document and its picture; NotFound when it was removed."""
    row = session.get(Evidence, evidence_id)
    if row is None or row.removed_at is not None:
        raise NotFound("not_found")
    path = folder / FOLDER / row.uuid
    if not path.exists():
        raise NotFound("not_found")
    plain = vault_of(session).open(path.read_bytes(), table="evidence", column="file", row=row.uuid)
    return row, base64.b64decode(plain)


def papers_of(session: Session, *, resident_id: int, folder: Path) -> list[tuple[int, str, bytes]]:
    """Return every document of a person opened: id, content type, picture."""
    rows = session.scalars(
        select(Evidence)
        .where(Evidence.resident_id == resident_id, Evidence.removed_at.is_(None))
        .order_by(Evidence.id)
    ).all()
    return [
        (row.id, row.content_type, open_evidence(session, evidence_id=row.id, folder=folder)[1])
        for row in rows
        if (folder / FOLDER / row.uuid).exists()
    ]


def whose_evidence(session: Session, evidence_id: int) -> int:
    """Return whom a document is about; NotFound when there is none."""
    row = session.get(Evidence, evidence_id)
    if row is None or row.removed_at is not None:
        raise NotFound("not_found")
    return row.resident_id


def remove_evidence(session: Session, *, evidence_id: int, folder: Path, now: datetime) -> None:
    """Remove a document: its row says when, its file is gone."""
    row = session.get_one(Evidence, evidence_id)
    row.removed_at = now
    session.flush()
    forget_files(folder, [row.uuid])


def forget_files(folder: Path, uuids: Iterable[str]) -> None:
    """Remove the sealed files of documents whose rows are gone; one that is missing is gone already."""
    for uuid in uuids:
        (folder / FOLDER / uuid).unlink(missing_ok=True)
