"""Editing people of the ledger: their own values, the people to speak with about them, their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from outreach.db import vault_of
from outreach.kernel.dates import eligible_on
from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.ledger.bulk import row_uuids
from outreach.ledger.codes import Sex
from outreach.ledger.matching import fold_name
from outreach.ledger.models import ContactPerson, Phone, Resident, SearchTerm
from outreach.ledger.new_residents import (
    NewContact,
    NewPhone,
    check_codes,
    first_sound,
    missing_data,
    phone_row,
)
from outreach.ledger.search_terms import terms_of
from outreach.places.models import Address
from outreach.places.queries import first_language, get_place


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentEdit:
    """New values of a resident's own columns; None leaves one as it is."""

    name: str | None = None
    sex: Sex | None = None
    born_on: date | None = None
    id_number: str | None = None
    grid_id: int | None = None
    mobility: str | None = None
    mobility_flags: list[str] | None = None
    lives_alone: bool | None = None
    language: str | None = None
    dialect: str | None = None
    note: str | None = None
    clinical_note: str | None = None
    access_note: str | None = None


def edit_resident(
    session: Session, *, resident_id: int, edit: ResidentEdit, version: int, now: datetime
) -> list[str]:
    """Change a resident; return the names of the fields that changed. A stale version is refused."""
    resident = lock_resident(session, resident_id)
    if resident.version != version:
        raise StaleVersion("resident_changed", resident_id=resident_id)
    if edit.name is not None and not edit.name.strip():
        raise InvalidInput("name_missing", field="name")
    check_codes(edit.mobility or resident.mobility, edit.mobility_flags or ())
    changed = []
    plain = (
        "sex born_on grid_id mobility mobility_flags lives_alone language dialect note clinical_note"
        " access_note"
    )
    for name in plain.split():
        value = getattr(edit, name)
        if value is not None and value != getattr(resident, name):
            setattr(resident, name, value)
            changed.append(name)
    if edit.name is not None and edit.name.strip() != resident.name:
        resident.name = edit.name.strip()
        changed.append("name")
    if edit.id_number is not None and _set_id(session, resident, edit.id_number):
        changed.append("id_number")
    if "born_on" in changed and resident.born_on is not None:
        resident.eligible_on = eligible_on(resident.born_on, get_place(session).minimum_age)
    if changed:
        resident.updated_at = now
        refresh_search(session, resident)
    session.flush()
    return changed


def set_address(
    session: Session, *, resident_id: int, address_id: int, household_id: int | None, now: datetime
) -> Resident:
    """Give someone another usual address; a temporary one is a stay (``ledger/stays.py``)."""
    resident = lock_resident(session, resident_id)
    resident.address_id, resident.household_id = address_id, household_id
    resident.updated_at = now
    refresh_search(session, resident)
    session.flush()
    return resident


def add_contact(
    session: Session, *, resident_id: int, contact: NewContact, now: datetime
) -> ContactPerson:
    """Add someone to speak with, after those who are there."""
    last = session.scalars(
        select(ContactPerson.position)
        .where(ContactPerson.resident_id == resident_id)
        .order_by(ContactPerson.position.desc())
        .limit(1)
    ).first()
    person = ContactPerson(
        resident_id=resident_id,
        name=contact.name.strip(),
        relation=contact.relation,
        role=contact.role,
        position=0 if last is None else last + 1,
        language=first_language(session),
    )
    session.add(person)
    session.flush()
    for position, phone in enumerate(contact.phones):
        add_phone(session, contact_person_id=person.id, phone=phone, position=position)
    touch(session, resident_id=resident_id, now=now)
    return person


def add_phone(
    session: Session, *, contact_person_id: int, phone: NewPhone, position: int = 0
) -> Phone:
    """Add a number to a contact; the same number twice stays one."""
    vault = vault_of(session)
    known = session.scalars(
        select(Phone)
        .where(
            Phone.contact_person_id == contact_person_id,
            Phone.number_index == vault.index(phone.e164, purpose="phone"),
        )
        .limit(1)
    ).first()
    if known is not None:
        known.invalid_since, known.invalid_reason = None, ""
        session.flush()
        return known
    row = Phone(**phone_row(row_uuids(1)[0], contact_person_id, phone, position, vault))
    session.add(row)
    session.flush()
    return row


def mark_phone_invalid(session: Session, *, phone_id: int, reason: str, now: datetime) -> Phone:
    """Note that a number is wrong or dead; nothing is sent to it, and the row stays for the trace."""
    phone = session.get(Phone, phone_id)
    if phone is None:
        raise NotFound("phone")
    if phone.invalid_since is None:
        phone.invalid_since, phone.invalid_reason = now, reason
    session.flush()
    return phone


def end_contact(session: Session, *, contact_person_id: int, now: datetime) -> ContactPerson:
    """Stop speaking with someone about a resident; what was said stays in the timeline."""
    person = session.get(ContactPerson, contact_person_id)
    if person is None:
        raise NotFound("contact_person")
    person.ended_at = now
    session.flush()
    return person


def lock_resident(session: Session, resident_id: int) -> Resident:
    """Return a resident whom nobody else changes until this transaction ends."""
    resident = session.scalars(
        select(Resident)
        .where(Resident.id == resident_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if resident is None or resident.erased_at is not None:
        raise NotFound("resident", resident_id=resident_id)
    return resident


def touch(session: Session, *, resident_id: int, now: datetime) -> None:
    """Refresh what is stored about a resident's completeness after contacts or addresses changed."""
    resident = lock_resident(session, resident_id)
    refresh_search(session, resident)
    resident.updated_at = now
    session.flush()


def refresh_search(session: Session, resident: Resident) -> None:
    """Store anew what someone can be found by and what is missing about them."""
    address = session.get(Address, resident.address_id) if resident.address_id else None
    text = address.text if address else ""
    resident.name_folded = fold_name(resident.name)
    terms = terms_of(resident.name, text)
    resident.name_pinyin = first_sound(terms)
    has_phone = session.scalars(
        select(Phone.id)
        .join(ContactPerson, ContactPerson.id == Phone.contact_person_id)
        .where(
            ContactPerson.resident_id == resident.id,
            ContactPerson.ended_at.is_(None),
            Phone.invalid_since.is_(None),
        )
        .limit(1)
    ).first()
    resident.missing = missing_data(
        born_on=resident.born_on,
        has_id=resident.id_index is not None,
        has_phone=has_phone is not None,
        has_address=bool(text),
        has_grid=resident.grid_id is not None,
    )
    session.execute(delete(SearchTerm).where(SearchTerm.resident_id == resident.id))
    rows = [{"term": term, "resident_id": resident.id} for term in sorted(terms)]
    if rows:
        session.execute(insert(SearchTerm), rows)


def _set_id(session: Session, resident: Resident, number: str) -> bool:
    vault = vault_of(session)
    index = vault.index(number, purpose="id")
    if resident.id_index == index:
        return False
    resident.id_sealed = vault.seal(number, table="resident", column="id_sealed", row=resident.uuid)
    resident.id_index = index
    resident.id_tail_index = vault.index(number[-4:], purpose="id_tail")
    return True
