"""Why somebody has no car, and which smallest changes a real re-solve has confirmed."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.plan_words import REASON_LABELS
from outreach.web.htmx import go, page_or_fragment
from outreach.workflows.explain_left import ask_explanation
from outreach.workflows.explain_sheet import check_appointment, explain_sheet

bp = Blueprint("explaining", __name__, url_prefix="/day/explain")


def _admit(act: Acting, appointment_id: int) -> None:
    act.check_area(check_appointment(act.session, appointment_id=appointment_id))


@bp.post("/<int:appointment_id>")
@allowed(Role.DISPATCHER)
def ask(appointment_id: int) -> ResponseReturnValue:
    """Ask what would help; the worker answers within seconds."""
    with acting() as act:
        _admit(act, appointment_id)
        task = ask_explanation(
            act.session,
            appointment_id=appointment_id,
            scope=act.scope,
            by=act.user_id,
            now=act.now,
        )
    return go(url_for(".show", appointment_id=appointment_id, task=task.id))


@bp.get("/<int:appointment_id>/<int:task>")
@allowed(Role.DISPATCHER)
def show(appointment_id: int, task: int) -> ResponseReturnValue:
    """Show the answer, or how far it is."""
    with reading() as act:
        _admit(act, appointment_id)
        sheet = explain_sheet(act.session, appointment_id=appointment_id, task_id=task)
    return page_or_fragment(
        "dispatch/plans/explain.html",
        "dispatch/plans/_explain.html",
        sheet=sheet,
        reasons=REASON_LABELS,
    )
