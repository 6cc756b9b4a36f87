"""Whom to ring first about a resident, by what channel they like best, and at which hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.contact.codes import REACHED, Channel
from outreach.contact.models import ContactAttempt
from outreach.contact.reachability import GoodHours, Ring, good_hours
from outreach.db import vault_of
from outreach.kernel.phone import mask_phone
from outreach.ledger.codes import ContactRole, Relation
from outreach.ledger.models import ContactPerson, Phone
from outreach.places.queries import local_zone

_RUNG = (Channel.CALL, Channel.DOCTOR_CALL, Channel.VOICE)
_MOST_LEARNED_FROM = 20_000


@dataclass(frozen=True, slots=True)
class CallFirst:
    """Whom to ring first: the number stays masked until the worker taps it."""

    contact_person_id: int
    phone_id: int
    name: str
    relation: Relation
    masked: str
    likes: str = ""
    hours: GoodHours | None = None


def call_first(session: Session, *, resident_ids: Iterable[int]) -> dict[int, CallFirst]:
    """Return whom to ring first about each resident: who decides, then oneself, then who is told."""
    ids = list(resident_ids)
    rows = session.execute(
        select(ContactPerson, Phone)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(
            ContactPerson.resident_id.in_(ids),
            ContactPerson.ended_at.is_(None),
            Phone.invalid_since.is_(None),
        )
        .order_by(ContactPerson.resident_id, ContactPerson.position, Phone.position, Phone.id)
    )
    best: dict[int, tuple[ContactPerson, Phone]] = {}
    for person, phone in rows:
        known = best.get(person.resident_id)
        if known is None or _rank(person) < _rank(known[0]):
            best[person.resident_id] = (person, phone)
    rings = _rings(session, ids)
    return {
        resident_id: _view(session, person, phone, rings.get(resident_id, []))
        for resident_id, (person, phone) in best.items()
    }


def _view(
    session: Session, person: ContactPerson, phone: Phone, rings: Sequence[Ring]
) -> CallFirst:
    number = vault_of(session).open(
        phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
    )
    return CallFirst(
        contact_person_id=person.id,
        phone_id=phone.id,
        name=person.name,
        relation=person.relation,
        masked=mask_phone(number),
        likes=person.preferred_channel,
        hours=good_hours(rings, begins=person.preferred_from, ends=person.preferred_until),
    )


def _rank(person: ContactPerson) -> tuple[int, int]:
    if person.role is ContactRole.DECIDES:
        return (0, person.position)
    if person.role is ContactRole.EMERGENCY:
        return (3, person.position)
    return (1 if person.relation is Relation.SELF else 2, person.position)


def _rings(session: Session, resident_ids: Sequence[int]) -> dict[int, list[Ring]]:
    """Return the earlier calls about each resident: what is learned holds for the whole household."""
    zone = local_zone(session)
    rows = session.execute(
        select(ContactAttempt.resident_id, ContactAttempt.at, ContactAttempt.outcome)
        .where(
            ContactAttempt.resident_id.in_(resident_ids),
            ContactAttempt.channel.in_(_RUNG),
            ContactAttempt.is_inbound.is_(False),
            ContactAttempt.voided_at.is_(None),
        )
        .order_by(ContactAttempt.at.desc(), ContactAttempt.id)
        .limit(_MOST_LEARNED_FROM)
    )
    found: dict[int, list[Ring]] = defaultdict(list)
    for resident_id, at, outcome in rows:
        found[resident_id].append(Ring(at.astimezone(zone).time(), outcome in REACHED))
    return found
