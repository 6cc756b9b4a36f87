"""The list of opt-outs: who asked not to be written to, entered by staff, ended only by their own new word."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.codes import OptOutScope
from outreach.contact.opt_out_views import PAGE_SIZE, check_may_end, opt_outs_in
from outreach.contact.opt_outs import end_opt_out
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.messages.common import install
from outreach.web.admin.messages.words import OPT_OUT_SCOPES, SOURCES
from outreach.web.admin.reach import answers_for_all
from outreach.web.forms import Form
from outreach.web.htmx import go, is_fragment
from outreach.web.i18n import _, _n
from outreach.web.lists import page_number, pages
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.workflows.opt_out_numbers import enter_opt_outs, read_numbers

bp = Blueprint("opt_outs", __name__, url_prefix="/opt-outs")
bp.record_once(install)
BY_STAFF = tuple(code for code in SOURCES if code.startswith("staff:"))
LONGEST_LIST = 2_000_000
WHO = (Role.ADMINISTRATOR, Role.GRID_WORKER, Role.CALLER)


@bp.get("")
@allowed(*WHO)
def index() -> ResponseReturnValue:
    """List the opt-outs in force within the visitor's areas."""
    with reading() as act:
        return _page(act, Form())


def _page(act: Acting, form: Form, status: int = 200) -> ResponseReturnValue:
    lines, total = opt_outs_in(
        act.session, scope=act.scope, sees_all=answers_for_all(act), page=page_number()
    )
    template = "_opt_outs.html" if is_fragment() else "opt_outs.html"
    page = render_template(
        f"admin/messages/{template}",
        lines=lines,
        total=total,
        pages=pages(total, size=PAGE_SIZE),
        form=form,
        scope_options=[(scope, coded(OPT_OUT_SCOPES[scope])) for scope in OptOutScope],
        source_options=[(code, coded(SOURCES[code])) for code in BY_STAFF],
        for_all=answers_for_all(act),
    )
    return page, status


@bp.post("")
@allowed(*WHO)
def enter() -> ResponseReturnValue:
    """Enter opt-outs of one number or a list; what waits for them ends at once."""
    form = Form(request.form)
    text = form.text("numbers", required=True, longest=LONGEST_LIST)
    wanted = form.one_of("scope", OptOutScope)
    source = form.code("source", BY_STAFF)
    with form.catching():
        form.check()
        return _enter(text, wanted or OptOutScope.NUDGES, source)
    with reading() as act:
        return _page(act, form, 422)


def _enter(text: str, wanted: OptOutScope, source: str) -> ResponseReturnValue:
    with acting() as act:
        entered = enter_opt_outs(
            act.session,
            numbers=read_numbers(act.session, text),
            scope_of_opt_out=wanted,
            source=source,
            scope=None if answers_for_all(act) else act.scope,
            by=act.user_id,
            now=act.now,
        )
        facts = {"numbers": entered.numbers, "new": entered.new, "silenced": entered.silenced}
        act.record("opt_out_entered", ("opt_out", None), facts=facts)
    notify(
        _n("%(num)d number is noted.", "%(num)d numbers are noted.", entered.numbers)
        + " "
        + _n(
            "%(num)d waiting message was stopped.",
            "%(num)d waiting messages were stopped.",
            entered.silenced,
        )
    )
    return go(url_for(".index"))


@bp.post("/<int:opt_out_id>/end")
@allowed(*WHO)
def end(opt_out_id: int) -> ResponseReturnValue:
    """End an opt-out because the person asked to hear from us again; the reason is compulsory."""
    form = Form(request.form)
    reason = form.text(f"reason-{opt_out_id}", required=True, longest=200)
    with form.catching():
        form.check()
        with acting() as act:
            check_may_end(
                act.session,
                opt_out_id=opt_out_id,
                scope=act.scope,
                sees_all=answers_for_all(act),
            )
            end_opt_out(
                act.session, opt_out_id=opt_out_id, reason=reason, by=act.user_id, now=act.now
            )
            act.record("opt_out_ended", ("opt_out", opt_out_id))
        notify(_("The number may be written to again."))
        return go(url_for(".index"))
    with reading() as act:
        return _page(act, form, 422)
