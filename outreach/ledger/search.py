"""Instant search: name, pinyin, initials, phone or identity tail, address, each by an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import CompoundSelect, Select, select, union
from sqlalchemy.orm import Session

from outreach.accounts.rules import Scope
from outreach.db import vault_of
from outreach.kernel.dates import age_on
from outreach.kernel.identity import read_id
from outreach.kernel.phone import parse_phone
from outreach.ledger.models import ContactPerson, Phone, Resident, SearchTerm
from outreach.ledger.search_terms import Wanted, wanted
from outreach.ledger.visibility import may_see
from outreach.places.models import Address, Area
from outreach.places.queries import get_place

Ids = Select[int] | CompoundSelect[int]


@dataclass(frozen=True, slots=True)
class Found:
    """One person that a search found, with enough to tell namesakes apart."""

    resident_id: int
    name: str
    age: int | None
    community: str
    address: str


def search(session: Session, *, text: str, scope: Scope, day: date, limit: int = 20) -> list[Found]:
    """Return who fits every word of ``text``, within the scope, by name."""
    words = wanted(text)
    if not words:
        return []
    question = (
        select(Resident.id, Resident.name, Resident.born_on, Area.name, Address.text)
        .join(Area, Area.id == Resident.community_id)
        .outerjoin(Address, Address.id == Resident.address_id)
        .where(Resident.merged_into_id.is_(None), Resident.erased_at.is_(None), may_see(scope, day))
        .order_by(Resident.name_folded, Resident.id)
        .limit(limit)
    )
    for word in words:
        question = question.where(Resident.id.in_(matching_ids(session, word)))
    return [
        Found(
            resident_id=resident_id,
            name=name,
            age=age_on(day, born_on=born_on) if born_on else None,
            community=community,
            address=address or "",
        )
        for resident_id, name, born_on, community, address in session.execute(question)
    ]


def matching_ids(session: Session, word: Wanted) -> Ids:
    """Return the question for everyone whom one word of a search fits."""
    if word.digits:
        return _by_number(session, word.digits)
    ways: list[Select[int]] = [_beginning(term) for term in word.begins]
    return union(*ways) if len(ways) > 1 else ways[0]


def _beginning(term: str) -> Select[int]:
    return select(SearchTerm.resident_id).where(
        SearchTerm.term >= term, SearchTerm.term < term + "\U0010ffff"
    )


def _by_number(session: Session, digits: str) -> Ids:
    """Find a whole phone or identity number, or the last four of either, by blind index."""
    vault = vault_of(session)
    place = get_place(session)
    ways: list[Select[int]] = []
    if len(digits) == 4:
        tail = vault.index(digits, purpose="phone_tail")
        ways.append(_phone_owner().where(Phone.tail_index == tail))
        id_tail = vault.index(digits, purpose="id_tail")
        ways.append(select(Resident.id).where(Resident.id_tail_index == id_tail))
        return union(*ways)
    reading = read_id(digits)
    if reading is not None and reading.number:
        index = vault.index(reading.number, purpose="id")
        ways.append(select(Resident.id).where(Resident.id_index == index))
    phone = parse_phone(digits, country=place.country, area_code=place.area_code)
    if phone is not None:
        index = vault.index(phone.e164, purpose="phone")
        ways.append(_phone_owner().where(Phone.number_index == index))
    ways.append(_beginning(f"a:{digits}"))
    return union(*ways) if len(ways) > 1 else ways[0]


def _phone_owner() -> Select[int]:
    return (
        select(ContactPerson.resident_id)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(ContactPerson.ended_at.is_(None))
    )
