"""Logging a call, a visit or a WeChat word: outcome, reasons, note, what was promised; and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.attempts import AttemptDraft, PartsMissing
from outreach.contact.codes import CONTACT_OUTCOMES, HESITANCY, Channel
from outreach.contact.follow_up import LIFE_KINDS_OF_C13
from outreach.ledger.codes import DEFERRALS, RELATION_LABELS
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form, FormRefused
from outreach.web.htmx import go, local_path
from outreach.web.i18n import _, _l
from outreach.web.notices import notify
from outreach.web.staff.looks import STEP_LABELS
from outreach.web.tags import coded
from outreach.web.visit import visit
from outreach.workflows.contact_sheet import ContactSheet, contact_sheet, resident_of_attempt
from outreach.workflows.log_contact import (
    ContactLogged,
    ContactNote,
    for_household,
    log_contact,
    take_contact_back,
)

bp = Blueprint("contacts", __name__)

SPEAKERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN)
HAND_CHANNELS = (Channel.CALL, Channel.VISIT, Channel.WECHAT)
CLINICIAN_CHANNELS = (Channel.DOCTOR_CALL, *HAND_CHANNELS)
GROUPS = (
    (_l("Reached"), ("C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08")),
    (_l("Not reached"), ("C09", "C10", "C11", "C18", "C19", "C12")),
    (_l("Something changed"), ("C13", "C14", "C15", "C20")),
)
LIFE_KINDS = {
    "moved": _l("Moved away"),
    "nursing_home": _l("Nursing home"),
    "hospital": _l("In hospital"),
    "away": _l("Away for a while"),
}


@bp.get("/lines/<int:entry_id>/contact")
@allowed(*SPEAKERS)
def new(entry_id: int) -> ResponseReturnValue:
    """Show numbers, last words and the form for one contact."""
    return _page(entry_id, Form(), 200)


@bp.post("/lines/<int:entry_id>/contact")
@allowed(*SPEAKERS)
def log(entry_id: int) -> ResponseReturnValue:
    """Keep the contact once and do what its outcome asks for."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            sheet = contact_sheet(act.session, entry_id=entry_id, scope=act.scope, now=act.now)
            note = read_note(form, sheet, act)
            form.check()
            with naming_parts(form):
                done = log_contact(
                    act.session,
                    notes=[note, *for_household(note, read_housemates(form, sheet))],
                    by=act.user_id,
                    is_clinician=_is_clinician(),
                    now=act.now,
                )
        _tell(done, sheet)
        return go(_onward(form, sheet))
    return _page(entry_id, form, 422)


def _page(entry_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        sheet = contact_sheet(act.session, entry_id=entry_id, scope=act.scope, now=act.now)
        act.saw("resident", sheet.head.resident_id)
    page = render_template(
        "staff/contacts/new.html",
        sheet=sheet,
        form=form,
        uuid=_uuid(form),
        choices=_choices(sheet),
        groups=GROUPS,
        life_kinds=LIFE_KINDS,
        back=local_path(request.values.get("back"), otherwise=""),
    )
    return page, status


@dataclass(frozen=True, slots=True)
class Choices:
    """What the selects of the form offer, as (value, label)."""

    channels: tuple[Channel, ...]
    people: list[tuple[int, str]]
    numbers: list[tuple[int, str]]
    owed: list[tuple[int, str]]
    deferrals: list[tuple[str, str]]


def _choices(sheet: ContactSheet) -> Choices:
    is_clinician = _is_clinician()
    named = [(p, f"{coded(RELATION_LABELS[p.relation])} {p.name}".strip()) for p in sheet.people]
    return Choices(
        channels=CLINICIAN_CHANNELS if is_clinician else HAND_CHANNELS,
        people=[(person.contact_person_id, label) for person, label in named],
        numbers=[
            (number.phone_id, f"{label} {number.masked}")
            for person, label in named
            for number in person.numbers
            if not number.is_invalid
        ],
        owed=[(call.message_id, coded(STEP_LABELS[call.step])) for call in sheet.owed],
        deferrals=[(code, coded(entry)) for code, entry in DEFERRALS.items()]
        if is_clinician
        else [],
    )


def _is_clinician() -> bool:
    actor = visit().actor
    return actor is not None and Role.CLINICIAN in actor.roles


def read_note(form: Form, sheet: ContactSheet, act: Acting) -> ContactNote:
    """Read the form of a contact about one line."""
    zone = act.setting.zone
    reasons = tuple(code for code in form.many("reasons") if code in HESITANCY)
    main = form.code("main_reason", reasons, required=False)
    speaker = form.whole("contact_person_id")
    known = {person.contact_person_id for person in sheet.people}
    draft = AttemptDraft(
        entry_id=sheet.entry_id,
        uuid=_uuid(form),
        channel=form.one_of("channel", Channel) or Channel.CALL,
        outcome=form.code("outcome", CONTACT_OUTCOMES),
        at=form.moment("at", zone=zone) or act.now,
        contact_person_id=int(speaker) if speaker in known else None,
        reasons=reasons,
        main_reason=main or (reasons[0] if len(reasons) == 1 else ""),
        note=form.text("note", longest=1000),
        next_contact_on=form.day("next_contact_on"),
        promised_call_at=form.moment("promised_call_at", zone=zone),
        is_inbound=form.yes("is_inbound"),
        message_id=_owed(form, sheet),
        deferral_code=form.code("deferral_code", DEFERRALS, required=False),
        life_kind=form.code("life_kind", LIFE_KINDS_OF_C13, required=False),
        dose_on=form.day("dose_on"),
    )
    return ContactNote(
        attempt=draft, question=form.text("question", longest=2000), phone_id=_dead(form, sheet)
    )


def _uuid(form: Form) -> str:
    """Return the form's own id: the back button and a second tap send the same one."""
    try:
        return UUID(form["uuid"]).hex
    except ValueError:
        return uuid4().hex


def _owed(form: Form, sheet: ContactSheet) -> int | None:
    wanted = form["message_id"]
    return next((c.message_id for c in sheet.owed if str(c.message_id) == wanted), None)


def _dead(form: Form, sheet: ContactSheet) -> int | None:
    numbers = (number for person in sheet.people for number in person.numbers)
    return next((n.phone_id for n in numbers if str(n.phone_id) == form["phone_id"]), None)


def read_housemates(form: Form, sheet: ContactSheet) -> list[int]:
    """Read for whom of the same door the contact counts too."""
    wanted = set(form.many("also"))
    return [mate.entry_id for mate in sheet.housemates if str(mate.entry_id) in wanted]


@contextmanager
def naming_parts(form: Form) -> Iterator[None]:
    """Turn the parts that an outcome lacks into a fault beside each of their fields."""
    try:
        yield
    except PartsMissing as error:
        named = error.facts.get("fields")
        for field in named if isinstance(named, list) else []:
            form.wrong(str(field), f"contact_needs_{field}")
        raise FormRefused from error


def _tell(done: ContactLogged, sheet: ContactSheet) -> None:
    undo = url_for(".take_back", attempt_id=done.attempt_ids[0]) if done.is_new else ""
    notify(_("Noted. The next contact has dated itself."), undo=undo)
    if done.question_ids:
        notify(_("The doctors have the question; their answer comes onto your list."), kind="info")
    if done.report_ids:
        notify(_("Messages are held until somebody has found out what is true."), kind="info")


def _onward(form: Form, sheet: ContactSheet) -> str:
    """Lead to the booking after a yes, else back to where the worker came from."""
    if form["outcome"] in {"C01", "C02"} and _may_book() and sheet.booking_id is None:
        return url_for("bookings.new", resident_id=sheet.head.resident_id)
    otherwise = url_for("worklist.today") if not _is_clinician() else url_for("questions.index")
    return local_path(form["back"], otherwise=otherwise)


def _may_book() -> bool:
    actor = visit().actor
    return actor is not None and Role.GRID_WORKER in actor.roles


@bp.post("/contacts/<int:attempt_id>/take-back")
@allowed(*SPEAKERS)
def take_back(attempt_id: int) -> ResponseReturnValue:
    """Take back a contact noted by mistake; it stays in the timeline, struck through."""
    form = Form(request.form)
    with acting() as act:
        resident_id = resident_of_attempt(
            act.session, attempt_id=attempt_id, scope=act.scope, now=act.now
        )
        take_contact_back(
            act.session,
            attempt_id=attempt_id,
            by=act.user_id,
            reason=form.text("reason", longest=300) or "undo",
            now=act.now,
        )
    notify(_("Taken back. The line stands as it was before."))
    return go(url_for("residents.show", resident_id=resident_id))
