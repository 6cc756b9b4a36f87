"""Handing the family page over: QR on screen, "copy for WeChat", or an A4 slip with the code (moment 1e)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.ledger.codes import ContactRole
from outreach.ledger.heads import Speaker, speakers
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, language
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.booking_sheet import BookingSheet, booking_sheet
from outreach.workflows.family_links import (
    HandedLink,
    call_back_family_link,
    family_link_for,
    family_links_of,
)

bp = Blueprint("family_links", __name__, url_prefix="/bookings")

HANDERS = (Role.GRID_WORKER, Role.DISPATCHER)


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who may be given the page: a contact, or (None) the person on paper; with the living door."""

    contact: Speaker | None
    handed: HandedLink | None

    @property
    def contact_person_id(self) -> int | None:
        """The contact, or None for the person."""
        return self.contact.contact_person_id if self.contact is not None else None


def _sheet(act: Acting, appointment_id: int) -> BookingSheet:
    """Return a booking of the visitor's area; NotFound outside it."""
    sheet = booking_sheet(act.session, appointment_id=appointment_id, scope=act.scope, now=act.now)
    act.saw("resident", sheet.line.head.resident_id)
    return sheet


@bp.get("/<int:appointment_id>/family")
@allowed(*HANDERS)
def show(appointment_id: int) -> ResponseReturnValue:
    """Say who may be given the page of this visit, and who has it already."""
    with reading() as act:
        sheet = _sheet(act, appointment_id)
        people = speakers(act.session, resident_id=sheet.line.head.resident_id)
        living = family_links_of(act.session, appointment_id=appointment_id, now=act.now)
    handed = {link.contact_person_id: link for link in living}
    told = [p for p in people if p.role is not ContactRole.EMERGENCY and p.relation != "self"]
    readers = [Reader(person, handed.get(person.contact_person_id)) for person in told]
    return render_template(
        "family/handing/show.html", sheet=sheet, readers=[Reader(None, handed.get(None)), *readers]
    )


@bp.post("/<int:appointment_id>/family")
@allowed(*HANDERS)
def make(appointment_id: int) -> ResponseReturnValue:
    """Show the door of one reader as QR, text and slip; the same reader has the same door each time."""
    contact = Form(request.form).whole("contact")
    with acting() as act:
        sheet = _sheet(act, appointment_id)
        handed = family_link_for(
            act.session,
            appointment_id=appointment_id,
            contact_person_id=contact,
            by=act.user_id,
            now=act.now,
        )
    base = services().settings.public_url or request.host_url.rstrip("/")
    return render_template(
        "family/handing/slip.html",
        sheet=sheet,
        campaign_names=sheet.campaign_names(language()),
        handed=handed,
        base=base,
        address=base + url_for("family_page.link", token=handed.token),
        door=base.partition("://")[2] + url_for("family_page.door"),
    )


@bp.post("/<int:appointment_id>/family/<int:link_id>/revoke")
@allowed(*HANDERS)
def revoke(appointment_id: int, link_id: int) -> ResponseReturnValue:
    """Shut one door at once (a lost slip, a wrong number)."""
    with acting() as act:
        _sheet(act, appointment_id)
        call_back_family_link(
            act.session, link_id=link_id, appointment_id=appointment_id, by=act.user_id, now=act.now
        )
    notify(_("The page can no longer be opened with the old link or code."))
    return go(url_for(".show", appointment_id=appointment_id))
