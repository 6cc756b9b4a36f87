"""Whom a message about a resident may go to: contact persons, their numbers and what they may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.codes import Purpose
from outreach.db import vault_of
from outreach.ledger.codes import ContactRole, PhoneKind, Relation
from outreach.ledger.models import ContactPerson, Phone


@dataclass(frozen=True, slots=True)
class Recipient:
    """One contact person with the number that serves best; ``number`` is empty where there is none."""

    contact_person_id: int
    resident_id: int
    number: str
    number_index: bytes | None
    is_landline: bool
    is_self: bool
    language: str
    cannot_read: bool
    knows_health: bool
    wants_changes_only: bool

    @property
    def needs_voice(self) -> bool:
        """Say whether a text would not be read: a landline, or someone who does not read."""
        return bool(self.number) and (self.is_landline or self.cannot_read)


def recipients_of(
    session: Session, *, resident_ids: Iterable[int], purpose: Purpose
) -> dict[int, list[Recipient]]:
    """Return per resident who is told messages of this purpose, oneself first, each number once."""
    people = _told(session, list(resident_ids), purpose)
    phones = _phones(session, [person.id for person in people])
    chosen: dict[int, list[Recipient]] = defaultdict(list)
    for person in people:
        chosen[person.resident_id].append(_recipient(session, person, phones[person.id]))
    return {resident_id: _each_number_once(found) for resident_id, found in chosen.items()}


def residents_at(session: Session, *, number: str) -> list[int]:
    """Return the residents whose own or whose family's number this is."""
    index = vault_of(session).index(number, purpose="phone")
    question = (
        select(ContactPerson.resident_id)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(Phone.number_index == index, ContactPerson.ended_at.is_(None))
        .distinct()
        .order_by(ContactPerson.resident_id)
    )
    return list(session.scalars(question))


def _told(session: Session, resident_ids: list[int], purpose: Purpose) -> Sequence[ContactPerson]:
    question = (
        select(ContactPerson)
        .where(
            ContactPerson.resident_id.in_(resident_ids),
            ContactPerson.ended_at.is_(None),
            ContactPerson.role != ContactRole.EMERGENCY,
        )
        .order_by(ContactPerson.resident_id, ContactPerson.position, ContactPerson.id)
    )
    people = [
        person
        for person in session.scalars(question)
        if person.relation is Relation.SELF or purpose.value in person.told_purposes
    ]
    return sorted(people, key=lambda p: (p.resident_id, p.relation is not Relation.SELF))


def _phones(session: Session, person_ids: list[int]) -> dict[int, list[Phone]]:
    found: dict[int, list[Phone]] = defaultdict(list)
    question = (
        select(Phone)
        .where(Phone.contact_person_id.in_(person_ids), Phone.invalid_since.is_(None))
        .order_by(Phone.contact_person_id, Phone.position, Phone.id)
    )
    for phone in session.scalars(question):
        found[phone.contact_person_id].append(phone)
    return found


def _recipient(session: Session, person: ContactPerson, phones: list[Phone]) -> Recipient:
    best = next((p for p in phones if p.kind is not PhoneKind.LANDLINE), None)
    best = best or next(iter(phones), None)
    number = ""
    if best is not None:
        number = vault_of(session).open(
            best.number_sealed, table="phone", column="number_sealed", row=best.uuid
        )
    is_self = person.relation is Relation.SELF
    return Recipient(
        contact_person_id=person.id,
        resident_id=person.resident_id,
        number=number,
        number_index=best.number_index if best else None,
        is_landline=best is not None and best.kind is PhoneKind.LANDLINE,
        is_self=is_self,
        language=person.language,
        cannot_read=person.cannot_read,
        knows_health=is_self or person.knows_health,
        wants_changes_only=person.only_if_changed,
    )


def _each_number_once(found: list[Recipient]) -> list[Recipient]:
    seen: set[bytes] = set()
    kept = []
    for recipient in found:
        if recipient.number_index is not None:
            if recipient.number_index in seen:
                continue
            seen.add(recipient.number_index)
        kept.append(recipient)
    return kept
