"""Campaigns: which there are, opening one, its end, and what it remembers until when (moment 2j)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.campaigns.codes import CampaignState
from outreach.campaigns.operations import add_campaign
from outreach.kernel.codes import coded_list
from outreach.ledger.campaign_lines import (
    CampaignLine,
    campaign_line,
    campaign_lines,
    rule_sets_of,
    vaccines,
)
from outreach.ledger.codes import GRADE_LABELS
from outreach.places.queries import children
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, language
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.tags import add_tags, coded
from outreach.workflows.ask_terms import ask_enrol
from outreach.workflows.end_campaign import change_state

bp = Blueprint("campaigns", __name__, url_prefix="/admin/campaigns")

STATES = coded_list(
    [
        ("draft", "草稿", "Draft"),
        ("open", "进行中", "Open"),
        ("paused", "已暂停", "Paused"),
        ("closed", "已结束", "Closed"),
        ("archived", "已归档", "Archived"),
    ]
)
add_tags(
    CampaignState,
    STATES,
    {
        "draft": ("neutral", "pencil"),
        "open": ("good", "flag"),
        "paused": ("warn", "player-pause"),
        "closed": ("neutral", "flag-off"),
        "archived": ("neutral", "archive"),
    },
)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """List the campaigns with their figures."""
    with reading() as act:
        lines = campaign_lines(act.session)
    return render_template("admin/campaigns/index.html", lines=lines)


@bp.get("/new")
@allowed(Role.ADMINISTRATOR)
def new() -> ResponseReturnValue:
    """Show the form of a new campaign."""
    return _new_page(Form(), 200)


@bp.post("/new")
@allowed(Role.ADMINISTRATOR)
def create() -> ResponseReturnValue:
    """Open a campaign under the rules in force on its first day, and give everyone a line."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            _admit_whole(act)
            opens_on = form.day("opens_on", required=True)
            form.check()
            made = add_campaign(
                act.session,
                code=form.text("code", required=True, longest=40),
                name_zh=form.text("name_zh", required=True, longest=80),
                name_en=form.text("name_en", longest=80),
                vaccine_code=form.text("vaccine", required=True),
                opens_on=opens_on or act.today,
                now=act.now,
            )
            act.record("campaign_opened", ("campaign", made.id))
            ask_enrol(act.session, campaign_id=made.id, by=act.user_id, now=act.now)
            campaign_id = made.id
        notify(_("Opened. Everyone whom it covers gets a line in a moment."))
        return go(url_for(".show", campaign_id=campaign_id))
    return _new_page(form, 422)


def _new_page(form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        zh = language() == "zh"
        offered = [(v.code, v.name_zh if zh else v.name_en) for v in vaccines(act.session)]
        today = act.today
    page = render_template("admin/campaigns/new.html", form=form, vaccines=offered, today=today)
    return page, status


@bp.get("/<int:campaign_id>")
@allowed(Role.ADMINISTRATOR)
def show(campaign_id: int) -> ResponseReturnValue:
    """Show one campaign: its state, its terms, its rule sets."""
    return campaign_page(campaign_id, Form(), 200)


def campaign_page(campaign_id: int, form: Form, status: int) -> ResponseReturnValue:
    """Return the page of one campaign, with the faults of a form that was sent."""
    with reading() as act:
        line = admit(act, campaign_id)
        rule_sets = rule_sets_of(act.session, vaccine_code=line.vaccine_code)
    page = render_template(
        "admin/campaigns/show.html",
        line=line,
        rule_sets=rule_sets,
        grades=[(key, coded(label)) for key, label in GRADE_LABELS.items()],
        form=form,
    )
    return page, status


def admit(act: Acting, campaign_id: int) -> CampaignLine:
    """Return a campaign of the scope: one for the whole place is its whole administrators' alone."""
    line = campaign_line(act.session, campaign_id)
    if line.area_id is not None:
        act.check_area(line.area_id)
    else:
        _admit_whole(act)
    return line


def _admit_whole(act: Acting) -> None:
    for area in children(act.session, None):
        act.check_area(area.id)


@bp.post("/<int:campaign_id>/<any(open, closed, archived):to>")
@allowed(Role.ADMINISTRATOR)
def move(campaign_id: int, to: str) -> ResponseReturnValue:
    """Open again, close or archive a campaign; archiving names the day on which it forgets people."""
    form = Form(request.form)
    retain_until = form.day("retain_until")
    with form.catching():
        form.check()
        with acting() as act:
            admit(act, campaign_id)
            change_state(
                act.session,
                campaign_id=campaign_id,
                to=CampaignState(to),
                by=act.user_id,
                now=act.now,
                retain_until=retain_until,
            )
            if to == CampaignState.OPEN:
                ask_enrol(act.session, campaign_id=campaign_id, by=act.user_id, now=act.now)
        notify(_("The campaign is now: %(state)s.", state=coded(STATES[to])))
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return go(url_for(".show", campaign_id=campaign_id))
