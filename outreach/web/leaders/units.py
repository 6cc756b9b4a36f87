"""Responsibility: who answers for which unit, the target and the pace to it, what was asked, what climbed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.oversight.climbing import CAUSE_LABELS
from outreach.oversight.coverage import choose_campaign
from outreach.oversight.protected import Mask
from outreach.oversight.responsibility import (
    TargetDraft,
    UnitDuty,
    answer,
    ask,
    duties,
    escalations,
    owner_choices,
    requests_of,
    set_target,
    take_on,
)
from outreach.oversight.traffic import HARMS
from outreach.oversight.viewing import View, view_of
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, _l, language
from outreach.web.leaders.standing import READERS, asked_of
from outreach.web.messages import add_messages
from outreach.web.notices import notify

DEFAULT_DAYS = 30

add_messages(
    {
        "goal_range": _l("A share between 1 and 100 percent."),
        "target_day_past": _l("A day that is still to come."),
        "owner_missing": _l("Please choose somebody who works here."),
    }
)


@allowed(*READERS)
def show() -> ResponseReturnValue:
    """Show a unit and its children side by side, and what climbed to here."""
    return _page(Form(request.args), Form(), 200)


def _page(form: Form, sent: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        view = view_of(
            act.session, asked_of(act, form, form.whole("area")), scope=act.scope, now=act.now
        )
        lines = duties(act.session, found=view.coverage, now=act.now)
        ids = [line.unit.id for line in lines]
        context: dict[str, Any] = {
            "asked": requests_of(act.session, area_ids=ids),
            "climbed": escalations(act.session, area_ids=ids),
            "owners": [(o.id, o.name) for o in owner_choices(act.session, scope=act.scope)],
        }
        day = act.today
    page = render_template(
        "leader/oversight/units.html",
        form=sent,
        view=view,
        lines=[_masked(line, view) for line in lines],
        harms=[harm.label(language()) for harm in HARMS],
        harm_headings=[(harm.label(language()), "text-end") for harm in HARMS],
        causes=CAUSE_LABELS,
        options=[(line.unit.id, line.unit.name) for line in lines],
        by_default=day + timedelta(days=DEFAULT_DAYS),
        **context,
    )
    return page, status


@dataclass(frozen=True, slots=True)
class Shown:
    """A unit's duty as its reader may see it."""

    duty: UnitDuty
    shows: bool
    harms: tuple[int | None, ...]


def _masked(line: UnitDuty, view: View) -> Shown:
    mask = view.mask
    for row in view.rows:
        if [unit.id for unit in row.units] == [line.unit.id]:
            mask = row.mask
    harms = tuple(None if not mask.is_open and 0 < n < 5 else n for n in line.harms)
    return Shown(line, _shows(mask), harms)


def _shows(mask: Mask) -> bool:
    return mask.shows("coverage")


@allowed(Role.LEADER, Role.ADMINISTRATOR)
def target() -> ResponseReturnValue:
    """Set a unit's target and who answers for it."""
    form = Form(request.form)
    area_id, owner = form.whole("area_id", required=True), form.whole("owner_id", required=True)
    goal = form.decimal("goal", required=True, least=1, most=100)
    by_on, note = form.day("by_on", required=True), form.text("note", longest=300)
    with form.catching():
        form.check()
        with acting() as act:
            campaign = choose_campaign(act.session, form.whole("campaign"))
            draft = TargetDraft(
                area_id or 0, campaign.id, owner or 0, (goal or 0) / 100, by_on or act.today, note
            )
            set_target(act.session, draft=draft, scope=act.scope, by=act.user_id, now=act.now)
            act.record("target_set", ("area", area_id), facts={"goal": draft.goal, "owner": owner})
        notify(_("The target stands."))
        return go(url_for("oversight.units", area=form["back"] or None))
    return _page(Form(), form, 422)


@allowed(Role.LEADER, Role.ADMINISTRATOR)
def demand() -> ResponseReturnValue:
    """Ask something of a unit by a day."""
    form = Form(request.form)
    area_id, text = (
        form.whole("area_id", required=True),
        form.text("text", required=True, longest=500),
    )
    due_on = form.day("due_on", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            ask(
                act.session,
                area_id=area_id or 0,
                text=text,
                due_on=due_on or act.today,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Asked."))
        return go(url_for("oversight.units", area=form["back"] or None))
    return _page(Form(), form, 422)


@allowed(Role.LEADER, Role.ADMINISTRATOR)
def reply(request_id: int) -> ResponseReturnValue:
    """Say what was done about a request."""
    form = Form(request.form)
    text = form.text("answer", required=True, longest=500)
    with form.catching():
        form.check()
        with acting() as act:
            answer(
                act.session,
                request_id=request_id,
                text=text,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Noted as done."))
        return go(url_for("oversight.units", area=form["back"] or None))
    return _page(Form(), form, 422)


@allowed(Role.LEADER, Role.ADMINISTRATOR)
def take(escalation_id: int) -> ResponseReturnValue:
    """Take on something that climbed; both levels see by whom."""
    with acting() as act:
        take_on(
            act.session, escalation_id=escalation_id, scope=act.scope, by=act.user_id, now=act.now
        )
    notify(_("You have taken it on; the level below sees your name."))
    return go(url_for("oversight.units"))
