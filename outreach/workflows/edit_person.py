"""Editing people: values under a version, addresses, those to speak with; each act ends in a restatement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from outreach.audit.trail import record
from outreach.kernel.errors import InvalidInput, NotFound, StaleVersion
from outreach.kernel.geo import Point
from outreach.kernel.phone import parse_phone
from outreach.ledger.codes import Cause, ContactRole, PhoneKind, Relation
from outreach.ledger.consents import ConsentDraft, give_consent, withdraw_consent
from outreach.ledger.contact_edit import ContactEdit, edit_contact
from outreach.ledger.models import Consent, ContactPerson, Phone, Stay
from outreach.ledger.new_residents import NewContact, NewPhone
from outreach.ledger.residents import (
    ResidentEdit,
    add_contact,
    add_phone,
    edit_resident,
    end_contact,
    lock_resident,
    mark_phone_invalid,
    touch,
)
from outreach.ledger.stays import StayDraft, add_stay, end_stay
from outreach.places.addresses import add_address
from outreach.places.queries import get_place, local_day
from outreach.workflows.restate import restate


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStay:
    """Where someone stays for a while, as a worker notes it; ``pin`` is what was clicked on the map."""

    resident_id: int
    text: str
    from_on: date
    until_on: date | None = None
    with_contact_id: int | None = None
    community_id: int | None = None
    pin: Point | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSpeaker:
    """Someone to speak with about a resident, with a number as it was typed."""

    resident_id: int
    relation: Relation
    name: str = ""
    role: ContactRole = ContactRole.TOLD
    number: str = ""


def edit_person(
    session: Session,
    *,
    resident_id: int,
    edit: ResidentEdit,
    version: int,
    by: int,
    now: datetime,
) -> list[str]:
    """Change a person's own values; return the fields that changed. A stale version is refused."""
    changed = edit_resident(session, resident_id=resident_id, edit=edit, version=version, now=now)
    if changed:
        _note(session, "edited", resident_id, by=by, now=now, fields=changed)
        restate(session, resident_id=resident_id, by=by, cause=Cause.EDITED, now=now)
    return changed


def note_stay(session: Session, *, stay: NewStay, by: int, now: datetime) -> int:
    """Keep a temporary address with its pin; return the stay's id."""
    address = add_address(session, text=stay.text, area_id=stay.community_id, now=now, pin=stay.pin)
    row = add_stay(
        session,
        draft=StayDraft(
            resident_id=stay.resident_id,
            address_id=address.id,
            from_on=stay.from_on,
            until_on=stay.until_on,
            community_id=stay.community_id,
            with_contact_id=stay.with_contact_id,
        ),
        by=by,
        now=now,
    )
    _note(session, "stay_noted", stay.resident_id, by=by, now=now, fields=["stay"])
    restate(session, resident_id=stay.resident_id, by=by, cause=Cause.EDITED, now=now)
    return row.id


def finish_stay(session: Session, *, stay_id: int, by: int, now: datetime) -> int:
    """Note that someone is back at the usual address; return whose stay it was."""
    row = end_stay(session, stay_id=stay_id, day=local_day(session, now), now=now)
    _note(session, "stay_ended", row.resident_id, by=by, now=now, fields=["stay"])
    restate(session, resident_id=row.resident_id, by=by, cause=Cause.EDITED, now=now)
    return row.resident_id


def whose_stay(session: Session, stay_id: int) -> int:
    """Return whose stay it is; NotFound when there is none."""
    return _owner(session.get(Stay, stay_id))


def whose_contact(session: Session, contact_person_id: int) -> int:
    """Return about whom a contact person speaks; NotFound when there is none."""
    return _owner(session.get(ContactPerson, contact_person_id))


def whose_phone(session: Session, phone_id: int) -> int:
    """Return about whom a number's owner speaks; NotFound when there is none."""
    phone = session.get(Phone, phone_id)
    if phone is None:
        raise NotFound("not_found")
    return whose_contact(session, phone.contact_person_id)


def whose_consent(session: Session, consent_id: int) -> int:
    """Return whose consent it is; NotFound when there is none."""
    return _owner(session.get(Consent, consent_id))


def _owner(row: Stay | ContactPerson | Consent | None) -> int:
    if row is None:
        raise NotFound("not_found")
    return row.resident_id


def keep_clinical_note(
    session: Session, *, resident_id: int, note: str, version: int, by: int, now: datetime
) -> None:
    """Change what clinicians note for each other; the trail says that it changed, not what it says."""
    resident = lock_resident(session, resident_id)
    if resident.version != version:
        raise StaleVersion("resident_changed", field="clinical_note")
    if resident.clinical_note != note.strip():
        resident.clinical_note, resident.updated_at = note.strip(), now
        session.flush()
        _note(session, "edited", resident_id, by=by, now=now, fields=["clinical_note"])


def add_speaker(session: Session, *, speaker: NewSpeaker, by: int, now: datetime) -> int:
    """Add someone to speak with, with their number when one is given; return the id."""
    phones = (read_number(session, speaker.number),) if speaker.number.strip() else ()
    contact = NewContact(
        relation=speaker.relation, name=speaker.name, role=speaker.role, phones=phones
    )
    person = add_contact(session, resident_id=speaker.resident_id, contact=contact, now=now)
    _note(session, "contact_added", speaker.resident_id, by=by, now=now, fields=["contacts"])
    restate(session, resident_id=speaker.resident_id, by=by, cause=Cause.EDITED, now=now)
    return person.id


def add_number(
    session: Session, *, contact_person_id: int, number: str, by: int, now: datetime
) -> None:
    """Add a number to someone to speak with."""
    resident_id = whose_contact(session, contact_person_id)
    phone = read_number(session, number)
    add_phone(session, contact_person_id=contact_person_id, phone=phone)
    touch(session, resident_id=resident_id, now=now)
    _note(session, "number_added", resident_id, by=by, now=now, fields=["phones"])
    restate(session, resident_id=resident_id, by=by, cause=Cause.EDITED, now=now)


def drop_number(session: Session, *, phone_id: int, by: int, now: datetime) -> int:
    """Mark a number as wrong; return about whom its owner speaks."""
    resident_id = whose_phone(session, phone_id)
    mark_phone_invalid(session, phone_id=phone_id, reason="wrong_number", now=now)
    touch(session, resident_id=resident_id, now=now)
    _note(session, "number_wrong", resident_id, by=by, now=now, fields=["phones"])
    restate(session, resident_id=resident_id, by=by, cause=Cause.EDITED, now=now)
    return resident_id


def drop_speaker(session: Session, *, contact_person_id: int, by: int, now: datetime) -> int:
    """Stop speaking with someone about a resident; what was said stays."""
    resident_id = whose_contact(session, contact_person_id)
    end_contact(session, contact_person_id=contact_person_id, now=now)
    touch(session, resident_id=resident_id, now=now)
    _note(session, "contact_ended", resident_id, by=by, now=now, fields=["contacts"])
    restate(session, resident_id=resident_id, by=by, cause=Cause.EDITED, now=now)
    return resident_id


def change_speaker(
    session: Session, *, contact_person_id: int, edit: ContactEdit, by: int, now: datetime
) -> int:
    """Change what a contact may do and how they are spoken with; return whose it is."""
    resident_id, changed = edit_contact(
        session, contact_person_id=contact_person_id, edit=edit, now=now
    )
    if changed:
        _note(session, "contact_edited", resident_id, by=by, now=now, fields=changed)
        restate(session, resident_id=resident_id, by=by, cause=Cause.EDITED, now=now)
    return resident_id


def keep_consent(session: Session, *, draft: ConsentDraft, by: int, now: datetime) -> int:
    """Note a yes or a no to a dose; return its id."""
    row = give_consent(session, draft=draft, by=by, now=now)
    restate(session, resident_id=draft.resident_id, by=by, cause=Cause.CONSENT, now=now)
    return row.id


def take_consent_back(session: Session, *, consent_id: int, by: int, now: datetime) -> int:
    """Withdraw a consent; return whose it was."""
    row = withdraw_consent(session, consent_id=consent_id, by=by, now=now)
    restate(session, resident_id=row.resident_id, by=by, cause=Cause.CONSENT, now=now)
    return row.resident_id


def read_number(session: Session, text: str) -> NewPhone:
    """Read a typed number as this place's numbers are; one that cannot be read is asked for again."""
    place = get_place(session)
    kept = "".join(c for c in text if c.isdigit() or c == "+")
    found = parse_phone(kept, country=place.country, area_code=place.area_code) if kept else None
    if found is None:
        raise InvalidInput("number_unreadable", field="number")
    return NewPhone(found.e164, PhoneKind(found.kind))


def _note(
    session: Session, act: str, resident_id: int, *, by: int, now: datetime, fields: list[str]
) -> None:
    record(
        session,
        act=act,
        subject=("resident", resident_id),
        by=by,
        now=now,
        facts={"fields": fields},
    )
