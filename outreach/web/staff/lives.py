"""What is heard of lives: reporting, a second pair of eyes, deciding, correcting; and leaving people alone."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.ledger.codes import LifeReportKind, LifeStatus
from outreach.ledger.heads import person_head
from outreach.ledger.life import Heard
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.workflows import report_life as life
from outreach.workflows.life_list import whose_report
from outreach.workflows.snooze import snooze

bp = Blueprint("lives", __name__)

REPORTERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN)
DECIDERS = (Role.GRID_WORKER,)


def _back(resident_id: int) -> ResponseReturnValue:
    return go(url_for("residents.show", resident_id=resident_id))


def _admit(act: Acting, resident_id: int) -> None:
    person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)


@bp.post("/residents/<int:resident_id>/heard")
@allowed(*REPORTERS)
def report(resident_id: int) -> ResponseReturnValue:
    """Note a word about a life; what it must hold is held at once."""
    form = Form(request.form)
    kind = form.one_of("kind", LifeReportKind)
    words = form.text("words", longest=500)
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            heard = Heard(resident_id, kind or LifeReportKind.AWAY, source="page", words=words)
            done = life.report_life(act.session, heard=heard, by=act.user_id, now=act.now)
        notify(_("Messages are held until somebody has found out what is true."))
        if done.live_appointments:
            notify(_("There is a booking: decide about it within the hour."), kind="warning")
        return _back(resident_id)
    notify(_("Please choose what was heard."), kind="warning")
    return _back(resident_id)


@bp.post("/heard/<int:report_id>/second")
@allowed(*DECIDERS)
def second(report_id: int) -> ResponseReturnValue:
    """Look at a reported death a first time."""
    with acting() as act:
        resident_id = whose_report(act.session, report_id)
        _admit(act, resident_id)
        life.second(act.session, report_id=report_id, by=act.user_id, now=act.now)
    notify(_("Seen. A second colleague confirms it."))
    return _back(resident_id)


@bp.post("/heard/<int:report_id>/confirm")
@allowed(*DECIDERS)
def confirm(report_id: int) -> ResponseReturnValue:
    """Decide that a word was true; a death needs another person than the one who reported it."""
    form = Form(request.form)
    with acting() as act:
        resident_id = whose_report(act.session, report_id)
        _admit(act, resident_id)
        life.confirm(
            act.session,
            report_id=report_id,
            by=act.user_id,
            now=act.now,
            review_on=form.day("review_on"),
        )
    notify(_("Confirmed. The line says so from now on."))
    return _back(resident_id)


@bp.post("/heard/<int:report_id>/dismiss")
@allowed(*DECIDERS)
def dismiss(report_id: int) -> ResponseReturnValue:
    """Decide that a word was wrong; messages go on from now."""
    with acting() as act:
        resident_id = whose_report(act.session, report_id)
        _admit(act, resident_id)
        life.dismiss(act.session, report_id=report_id, by=act.user_id, now=act.now)
    notify(_("Not true. Messages go on from now; none of the past comes back."))
    return _back(resident_id)


@bp.post("/residents/<int:resident_id>/life")
@allowed(*DECIDERS)
def correct(resident_id: int) -> ResponseReturnValue:
    """Say where someone is now: back home, still away, alive after all; with a reason."""
    form = Form(request.form)
    status = form.one_of("status", LifeStatus)
    reason = form.text("reason", required=True, longest=300)
    review_on = form.day("review_on")
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            life.correct(
                act.session,
                resident_id=resident_id,
                status=status or LifeStatus.PRESENT,
                by=act.user_id,
                reason=reason,
                now=act.now,
                review_on=review_on,
            )
        notify(_("Corrected."))
        return _back(resident_id)
    notify(_("Please give a reason."), kind="warning")
    return _back(resident_id)


@bp.post("/residents/<int:resident_id>/rest")
@allowed(Role.GRID_WORKER, Role.CALLER)
def rest(resident_id: int) -> ResponseReturnValue:
    """Leave a person (or the household) alone until a day; an empty day wakes them."""
    form = Form(request.form)
    until, reason = form.day("until"), form.text("reason", longest=200)
    with form.catching():
        form.check()
        with acting() as act:
            _admit(act, resident_id)
            household = form.whole("household_id") if form.yes("whole_household") else None
            snooze(
                act.session,
                resident_id=None if household else resident_id,
                household_id=household,
                until=until,
                reason=reason,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Nobody asks until then.") if until else _("Asking goes on."))
        return _back(resident_id)
    notify(_("A day from tomorrow on, within half a year."), kind="warning")
    return _back(resident_id)
