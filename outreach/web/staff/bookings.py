"""Bookings: choose a slot with the way there and the way home, change, confirm, cancel, print."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.codes import Mode
from outreach.clinics.operations import Booking
from outreach.clinics.rules import Ways
from outreach.transport.codes import RIDE_RESULTS
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, language
from outreach.web.lists import page_number, pages
from outreach.web.notices import notify
from outreach.web.staff import looks
from outreach.web.staff.places import chosen_runs
from outreach.web.tags import coded
from outreach.web.visit import services, visit
from outreach.workflows.book_place import book_place
from outreach.workflows.booking_offer import BookingOffer, booking_offer
from outreach.workflows.booking_sheet import (
    PAGE_SIZE,
    BookingFilter,
    BookingSheet,
    booking_sheet,
    bookings,
)
from outreach.workflows.cancel_appointment import cancel_appointment
from outreach.workflows.change_appointment import Change, change_trip, confirm_appointment

bp = Blueprint("bookings", __name__)
bp.record_once(looks.install)

BOOKERS = (Role.GRID_WORKER, Role.DISPATCHER)
CANCEL_CODES = ("", "R06", "R07", "R08", "R09", "R14", "R15", "R17")
SHOWN_DAYS = 14
ONLY = ("", "unconfirmed", "our_car", "cancelled")


@bp.get("/bookings")
@allowed(*BOOKERS)
def index() -> ResponseReturnValue:
    """List the bookings of the coming days within the area."""
    form = Form(request.args)
    with reading() as act:
        wanted = _filter(form, act)
        lines, total = bookings(
            act.session, scope=act.scope, wanted=wanted, now=act.now, page=page_number()
        )
    return page_or_fragment(
        "staff/bookings/index.html",
        "staff/bookings/_rows.html",
        lines=lines,
        pages=pages(total, size=PAGE_SIZE),
        form=form,
        wanted=wanted,
    )


def _filter(form: Form, act: Acting) -> BookingFilter:
    first = form.day("from") or act.today
    last = form.day("until") or first + timedelta(days=SHOWN_DAYS)
    return BookingFilter(first, max(first, last), form.code("only", ONLY, required=False))


@bp.get("/residents/<int:resident_id>/book")
@allowed(*BOOKERS)
def new(resident_id: int) -> ResponseReturnValue:
    """Offer slots and ask for the way there and home."""
    return _form_page(resident_id, Form(), 200)


@bp.post("/residents/<int:resident_id>/book")
@allowed(*BOOKERS)
def create(resident_id: int) -> ResponseReturnValue:
    """Book the slot with its rides, or say which field stands against it."""
    form = Form(request.form)
    with reading() as act:
        offered = booking_offer(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
    with form.catching():
        booking = _read_booking(form, offered)
        form.check()
        actor, home = visit().actor, services()
        made = book_place(
            home.database,
            home.travel_times,
            booking=booking,
            run_ids=chosen_runs(form),
            by=actor.user_id if actor else None,
            now=act.now,
        )
        notify(_("Booked. Everyone who is to know gets a message by itself."))
        if made.cars_missed:
            notify(_("The car was taken meanwhile: a dispatcher finds another."), kind="warning")
        return go(url_for(".show", appointment_id=made.appointment_id))
    return render_template("staff/bookings/new.html", form=form, offer=offered), 422


def _form_page(resident_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        offered = booking_offer(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        act.saw("resident", resident_id)
    return render_template("staff/bookings/new.html", form=form, offer=offered), status


def _read_booking(form: Form, offered: BookingOffer) -> Booking:
    site_session_id, slot_at = _slot(form, required=True)
    doses = [int(text) for text in form.many("campaign") if text.isascii() and text.isdigit()]
    if not doses:
        form.wrong("campaign", "dose_not_chosen")
    return Booking(
        resident_id=offered.head.resident_id,
        site_session_id=site_session_id,
        slot_at=slot_at,
        ways=_ways(form, offered),
        campaign_ids=tuple(doses),
        companions=form.whole("companions", least=0, most=3) or 0,
        wants_escort=form.yes("wants_escort"),
        note=form.text("note", longest=500),
        linked_appointment_id=_travels_with(form, offered),
    )


def _travels_with(form: Form, offered: BookingOffer) -> int | None:
    """Return the appointment of whoever they travel with; only the one that was offered."""
    partner = offered.partner
    return partner.appointment_id if partner is not None and form.yes("together") else None


def _slot(form: Form, *, required: bool) -> tuple[int, datetime]:
    """Read a slot named by ``slot_value``; (0, epoch) when none was chosen."""
    session_id, _at, seconds = form["slot"].partition("~")[0].partition("@")
    if session_id.isdecimal() and seconds.isdecimal() and len(seconds) <= 11:
        return int(session_id), datetime.fromtimestamp(int(seconds), tz=UTC)
    if required or form["slot"]:
        form.wrong("slot", "slot_not_chosen")
    return 0, datetime.fromtimestamp(0, tz=UTC)


def _ways(form: Form, offered: BookingOffer) -> Ways:
    people = {str(person.contact_person_id) for person in offered.people}
    contact = form.code("return_contact", people, required=False)
    return Ways(
        outbound=form.one_of("outbound_mode", Mode) or Mode.OTHER,
        homeward=form.one_of("return_mode", Mode) or Mode.OTHER,
        outbound_with=form.text("outbound_with", longest=60),
        return_with=form.text("return_with", longest=60),
        return_contact_id=int(contact) if contact else None,
    )


@bp.get("/bookings/<int:appointment_id>")
@allowed(*BOOKERS)
def show(appointment_id: int) -> ResponseReturnValue:
    """Show one booking: when, where, how there and home, who was told, and what can be changed."""
    with reading() as act:
        sheet = booking_sheet(
            act.session, appointment_id=appointment_id, scope=act.scope, now=act.now
        )
        act.saw("resident", sheet.line.head.resident_id)
    return render_template(
        "staff/bookings/show.html", sheet=sheet, cancel_reasons=cancel_reasons(), form=Form()
    )


def cancel_reasons() -> list[tuple[str, str]]:
    """Return the reasons to cancel as a select offers them; the first is worked out from the time."""
    coded_reasons = [(code, coded(RIDE_RESULTS[code])) for code in CANCEL_CODES if code]
    return [("", _("Plain cancellation")), *coded_reasons]


@bp.get("/bookings/<int:appointment_id>/change")
@allowed(*BOOKERS)
def edit(appointment_id: int) -> ResponseReturnValue:
    """Show the form that changes the slot or the ways."""
    return _edit_page(appointment_id, Form(), 200)


@bp.post("/bookings/<int:appointment_id>/change")
@allowed(*BOOKERS)
def change(appointment_id: int) -> ResponseReturnValue:
    """Change a booking whole: slot, ways, rides and messages hold together."""
    form = Form(request.form)
    _sheet, offered = _sheet_and_offer(appointment_id)
    with form.catching():
        session_id, slot_at = _slot(form, required=False)
        wanted = Change(
            site_session_id=session_id or None,
            slot_at=slot_at if session_id else None,
            ways=_ways(form, offered),
            companions=form.whole("companions", least=0, most=3) or 0,
            wants_escort=form.yes("wants_escort"),
        )
        version = form.whole("version", required=True) or 0
        form.check()
        _change(appointment_id, version, wanted)
        notify(_("Changed. Whoever was told the old time is told the new one."))
        return go(url_for(".show", appointment_id=appointment_id))
    return _edit_page(appointment_id, form, 422)


def _change(appointment_id: int, version: int, wanted: Change) -> None:
    present, home = visit(), services()
    change_trip(
        home.database,
        home.travel_times,
        appointment_id=appointment_id,
        version=version,
        change=wanted,
        by=present.actor.user_id if present.actor else None,
        now=present.now,
    )


def _edit_page(appointment_id: int, form: Form, status: int) -> ResponseReturnValue:
    sheet, offered = _sheet_and_offer(appointment_id)
    page = render_template("staff/bookings/edit.html", sheet=sheet, offer=offered, form=form)
    return page, status


def _sheet_and_offer(appointment_id: int) -> tuple[BookingSheet, BookingOffer]:
    """Return a booking of the area and what could be offered instead; NotFound outside it."""
    with reading() as act:
        sheet = booking_sheet(
            act.session, appointment_id=appointment_id, scope=act.scope, now=act.now
        )
        resident_id = sheet.line.head.resident_id
        offered = booking_offer(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        act.saw("resident", resident_id)
    return sheet, offered


@bp.post("/bookings/<int:appointment_id>/confirm")
@allowed(*BOOKERS)
def confirm(appointment_id: int) -> ResponseReturnValue:
    """Note that the person or the family said yes to the time on the phone."""
    with acting() as act:
        booking_sheet(act.session, appointment_id=appointment_id, scope=act.scope, now=act.now)
        confirm_appointment(
            act.session, appointment_id=appointment_id, how="staff", by=act.user_id, now=act.now
        )
    notify(_("Confirmed."))
    return go(url_for(".show", appointment_id=appointment_id))


@bp.post("/bookings/<int:appointment_id>/cancel")
@allowed(*BOOKERS)
def cancel(appointment_id: int) -> ResponseReturnValue:
    """Cancel with a reason; slot and car are free at once and the family is told."""
    form = Form(request.form)
    code = form.code("code", CANCEL_CODES, required=False)
    reason = form.text("reason", longest=300)
    with acting() as act:
        booking_sheet(act.session, appointment_id=appointment_id, scope=act.scope, now=act.now)
        cancel_appointment(
            act.session,
            appointment_id=appointment_id,
            code=code,
            reason=reason,
            by=act.user_id,
            now=act.now,
        )
    notify(_("Cancelled. The slot is free again and the family is told."))
    return go(url_for(".show", appointment_id=appointment_id))


@bp.get("/bookings/<int:appointment_id>/slip")
@allowed(*BOOKERS)
def slip(appointment_id: int) -> ResponseReturnValue:
    """Show the A4 slip in large type that the person keeps at home."""
    with reading() as act:
        sheet = booking_sheet(
            act.session, appointment_id=appointment_id, scope=act.scope, now=act.now
        )
        act.saw("resident", sheet.line.head.resident_id)
    names = sheet.campaign_names(language())
    return render_template("staff/bookings/slip.html", sheet=sheet, campaign_names=names)
