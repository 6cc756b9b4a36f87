"""The phone simulator's readings: which invented phones there are, and what lies on one of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.contact.codes import Channel
from outreach.contact.message_models import SimulatedText
from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.ledger.codes import Relation
from outreach.ledger.models import ContactPerson, Phone, Resident

PHONES_SHOWN = 200
TEXTS_SHOWN = 300
LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose phone it is: the contact person, and whose contact."""

    name: str
    relation: str
    resident_id: int
    resident_name: str


@dataclass(frozen=True, slots=True)
class SimulatedPhone:
    """One phone: ``key`` addresses it on pages (the number itself never stands in an address)."""

    key: str
    number: str
    owners: tuple[Owner, ...]
    last_body: str
    last_at: datetime
    texts: int


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text on a phone; ``keypad`` names the keys that a call offered."""

    id: int
    is_outbound: bool
    channel: Channel
    body: str
    keypad: str
    at: datetime
    reference: str


def phones(session: Session) -> list[SimulatedPhone]:
    """Return the phones that got something, the latest first."""
    newest = (
        select(func.max(SimulatedText.id).label("id"), func.count().label("texts"))
        .group_by(SimulatedText.number_index)
        .subquery()
    )
    question = (
        select(SimulatedText, newest.c.texts)
        .join(newest, newest.c.id == SimulatedText.id)
        .order_by(SimulatedText.id.desc())
        .limit(PHONES_SHOWN)
    )
    rows = session.execute(question).all()
    owners = _owners(session, [row.number_index for row, _ in rows])
    return [
        SimulatedPhone(
            key=row.number_index.hex(),
            number=_number(session, row),
            owners=tuple(owners.get(row.number_index, ())),
            last_body=row.body,
            last_at=row.at,
            texts=texts,
        )
        for row, texts in rows
    ]


def get_phone(session: Session, key: str) -> SimulatedPhone:
    """Return one phone by its key; NotFound when nothing ever came to it."""
    index = _index(key)
    question = select(SimulatedText).where(SimulatedText.number_index == index)
    rows = session.scalars(question.order_by(SimulatedText.id.desc()).limit(TEXTS_SHOWN)).all()
    if not rows:
        raise NotFound("simulated_phone")
    return SimulatedPhone(
        key=key,
        number=_number(session, rows[0]),
        owners=tuple(_owners(session, [index]).get(index, ())),
        last_body=rows[0].body,
        last_at=rows[0].at,
        texts=len(rows),
    )


def key_of_relative(session: Session, relation: Relation, *, names: Collection[str]) -> str | None:
    """Return the key of the phone of such a relative of somebody so named, once something came to it."""
    question = (
        select(SimulatedText.number_index)
        .join(Phone, Phone.number_index == SimulatedText.number_index)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(ContactPerson.relation == relation, ContactPerson.ended_at.is_(None))
        .where(Resident.name.in_(names))
        .order_by(SimulatedText.id.desc())
    )
    index = session.scalars(question.limit(1)).first()
    return None if index is None else index.hex()


def conversation(session: Session, key: str) -> list[Bubble]:
    """Return what lies on one phone, oldest first."""
    question = select(SimulatedText).where(SimulatedText.number_index == _index(key))
    rows = session.scalars(question.order_by(SimulatedText.id.desc()).limit(TEXTS_SHOWN)).all()
    return [
        Bubble(
            id=row.id,
            is_outbound=row.is_outbound,
            channel=row.channel,
            body=row.body,
            keypad=row.keypad,
            at=row.at,
            reference=row.reference,
        )
        for row in reversed(rows)
    ]


def note_answer(
    session: Session, *, number: str, body: str, channel: Channel, reference: str, now: datetime
) -> SimulatedText:
    """Put an answer on an invented phone, beside what it answers."""
    if len(body) > LONGEST_REPLY:
        raise InvalidInput("reply_too_long", field="body")
    vault, row_id = vault_of(session), uuid4().hex
    row = SimulatedText(
        uuid=row_id,
        number_index=vault.index(number, purpose="phone"),
        number_sealed=vault.seal(
            number, table="simulated_text", column="number_sealed", row=row_id
        ),
        is_outbound=False,
        channel=channel,
        body=body,
        reference=reference,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _number(session: Session, row: SimulatedText) -> str:
    return vault_of(session).open(
        row.number_sealed, table="simulated_text", column="number_sealed", row=row.uuid
    )


def _index(key: str) -> bytes:
    try:
        return bytes.fromhex(key)
    except ValueError:
        raise NotFound("simulated_phone") from None


def _owners(session: Session, indexes: list[bytes]) -> dict[bytes, list[Owner]]:
    question = (
        select(
            Phone.number_index,
            ContactPerson.name,
            ContactPerson.relation,
            Resident.id,
            Resident.name.label("resident_name"),
        )
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(Phone.number_index.in_(indexes), ContactPerson.ended_at.is_(None))
        .order_by(Phone.id)
    )
    found: dict[bytes, list[Owner]] = {}
    for row in session.execute(question):
        owner = Owner(row.name, row.relation.value, row.id, row.resident_name)
        found.setdefault(row.number_index, []).append(owner)
    return found
