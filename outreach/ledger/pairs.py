"""Who of a whole community may be one person twice: blocked by birth, phone and door, then compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.ledger.matching import Candidate, Person, compare
from outreach.ledger.models import ContactPerson, Phone, Resident
from outreach.places.models import Address

# A number that so many share is an office's, and says nothing of who is who.
MOST_SHARING = 12
MOST_PAIRS = 2000


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
    people = {light.id: light for light in _people(session, community_id)}
    phones = _phones(session, community_id)
    blocks = _blocks(people.values(), phones)
    wanted = set(fresh)
    seen: set[tuple[int, int]] = set()
    found: list[Candidate] = []
    for ids in blocks:
        for first, second in combinations(sorted(ids), 2):
            if (first, second) in seen or not (first in wanted or second in wanted):
                continue
            if not _sound_near(people[first].sound, people[second].sound):
                continue
            seen.add((first, second))
            found += _compared(session, people[first], people[second], phones)
    return sorted(found, key=lambda c: (-c.score, c.first, c.second))[:MOST_PAIRS]


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
        )
        .where(
            Resident.community_id == community_id,
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
        .order_by(Resident.id)
    )
    for row in rows:
        yield _Light._make(row)


def _phones(session: Session, community_id: int) -> dict[int, frozenset[str]]:
    rows = session.execute(
        select(ContactPerson.resident_id, Phone.number_index)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .join(Resident, Resident.id == ContactPerson.resident_id)
        .where(Resident.community_id == community_id)
    )
    found: dict[int, set[str]] = defaultdict(set)
    for resident_id, index in rows:
        found[resident_id].add(index.hex())
    return {resident_id: frozenset(numbers) for resident_id, numbers in found.items()}


def _blocks(people: Iterable[_Light], phones: dict[int, frozenset[str]]) -> Iterator[list[int]]:
    """Yield small groups of which any two who are one person share at least one."""
    groups: dict[object, list[int]] = defaultdict(list)
    for person in people:
        if person.born_on is not None:
            groups[(person.born_on, person.sound[:1])].append(person.id)
        if person.address_id is not None:
            groups[("a", person.address_id)].append(person.id)
        for number in phones.get(person.id, ()):
            groups[number].append(person.id)
    for key, ids in groups.items():
        if len(ids) > 1 and (len(ids) <= MOST_SHARING or isinstance(key, tuple)):
            yield ids


def _sound_near(first: str, second: str) -> bool:
    """Cheaply pass over names that sound nothing alike."""
    a, b = _plain(first), _plain(second)
    return a[:1] == b[:1] and abs(len(a) - len(b)) <= 2


def _plain(sound: str) -> str:
    return sound.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n")


def _compared(
    session: Session, first: _Light, second: _Light, phones: dict[int, frozenset[str]]
) -> list[Candidate]:
    candidate = compare(_person(session, first, phones), _person(session, second, phones))
    return [candidate] if candidate is not None else []


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
