"""The next dose of a series, booked before the person leaves the desk (moment 5k)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.clinics.operations import Booking
from outreach.clinics.queries import get_appointment
from outreach.web.access import allowed
from outreach.web.acting import Acting, reading
from outreach.web.desk.desk import STAFF, admit
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.book import book_trip
from outreach.workflows.change_appointment import ways_of
from outreach.workflows.desk_page import DeskPerson, desk_person

bp = Blueprint("next_dose", __name__, url_prefix="/desk/visit")


@bp.post("/<int:appointment_id>/next")
@allowed(*STAFF)
def book(appointment_id: int) -> ResponseReturnValue:
    """Book the next dose before the person leaves, there and home the same way (5k)."""
    form = Form(request.form)
    with form.catching():
        with reading() as act:
            admit(act, appointment_id)
            person = desk_person(act.session, appointment_id=appointment_id, now=act.now)
            booking = _next_booking(act, form, person)
        form.check()
        home = services()
        book_trip(home.database, home.travel_times, booking=booking, by=act.user_id, now=act.now)
        notify(_("Booked. Everyone who is to know gets a message by itself."))
        return go(url_for("desk_person.show", appointment_id=appointment_id))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for("desk_person.show", appointment_id=appointment_id))


def _next_booking(act: Acting, form: Form, person: DeskPerson) -> Booking:
    session_id, _at, seconds = form["slot"].partition("@")
    if not (session_id.isdecimal() and seconds.isdecimal() and len(seconds) <= 11):
        form.wrong("slot", "slot_not_chosen")
        session_id, seconds = "0", "0"
    campaigns = [c for c in form.many("campaign") if c.isdecimal()]
    if not campaigns:
        form.wrong("campaign", "dose_not_chosen")
    before = get_appointment(act.session, person.arrival.appointment_id)
    ways = ways_of(before)
    return Booking(
        resident_id=person.arrival.resident_id,
        site_session_id=int(session_id),
        slot_at=datetime.fromtimestamp(int(seconds), tz=UTC),
        ways=ways,
        campaign_ids=tuple(int(c) for c in campaigns),
        companions=before.companions,
        wants_escort=before.wants_escort,
    )
