"""One visit at the desk: identity, pre-screen, consent, the needle, the clock, the next dose, the way home."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.codes import ADVERSE_EVENTS, VISIT_RESULTS, DayEventKind
from outreach.clinics.desk import scanned, stock_of
from outreach.clinics.screening import QUESTIONS, Measured, doubts_of, record_pre_screen
from outreach.kernel.errors import OutreachError
from outreach.ledger.codes import DEFERRALS
from outreach.ledger.consents import ConsentDraft
from outreach.ledger.deferrals import DeferralDraft
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.desk.desk import STAFF, admit, tell_home
from outreach.web.desk.words import IDENTITY_LABELS, QUESTION_LABELS, STAGES
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services, visit
from outreach.workflows.desk_acts import (
    WITHOUT_DOSE,
    AtDesk,
    Given,
    check_in,
    end_without_dose,
    give_dose,
)
from outreach.workflows.desk_page import desk_person
from outreach.workflows.edit_person import keep_consent, take_consent_back, whose_consent
from outreach.workflows.home_visit_yes import home_yes
from outreach.workflows.keep_way_home import keep_way_home
from outreach.workflows.note_event import note_event
from outreach.workflows.pre_ride import decide

bp = Blueprint("desk_person", __name__, url_prefix="/desk/visit")

# What a tap at the desk may say by itself; jab, identity and "no dose" have forms of their own.
TAPS = frozenset(
    {
        DayEventKind.READY,
        DayEventKind.OBSERVATION_EXTENDED,
        DayEventKind.ADVERSE_EVENT,
        DayEventKind.LEFT_WITH_FAMILY,
        DayEventKind.TO_HOSPITAL,
    }
)


@bp.get("/<int:appointment_id>")
@allowed(*STAFF)
def show(appointment_id: int) -> ResponseReturnValue:
    """Show one visit with what comes next."""
    return _page(appointment_id, Form(), 200)


def _page(appointment_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        admit(act, appointment_id)
        person = desk_person(act.session, appointment_id=appointment_id, now=act.now)
        agreed = home_yes(act.session, appointment_id=appointment_id)
        act.saw("resident", person.arrival.resident_id)
    actor = visit().actor
    page = render_template(
        "desk/person.html",
        person=person,
        agreed=agreed,
        form=form,
        now=act.now,
        is_clinician=actor is not None and Role.CLINICIAN in actor.roles,
        stages=STAGES,
        identity=IDENTITY_LABELS,
        questions=QUESTION_LABELS,
        results={code: VISIT_RESULTS[code] for code in sorted(WITHOUT_DOSE)},
        deferrals=DEFERRALS,
        adverse=ADVERSE_EVENTS,
        new_id=lambda: uuid4().hex,
    )
    return page, status


def _press(act: Acting, form: Form, appointment_id: int) -> AtDesk:
    return AtDesk(
        appointment_id=appointment_id,
        uuid=form.text("uuid", required=True, longest=64),
        by=act.user_id,
        now=act.now,
    )


def _done(form: Form, appointment_id: int) -> ResponseReturnValue:
    """Go back to the visit; faults of the form are told above it."""
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".show", appointment_id=appointment_id))


@bp.post("/<int:appointment_id>/here")
@allowed(*STAFF)
def here(appointment_id: int) -> ResponseReturnValue:
    """Register an arrival whose identity two things agree on."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            admit(act, appointment_id)
            press = _press(act, form, appointment_id)
            form.check()
            check_in(act.session, press=press, checked=form.many("identity"))
        notify(_("Here."))
    return _done(form, appointment_id)


@bp.post("/<int:appointment_id>/screen")
@allowed(*STAFF)
def screen(appointment_id: int) -> ResponseReturnValue:
    """Record the pre-screen; doubts wait for a clinician. A yes to the dose may be noted with it."""
    form = Form(request.form)
    measured = read_measured(form)
    with form.catching():
        form.check()
        with acting() as act:
            admit(act, appointment_id)
            _keep_screen(act, form, appointment_id, measured)
            for campaign_id in form.many("yes"):
                _note_consent(act, form, appointment_id, int(campaign_id), is_yes=True)
        tell_doubts(doubts_of(measured), act.language)
    return _done(form, appointment_id)


def read_measured(form: Form) -> Measured:
    """Read questions and measurements of a pre-screen."""
    return Measured(
        temperature_c=form.decimal("temperature", least=30, most=45),
        systolic=form.whole("systolic", least=50, most=260),
        diastolic=form.whole("diastolic", least=30, most=160),
        answers={name: True for name in QUESTIONS if form.yes(name)},
    )


def tell_doubts(doubts: tuple[str, ...], language: str) -> None:
    """Say whether a clinician has to look first."""
    if not doubts:
        notify(_("Nothing stands against it."))
        return
    what = ", ".join(QUESTION_LABELS[d].label(language) for d in doubts)
    notify(_("A clinician must look first: %(what)s", what=what), kind="warning")


def _keep_screen(act: Acting, form: Form, appointment_id: int, measured: Measured) -> None:
    press = _press(act, form, appointment_id)
    form.check()
    record_pre_screen(
        act.session,
        appointment_id=appointment_id,
        at_place="desk",
        measured=measured,
        by=act.user_id,
        now=act.now,
    )
    tap = press.tap(DayEventKind.SCREENED, {})
    note_event(act.session, tap=tap, author=press.author, now=act.now)


@bp.post("/<int:appointment_id>/decide")
@allowed(Role.CLINICIAN)
def decide_doubt(appointment_id: int) -> ResponseReturnValue:
    """A clinician's word on the doubts of a pre-screen: go, or not today with its reason."""
    form = Form(request.form)
    may_go = form["decision"] == "go"
    with form.catching():
        with acting() as act:
            admit(act, appointment_id)
            press = _press(act, form, appointment_id)
            pre_screen_id = form.whole("pre_screen", required=True) or 0
            deferral = None if may_go else _deferral(act, form, appointment_id)
            form.check()
            decide(
                act.session,
                pre_screen_id=pre_screen_id,
                may_go=may_go,
                deferral=deferral,
                uuid=press.uuid,
                by=press.by,
                now=press.now,
            )
        _follow_home(appointment_id)
        notify(_("Decided."))
    return _done(form, appointment_id)


def _deferral(act: Acting, form: Form, appointment_id: int) -> DeferralDraft:
    person = desk_person(act.session, appointment_id=appointment_id, now=act.now)
    return DeferralDraft(
        resident_id=person.arrival.resident_id,
        code=form.code("code", DEFERRALS),
        until_on=form.day("until_on"),
        note=form.text("reason", longest=300),
    )


@bp.post("/<int:appointment_id>/consent")
@allowed(*STAFF)
def consent(appointment_id: int) -> ResponseReturnValue:
    """Note a yes or a no to one dose, by the person or by a guardian on a stated basis (moment 2d)."""
    form = Form(request.form)
    campaign_id = form.whole("campaign", required=True) or 0
    is_yes = form["answer"] == "yes"
    with form.catching():
        form.check()
        with acting() as act:
            admit(act, appointment_id)
            _note_consent(act, form, appointment_id, campaign_id, is_yes=is_yes)
        notify(_("Noted."))
    return _done(form, appointment_id)


def _note_consent(
    act: Acting, form: Form, appointment_id: int, campaign_id: int, *, is_yes: bool
) -> None:
    person = desk_person(act.session, appointment_id=appointment_id, now=act.now)
    contact = form.whole("by_contact")
    known = {p.contact_person_id for p in person.people}
    draft = ConsentDraft(
        resident_id=person.arrival.resident_id,
        campaign_id=campaign_id,
        is_yes=is_yes,
        by_contact_id=contact if contact in known else None,
        guardian_basis=form.text("guardian_basis", longest=120),
    )
    keep_consent(act.session, draft=draft, by=act.user_id, now=act.now)


@bp.post("/<int:appointment_id>/consent/<int:consent_id>/withdraw")
@allowed(*STAFF)
def withdraw(appointment_id: int, consent_id: int) -> ResponseReturnValue:
    """Take a yes back, which is possible up to the needle."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            admit(act, appointment_id)
            person = desk_person(act.session, appointment_id=appointment_id, now=act.now)
            if whose_consent(act.session, consent_id) != person.arrival.resident_id:
                form.wrong("", "not_found")
            form.check()
            take_consent_back(act.session, consent_id=consent_id, by=act.user_id, now=act.now)
        notify(_("Withdrawn. No dose is given without a new yes."))
    return _done(form, appointment_id)


@bp.post("/<int:appointment_id>/jab")
@allowed(*STAFF)
def jab(appointment_id: int) -> ResponseReturnValue:
    """Record the jab: one tap with the preset batch, or another one scanned or picked."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            session_id = admit(act, appointment_id)
            press = _press(act, form, appointment_id)
            given = _given(act, form, session_id)
            form.check()
            give_dose(act.session, press=press, given=given)
        _follow_home(appointment_id)
        notify(_("Jabbed. The clock runs."))
    return _done(form, appointment_id)


def _given(act: Acting, form: Form, session_id: int) -> list[Given]:
    """Return which batch was given for which campaign: a scanned code goes before the picked one."""
    table = stock_of(act.session, site_session_id=session_id)
    by_value = {f"{row.product_id}:{row.batch_id or ''}": row for row in table}
    found = []
    for text in form.many("campaign"):
        if not text.isdecimal():
            continue
        scan = form.text(f"scan-{text}", longest=120)
        row = scanned(table, scan) if scan else by_value.get(form[f"stock-{text}"])
        if row is None:
            form.wrong("stock", "stock_missing")
            continue
        found.append(Given(int(text), row.product_id, row.batch_id))
    return found


@bp.post("/<int:appointment_id>/no-dose")
@allowed(*STAFF)
def no_dose(appointment_id: int) -> ResponseReturnValue:
    """Close a visit without a dose; the way home is ready at once and the follow-up begins (1d)."""
    form = Form(request.form)
    actor = visit().actor
    is_clinician = actor is not None and Role.CLINICIAN in actor.roles
    with form.catching():
        with acting() as act:
            admit(act, appointment_id)
            press = _press(act, form, appointment_id)
            result = form.code("result", WITHOUT_DOSE)
            deferral = _deferral(act, form, appointment_id) if form["code"] else None
            form.check()
            end_without_dose(
                act.session,
                press=press,
                result=result,
                reason=form.text("reason", longest=300),
                deferral=deferral,
                is_clinician=is_clinician,
            )
        _follow_home(appointment_id)
        notify(_("No dose today. They are ready for the way home."))
    return _done(form, appointment_id)


@bp.post("/<int:appointment_id>/tap")
@allowed(*STAFF)
def tap(appointment_id: int) -> ResponseReturnValue:
    """Note ready, longer observation, an adverse event, or who took them along; the way home follows."""
    form = Form(request.form)
    kind = form.one_of("kind", DayEventKind)
    with form.catching():
        if kind not in TAPS:
            form.wrong("kind", "not_in_list")
        with acting() as act:
            admit(act, appointment_id)
            press = _press(act, form, appointment_id)
            facts = _facts(form, kind)
            form.check()
            event = press.tap(kind or DayEventKind.READY, facts)
            note_event(act.session, tap=event, author=press.author, now=act.now)
        _follow_home(appointment_id)
        notify(_("Noted."))
    return _done(form, appointment_id)


def _facts(form: Form, kind: DayEventKind | None) -> dict[str, object]:
    said: dict[str, object] = {
        name: form.text(name, longest=200)
        for name in ("received_by", "witness", "reason")
        if form[name]
    }
    if kind is DayEventKind.OBSERVATION_EXTENDED:
        said["minutes"] = form.whole("minutes", required=True, least=1, most=240)
    if kind is DayEventKind.ADVERSE_EVENT:
        said["code"] = form.code("adverse", ADVERSE_EVENTS)
    return said


def _follow_home(appointment_id: int) -> None:
    """Bring the way home in line; what cannot be planned now is the board's, never the desk's failure."""
    home, present = services(), visit()
    try:
        way = keep_way_home(
            home.database,
            home.travel_times,
            appointment_id=appointment_id,
            by=present.actor.user_id if present.actor else None,
            now=present.now,
        )
    except OutreachError:
        return  # someone else changed the run meanwhile: their change was checked against these times
    tell_home(way)
