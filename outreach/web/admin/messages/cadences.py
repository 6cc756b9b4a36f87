"""Cadences: when each step of a visit goes out, by which channel, to whom; checked before it is kept."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.queries import get_campaign
from outreach.contact.cadence import Anchor, Audience
from outreach.contact.cadence_rules import ANCHORS, CHANNELS, DAYS
from outreach.contact.cadences import (
    CadenceLine,
    CadenceRefused,
    StepChange,
    back_to_common,
    cadence_lines,
    get_line,
    save_step,
)
from outreach.contact.codes import Channel, Step
from outreach.tasks.operations import ask_task, unfinished_task
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.messages.common import (
    campaign_options,
    capabilities,
    carriers,
    chosen_campaign,
    install,
    show_problems,
)
from outreach.web.admin.messages.words import AUDIENCES
from outreach.web.admin.reach import answers_for_all, check_campaign, may_steer
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.workflows.replan_messages import REPLAN, visits_to_replan

bp = Blueprint("cadences", __name__, url_prefix="/admin/cadences")
bp.record_once(install)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show the steps of a campaign in the order in which they come."""
    campaign_id = chosen_campaign()
    with reading() as act:
        lines = cadence_lines(act.session, campaign_id=campaign_id)
        known = {(line.rule.step, line.rule.channel) for line in lines}
        return page_or_fragment(
            "admin/messages/cadences.html",
            "admin/messages/_cadences.html",
            lines=lines,
            missing=[(s, c) for s in ANCHORS for c in CHANNELS if (s, c) not in known],
            campaign_id=campaign_id,
            campaigns=campaign_options(act),
            booked=len(visits_to_replan(act.session, campaign_id=campaign_id, now=act.now)),
            task=unfinished_task(act.session, kind=REPLAN, campaign_id=campaign_id),
            form=Form(request.args),
        )


@bp.get("/edit")
@allowed(Role.ADMINISTRATOR)
def edit() -> ResponseReturnValue:
    """Show one step."""
    form = Form(request.args)
    step, channel = _which(form)
    with reading() as act:
        line = get_line(act.session, campaign_id=form.whole("campaign"), step=step, channel=channel)
        return _page(act, line, form.whole("campaign"), Form())


@bp.post("/edit")
@allowed(Role.ADMINISTRATOR)
def save() -> ResponseReturnValue:
    """Keep one step; refused with every reason named."""
    form = Form(request.form)
    step, channel = _which(form)
    campaign_id = form.whole("campaign", least=1)
    with reading() as act:
        line = get_line(act.session, campaign_id=campaign_id, step=step, channel=channel)
    change = _read(form, line)
    if not form.errors:
        with form.catching():
            try:
                return _save(campaign_id, change)
            except CadenceRefused as refused:
                show_problems(form, "at_local", refused.problems)
    with reading() as act:
        return _page(act, line, campaign_id, form, 422)


def _save(campaign_id: int | None, change: StepChange) -> ResponseReturnValue:
    with acting() as act:
        check_campaign(act, campaign_id)
        row = save_step(
            act.session, campaign_id=campaign_id, change=change, routes=capabilities(act)
        )
        act.record("cadence_saved", ("cadence_step", row.id), facts={"step": str(row.step)})
    notify(_("Saved. It holds for visits booked from now on."))
    return go(url_for(".index", campaign=campaign_id))


def _which(form: Form) -> tuple[Step, Channel]:
    step = form.one_of("step", Step) or Step.T_MINUS_3
    channel = form.one_of("channel", Channel) or Channel.SMS
    if step not in ANCHORS or channel not in CHANNELS:
        form.wrong("step", "not_in_list")
        return Step.T_MINUS_3, Channel.SMS
    return step, channel


def _read(form: Form, line: CadenceLine) -> StepChange:
    is_booked = line.rule.anchor is Anchor.BOOKED
    hours = form.decimal("lasts_hours", required=True, least=0.25, most=168)
    rule = replace(
        line.rule,
        offset_days=0 if is_booked else form.whole("offset_days", required=True) or 0,
        offset_minutes=line.rule.offset_minutes,
        at_local=None if is_booked else form.clock("at_local", required=True),
        audience=form.one_of("audience", Audience) or Audience.EVERYONE,
        expires_after_minutes=round((hours or 0) * 60),
    )
    version = form.whole("version") or 0
    return StepChange(rule=rule, is_active=form.yes("is_active"), version=version)


def _page(
    act: Acting, line: CadenceLine, campaign_id: int | None, form: Form, status: int = 200
) -> ResponseReturnValue:
    for_all = answers_for_all(act)
    area_id = get_campaign(act.session, campaign_id).area_id if campaign_id else None
    page = render_template(
        "admin/messages/cadence.html",
        form=form,
        line=line,
        campaign_id=campaign_id,
        campaigns=dict(campaign_options(act)),
        days=DAYS[line.rule.anchor],
        is_booked=line.rule.anchor is Anchor.BOOKED,
        audience_options=[(a, coded(AUDIENCES[a])) for a in Audience],
        carriers=carriers(act),
        may_save=for_all if campaign_id is None else may_steer(act, area_id, is_for_all=for_all),
        own_version=line.version if line.is_own or campaign_id is None else 0,
    )
    return page, status


@bp.post("/common")
@allowed(Role.ADMINISTRATOR)
def common() -> ResponseReturnValue:
    """Let a campaign follow the common cadence again at one step."""
    form = Form(request.form)
    step, channel = _which(form)
    campaign_id = form.whole("campaign", least=1) or 0
    with acting() as act:
        check_campaign(act, campaign_id)
        back_to_common(act.session, campaign_id=campaign_id, step=step, channel=channel)
        act.record("cadence_common", ("campaign", campaign_id))
    notify(_("The campaign follows the common cadence at this step again."))
    return go(url_for(".index", campaign=campaign_id))


@bp.post("/replan")
@allowed(Role.ADMINISTRATOR)
def replan() -> ResponseReturnValue:
    """Have the messages of booked visits planned anew; what has left never goes again."""
    campaign_id = chosen_campaign()
    with acting() as act:
        check_campaign(act, campaign_id)
        if unfinished_task(act.session, kind=REPLAN, campaign_id=campaign_id) is None:
            ask_task(
                act.session,
                kind=REPLAN,
                arguments={"campaign_id": campaign_id},
                by=act.user_id,
                now=act.real_now,
            )
            act.record("cadence_replanned", ("campaign", campaign_id))
    notify(_("The worker plans the booked visits anew."))
    return go(url_for(".index", campaign=campaign_id))
