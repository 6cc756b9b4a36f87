"""Editing someone to speak with: part, language, hours, channel, what they are told (moment 2g)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.ledger.codes import ContactRole, Relation
from outreach.ledger.models import ContactPerson
from outreach.ledger.residents import lock_resident, touch

CHANNELS = ("", "call", "sms", "wechat", "visit")
PURPOSES = ("appointment", "ride", "aftercare", "nudge")
_FIELDS = (
    "name",
    "relation",
    "role",
    "language",
    "preferred_channel",
    "preferred_from",
    "preferred_until",
    "knows_health",
    "only_if_changed",
    "cannot_read",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEdit:
    """A contact as somebody wants it to be; ``version`` is the one that was seen."""

    version: int
    name: str
    relation: Relation
    role: ContactRole
    language: str
    preferred_channel: str
    preferred_from: time | None
    preferred_until: time | None
    told_purposes: tuple[str, ...]
    knows_health: bool
    only_if_changed: bool
    cannot_read: bool
    is_first: bool = False


def contact_form(session: Session, contact_person_id: int) -> ContactEdit:
    """Return a contact as its form shows it; NotFound for one that was ended."""
    row = _get(session, contact_person_id)
    return ContactEdit(
        version=row.version,
        told_purposes=tuple(row.told_purposes),
        is_first=row.position == 0,
        **{name: getattr(row, name) for name in _FIELDS},
    )


def edit_contact(
    session: Session, *, contact_person_id: int, edit: ContactEdit, now: datetime
) -> tuple[int, list[str]]:
    """Change a contact; return whose it is and which fields changed.

    Somebody who is for emergencies only is told nothing, whatever is ticked.
    """
    row = _get(session, contact_person_id)
    lock_resident(session, row.resident_id)
    session.refresh(row)
    if row.version != edit.version:
        raise StaleVersion("contact_changed", field="name")
    if (edit.preferred_from is None) != (edit.preferred_until is None):
        raise InvalidInput("hours_half", field="preferred_until")
    if edit.preferred_from and edit.preferred_until and edit.preferred_until <= edit.preferred_from:
        raise InvalidInput("hours_reversed", field="preferred_until")
    if (row.relation is Relation.SELF) != (edit.relation is Relation.SELF):
        raise InvalidInput("relation_of_self", field="relation")
    changed = [name for name in _FIELDS if getattr(row, name) != getattr(edit, name)]
    for name in changed:
        setattr(row, name, getattr(edit, name))
    told = [] if edit.role is ContactRole.EMERGENCY else list(edit.told_purposes)
    if sorted(row.told_purposes) != sorted(told):
        row.told_purposes = told
        changed.append("told_purposes")
    if edit.is_first and row.position != 0:
        _put_first(session, row)
        changed.append("position")
    session.flush()
    touch(session, resident_id=row.resident_id, now=now)
    return row.resident_id, changed


def _get(session: Session, contact_person_id: int) -> ContactPerson:
    row = session.get(ContactPerson, contact_person_id)
    if row is None or row.ended_at is not None:
        raise NotFound("contact_person")
    return row


def _put_first(session: Session, first: ContactPerson) -> None:
    others = session.scalars(
        select(ContactPerson)
        .where(ContactPerson.resident_id == first.resident_id, ContactPerson.id != first.id)
        .order_by(ContactPerson.position, ContactPerson.id)
    )
    first.position = 0
    for position, other in enumerate(others, start=1):
        other.position = position
