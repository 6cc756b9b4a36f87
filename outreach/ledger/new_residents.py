"""Entering people into the ledger: one by hand or a hundred thousand at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.dates import eligible_on
from outreach.kernel.errors import InvalidInput
from outreach.kernel.slices import slices
from outreach.ledger.bulk import insert_rows, insert_tuples, reserve_ids, row_uuids
from outreach.ledger.codes import (
    MOBILITY,
    MOBILITY_FLAGS,
    BirthCertainty,
    ContactRole,
    LifeStatus,
    PhoneKind,
    Relation,
    Sex,
)
from outreach.ledger.matching import fold_address, fold_name
from outreach.ledger.models import ContactPerson, Household, Phone, Resident, SearchTerm
from outreach.ledger.search_terms import SOUND, name_terms, place_terms
from outreach.places.models import Address
from outreach.places.queries import get_place
from outreach.vault import Vault

LONGEST_NAME = 100
_DOOR = re.compile(r"^(?P<stairs>.*?(?:单元|号楼|号院|弄|幢|栋))?(?P<room>[^号院楼弄]*\d+)$")


class NewPhone(NamedTuple):
    """One number of a new contact, in E.164."""

    e164: str
    kind: PhoneKind = PhoneKind.UNKNOWN


class NewContact(NamedTuple):
    """Someone to speak with about a new resident, the resident included (relation ``self``)."""

    relation: Relation
    name: str = ""
    role: ContactRole = ContactRole.TOLD
    phones: tuple[NewPhone, ...] = ()


class NewResident(NamedTuple):
    """One person to enter the ledger. ``address`` is the registered or usual one, as text.

    ``held_all`` and ``held_nudges`` hold messages until a person has decided about a word in a remark.
    """

    name: str
    community_id: int
    grid_id: int | None = None
    sex: Sex = Sex.UNKNOWN
    born_on: date | None = None
    birth_certainty: BirthCertainty = BirthCertainty.STATED
    id_number: str | None = None
    id_as_written: str | None = None
    address: str = ""
    building: str = ""
    unit: str = ""
    floor: int | None = None
    has_lift: bool | None = None
    is_registered_elsewhere: bool = False
    mobility: str = "M9"
    mobility_flags: tuple[str, ...] = ()
    lives_alone: bool | None = None
    language: str = ""  # empty: the first of the place
    dialect: str = ""
    held_all: bool = False
    held_nudges: bool = False
    note: str = ""
    clinical_note: str = ""
    contacts: tuple[NewContact, ...] = ()
    address_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the rows of one call have in common."""

    vault: Vault
    minimum_age: int
    language: str
    now: datetime


def add_residents(session: Session, *, rows: Sequence[NewResident], now: datetime) -> list[int]:
    """Enter people with addresses, households, contacts, numbers and search terms; return ids in order.

    Their ledger lines come with the restatement that ends every act. Fast enough for an import: one
    statement per table, ids reserved beforehand.
    """
    session.flush()
    place = get_place(session)
    shared = _Shared(vault_of(session), place.minimum_age, place.languages[0], now)
    ids = reserve_ids(session, Resident, len(rows))
    addresses = _add_addresses(session, rows)
    households = _households(session, rows, addresses)
    uuids = row_uuids(len(rows))
    terms = [name_terms(row.name.strip()) for row in rows]
    insert_rows(
        session,
        Resident,
        [
            _resident_row((ids[n], uuids[n]), row, terms[n], (addresses[n], households[n]), shared)
            for n, row in enumerate(rows)
        ],
    )
    _add_contacts(session, ids, rows, shared)
    _add_terms(session, ids, terms, [place_terms(row.address) for row in rows])
    return ids


def add_resident(session: Session, *, row: NewResident, now: datetime) -> int:
    """Enter one person after checking the values; ``workflows/add_resident.py`` looks for twins first."""
    check_values(row)
    return add_residents(session, rows=[row], now=now)[0]


def check_values(row: NewResident) -> None:
    """Refuse a person without a name, and codes that no list knows."""
    if not row.name.strip():
        raise InvalidInput("name_missing", field="name")
    if len(row.name) > LONGEST_NAME:
        raise InvalidInput("name_too_long", field="name")
    check_codes(row.mobility, row.mobility_flags)


def missing_data(
    *, born_on: date | None, has_id: bool, has_phone: bool, has_address: bool, has_grid: bool
) -> list[str]:
    """Return what the missing-data report lists of someone."""
    gaps = {
        "birth_date": born_on is None,
        "id_number": not has_id,
        "phone": not has_phone,
        "address": not has_address,
        "grid": not has_grid,
    }
    return [name for name, is_missing in gaps.items() if is_missing]


def check_codes(mobility: str, flags: Iterable[str]) -> None:
    if mobility not in MOBILITY:
        raise InvalidInput("mobility_unknown", field="mobility")
    if any(flag not in MOBILITY_FLAGS for flag in flags):
        raise InvalidInput("mobility_flag_unknown", field="mobility_flags")


def _resident_row(
    key: tuple[int, str],
    row: NewResident,
    terms: set[str],
    home: tuple[int | None, int | None],
    shared: _Shared,
) -> dict[str, Any]:
    (resident_id, uuid), (address_id, household_id) = key, home
    seal, index = shared.vault.seal, shared.vault.index
    number, written = row.id_number, row.id_as_written
    name = row.name.strip()
    return {
        "id": resident_id,
        "uuid": uuid,
        "name": name,
        "name_folded": fold_name(name),
        "name_pinyin": first_sound(terms),
        "sex": row.sex,
        "born_on": row.born_on,
        "birth_certainty": row.birth_certainty,
        "eligible_on": eligible_on(row.born_on, shared.minimum_age) if row.born_on else None,
        "id_sealed": seal(number, table="resident", column="id_sealed", row=uuid)
        if number
        else None,
        "id_index": index(number, purpose="id") if number else None,
        "id_tail_index": index(number[-4:], purpose="id_tail") if number else None,
        "id_as_written_sealed": seal(
            written, table="resident", column="id_as_written_sealed", row=uuid
        )
        if written
        else None,
        "community_id": row.community_id,
        "grid_id": row.grid_id,
        "is_registered_elsewhere": row.is_registered_elsewhere,
        "household_id": household_id,
        "address_id": address_id,
        "mobility": row.mobility,
        "mobility_flags": list(row.mobility_flags),
        "lives_alone": row.lives_alone,
        "language": row.language or shared.language,
        "dialect": row.dialect,
        "life_status": LifeStatus.PRESENT,
        "held_all": row.held_all,
        "held_nudges": row.held_nudges,
        "note": row.note,
        "clinical_note": row.clinical_note,
        "access_note": "",
        "missing": missing_data(
            born_on=row.born_on,
            has_id=bool(number),
            has_phone=any(contact.phones for contact in row.contacts),
            has_address=address_id is not None,
            has_grid=row.grid_id is not None,
        ),
        "created_at": shared.now,
        "updated_at": shared.now,
        "version": 1,
    }


def first_sound(terms: set[str]) -> str:
    return max((t.removeprefix(SOUND) for t in terms if t.startswith(SOUND)), key=len, default="")


def _add_addresses(session: Session, rows: Sequence[NewResident]) -> list[int | None]:
    """Return the address of each row; rows with the same text in one community share one."""
    known: dict[tuple[int, str], int] = {}
    fresh: dict[tuple[int, str], NewResident] = {}
    communities = {row.community_id for row in rows if row.address.strip()}
    texts = sorted({row.address.strip() for row in rows if row.address.strip()})
    for some in slices(texts if len(rows) > 1 else []):
        found = session.execute(
            select(Address.id, Address.area_id, Address.text)
            .where(Address.text.in_(some), Address.area_id.in_(communities))
            .order_by(Address.id.desc())
        )
        known |= {(area_id or 0, text): address_id for address_id, area_id, text in found}
    for row in rows:
        key = (row.community_id, row.address.strip())
        if row.address_id is None and key[1] and key not in known:
            fresh.setdefault(key, row)
    for address_id, key in zip(reserve_ids(session, Address, len(fresh)), fresh, strict=True):
        known[key] = address_id
    insert_rows(
        session,
        Address,
        [
            {
                "id": known[key],
                "area_id": key[0],
                "text": key[1],
                "building": row.building,
                "unit": row.unit,
                "floor": row.floor,
                "has_lift": row.has_lift,
                "source_datum": "wgs84",
                "access_note": "",
                "stopped_note": "",
                "version": 1,
            }
            for key, row in fresh.items()
        ],
    )
    return [row.address_id or known.get((row.community_id, row.address.strip())) for row in rows]


def _households(
    session: Session, rows: Sequence[NewResident], addresses: Sequence[int | None]
) -> list[int | None]:
    """Return the household of each row: people behind one door, where the address names a door."""
    wanted = {a for a, row in zip(addresses, rows, strict=True) if a and names_a_door(row.address)}
    known: dict[int, int] = {}
    communities = {row.community_id for row in rows}
    for some in slices(sorted(wanted)):
        found = session.execute(
            select(Household.id, Household.address_id)
            .where(Household.address_id.in_(some), Household.area_id.in_(communities))
            .order_by(Household.id.desc())
        )
        known |= {address_id: i for i, address_id in found if address_id is not None}
    fresh: dict[int, NewResident] = {}
    for address_id, row in zip(addresses, rows, strict=True):
        if address_id in wanted and address_id is not None and address_id not in known:
            fresh.setdefault(address_id, row)
    for household_id, address_id in zip(
        reserve_ids(session, Household, len(fresh)), fresh, strict=True
    ):
        known[address_id] = household_id
    insert_rows(
        session,
        Household,
        [
            {
                "id": known[address_id],
                "area_id": row.community_id,
                "address_id": address_id,
                "building": row.building,
                "unit": row.unit,
                "floor": row.floor,
                "has_lift": row.has_lift,
                "stairwell": stairwell_of(row.address),
                "snooze_reason": "",
            }
            for address_id, row in fresh.items()
        ],
    )
    return [known.get(address_id) if address_id else None for address_id in addresses]


def names_a_door(address: str) -> bool:
    """Return whether a text goes down to a door, so that people sharing it share a household."""
    return _DOOR.match(fold_address(address)) is not None


def stairwell_of(address: str) -> str:
    """Return the part of an address that neighbours on one staircase share."""
    folded = fold_address(address)
    found = _DOOR.match(folded)
    return (found["stairs"] or "") if found else folded


def _add_contacts(
    session: Session, ids: Sequence[int], rows: Sequence[NewResident], shared: _Shared
) -> None:
    pairs = [
        (resident_id, position, contact, row.language or shared.language)
        for resident_id, row in zip(ids, rows, strict=True)
        for position, contact in enumerate(row.contacts)
    ]
    contact_ids = reserve_ids(session, ContactPerson, len(pairs))
    insert_rows(
        session,
        ContactPerson,
        [
            {
                "id": contact_id,
                "resident_id": resident_id,
                "name": contact.name,
                "relation": contact.relation,
                "role": contact.role,
                "position": position,
                "language": language,
                "preferred_channel": "",
                "told_purposes": ["appointment", "ride"],
                "knows_health": contact.relation is Relation.SELF,
                "only_if_changed": False,
                "cannot_read": False,
                "no_aftercare": False,
                "version": 1,
            }
            for contact_id, (resident_id, position, contact, language) in zip(
                contact_ids, pairs, strict=True
            )
        ],
    )
    numbers = [
        (contact_id, position, phone)
        for contact_id, (_, _, contact, _) in zip(contact_ids, pairs, strict=True)
        for position, phone in enumerate(contact.phones)
    ]
    phone_ids = reserve_ids(session, Phone, len(numbers))
    uuids = row_uuids(len(numbers))
    insert_rows(
        session,
        Phone,
        [
            {"id": phone_id} | phone_row(uuid, contact_id, phone, position, shared.vault)
            for phone_id, uuid, (contact_id, position, phone) in zip(
                phone_ids, uuids, numbers, strict=True
            )
        ],
    )


def phone_row(
    uuid: str, contact_id: int, phone: NewPhone, position: int, vault: Vault
) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "contact_person_id": contact_id,
        "number_sealed": vault.seal(phone.e164, table="phone", column="number_sealed", row=uuid),
        "number_index": vault.index(phone.e164, purpose="phone"),
        "tail_index": vault.index(phone.e164[-4:], purpose="phone_tail"),
        "kind": phone.kind,
        "position": position,
        "invalid_reason": "",
    }


def _add_terms(
    session: Session, ids: Sequence[int], terms: Sequence[set[str]], places: Sequence[set[str]]
) -> None:
    pairs = [
        (term, resident_id)
        for resident_id, named, placed in zip(ids, terms, places, strict=True)
        for term in (*named, *placed)
    ]
    # In the order of the index, so that its pages are filled one after another.
    pairs.sort()
    insert_tuples(session, SearchTerm, ("term", "resident_id"), pairs)
