"""Who a page is about: name, age, place and aids of one resident, within the asker's area (N6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.queries import within
from outreach.accounts.rules import Scope
from outreach.db import vault_of
from outreach.kernel.dates import age_on
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import mask_phone
from outreach.ledger.codes import ContactRole, LifeStatus, PhoneKind, Relation, Sex
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.ledger.visibility import may_see
from outreach.places.models import Address, Area
from outreach.places.queries import local_day


@dataclass(frozen=True, slots=True)
class PersonHead:
    """The first lines of every page about a person.."""

    resident_id: int
    name: str
    sex: Sex
    born_on: date | None
    age: int | None
    community_id: int
    community: str
    grid: str
    address: str
    mobility: str
    mobility_flags: tuple[str, ...]
    lives_alone: bool | None
    life_status: LifeStatus
    held_all: bool
    held_nudges: bool
    version: int


@dataclass(frozen=True, slots=True)
class Number:
    """One phone of a speaker; shown masked until somebody taps it."""

    phone_id: int
    masked: str
    kind: PhoneKind
    is_invalid: bool


@dataclass(frozen=True, slots=True)
class Speaker:
    """Someone to speak with about a resident, as forms offer them."""

    contact_person_id: int
    name: str
    relation: Relation
    role: ContactRole
    numbers: tuple[Number, ...]


def person_head(session: Session, *, resident_id: int, scope: Scope, now: datetime) -> PersonHead:
    """Return whom a page is about; NotFound outside the scope, whether the person exists or not.

    A community where someone stays for now may call and drive too, without owning the line.
    """
    heads = person_heads(session, resident_ids=[resident_id], scope=scope, now=now)
    if resident_id not in heads:
        raise NotFound("not_found")
    return heads[resident_id]


def person_heads(
    session: Session, *, resident_ids: Iterable[int], scope: Scope, now: datetime
) -> dict[int, PersonHead]:
    """Return the heads of those of the residents that the scope lets through."""
    day = local_day(session, now)
    grid = aliased(Area)
    question = (
        select(Resident, Area.name, grid.name, Address.text)
        .join(Area, Area.id == Resident.community_id)
        .outerjoin(grid, grid.id == Resident.grid_id)
        .outerjoin(Address, Address.id == Resident.address_id)
        .where(
            Resident.id.in_(list(resident_ids)),
            Resident.erased_at.is_(None),
            or_(may_see(scope, day), within(scope, Resident.grid_id)),
        )
    )
    return {
        row.id: _head(row, community, grid_name or "", address or "", day)
        for row, community, grid_name, address in session.execute(question)
    }


def speakers(session: Session, *, resident_id: int) -> list[Speaker]:
    """Return whom one may speak with about a resident, in the order to try."""
    rows = session.scalars(
        select(ContactPerson)
        .where(ContactPerson.resident_id == resident_id, ContactPerson.ended_at.is_(None))
        .order_by(ContactPerson.position, ContactPerson.id)
        .limit(50)
    )
    people = list(rows)
    numbers = _numbers(session, [row.id for row in people])
    return [
        Speaker(row.id, row.name, row.relation, row.role, tuple(numbers.get(row.id, ())))
        for row in people
    ]


def revealed_number(
    session: Session, *, phone_id: int, scope: Scope, now: datetime
) -> tuple[int, str]:
    """Return whose contact a number belongs to and the number itself; NotFound outside the scope."""
    row = session.execute(
        select(Phone, ContactPerson.resident_id)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(Phone.id == phone_id)
    ).first()
    if row is None:
        raise NotFound("not_found")
    person_head(session, resident_id=row.resident_id, scope=scope, now=now)
    return row.resident_id, _plain(session, row.Phone)


def _numbers(session: Session, person_ids: list[int]) -> dict[int, list[Number]]:
    rows = session.scalars(
        select(Phone)
        .where(Phone.contact_person_id.in_(person_ids))
        .order_by(Phone.invalid_since.is_not(None), Phone.position, Phone.id)
    )
    found: dict[int, list[Number]] = {}
    for row in rows:
        number = Number(
            phone_id=row.id,
            masked=mask_phone(_plain(session, row)),
            kind=row.kind,
            is_invalid=row.invalid_since is not None,
        )
        found.setdefault(row.contact_person_id, []).append(number)
    return found


def _plain(session: Session, row: Phone) -> str:
    return vault_of(session).open(
        row.number_sealed, table="phone", column="number_sealed", row=row.uuid
    )


def _head(row: Resident, community: str, grid: str, address: str, day: date) -> PersonHead:
    return PersonHead(
        resident_id=row.id,
        name=row.name,
        sex=row.sex,
        born_on=row.born_on,
        age=age_on(day, born_on=row.born_on) if row.born_on else None,
        community_id=row.community_id,
        community=community,
        grid=grid,
        address=address,
        mobility=row.mobility,
        mobility_flags=tuple(row.mobility_flags),
        lives_alone=row.lives_alone,
        life_status=row.life_status,
        held_all=row.held_all,
        held_nudges=row.held_nudges,
        version=row.version,
    )
