"""Wordings: what is said at each step, a new version tried on real people, checked, kept, sent to oneself."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.queries import get_campaign
from outreach.contact.codes import Channel, Step
from outreach.contact.sending_views import control_view, trial_lines
from outreach.contact.wording import Problem, allowed_gaps
from outreach.contact.wording_samples import sample_for
from outreach.contact.wording_views import (
    WORDED_ELSEWHERE,
    WordingLine,
    get_wording_line,
    longest_signature,
    versions_of,
    wordings_in_force,
)
from outreach.contact.wordings import (
    NewWording,
    WordingRefused,
    back_to_common_wording,
    problems_of,
    purpose_of,
    save_wording,
)
from outreach.kernel.clock import real_now
from outreach.kernel.place import emergency_number
from outreach.places.queries import get_place
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.messages.common import (
    campaign_options,
    capabilities,
    carriers,
    chosen_campaign,
    install,
    money,
    show_problems,
)
from outreach.web.admin.reach import answers_for_all, check_campaign, may_steer
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.preview_wording import Preview, previews
from outreach.workflows.send_one import send_these
from outreach.workflows.send_test import queue_test

bp = Blueprint("wordings", __name__, url_prefix="/admin/wordings")
bp.record_once(install)
LONGEST = 1000
CHANNELS = (Channel.SMS, Channel.VOICE)
STEPS = tuple(step for step in Step if step not in WORDED_ELSEWHERE)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show what is said at each step of a campaign."""
    campaign_id = chosen_campaign()
    with reading() as act:
        lines = wordings_in_force(act.session, campaign_id=campaign_id)
        by_step: dict[Step, list[WordingLine]] = {}
        for line in lines:
            by_step.setdefault(line.step, []).append(line)
        return page_or_fragment(
            "admin/messages/wordings.html",
            "admin/messages/_wordings.html",
            by_step=by_step,
            campaign_id=campaign_id,
            campaigns=campaign_options(act),
            form=Form(request.args),
            purpose_of=purpose_of,
        )


@bp.get("/edit")
@allowed(Role.ADMINISTRATOR)
def edit() -> ResponseReturnValue:
    """Show one wording with its versions, ready to be written anew."""
    form = Form(request.args)
    with reading() as act:
        new = _read(form, body=False)
        found = [
            line
            for line in wordings_in_force(act.session, campaign_id=new.campaign_id)
            if (line.step, line.channel, line.language) == (new.step, new.channel, new.language)
        ]
        if found:
            new = replace(new, body=found[0].body, template_code=found[0].template_code)
        return _page(act, new, Form())


@bp.post("/edit")
@allowed(Role.ADMINISTRATOR)
def write() -> ResponseReturnValue:
    """Try, save or test what was written; what no route could carry is refused, each reason named."""
    form = Form(request.form)
    new = _read(form)
    act_wanted = {"save": _save, "test": _test}.get(form["do"])
    if not form.errors and act_wanted is not None:
        with form.catching():
            try:
                return act_wanted(form, new)
            except WordingRefused as refused:
                show_problems(form, "body", refused.problems)
    with reading() as act:
        if not form.errors:
            show_problems(form, "body", _problems(act, new))
        return _page(act, new, form, 422 if form.errors else 200)


def _read(form: Form, *, body: bool = True) -> NewWording:
    step = form.one_of("step", Step) or Step.BOOKED
    channel = form.one_of("channel", Channel, required=False) or Channel.SMS
    if step not in STEPS or channel not in CHANNELS:
        form.wrong("step", "not_in_list")
    return NewWording(
        step=step if step in STEPS else Step.BOOKED,
        channel=channel if channel in CHANNELS else Channel.SMS,
        language=form.code("language", ("zh", "en"), required=False) or "zh",
        body=form.text("body", required=True, longest=LONGEST) if body else "",
        campaign_id=form.whole("campaign", least=1),
        template_code=form.text("template_code", longest=60),
    )


def _problems(act: Acting, new: NewWording) -> list[Problem]:
    sample = sample_for(new.language)
    place = get_place(act.session)
    sample["duty_phone"] = place.duty_phone or sample["duty_phone"]
    sample["emergency"] = emergency_number(place.country)
    return problems_of(
        new,
        signature=longest_signature(act.session, campaign_id=new.campaign_id),
        sample=sample,
        routes=capabilities(act),
    )


def _save(_form: Form, new: NewWording) -> ResponseReturnValue:
    with acting() as act:
        check_campaign(act, new.campaign_id)
        made = save_wording(
            act.session,
            new=new,
            signature=longest_signature(act.session, campaign_id=new.campaign_id),
            sample=sample_for(new.language),
            routes=capabilities(act),
            by=act.user_id,
            now=act.now,
        )
        act.record("wording_saved", ("wording", made.id), facts={"version": made.version})
    notify(
        _("Version %(version)s is in force for what is queued from now on.", version=made.version)
    )
    return go(url_for(".index", campaign=new.campaign_id))


def _test(form: Form, new: NewWording) -> ResponseReturnValue:
    number_id = form.whole("trial_number", required=True)
    form.check()
    with acting() as act:
        check_campaign(act, None)
        message = queue_test(
            act.session,
            new=new,
            trial_number_id=number_id or 0,
            routes=capabilities(act),
            signature=longest_signature(act.session, campaign_id=new.campaign_id),
            now=act.now,
        )
        message_id = message.id
        act.record("wording_tested", ("message", message_id))
    held = services()
    send_these(held.database, held.routes, message_ids=[message_id], real_now=real_now)
    notify(_("The test is on its way to the listed number; at night it waits for the morning."))
    with reading() as act:
        return _page(act, new, form)


def _page(act: Acting, new: NewWording, form: Form, status: int = 200) -> ResponseReturnValue:
    place = get_place(act.session)
    shown = _previews(act, new) if new.body.strip() and not form.errors else []
    page = render_template(
        "admin/messages/wording.html",
        form=form,
        new=new,
        purpose=purpose_of(new.step),
        gaps=sorted(allowed_gaps(purpose_of(new.step), new.step)),
        sample=sample_for(new.language),
        previews=shown,
        money=lambda micros: money(micros, place.country),
        versions=versions_of(
            act.session,
            campaign_id=new.campaign_id,
            step=new.step,
            channel=new.channel,
            language=new.language,
        ),
        trial_options=[
            (line.id, f"{line.label} {line.number}") for line in trial_lines(act.session)
        ],
        campaigns=campaign_options(act),
        carriers=carriers(act),
        may_save=_may_save(act, new),
    )
    return page, status


def _may_save(act: Acting, new: NewWording) -> bool:
    for_all = answers_for_all(act)
    if new.campaign_id is None:
        return for_all
    return may_steer(act, get_campaign(act.session, new.campaign_id).area_id, is_for_all=for_all)


def _previews(act: Acting, new: NewWording) -> list[Preview]:
    return previews(
        act.session,
        new=new,
        scope=act.scope,
        routes=carriers(act),
        part_price_micros=control_view(act.session).part_price_micros,
        now=act.now,
    )


@bp.post("/<int:wording_id>/back")
@allowed(Role.ADMINISTRATOR)
def bring_back(wording_id: int) -> ResponseReturnValue:
    """Put the words of an older version into force again, as a new version."""
    with reading() as act:
        line = get_wording_line(act.session, wording_id)
    old = NewWording(
        step=line.step,
        channel=line.channel,
        language=line.language,
        body=line.body,
        campaign_id=line.campaign_id,
        template_code=line.template_code,
    )
    return _save(Form(), old)


@bp.post("/common")
@allowed(Role.ADMINISTRATOR)
def common() -> ResponseReturnValue:
    """Let a campaign say the common words again."""
    form = Form(request.form)
    new = _read(form, body=False)
    with acting() as act:
        check_campaign(act, new.campaign_id)
        back_to_common_wording(
            act.session,
            campaign_id=new.campaign_id or 0,
            step=new.step,
            channel=new.channel,
            language=new.language,
        )
        act.record("wording_common", ("campaign", new.campaign_id))
    notify(_("The campaign says the common words again."))
    return go(url_for(".index", campaign=new.campaign_id))
