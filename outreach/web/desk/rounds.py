"""Home rounds: whom the team visits, with whose yes, for how long, and who watches (moment 5l)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.ledger.heads import person_head
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import visit
from outreach.workflows.home_rounds import home_slots, home_visits, say_yes
from outreach.workflows.home_visit_yes import LEAST_STAY, ClinicianYes

bp = Blueprint("home_rounds", __name__, url_prefix="/home-rounds")


@bp.get("")
@allowed(Role.CLINICIAN, Role.DESK, Role.GRID_WORKER)
def index() -> ResponseReturnValue:
    """List the bed-bound people who are due: no car is ever sent to them, the team comes."""
    with reading() as act:
        visits = home_visits(act.session, scope=act.scope, now=act.now)
        slots = home_slots(act.session, from_on=act.today, now=act.now)
        for one in visits:
            act.saw("resident", one.head.resident_id)
    actor = visit().actor
    return render_template(
        "desk/rounds.html",
        visits=visits,
        slots=slots,
        least_stay=LEAST_STAY,
        is_clinician=actor is not None and Role.CLINICIAN in actor.roles,
        may_desk=actor is not None and {Role.CLINICIAN, Role.DESK} & set(actor.roles),
    )


@bp.post("/<int:resident_id>")
@allowed(Role.CLINICIAN)
def agree(resident_id: int) -> ResponseReturnValue:
    """A clinician's yes: when the team comes, how long it stays, and who watches."""
    form = Form(request.form)
    session_id, _at, seconds = form["slot"].partition("@")
    is_named = session_id.isdecimal() and seconds.isdecimal() and len(seconds) <= 11
    slot = (int(session_id), datetime.fromtimestamp(int(seconds), tz=UTC)) if is_named else None
    yes = ClinicianYes(
        stay_minutes=form.whole("stay_minutes", required=True) or 0,
        observer=form.text("observer", required=True, longest=60),
        decided_by=None,
    )
    with form.catching():
        form.check()
        with acting() as act:
            person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
            say_yes(
                act.session,
                resident_id=resident_id,
                slot=slot or (0, act.now),
                yes=yes,
                by=act.user_id,
                now=act.now,
            )
        notify(_("On the list of the home team."))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".index", _anchor=f"r{resident_id}"))
