"""Who visits, where and in which language: read once per request, before anything else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import current_app, g, request, session

from outreach.accounts.codes import Role
from outreach.accounts.rules import NOWHERE, Actor, Scope
from outreach.accounts.sittings import TOUCH_EVERY, Seat, find_seat, touch_sitting
from outreach.kernel.clock import real_now
from outreach.kernel.place import emergency_number
from outreach.places.queries import get_place
from outreach.services import Services

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SITTING = "sitting"
BACKGROUND_HEADER = "X-Background"


@dataclass(frozen=True, slots=True)
class Setting:
    """What pages need to know of the place."""

    name: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    date_order: str
    level_names: dict[str, dict[str, str]]
    is_demo: bool
    clock_offset: timedelta
    duty_phone: str
    emergency: str


@dataclass(frozen=True, slots=True)
class Visit:
    """The present request's visitor."""

    setting: Setting
    at: datetime
    actor: Actor | None = None
    sitting_id: int | None = None
    is_locked: bool = False
    scope: Scope = NOWHERE

    @property
    def role(self) -> Role | None:
        """The role whose sidebar is shown: the one chosen, else the first one held."""
        if self.actor is None or not self.actor.roles:
            return None
        chosen = session.get("role")
        held = {str(role): role for role in self.actor.roles}
        return held.get(chosen or "", self.actor.roles[0])

    @property
    def now(self) -> datetime:
        """Business time of this request."""
        return self.at + self.setting.clock_offset


def services() -> Services:
    """Return the services of the running application."""
    found = current_app.extensions["outreach"]
    assert isinstance(found, Services)  # noqa: S101 - set by create_app
    return found


def visit() -> Visit:
    """Return the present visitor."""
    found = g.visit
    assert isinstance(found, Visit)  # noqa: S101 - set before every view
    return found


def has_visit() -> bool:
    """Return whether the visitor is known yet (not so for files and for errors before that)."""
    return "visit" in g


def begin_visit() -> None:
    """Read the place and the visitor in one go."""
    now = real_now()
    token = session.get(SITTING, "")
    with services().database.read() as database_session:
        setting = _setting(database_session)
        seat = find_seat(database_session, token=token, now=now) if token else None
    if token and seat is None:
        session.pop(SITTING)
    g.visit = _seated(Visit(setting=setting, at=now), seat)


def admit(scope: Scope) -> None:
    """Keep the scope that the route's right gives, and note that somebody is at the screen."""
    now_visiting = visit()
    g.visit = replace(now_visiting, scope=scope)
    seen_at = g.get("seen_at")
    is_human = BACKGROUND_HEADER not in request.headers
    if now_visiting.sitting_id is None or seen_at is None or not is_human or now_visiting.is_locked:
        return
    if now_visiting.at - seen_at > TOUCH_EVERY:
        with services().database.write() as database_session:
            touch_sitting(database_session, sitting_id=now_visiting.sitting_id, now=now_visiting.at)


def _seated(visiting: Visit, seat: Seat | None) -> Visit:
    if seat is None:
        return visiting
    g.seen_at = seat.seen_at
    return replace(visiting, actor=seat.actor, sitting_id=seat.sitting_id, is_locked=seat.is_locked)


def _setting(database_session: Session) -> Setting:
    place = get_place(database_session)
    return Setting(
        name=place.name,
        zone=ZoneInfo(place.time_zone),
        languages=tuple(place.languages),
        date_order=place.date_order,
        level_names=dict(place.level_names),
        is_demo=place.is_demo,
        clock_offset=timedelta(seconds=place.clock_offset_s),
        duty_phone=place.duty_phone,
        emergency=emergency_number(place.country),
    )
