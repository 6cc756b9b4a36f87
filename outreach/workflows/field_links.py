"""One-day doors for drivers and escorts: an opaque link or a short code, one device, dead with the shift.

The link's token and the device's are random 128 bits and kept as hashes; the short code as a keyed
one. Looking at a link changes nothing (previews fetch it too); entering binds the first device, and
a second one waits for the dispatcher (fault 59).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.accounts.codes import FieldKind
from outreach.accounts.models import FieldLink, ThrottleEvent
from outreach.accounts.rules import Throttle
from outreach.accounts.sittings import knock
from outreach.audit.trail import record
from outreach.db import Database, vault_of
from outreach.kernel.errors import InvalidInput, NotAllowed, NotFound, OutreachError
from outreach.transport.codes import RunStatus
from outreach.transport.models import Shift
from outreach.transport.rules import FIELD_LINK_LIFE
from outreach.transport.run_models import Run
from outreach.vault import Vault

TOKEN_BYTES = 16
CODE_LENGTH = 8
CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is mistaken for another on paper
CODE_BY_ADDRESS = Throttle(
    "field_code", free=5, first_wait=timedelta(minutes=15), longest_wait=timedelta(hours=4)
)
CODE_BY_ANYBODY = Throttle(
    "field_code_all", free=100, first_wait=timedelta(minutes=15), longest_wait=timedelta(hours=1)
)


class LinkOver(OutreachError):
    """The link's day is over, or it was called back."""

    status = 410


class DeviceWaits(NotAllowed):
    """Another device holds this link; the dispatcher has been asked."""


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A fresh link; token and code are shown once and never again."""

    link_id: int
    token: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FieldDoor:
    """Who stands behind an entered link, and for which day."""

    link_id: int
    kind: FieldKind
    driver_id: int | None
    escort_id: int | None
    on: date
    expires_at: datetime
    shares_position: bool


@dataclass(frozen=True, slots=True)
class WaitingDevice:
    """A second device that asks to be let in."""

    link_id: int
    kind: FieldKind
    driver_id: int | None
    escort_id: int | None
    on: date


def make_field_link(
    session: Session,
    *,
    on: date,
    by: int | None,
    now: datetime,
    driver_id: int | None = None,
    escort_id: int | None = None,
) -> MadeLink:
    """Make the door of a driver or an escort for one day; an older one of theirs dies with it."""
    if (driver_id is None) == (escort_id is None):
        raise InvalidInput("one_person", field="driver_id")
    ends_at = _duty_ends(session, on=on, driver_id=driver_id, escort_id=escort_id)
    if ends_at is None:
        raise InvalidInput("not_on_duty", field="driver_id")
    session.execute(
        update(FieldLink)
        .where(
            FieldLink.on == on,
            FieldLink.driver_id == driver_id,
            FieldLink.escort_id == escort_id,
            FieldLink.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    code = _free_code(session)
    link = FieldLink(
        token_hash=_hash(token),
        code_hash=vault_of(session).index(code, purpose="field_code"),
        kind=FieldKind.DRIVER if driver_id is not None else FieldKind.ESCORT,
        driver_id=driver_id,
        escort_id=escort_id,
        on=on,
        expires_at=ends_at + FIELD_LINK_LIFE,
        made_by=by,
        made_at=now,
    )
    session.add(link)
    session.flush()
    record(session, act="field_link_made", subject=("field_link", link.id), by=by, now=now)
    return MadeLink(link_id=link.id, token=token, code=code, expires_at=link.expires_at)


def look_at(session: Session, *, token: str, now: datetime) -> FieldDoor:
    """Return what a link is for without entering it; unknown ones look like none, old ones say so."""
    link = session.scalars(
        select(FieldLink).where(FieldLink.token_hash == _hash(token)).limit(1)
    ).first()
    return _door(_alive(link, now))


def new_device() -> str:
    """Return what a device is known by from now on; it goes into its cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def enter(session: Session, *, token: str, device: str, now: datetime) -> FieldDoor:
    """Enter by link: the first device is bound, the same one comes back, another one has to wait."""
    link = session.scalars(
        select(FieldLink).where(FieldLink.token_hash == _hash(token)).with_for_update()
    ).first()
    return _bind(session, _alive(link, now), device=device, now=now)


def ask_to_enter(database: Database, *, token: str, device: str, now: datetime) -> FieldDoor:
    """Enter by link in a transaction of its own, so that a second device's wish outlives the refusal."""
    with database.write() as session:
        try:
            return enter(session, token=token, device=device, now=now)
        except DeviceWaits as refusal:
            waits = refusal
    raise waits


def enter_by_code(
    database: Database, *, code: str, device: str, address: str, now: datetime, real_now: datetime
) -> FieldDoor:
    """Enter by the short code typed from paper; tries are counted before anything is looked up."""
    with database.write() as session:
        tries = (
            knock(session, throttle=CODE_BY_ANYBODY, who="anybody", now=real_now),
            knock(session, throttle=CODE_BY_ADDRESS, who=address, now=real_now),
        )
    folded = "".join(code.split()).replace("-", "").upper()
    with database.write() as session:
        key = vault_of(session).index(folded, purpose="field_code")
        link = session.scalars(
            select(FieldLink)
            .where(FieldLink.code_hash == key)
            .order_by(FieldLink.id.desc())
            .limit(1)
            .with_for_update()
        ).first()
        known = _alive(link, now)
        session.execute(delete(ThrottleEvent).where(ThrottleEvent.id.in_(tries)))
        try:
            return _bind(session, known, device=device, now=now)
        except DeviceWaits as refusal:
            waits = refusal
    raise waits


def door_of(session: Session, *, link_id: int, device: str, now: datetime) -> FieldDoor:
    """Return the door of an entered device; call it at the start of every field request."""
    link = _alive(session.get(FieldLink, link_id), now)
    if link.device_hash is None or not secrets.compare_digest(link.device_hash, _hash(device)):
        raise DeviceWaits("another_device", link_id=link_id)
    return _door(link)


def let_device_in(session: Session, *, link_id: int, by: int, now: datetime) -> None:
    """Give a link to the device that waits; the one before loses it."""
    link = session.scalars(
        select(FieldLink).where(FieldLink.id == link_id).with_for_update()
    ).first()
    link = _alive(link, now)
    if link.waiting_device_hash is None:
        raise NotFound("waiting_device", link_id=link_id)
    link.device_hash, link.waiting_device_hash = link.waiting_device_hash, None
    record(session, act="field_device_let_in", subject=("field_link", link_id), by=by, now=now)
    session.flush()


def turn_device_away(session: Session, *, link_id: int, by: int, now: datetime) -> None:
    """Refuse the device that waits."""
    link = session.get_one(FieldLink, link_id)
    link.waiting_device_hash = None
    record(session, act="field_device_refused", subject=("field_link", link_id), by=by, now=now)
    session.flush()


def call_back_link(session: Session, *, link_id: int, by: int, now: datetime) -> None:
    """End a link at once."""
    link = session.get_one(FieldLink, link_id)
    link.revoked_at = link.revoked_at or now
    record(session, act="field_link_revoked", subject=("field_link", link_id), by=by, now=now)
    session.flush()


def share_position(session: Session, *, door: FieldDoor, is_on: bool) -> None:
    """Switch the sharing of the car's position on or off; the driver decides (moment 5m)."""
    session.get_one(FieldLink, door.link_id).shares_position = is_on
    session.flush()


def store_key(vault: Vault, *, link_id: int, device: str) -> bytes:
    """Return the key under which this phone keeps this run; another phone or link has another one."""
    parts = (f"{link_id}:{device}:{half}" for half in ("a", "b"))
    return b"".join(vault.index(part, purpose="field_store") for part in parts)


def person_of(session: Session, *, link_id: int) -> tuple[int | None, int | None]:
    """Return the (driver, escort) of a link, one of them None."""
    link = session.get(FieldLink, link_id)
    if link is None:
        raise NotFound("field_link", link_id=link_id)
    return link.driver_id, link.escort_id


def waiting_devices(session: Session, *, on: date) -> list[WaitingDevice]:
    """Return the devices that ask to be let in today."""
    rows = session.scalars(
        select(FieldLink)
        .where(
            FieldLink.on == on,
            FieldLink.waiting_device_hash.is_not(None),
            FieldLink.revoked_at.is_(None),
        )
        .order_by(FieldLink.id)
        .limit(200)
    )
    return [WaitingDevice(r.id, r.kind, r.driver_id, r.escort_id, r.on) for r in rows]


def _bind(session: Session, link: FieldLink, *, device: str, now: datetime) -> FieldDoor:
    if len(device) < TOKEN_BYTES:
        raise InvalidInput("device", field="device")
    hashed = _hash(device)
    if link.device_hash is None:
        link.device_hash = hashed
        record(
            session,
            act="field_link_entered",
            subject=("field_link", link.id),
            by=None,
            now=now,
            actor="field_link",
        )
        session.flush()
    elif not secrets.compare_digest(link.device_hash, hashed):
        link.waiting_device_hash = hashed
        session.flush()
        raise DeviceWaits("another_device", link_id=link.id)
    return _door(link)


def _alive(link: FieldLink | None, now: datetime) -> FieldLink:
    if link is None:
        raise NotFound("field_link")
    if link.revoked_at is not None or now >= link.expires_at:
        raise LinkOver
    return link


def _door(link: FieldLink) -> FieldDoor:
    return FieldDoor(
        link_id=link.id,
        kind=link.kind,
        driver_id=link.driver_id,
        escort_id=link.escort_id,
        on=link.on,
        expires_at=link.expires_at,
        shares_position=link.shares_position,
    )


def _duty_ends(
    session: Session, *, on: date, driver_id: int | None, escort_id: int | None
) -> datetime | None:
    runs = select(Run.ends_at).where(Run.on == on, Run.status != RunStatus.CANCELLED)
    shifts = select(Shift.ends_at).where(Shift.on == on, Shift.cancelled_at.is_(None))
    if driver_id is not None:
        runs, shifts = (
            runs.where(Run.driver_id == driver_id),
            shifts.where(Shift.driver_id == driver_id),
        )
    else:
        runs, shifts = (
            runs.where(Run.escort_id == escort_id),
            shifts.where(Shift.escort_id == escort_id),
        )
    ends = [*session.scalars(runs), *session.scalars(shifts)]
    return max(ends, default=None)


def _free_code(session: Session) -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        key = vault_of(session).index(code, purpose="field_code")
        taken = session.scalar(select(FieldLink.id).where(FieldLink.code_hash == key).limit(1))
        if taken is None:
            return code


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
