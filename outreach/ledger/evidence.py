"""Documents that were seen: photos of certificates and paper books, sealed in the instance folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.entry_models import Evidence
from outreach.pictures import FOLDER, forget_files, open_picture, seal_picture, type_of_picture

TABLE = "evidence"
KINDS = frozenset({"certificate", "paper_book", "consent", "portrait"})


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
    row = Evidence(
        uuid=uuid4().hex,
        resident_id=picture.resident_id,
        kind=picture.kind,
        content_type=type_of_picture(picture.content),
        size_bytes=len(picture.content),
        uploaded_by=by,
        uploaded_at=now,
    )
    session.add(row)
    session.flush()
    seal_picture(vault_of(session), folder, picture.content, table=TABLE, name=row.uuid)
    return row


def open_evidence(session: Session, *, evidence_id: int, folder: Path) -> tuple[Evidence, bytes]:
    """Return a document and its picture; NotFound when it was removed."""
    row = session.get(Evidence, evidence_id)
    if row is None or row.removed_at is not None:
        raise NotFound("not_found")
    return row, open_picture(vault_of(session), folder, table=TABLE, name=row.uuid)


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
