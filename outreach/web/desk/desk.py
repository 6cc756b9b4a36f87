"""The desk of today's session: who is expected, who is where, whose clock runs, who goes home with whom."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.codes import SessionKind
from outreach.clinics.desk import stock_of
from outreach.clinics.queries import (
    Arrival,
    SessionDay,
    arrivals,
    get_appointment,
    get_site,
    get_site_session,
    observation_clocks,
    session_days,
    sites,
)
from outreach.clinics.visit import VisitStage
from outreach.places.queries import area_ids_within
from outreach.transport.queries import desk_rides
from outreach.web.access import allowed
from outreach.web.acting import Acting, reading
from outreach.web.desk.words import ACT_LABELS, STAGES
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services, visit
from outreach.workflows.desk_page import pool_of, waiting_screens
from outreach.workflows.keep_way_home import Home, WayHome, give_car_home

bp = Blueprint("desk", __name__, url_prefix="/desk")

STAFF = (Role.CLINICIAN, Role.DESK)
GONE = frozenset({VisitStage.LEFT, VisitStage.HANDED_OVER})


@bp.get("")
@allowed(*STAFF)
def show() -> ResponseReturnValue:
    """Show one session's desk: arrivals by slot with search, clocks, and the return pool."""
    form = Form(request.args)
    with reading() as act:
        on = form.day("on") or act.today
        days = _days(act, on)
        chosen = _chosen(days, form.whole("session"))
        shown = _desk(act, chosen, form.text("text")) if chosen else {}
    return page_or_fragment(
        "desk/show.html", "desk/_live.html", on=on, days=days, chosen=chosen, form=form, **shown
    )


def _days(act: Acting, on: date) -> list[SessionDay]:
    areas = area_ids_within(act.session, act.scope.paths)
    mine = [s.id for s in sites(act.session) if areas is None or s.area_id in areas]
    return session_days(act.session, from_on=on, until_on=on, site_ids=mine)


def _chosen(days: list[SessionDay], wanted: int | None) -> SessionDay | None:
    booked = sorted(days, key=lambda day: -day.booked)
    return next((d for d in days if d.site_session_id == wanted), booked[0] if booked else None)


def _desk(act: Acting, day: SessionDay, text: str) -> dict[str, object]:
    people = arrivals(act.session, site_session_id=day.site_session_id)
    for person in people:
        act.saw("resident", person.resident_id)
    ids = [p.appointment_id for p in people]
    rides = desk_rides(act.session, appointment_ids=ids)
    return {
        "people": _matching(people, text),
        "counts": _counts(people),
        "rides": {(ride.appointment_id, ride.direction.value): ride for ride in rides},
        "clocks": observation_clocks(
            act.session, on=day.on, now=act.now, site_session_id=day.site_session_id
        ),
        "pool": pool_of(act.session, people=people, site_id=day.site_id, on=day.on, now=act.now),
        "stock": stock_of(act.session, site_session_id=day.site_session_id),
        "doubts": waiting_screens(act.session, appointment_ids=ids),
        "now": act.now,
        "stages": STAGES,
        "act_labels": ACT_LABELS,
        "is_round": day.kind is SessionKind.HOME_ROUND,
        "new_id": lambda: uuid4().hex,
    }


def _matching(people: list[Arrival], text: str) -> list[Arrival]:
    wanted = text.casefold().replace(" ", "")
    if not wanted:
        return people
    return [
        p
        for p in people
        if wanted in p.name.casefold()
        or wanted in p.pinyin.replace(" ", "")
        or (p.born_on is not None and wanted in p.born_on.isoformat().replace("-", ""))
    ]


def _counts(people: list[Arrival]) -> list[tuple[str, int]]:
    """Return how many are in each part of the way, in its order."""
    return [
        (stage.value, sum(1 for p in people if p.stage is stage))
        for stage in VisitStage
        if any(p.stage is stage for p in people)
    ]


def admit(act: Acting, appointment_id: int) -> int:
    """Return the session of a visit at a site within the visitor's areas; NotFound outside them (N6)."""
    appointment = get_appointment(act.session, appointment_id)
    site_session = get_site_session(act.session, appointment.site_session_id)
    act.check_area(get_site(act.session, site_session.site_id).area_id)
    return site_session.id


def tell_home(way: WayHome) -> None:
    """Say what became of someone's way home."""
    words = {
        Home.KEPT: _("The way home follows: %(plate)s.", plate=way.plate),
        Home.MOVED: _("Another car takes them home: %(plate)s.", plate=way.plate),
        Home.GIVEN: _("%(plate)s takes them home.", plate=way.plate),
        Home.TIGHT: _(
            "%(plate)s still takes them home, but it will be tight. The board sees it.",
            plate=way.plate,
        ),
        Home.WAITS: _("No car fits yet. They wait in the return pool; the board sees them."),
    }
    if way.what in words:
        is_fine = way.what in {Home.KEPT, Home.MOVED, Home.GIVEN}
        notify(words[way.what], kind="success" if is_fine else "warning")


@bp.post("/visit/<int:appointment_id>/car")
@allowed(*STAFF)
def car(appointment_id: int) -> ResponseReturnValue:
    """Give someone who is ready the nearest car that can take them home."""
    with reading() as act:
        session_id = admit(act, appointment_id)
    home = services()
    way = give_car_home(
        home.database,
        home.travel_times,
        appointment_id=appointment_id,
        by=act.user_id,
        now=visit().now,
    )
    tell_home(way)
    return go(url_for(".show", session=session_id, _anchor="pool"))
