"""Looking for people who may be in the ledger already, and remembering what was decided of a pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.errors import InvalidInput, MoveNotAllowed, NotFound
from outreach.ledger.codes import PairState
from outreach.ledger.matching import Candidate, Person, find_candidates, fold_name
from outreach.ledger.models import ContactPerson, DuplicatePair, Phone, Resident, SearchTerm
from outreach.ledger.new_residents import NewResident
from outreach.ledger.search_terms import NAME, SOUND, terms_of
from outreach.places.models import Address

MOST_COMPARED = 500


@dataclass(frozen=True, slots=True)
class Twin:
    """Somebody in the ledger who may be the person at hand."""

    resident_id: int
    name: str
    born_on: date | None
    address: str
    community_id: int
    score: float
    reasons: tuple[str, ...]


def twins_of(session: Session, *, row: NewResident) -> list[Twin]:
    """Return who in the whole ledger may be this new person, the likeliest first."""
    person = Person(
        key=0,
        name=row.name,
        id_number=row.id_number,
        born_on=row.born_on,
        phones=frozenset(p.e164 for contact in row.contacts for p in contact.phones),
        address=row.address,
        sex=_sex(str(row.sex)),
    )
    pool = _pool(session, person)
    return _twins(find_candidates(person, (known for known, _ in pool)), dict(_by_id(pool)))


def twins_of_resident(session: Session, *, resident_id: int) -> list[Twin]:
    """Return who else in the ledger may be a resident who is in it."""
    own = _persons(session, [resident_id])
    if not own:
        raise NotFound("resident", resident_id=resident_id)
    person, _ = own[0]
    pool = [pair for pair in _pool(session, person) if pair[0].key != resident_id]
    return _twins(find_candidates(person, (known for known, _ in pool)), dict(_by_id(pool)))


def remember_pair(
    session: Session,
    *,
    first_id: int,
    second_id: int,
    score: float,
    reasons: list[str],
    now: datetime,
) -> DuplicatePair:
    """Keep a pair for a person to look at; one decided before keeps its decision."""
    if first_id == second_id:
        raise InvalidInput("pair_of_one", field="second_id")
    low, high = sorted((first_id, second_id))
    found = session.scalars(
        select(DuplicatePair)
        .where(DuplicatePair.first_id == low, DuplicatePair.second_id == high)
        .limit(1)
    ).first()
    if found is None:
        found = DuplicatePair(
            first_id=low, second_id=high, score=score, reasons=reasons, found_at=now
        )
        session.add(found)
        session.flush()
    return found


def keep_both(session: Session, *, pair_id: int, by: int, now: datetime) -> DuplicatePair:
    """Decide that two are two (twins, namesakes); they are not asked about again."""
    pair = session.get(DuplicatePair, pair_id, with_for_update=True)
    if pair is None:
        raise NotFound("duplicate_pair", pair_id=pair_id)
    if pair.state != PairState.OPEN:
        raise MoveNotAllowed("pair_decided", pair_id=pair_id)
    pair.state, pair.decided_by, pair.decided_at = PairState.KEPT_BOTH, by, now
    session.flush()
    return pair


def _twins(found: list[Candidate], pool: dict[int, tuple[Person, int]]) -> list[Twin]:
    return [
        Twin(
            resident_id=candidate.second,
            name=pool[candidate.second][0].name,
            born_on=pool[candidate.second][0].born_on,
            address=pool[candidate.second][0].address,
            community_id=pool[candidate.second][1],
            score=candidate.score,
            reasons=tuple(str(reason) for reason in candidate.reasons),
        )
        for candidate in found
    ]


def _by_id(pool: list[tuple[Person, int]]) -> Iterable[tuple[int, tuple[Person, int]]]:
    return ((person.key, (person, community_id)) for person, community_id in pool)


def _pool(session: Session, person: Person) -> list[tuple[Person, int]]:
    """Return residents who share number, phone or (sounding) name: few, however large the ledger."""
    vault = vault_of(session)
    ways: list[Select[int]] = [
        select(Resident.id).where(Resident.name_folded == fold_name(person.name))
    ]
    if person.id_number:
        index = vault.index(person.id_number, purpose="id")
        ways.append(select(Resident.id).where(Resident.id_index == index))
    if person.phones:
        indexes = [vault.index(phone, purpose="phone") for phone in person.phones]
        ways.append(
            select(ContactPerson.resident_id)
            .join(Phone, Phone.contact_person_id == ContactPerson.id)
            .where(Phone.number_index.in_(indexes))
        )
    if person.born_on is not None:
        alike = [t for t in terms_of(person.name, "") if t.startswith((SOUND, NAME))]
        ways.append(
            select(SearchTerm.resident_id)
            .join(Resident, Resident.id == SearchTerm.resident_id)
            .where(SearchTerm.term.in_(alike), Resident.born_on == person.born_on)
        )
    ids = session.scalars(
        select(Resident.id)
        .where(
            Resident.id.in_(union(*ways)),
            Resident.merged_into_id.is_(None),
            Resident.erased_at.is_(None),
        )
        .order_by(Resident.id)
        .limit(MOST_COMPARED)
    )
    return _persons(session, list(ids))


def _persons(session: Session, ids: list[int]) -> list[tuple[Person, int]]:
    vault = vault_of(session)
    phones: dict[int, set[str]] = {}
    for resident_id, phone in session.execute(
        select(ContactPerson.resident_id, Phone)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(ContactPerson.resident_id.in_(ids))
    ):
        number = vault.open(
            phone.number_sealed, table="phone", column="number_sealed", row=phone.uuid
        )
        phones.setdefault(resident_id, set()).add(number)
    rows = session.execute(
        select(Resident, Address.text)
        .outerjoin(Address, Address.id == Resident.address_id)
        .where(Resident.id.in_(ids))
        .order_by(Resident.id)
    )
    return [
        (
            Person(
                key=row.id,
                name=row.name,
                id_number=vault.open(
                    row.id_sealed, table="resident", column="id_sealed", row=row.uuid
                )
                if row.id_sealed
                else None,
                born_on=row.born_on,
                phones=frozenset(phones.get(row.id, ())),
                address=address or "",
                sex=_sex(str(row.sex)),
            ),
            row.community_id,
        )
        for row, address in rows
    ]


def _sex(sex: str) -> str | None:
    return None if sex == "unknown" else sex
