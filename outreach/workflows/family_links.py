"""Doors of families: an opaque link or a short code on paper to one visit, or to those of both parents.

Token and code are worked out from the house's own keys and the row, so that the same slip can be
printed again while the database holds but hashes of them. Nothing in them is personal. A door is shut
for good once the visit is over, it was called back, or the person must not be spoken of any more.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.accounts.models import FamilyLink, ThrottleEvent
from outreach.accounts.rules import Throttle
from outreach.accounts.sittings import knock
from outreach.audit.trail import record
from outreach.clinics.codes import AppointmentStatus
from outreach.clinics.models import Appointment, SiteSession
from outreach.clinics.operations import lock_appointment
from outreach.contact.codes import OptOutScope
from outreach.contact.opt_outs import standing
from outreach.db import Database, vault_of
from outreach.kernel.errors import InvalidInput, NotFound, OutreachError
from outreach.ledger.codes import ContactRole, LifeStatus, Relation
from outreach.ledger.models import ContactPerson, Phone, Resident

DOOR_PATH = "/f"  # where the pages let families in
LINK_LIFE = timedelta(days=4)  # after the slot: the jab's first days, and the answer to a question
CODE_DIGITS = 10  # typed like a telephone number, by people who have typed those all their lives
CODE_BY_ADDRESS = Throttle(
    "family_code", free=8, first_wait=timedelta(minutes=15), longest_wait=timedelta(hours=4)
)
# Generous, so that nobody shuts the door on all families by guessing; the code is long enough for that.
CODE_BY_ANYBODY = Throttle(
    "family_code_all", free=600, first_wait=timedelta(minutes=10), longest_wait=timedelta(hours=1)
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


class FamilyLinkOver(OutreachError):
    """The visit is over, the door was called back, or nothing may be shown any more."""

    status = 410


@dataclass(frozen=True, slots=True)
class HandedLink:
    """A door as staff hand it over: on a screen, on paper, or copied into WeChat (moment 1e)."""

    link_id: int
    contact_person_id: int | None
    token: str
    code: str
    expires_at: datetime
    made_at: datetime

    @property
    def spaced_code(self) -> str:
        """The code in groups, as telephone numbers are read."""
        return f"{self.code[:3]} {self.code[3:6]} {self.code[6:]}"


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """One visit behind a door, and whether this reader may know of health."""

    appointment_id: int
    resident_id: int
    knows_health: bool
    contact_person_id: int | None


@dataclass(frozen=True, slots=True)
class FamilyDoor:
    """Who stands behind an entered door: one visit, or both parents' visits of that day (moment 5m)."""

    link_id: int
    contact_person_id: int | None
    language: str
    visits: tuple[SeenVisit, ...]

    def visit(self, appointment_id: int) -> SeenVisit:
        """Return one of the door's own visits; anything else looks as if it were not there."""
        for seen in self.visits:
            if seen.appointment_id == appointment_id:
                return seen
        raise NotFound("appointment", appointment_id=appointment_id)


def family_link_for(
    session: Session,
    *,
    appointment_id: int,
    contact_person_id: int | None,
    by: int | None,
    now: datetime,
) -> HandedLink:
    """Return the living door of one visit for one reader (None: the person), made if there is none."""
    appointment = lock_appointment(session, appointment_id)
    if contact_person_id is not None:
        person = session.get(ContactPerson, contact_person_id)
        if person is None or person.resident_id != appointment.resident_id:
            raise InvalidInput("contact_of_another", field="contact_person_id")
        if person.ended_at is not None or person.role is ContactRole.EMERGENCY:
            raise InvalidInput("contact_not_told", field="contact_person_id")
    expires_at = appointment.slot_at + LINK_LIFE
    if expires_at <= now:
        raise FamilyLinkOver
    link = session.scalars(
        select(FamilyLink)
        .where(
            FamilyLink.appointment_id == appointment_id,
            FamilyLink.contact_person_id == contact_person_id,
            FamilyLink.revoked_at.is_(None),
        )
        .order_by(FamilyLink.id.desc())
        .limit(1)
    ).first()
    if link is None:
        link = _make(session, appointment_id, contact_person_id, expires_at=expires_at, now=now)
        record(session, act="family_link_made", subject=("family_link", link.id), by=by, now=now)
    link.expires_at = max(link.expires_at, expires_at)
    session.flush()
    return _handed(session, link)


def family_code_for(
    session: Session, *, appointment_id: int, contact_person_id: int | None, now: datetime
) -> str:
    """Return the code of a reader's door for a text to that reader; "" where there is to be no door."""
    try:
        handed = family_link_for(
            session,
            appointment_id=appointment_id,
            contact_person_id=contact_person_id,
            by=None,
            now=now,
        )
    except OutreachError:
        return ""
    return handed.spaced_code


def family_links_of(session: Session, *, appointment_id: int, now: datetime) -> list[HandedLink]:
    """Return the living doors of a visit."""
    rows = session.scalars(
        select(FamilyLink)
        .where(
            FamilyLink.appointment_id == appointment_id,
            FamilyLink.revoked_at.is_(None),
            FamilyLink.expires_at > now,
        )
        .order_by(FamilyLink.id)
        .limit(20)
    )
    return [_handed(session, row) for row in rows]


def call_back_family_link(
    session: Session, *, link_id: int, appointment_id: int, by: int, now: datetime
) -> None:
    """Shut a door at once; a new one has another link and another code."""
    link = session.get(FamilyLink, link_id)
    if link is None or link.appointment_id != appointment_id:
        raise NotFound("family_link", link_id=link_id)
    link.revoked_at = link.revoked_at or now
    record(session, act="family_link_revoked", subject=("family_link", link_id), by=by, now=now)
    session.flush()


def look_at_family_link(session: Session, *, token: str, now: datetime) -> FamilyDoor:
    """Return what a link opens; looking changes nothing, so that a link previewer does no harm."""
    link = session.scalars(
        select(FamilyLink).where(FamilyLink.token_hash == _hash(token)).limit(1)
    ).first()
    return _door(session, link, now)


def enter_by_family_code(
    database: Database, *, code: str, address: str, now: datetime, real_now: datetime
) -> FamilyDoor:
    """Enter by the code typed from paper; tries are counted before anything is looked up."""
    with database.write() as session:
        tries = (
            knock(session, throttle=CODE_BY_ANYBODY, who="anybody", now=real_now),
            knock(session, throttle=CODE_BY_ADDRESS, who=address, now=real_now),
        )
    typed = "".join(c for c in code.translate(_FULL_WIDTH) if c not in " -\u3000")
    with database.write() as session:
        key = vault_of(session).index(typed, purpose="family_code")
        link = session.scalars(
            select(FamilyLink)
            .where(FamilyLink.code_hash == key)
            .order_by(FamilyLink.id.desc())
            .limit(1)
        ).first()
        try:
            door = _door(session, link, now)
        except OutreachError as error:
            # Unknown, over or shut: a guesser learns nothing from the difference.
            raise InvalidInput("family_code_unknown", field="code") from error
        session.execute(delete(ThrottleEvent).where(ThrottleEvent.id.in_(tries)))
        return door


def family_door(session: Session, *, link_id: int, now: datetime) -> FamilyDoor:
    """Return the door that a browser has entered; call it at the start of every request."""
    return _door(session, session.get(FamilyLink, link_id), now)


def _make(
    session: Session,
    appointment_id: int,
    contact_person_id: int | None,
    *,
    expires_at: datetime,
    now: datetime,
) -> FamilyLink:
    made_at = now
    while True:
        link = FamilyLink(
            appointment_id=appointment_id,
            contact_person_id=contact_person_id,
            expires_at=expires_at,
            made_at=made_at,
        )
        link.token_hash = _hash(_token(session, link))
        link.code_hash = vault_of(session).index(_code(session, link), purpose="family_code")
        taken = session.scalar(
            select(FamilyLink.id)
            .where(
                (FamilyLink.code_hash == link.code_hash)
                | (FamilyLink.token_hash == link.token_hash)
            )
            .limit(1)
        )
        if taken is None:
            session.add(link)
            session.flush()
            return link
        made_at += timedelta(microseconds=1)


def _handed(session: Session, link: FamilyLink) -> HandedLink:
    return HandedLink(
        link_id=link.id,
        contact_person_id=link.contact_person_id,
        token=_token(session, link),
        code=_code(session, link),
        expires_at=link.expires_at,
        made_at=link.made_at,
    )


def _row_words(link: FamilyLink) -> str:
    made = link.made_at.astimezone(UTC).isoformat(timespec="microseconds")
    return f"{link.appointment_id}:{link.contact_person_id or 0}:{made}"


def _token(session: Session, link: FamilyLink) -> str:
    key = vault_of(session).index(_row_words(link), purpose="family_token_of")
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def _code(session: Session, link: FamilyLink) -> str:
    key = vault_of(session).index(_row_words(link), purpose="family_code_of")
    return f"{int.from_bytes(key, 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _door(session: Session, link: FamilyLink | None, now: datetime) -> FamilyDoor:
    if link is None:
        raise NotFound("family_link")
    appointment = session.get_one(Appointment, link.appointment_id)
    expires_at = max(link.expires_at, appointment.slot_at + LINK_LIFE)
    if link.revoked_at is not None or now >= expires_at:
        raise FamilyLinkOver
    resident = session.get_one(Resident, appointment.resident_id)
    person = (
        session.get_one(ContactPerson, link.contact_person_id)
        if link.contact_person_id is not None
        else None
    )
    if not _may_be_shown(session, resident, person):
        raise FamilyLinkOver
    own = SeenVisit(
        appointment.id,
        resident.id,
        knows_health=person is None or person.relation is Relation.SELF or person.knows_health,
        contact_person_id=link.contact_person_id,
    )
    return FamilyDoor(
        link_id=link.id,
        contact_person_id=link.contact_person_id,
        language=person.language if person is not None else resident.language,
        visits=(own, *_other_parent(session, appointment, resident, person)),
    )


def _may_be_shown(session: Session, resident: Resident, person: ContactPerson | None) -> bool:
    """Nothing is shown of the dead, of someone held, or to whoever wants nothing from us (N1)."""
    is_silent = (
        resident.life_status is LifeStatus.DECEASED
        or resident.held_all
        or resident.erased_at is not None
        or resident.merged_into_id is not None
    )
    if is_silent:
        return False
    if person is not None and (person.ended_at is not None or person.role is ContactRole.EMERGENCY):
        return False
    numbers = _numbers(session, person) if person is not None else set()
    words = standing(session, number_index=None, resident_id=resident.id)
    for number in sorted(numbers):
        words += standing(session, number_index=number)
    return all(word.scope is not OptOutScope.EVERYTHING for word in words)


def _other_parent(
    session: Session, own: Appointment, resident: Resident, person: ContactPerson | None
) -> list[SeenVisit]:
    """Return the visits that day of the other one of a couple, whom the same reader is told about too.

    A child who is a contact of both reads both. Without a contact it is the couple's own paper: they
    are booked together and live behind one door.
    """
    on = session.get_one(SiteSession, own.site_session_id).on
    rows = session.execute(
        select(Appointment, Resident)
        .join(Resident, Resident.id == Appointment.resident_id)
        .join(SiteSession, SiteSession.id == Appointment.site_session_id)
        .where(
            SiteSession.on == on,
            Resident.id != resident.id,
            Resident.household_id == resident.household_id,
            Resident.household_id.is_not(None),
            Appointment.status != AppointmentStatus.CANCELLED,
        )
        .order_by(Appointment.slot_at, Appointment.id)
        .limit(5)
    ).all()
    numbers = _numbers(session, person) if person is not None else set()
    found = []
    for appointment, other in rows:
        is_linked = own.id in {appointment.linked_appointment_id} or (
            own.linked_appointment_id == appointment.id
        )
        twin = _same_reader(session, other, numbers) if person is not None else None
        if twin is None if person is not None else not is_linked:
            continue
        if _may_be_shown(session, other, twin):
            knows = twin is None or twin.relation is Relation.SELF or twin.knows_health
            found.append(
                SeenVisit(appointment.id, other.id, knows, twin.id if twin is not None else None)
            )
    return found


def _same_reader(session: Session, other: Resident, numbers: set[bytes]) -> ContactPerson | None:
    """Return the contact of another resident who answers to one of these numbers."""
    return session.scalars(
        select(ContactPerson)
        .join(Phone, Phone.contact_person_id == ContactPerson.id)
        .where(
            ContactPerson.resident_id == other.id,
            ContactPerson.ended_at.is_(None),
            ContactPerson.role != ContactRole.EMERGENCY,
            Phone.number_index.in_(sorted(numbers)),
        )
        .order_by(ContactPerson.position, ContactPerson.id)
        .limit(1)
    ).first()


def _numbers(session: Session, person: ContactPerson) -> set[bytes]:
    return set(
        session.scalars(select(Phone.number_index).where(Phone.contact_person_id == person.id))
    )
