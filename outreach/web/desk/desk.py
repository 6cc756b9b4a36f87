"""The desk of today's session: who is expected, and what happens to them one tap after the other."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.queries import get_campaign
from outreach.clinics.codes import VISIT_RESULTS, DayEventKind, EventSource
from outreach.clinics.desk import OnTheTable, stock_of
from outreach.clinics.events import Author, Tap
from outreach.clinics.queries import (
    SessionDay,
    arrivals,
    get_appointment,
    get_site,
    get_site_session,
    observation_clocks,
    planned_campaigns,
    session_days,
    sites,
)
from outreach.clinics.screening import QUESTIONS, Measured, doubts_of, record_pre_screen
from outreach.places.queries import area_ids_within
from outreach.transport.codes import HANDOVER_LABELS
from outreach.transport.queries import desk_rides
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.desk.words import QUESTION_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.workflows.note_event import note_event

bp = Blueprint("desk", __name__, url_prefix="/desk")

STAFF = (Role.CLINICIAN, Role.DESK)


@bp.get("")
@allowed(*STAFF)
def show() -> ResponseReturnValue:
    """Show one session's desk: the arrivals by slot, and who is under observation."""
    form = Form(request.args)
    with reading() as act:
        on = form.day("on") or act.today
        days = _days(act, on)
        chosen = _chosen(days, form.whole("session"))
        shown = _desk(act, chosen) if chosen else {}
    return render_template("desk/show.html", on=on, days=days, chosen=chosen, **shown)


def _days(act: Acting, on: date) -> list[SessionDay]:
    areas = area_ids_within(act.session, act.scope.paths)
    mine = [s.id for s in sites(act.session) if areas is None or s.area_id in areas]
    return session_days(act.session, from_on=on, until_on=on, site_ids=mine)


def _chosen(days: list[SessionDay], wanted: int | None) -> SessionDay | None:
    booked = sorted(days, key=lambda day: -day.booked)
    return next((d for d in days if d.site_session_id == wanted), booked[0] if booked else None)


def _desk(act: Acting, day: SessionDay) -> dict[str, object]:
    people = arrivals(act.session, site_session_id=day.site_session_id)
    for person in people:
        act.saw("resident", person.resident_id)
    rides = desk_rides(act.session, appointment_ids=[p.appointment_id for p in people])
    return {
        "people": people,
        "rides": {(ride.appointment_id, ride.direction.value): ride for ride in rides},
        "clocks": observation_clocks(
            act.session, on=day.on, now=act.now, site_session_id=day.site_session_id
        ),
        "stock": stock_of(act.session, site_session_id=day.site_session_id),
        "now": act.now,
        "results": VISIT_RESULTS,
        "handovers": HANDOVER_LABELS,
        "questions": QUESTION_LABELS,
        "new_id": lambda: uuid4().hex,
    }


def _admit(act: Acting, appointment_id: int) -> tuple[int, int]:
    """Return session and site of an appointment at a site within the visitor's areas; else NotFound."""
    appointment = get_appointment(act.session, appointment_id)
    site_session = get_site_session(act.session, appointment.site_session_id)
    act.check_area(get_site(act.session, site_session.site_id).area_id)
    return site_session.id, site_session.site_id


@bp.post("/<int:appointment_id>/tap")
@allowed(*STAFF)
def tap(appointment_id: int) -> ResponseReturnValue:
    """Note one step of a visit; the same form sent twice counts once."""
    form = Form(request.form)
    kind = form.one_of("kind", DayEventKind)
    session_id: int | None = None
    with form.catching():
        form.check()
        with acting() as act:
            session_id, _site_id = _admit(act, appointment_id)
            note_event(
                act.session,
                tap=Tap(
                    uuid=form.text("uuid", required=True, longest=64),
                    kind=kind or DayEventKind.REGISTERED,
                    happened_at=act.now,
                    appointment_id=appointment_id,
                    facts=_facts(act, form, kind, appointment_id, session_id),
                ),
                author=Author(EventSource.DESK, user_id=act.user_id),
                now=act.now,
            )
        notify(_("Noted."))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".show", session=session_id, _anchor=f"a{appointment_id}"))


def _facts(
    act: Acting, form: Form, kind: DayEventKind | None, appointment_id: int, session_id: int
) -> dict[str, object]:
    if kind is DayEventKind.JABBED:
        return {"doses": _doses(act, form, appointment_id, session_id)}
    said: dict[str, object] = {
        name: form.text(name, longest=200)
        for name in ("received_by", "witness", "result", "reason", "code")
        if form[name]
    }
    if kind is DayEventKind.OBSERVATION_EXTENDED:
        said["minutes"] = form.whole("minutes", required=True, least=1, most=240)
        form.check()
    return said


def _doses(
    act: Acting, form: Form, appointment_id: int, session_id: int
) -> list[dict[str, object]]:
    """Return which batch was given for which campaign; the batch must stand on this session's table."""
    table = {
        f"{s.product_id}:{s.batch_id or ''}": s
        for s in stock_of(act.session, site_session_id=session_id)
    }
    chosen: OnTheTable | None = table.get(form["stock"])
    if chosen is None:
        form.wrong("stock", "stock_missing")
        form.check()
        return []
    campaigns = planned_campaigns(act.session, [appointment_id]).get(appointment_id, ())
    return [
        {"campaign_id": c, "product_id": chosen.product_id, "batch_id": chosen.batch_id}
        for c in campaigns
        if get_campaign(act.session, c).vaccine_id == chosen.vaccine_id
    ]


@bp.post("/<int:appointment_id>/screen")
@allowed(*STAFF)
def screen(appointment_id: int) -> ResponseReturnValue:
    """Record the pre-screen; doubts are shown, and a clinician decides."""
    form = Form(request.form)
    measured = Measured(
        temperature_c=form.decimal("temperature", least=30, most=45),
        systolic=form.whole("systolic", least=50, most=260),
        diastolic=form.whole("diastolic", least=30, most=160),
        answers={name: True for name in QUESTIONS if form.yes(name)},
    )
    session_id: int | None = None
    with form.catching():
        form.check()
        with acting() as act:
            session_id, _site_id = _admit(act, appointment_id)
            record_pre_screen(
                act.session,
                appointment_id=appointment_id,
                at_place="desk",
                measured=measured,
                by=act.user_id,
                now=act.now,
            )
            note_event(
                act.session,
                tap=Tap(
                    uuid=form.text("uuid", required=True, longest=64),
                    kind=DayEventKind.SCREENED,
                    happened_at=act.now,
                    appointment_id=appointment_id,
                ),
                author=Author(EventSource.DESK, user_id=act.user_id),
                now=act.now,
            )
        doubts = doubts_of(measured)
        if doubts:
            notify(
                _(
                    "A clinician must look first: %(what)s",
                    what=", ".join(QUESTION_LABELS[d].label(act.language) for d in doubts),
                ),
                kind="warning",
            )
        else:
            notify(_("Nothing stands against it."))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".show", session=session_id, _anchor=f"a{appointment_id}"))
