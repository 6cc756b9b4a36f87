"""Handing a colleague's list over: for a leave, or before the account closes (moment 3h)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _n
from outreach.web.notices import notify
from outreach.workflows.hand_over import colleagues, hand_over

bp = Blueprint("handover", __name__, url_prefix="/hand-over")

PASSERS = (Role.GRID_WORKER, Role.ADMINISTRATOR)


@bp.get("")
@allowed(*PASSERS)
def index() -> ResponseReturnValue:
    """Show what lies with whom, in figures; nobody's name stands here."""
    return _page(Form(), 200)


def _page(form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        found = colleagues(act.session, scope=act.scope, now=act.now)
    page = render_template("staff/handover/index.html", colleagues=found, form=form)
    return page, status


@bp.post("/<int:user_id>")
@allowed(*PASSERS)
def pass_on(user_id: int) -> ResponseReturnValue:
    """Pass everything on; the same form the other way round gives it back."""
    form = Form(request.form)
    to = form.whole(f"to-{user_id}", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            passed = hand_over(
                act.session,
                of=user_id,
                to=int(to or 0),
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
        notify(
            _n("%(num)d line has changed hands.", "%(num)d lines have changed hands.", passed.lines)
        )
        if passed.promised_calls:
            notify(
                _n(
                    "%(num)d promised call goes with them.",
                    "%(num)d promised calls go with them.",
                    passed.promised_calls,
                ),
                kind="info",
            )
        return go(url_for(".index"))
    return _page(_renamed(form, user_id), 422)


def _renamed(form: Form, user_id: int) -> Form:
    """Put faults about the taker beside the field of this very line."""
    faults, form.errors = form.errors, []
    for fault in faults:
        field = f"to-{user_id}" if fault.field in {"to", ""} else fault.field
        form.wrong(field, fault.code, **fault.facts)
    return form
