"""Those around a person: whom to speak with, their numbers, consents as they happen, temporary addresses."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.geo import Point
from outreach.ledger.codes import ContactRole, Relation
from outreach.ledger.consents import ConsentDraft
from outreach.ledger.heads import person_head, speakers
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services, visit
from outreach.workflows import edit_person
from outreach.workflows.change_appointment import follow_the_person

bp = Blueprint("family", __name__)

KEEPERS = (Role.GRID_WORKER,)
WORKERS = (Role.GRID_WORKER, Role.CALLER)


def _back(resident_id: int, part: str = "") -> ResponseReturnValue:
    return go(url_for("residents.show", resident_id=resident_id, _anchor=part or None))


def _tell_faults(form: Form) -> None:
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")


def _admit(act: Acting, resident_id: int) -> int:
    person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
    return resident_id


def _contact_of(act: Acting, form: Form, resident_id: int, name: str) -> int | None:
    """Return the chosen contact person if it is one of this resident's."""
    known = {p.contact_person_id for p in speakers(act.session, resident_id=resident_id)}
    chosen = form.whole(name)
    return int(chosen) if chosen in known else None


@bp.post("/residents/<int:resident_id>/stays")
@allowed(*KEEPERS)
def add_stay(resident_id: int) -> ResponseReturnValue:
    """Keep a temporary address; a booked car goes there from now on."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            _admit(act, resident_id)
            stay = _read_stay(act, form, resident_id)
            form.check()
            edit_person.note_stay(act.session, stay=stay, by=act.user_id, now=act.now)
        _follow(resident_id)
        notify(_("Noted. Cars fetch them there on these days."))
    _tell_faults(form)
    return _back(resident_id, "stays")


def _read_stay(act: Acting, form: Form, resident_id: int) -> edit_person.NewStay:
    latitude = form.decimal("stay_latitude", least=-90, most=90)
    longitude = form.decimal("stay_longitude", least=-180, most=180)
    pin = Point(latitude, longitude) if latitude is not None and longitude is not None else None
    return edit_person.NewStay(
        resident_id=resident_id,
        text=form.text("address", required=True),
        from_on=form.day("from_on") or act.today,
        until_on=form.day("until_on"),
        with_contact_id=_contact_of(act, form, resident_id, "with_contact_id"),
        pin=pin,
    )


def _follow(resident_id: int) -> None:
    """Send the car of a standing booking to where the person is now."""
    present, home = visit(), services()
    moved = follow_the_person(
        home.database,
        home.travel_times,
        resident_id=resident_id,
        by=present.actor.user_id if present.actor else None,
        now=present.now,
    )
    if moved:
        notify(
            _("The booked car goes to the new address; the planned times are made anew."),
            kind="info",
        )


@bp.post("/stays/<int:stay_id>/end")
@allowed(*KEEPERS)
def end_stay(stay_id: int) -> ResponseReturnValue:
    """Note that someone is back at the usual address."""
    with acting() as act:
        resident_id = _admit(act, edit_person.whose_stay(act.session, stay_id))
        edit_person.finish_stay(act.session, stay_id=stay_id, by=act.user_id, now=act.now)
    _follow(resident_id)
    notify(_("Back at the usual address."))
    return _back(resident_id, "stays")


@bp.post("/residents/<int:resident_id>/people")
@allowed(*WORKERS)
def add_person(resident_id: int) -> ResponseReturnValue:
    """Add someone to speak with, with a number."""
    form = Form(request.form)
    speaker = edit_person.NewSpeaker(
        resident_id=resident_id,
        relation=form.one_of("relation", Relation) or Relation.OTHER,
        name=form.text("name", longest=60),
        role=form.one_of("role", ContactRole, required=False) or ContactRole.TOLD,
        number=form.text("number", longest=40),
    )
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            edit_person.add_speaker(act.session, speaker=speaker, by=act.user_id, now=act.now)
        notify(_("Added."))
    _tell_faults(form)
    return _back(resident_id, "people")


@bp.post("/people/<int:contact_person_id>/numbers")
@allowed(*WORKERS)
def add_number(contact_person_id: int) -> ResponseReturnValue:
    """Add a number to someone to speak with."""
    form = Form(request.form)
    number = form.text("number", required=True, longest=40)
    with acting() as act:
        resident_id = _admit(act, edit_person.whose_contact(act.session, contact_person_id))
    with form.catching():
        form.check()
        with acting() as act:
            edit_person.add_number(
                act.session,
                contact_person_id=contact_person_id,
                number=number,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Added."))
    _tell_faults(form)
    return _back(resident_id, "people")


@bp.post("/phones/<int:phone_id>/wrong")
@allowed(*WORKERS)
def wrong_number(phone_id: int) -> ResponseReturnValue:
    """Mark a number as wrong: nothing is sent to it any more."""
    with acting() as act:
        _admit(act, edit_person.whose_phone(act.session, phone_id))
        resident_id = edit_person.drop_number(
            act.session, phone_id=phone_id, by=act.user_id, now=act.now
        )
    notify(_("Marked as wrong. Nothing is sent to it; enter it anew to take this back."))
    return _back(resident_id, "people")


@bp.post("/people/<int:contact_person_id>/end")
@allowed(*WORKERS)
def end_person(contact_person_id: int) -> ResponseReturnValue:
    """Stop speaking with someone about a resident."""
    with acting() as act:
        _admit(act, edit_person.whose_contact(act.session, contact_person_id))
        resident_id = edit_person.drop_speaker(
            act.session, contact_person_id=contact_person_id, by=act.user_id, now=act.now
        )
    notify(_("No longer spoken with. What was said stays in the timeline."))
    return _back(resident_id, "people")


@bp.post("/residents/<int:resident_id>/consents")
@allowed(*WORKERS, Role.CLINICIAN, Role.DESK)
def add_consent(resident_id: int) -> ResponseReturnValue:
    """Note a yes or a no to the dose as it was said (moment 2d)."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            _admit(act, resident_id)
            draft = ConsentDraft(
                resident_id=resident_id,
                campaign_id=form.whole("campaign_id", required=True) or 0,
                is_yes=form["answer"] == "yes",
                by_contact_id=_contact_of(act, form, resident_id, "by_contact_id"),
                guardian_basis=form.text("guardian_basis", longest=120),
            )
            form.check()
            edit_person.keep_consent(act.session, draft=draft, by=act.user_id, now=act.now)
        notify(_("Noted."))
    _tell_faults(form)
    return _back(resident_id, "consents")


@bp.post("/consents/<int:consent_id>/withdraw")
@allowed(*WORKERS, Role.CLINICIAN, Role.DESK)
def withdraw(consent_id: int) -> ResponseReturnValue:
    """Take a consent back, which is possible up to the needle."""
    with acting() as act:
        _admit(act, edit_person.whose_consent(act.session, consent_id))
        resident_id = edit_person.take_consent_back(
            act.session, consent_id=consent_id, by=act.user_id, now=act.now
        )
    notify(_("Withdrawn."))
    return _back(resident_id, "consents")
