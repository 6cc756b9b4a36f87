"""Experiments with words or days: off by default, approved by a second person, ended by harm (moment 3i)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.codes import Channel, Step
from outreach.contact.experiment_report import experiment_reports, report_of
from outreach.contact.experiment_rules import LEAST_HOUSEHOLDS, MAY_VARY
from outreach.contact.experiments import BY_HAND, ArmDraft, Proposal, approve, propose
from outreach.contact.wording_samples import sample_for
from outreach.contact.wording_views import longest_signature
from outreach.contact.wordings import NewWording, WordingRefused, save_wording
from outreach.places.queries import first_language
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.messages.common import (
    campaign_options,
    capabilities,
    install,
    show_problems,
)
from outreach.web.admin.reach import check_campaign
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.staff.looks import step_label
from outreach.web.tags import coded
from outreach.workflows.experiment_arms import end_experiment

bp = Blueprint("experiments", __name__, url_prefix="/admin/experiments")
bp.record_once(install)
OTHERS = (1, 2, 3)


@bp.get("")
@allowed(Role.ADMINISTRATOR, Role.LEADER)
def index() -> ResponseReturnValue:
    """List the experiments; there are none unless somebody proposes one."""
    with reading() as act:
        lines = experiment_reports(act.session, zone=act.setting.zone, now=act.now)
    return render_template("admin/messages/experiments.html", lines=lines)


@bp.get("/new")
@allowed(Role.ADMINISTRATOR)
def new() -> ResponseReturnValue:
    """Show the form of a proposal."""
    with reading() as act:
        return _form_page(act, Form())


def _form_page(act: Acting, form: Form, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "admin/messages/experiment_new.html",
        form=form,
        campaigns=campaign_options(act)[1:],
        step_options=[(step, coded(step_label(step))) for step in MAY_VARY],
        least=LEAST_HOUSEHOLDS,
        others=OTHERS,
    )
    return page, status


@bp.post("/new")
@allowed(Role.ADMINISTRATOR)
def create() -> ResponseReturnValue:
    """Write a proposal down; nothing changes for anybody yet."""
    form = Form(request.form)
    campaign_id = form.whole("campaign", required=True, least=1)
    step = form.one_of("step", Step)
    if not form.errors and campaign_id is not None and step is not None:
        with form.catching():
            try:
                return _propose(form, campaign_id, step)
            except WordingRefused as refused:
                show_problems(form, "body-1", refused.problems)
    with reading() as act:
        return _form_page(act, form, 422)


def _propose(form: Form, campaign_id: int, step: Step) -> ResponseReturnValue:
    households = form.whole("planned_households", required=True, least=1, most=100_000)
    days = form.whole("outcome_days", required=True, least=1, most=90)
    name = form.text("name", required=True, longest=80)
    form.check()
    with acting() as act:
        check_campaign(act, campaign_id)
        proposal = Proposal(
            campaign_id=campaign_id,
            name=name,
            step=step,
            planned_households=households or 0,
            outcome_days=days or 0,
            usual_label=_("The usual way"),
            arms=[arm for n in OTHERS for arm in _arm(act, form, n, campaign_id, step)],
        )
        made = propose(act.session, proposal=proposal, by=act.user_id, now=act.now)
        act.record("experiment_proposed", ("experiment", made.id))
    notify(_("Proposed. It begins when somebody else approves it."))
    return go(url_for(".show", experiment_id=made.id))


def _arm(act: Acting, form: Form, n: int, campaign_id: int, step: Step) -> list[ArmDraft]:
    body = form.text(f"body-{n}", longest=1000)
    shift = form.whole(f"shift_days-{n}") or 0
    if not body and not shift:
        return []
    form.check()
    wording_id = None
    if body:
        spoken = first_language(act.session)
        words = NewWording(
            step=step, channel=Channel.SMS, language=spoken, body=body, campaign_id=campaign_id
        )
        wording_id = save_wording(
            act.session,
            new=words,
            signature=longest_signature(act.session, campaign_id=campaign_id),
            sample=sample_for(spoken),
            routes=capabilities(act),
            by=act.user_id,
            now=act.now,
            is_active=False,
        ).id
    label = form.text(f"label-{n}", longest=40) or _("Way %(number)s", number=n + 1)
    return [ArmDraft(label, wording_id, shift)]


@bp.get("/<int:experiment_id>")
@allowed(Role.ADMINISTRATOR, Role.LEADER)
def show(experiment_id: int) -> ResponseReturnValue:
    """Show an experiment with its figures and intervals."""
    with reading() as act:
        line = report_of(act.session, experiment_id, zone=act.setting.zone, now=act.now)
        is_mine = line.made_by_id == act.user_id
    return render_template("admin/messages/experiment.html", line=line, is_mine=is_mine)


@bp.post("/<int:experiment_id>/approve")
@allowed(Role.ADMINISTRATOR, Role.LEADER)
def approve_it(experiment_id: int) -> ResponseReturnValue:
    """Approve what somebody else proposed."""
    with acting() as act:
        line = report_of(act.session, experiment_id, zone=act.setting.zone, now=act.now)
        check_campaign(act, line.campaign_id)
        approve(act.session, experiment_id=experiment_id, by=act.user_id, now=act.now)
        act.record("experiment_approved", ("experiment", experiment_id))
    notify(_("Approved. From now on households are drawn."))
    return go(url_for(".show", experiment_id=experiment_id))


@bp.post("/<int:experiment_id>/stop")
@allowed(Role.ADMINISTRATOR, Role.LEADER)
def stop_it(experiment_id: int) -> ResponseReturnValue:
    """End an experiment; what waits gets the usual words."""
    with acting() as act:
        line = report_of(act.session, experiment_id, zone=act.setting.zone, now=act.now)
        check_campaign(act, line.campaign_id)
        end_experiment(act.session, experiment_id=experiment_id, reason=BY_HAND, now=act.now)
        act.record("experiment_stopped", ("experiment", experiment_id))
    notify(_("Ended. Everybody gets the usual way again."))
    return go(url_for(".show", experiment_id=experiment_id))
