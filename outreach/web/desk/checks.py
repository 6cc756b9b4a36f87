"""The check before the ride: asked on the phone or at the door; a clinician answers doubts (5c)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.queries import get_appointment
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import DEFERRALS
from outreach.ledger.deferrals import DeferralDraft
from outreach.ledger.heads import person_head
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.desk.person import read_measured, tell_doubts
from outreach.web.desk.words import CHECK_STATES, QUESTION_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import visit
from outreach.workflows.pre_ride import check_before_ride, decide, ride_checks

bp = Blueprint("ride_checks", __name__, url_prefix="/checks")

ASKERS = (Role.CLINICIAN, Role.GRID_WORKER, Role.CALLER, Role.DESK)


@bp.get("")
@allowed(*ASKERS)
def index() -> ResponseReturnValue:
    """List who is fetched today and tomorrow: doubts first, then whoever was not asked, by departure."""
    with reading() as act:
        checks = ride_checks(
            act.session,
            from_on=act.today,
            until_on=act.today + timedelta(days=1),
            scope=act.scope,
            now=act.now,
        )
        for check in checks:
            act.saw("resident", check.head.resident_id)
    actor = visit().actor
    return render_template(
        "desk/checks.html",
        checks=checks,
        states=CHECK_STATES,
        questions=QUESTION_LABELS,
        deferrals=DEFERRALS,
        is_clinician=actor is not None and Role.CLINICIAN in actor.roles,
        new_id=lambda: uuid4().hex,
    )


def _admit(act: Acting, appointment_id: int) -> int:
    """Return whose visit it is; NotFound outside the visitor's areas."""
    appointment = get_appointment(act.session, appointment_id)
    person_head(act.session, resident_id=appointment.resident_id, scope=act.scope, now=act.now)
    return appointment.resident_id


@bp.post("/<int:appointment_id>")
@allowed(*ASKERS)
def ask(appointment_id: int) -> ResponseReturnValue:
    """Keep what was asked and measured at home; a doubt waits for a clinician before the car leaves."""
    form = Form(request.form)
    measured = read_measured(form)
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, appointment_id)
            doubts = check_before_ride(
                act.session,
                appointment_id=appointment_id,
                measured=measured,
                by=act.user_id,
                now=act.now,
            )
        tell_doubts(doubts, act.language)
    return _back(form, appointment_id)


@bp.post("/<int:appointment_id>/decide")
@allowed(Role.CLINICIAN)
def answer(appointment_id: int) -> ResponseReturnValue:
    """A clinician answers a doubt: go, or not today; then no car comes for nothing."""
    form = Form(request.form)
    may_go = form["decision"] == "go"
    with form.catching():
        with acting() as act:
            resident_id = _admit(act, appointment_id)
            checks = {
                c.appointment_id: c
                for c in ride_checks(
                    act.session,
                    from_on=act.today,
                    until_on=act.today + timedelta(days=1),
                    scope=act.scope,
                    now=act.now,
                )
            }
            found = checks.get(appointment_id)
            if found is None or found.screen is None:
                raise NotFound("pre_screen", appointment_id=appointment_id)
            deferral = None
            if not may_go:
                deferral = DeferralDraft(
                    resident_id=resident_id,
                    code=form.code("code", DEFERRALS),
                    until_on=form.day("until_on"),
                )
            uuid = form.text("uuid", required=True, longest=64)
            form.check()
            decide(
                act.session,
                pre_screen_id=found.screen.pre_screen_id,
                may_go=may_go,
                deferral=deferral,
                uuid=uuid,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Decided.") if may_go else _("Decided. The car is free and the family is told."))
    return _back(form, appointment_id)


def _back(form: Form, appointment_id: int) -> ResponseReturnValue:
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".index", _anchor=f"c{appointment_id}"))
