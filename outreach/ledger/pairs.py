"""Who of a whole community may be one person twice: blocked by birth, phone and door, then compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import NamedTuple

from rapidfuzz.fuzz import ratio
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.kernel.slices import slices
from outreach.ledger.matching import Candidate, Person, compare
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.places.models import Address

# A number that so many share is an office's, and says nothing of who is who.
MOST_SHARING = 12
MOST_PAIRS = 2000
NEAR_SOUND = 75.0


class _Light(NamedTuple):
    id: int
    name: str
    sound: str
    born_on: date | None
    id_index: bytes | None
    address_id: int | None
    sex: str


def alike_pairs(session: Session, *, community_id: int, fresh: Collection[int]) -> list[Candidate]:
    """Return pairs of the community's residents, one of them fresh, worth a person's look."""
    wanted = set(fresh)
    if not wanted:
        return []
    people: dict[int, _Light] = {}
    groups: dict[object, list[int]] = defaultdict(list)
    for person in _people(session, community_id):
        people[person.id] = person
        if person.born_on is not None:
            groups[(person.born_on, person.sound[:1])].append(person.id)
        if person.address_id is not None:
            groups[person.address_id].append(person.id)
    pairs = set(_near(groups.values(), people, wanted))
    pairs |= set(_near(_sharing_phones(session, community_id), people, wanted))
    phones = _phones(session, {i for pair in pairs for i in pair})
    found = [
        candidate
        for first, second in sorted(pairs)
        if (candidate := _compared(session, people[first], people[second], phones)) is not None
    ]
    return sorted(found, key=lambda c: (-c.score, c.first, c.second))[:MOST_PAIRS]


def _near(
    groups: Iterable[list[int]], people: dict[int, _Light], wanted: set[int]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of each group, one of them wanted, whose names sound anything alike."""
    for ids in groups:
        if len(ids) < 2 or wanted.isdisjoint(ids):
            continue
        for first, second in combinations(sorted(set(ids)), 2):
            if first not in wanted and second not in wanted:
                continue
            if first in people and second in people and _sound_near(people[first], people[second]):
                yield first, second


def _sound_near(first: _Light, second: _Light) -> bool:
    """Cheaply pass over names that sound nothing alike."""
    a, b = _plain(first.sound), _plain(second.sound)
    return a[:1] == b[:1] and ratio(a, b) >= NEAR_SOUND


def _plain(sound: str) -> str:
    return sound.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n")


def _people(session: Session, community_id: int) -> Iterator[_Light]:
    rows = session.execute(
        select(
            Resident.id,
            Resident.name,
            Resident.name_pinyin,
            Resident.born_on,
            Resident.id_index,
            Resident.address_id,
            Resident.sex,
        ).where(
            Resident.community_id == community_id,
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
    )
    return map(_Light._make, rows)


def _sharing_phones(session: Session, community_id: int) -> list[list[int]]:
    """Return the residents of each number that several, but not many, of the community share."""
    here = (
        select(Phone.number_index, ContactPerson.resident_id)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(Resident.community_id == community_id)
        .distinct()
        .subquery()
    )
    shared = (
        select(here.c.number_index)
        .group_by(here.c.number_index)
        .having(func.count().between(2, MOST_SHARING))
    )
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, resident_id in session.execute(
        select(here.c.number_index, here.c.resident_id).where(here.c.number_index.in_(shared))
    ):
        groups[index].append(resident_id)
    return list(groups.values())


def _phones(session: Session, ids: Collection[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for piece in slices(sorted(ids)):
        rows = session.execute(
            select(ContactPerson.resident_id, Phone.number_index)
            .join(Phone, Phone.contact_person_id == ContactPerson.id)
            .where(ContactPerson.resident_id.in_(piece))
        )
        for resident_id, index in rows:
            found[resident_id].add(index.hex())
    return {resident_id: frozenset(numbers) for resident_id, numbers in found.items()}


def _compared(
    session: Session, first: _Light, second: _Light, phones: dict[int, frozenset[str]]
) -> Candidate | None:
    return compare(_person(session, first, phones), _person(session, second, phones))


def _person(session: Session, light: _Light, phones: dict[int, frozenset[str]]) -> Person:
    address = session.get(Address, light.address_id) if light.address_id else None
    return Person(
        key=light.id,
        name=light.name,
        id_number=light.id_index.hex() if light.id_index else None,
        born_on=light.born_on,
        phones=phones.get(light.id, frozenset()),
        address=address.text if address else "",
        sex=None if str(light.sex) == "unknown" else str(light.sex),
    )
