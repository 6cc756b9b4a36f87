"""Steering what goes out: pause, resume and end by campaign or for all, trial mode and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact import campaign_sending as steering
from outreach.contact.sending_views import campaigns_sending, control_view, trial_lines
from outreach.kernel.errors import InvalidInput
from outreach.kernel.phone import parse_phone
from outreach.places.queries import get_place
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.messages.common import MICRO, install, money
from outreach.web.admin.reach import (
    answers_for_all,
    check_answers_for_all,
    check_campaign,
    may_steer,
)
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, _n
from outreach.web.notices import notify

if TYPE_CHECKING:
    from outreach.contact.message_models import SendingControl

bp = Blueprint("sending", __name__, url_prefix="/admin/sending")
bp.record_once(install)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show what waits by campaign, and what holds for all sending."""
    with reading() as act:
        return _page(act, Form())


def _page(act: Acting, form: Form, status: int = 200) -> ResponseReturnValue:
    for_all, country = answers_for_all(act), get_place(act.session).country
    lines = campaigns_sending(act.session)
    control = control_view(act.session)
    page = render_template(
        "admin/messages/sending.html",
        control=control,
        price=f"{control.part_price_micros / MICRO:g}",
        price_shown=money(control.part_price_micros, country),
        lines=lines,
        mine={
            line.campaign_id for line in lines if may_steer(act, line.area_id, is_for_all=for_all)
        },
        trial=trial_lines(act.session),
        for_all=for_all,
        form=form,
    )
    return page, status


@bp.post("/pause")
@allowed(Role.ADMINISTRATOR)
def pause() -> ResponseReturnValue:
    """Stop everything, rides too: workers look at this with each commit."""
    form = Form(request.form)
    reason = form.text("reason", required=True, longest=200)
    with form.catching():
        form.check()
        with acting() as act:
            check_answers_for_all(act)
            steering.pause_all(act.session, reason=reason, by=act.user_id, now=act.now)
            act.record("sending_paused", ("sending", None), reason=reason)
        notify(_("All sending stands still."), undo=url_for(".resume"))
        return go(url_for(".index"))
    with reading() as act:
        return _page(act, form, 422)


@bp.post("/resume")
@allowed(Role.ADMINISTRATOR)
def resume() -> ResponseReturnValue:
    """Let sending go on; what expired meanwhile has ended."""
    _for_all("sending_resumed", lambda act: steering.resume_all(act.session))
    notify(_("Sending goes on. What was too late has ended."))
    return go(url_for(".index"))


@bp.post("/trial")
@allowed(Role.ADMINISTRATOR)
def trial() -> ResponseReturnValue:
    """Reach listed numbers only, or everybody."""
    is_trial = Form(request.form).yes("is_trial")
    _for_all("trial_set", lambda act: steering.set_trial(act.session, is_trial=is_trial))
    notify(_("Only listed numbers are reached now.") if is_trial else _("Everybody is reached."))
    return go(url_for(".index"))


@bp.post("/numbers")
@allowed(Role.ADMINISTRATOR)
def list_number() -> ResponseReturnValue:
    """List a number for trials and tests."""
    form = Form(request.form)
    label = form.text("label", required=True, longest=40)
    number = form.text("number", required=True, longest=30)
    with form.catching():
        form.check()
        with acting() as act:
            check_answers_for_all(act)
            row = steering.list_trial_number(act.session, number=_e164(act, number), label=label)
            act.record("trial_number_listed", ("sending", row.id))
        notify(_("The number is listed."))
        return go(url_for(".index"))
    with reading() as act:
        return _page(act, form, 422)


@bp.post("/numbers/<int:number_id>/drop")
@allowed(Role.ADMINISTRATOR)
def drop_number(number_id: int) -> ResponseReturnValue:
    """Take a number off the list."""
    with acting() as act:
        check_answers_for_all(act)
        steering.drop_trial_number(act.session, trial_number_id=number_id)
        act.record("trial_number_dropped", ("sending", number_id))
    notify(_("The number is off the list."))
    return go(url_for(".index"))


@bp.post("/backlog")
@allowed(Role.ADMINISTRATOR)
def backlog() -> ResponseReturnValue:
    """Release or drop what a restoration held back (fault 65)."""
    is_released = Form(request.form)["decision"] == "release"
    with acting() as act:
        check_answers_for_all(act)
        count = steering.decide_backlog(act.session, is_released=is_released, now=act.now)
        act.record(
            "backlog_decided", ("sending", None), facts={"released": is_released, "count": count}
        )
    notify(_n("%(num)d message was decided.", "%(num)d messages were decided.", count))
    return go(url_for(".index"))


@bp.post("/keeping")
@allowed(Role.ADMINISTRATOR)
def keeping() -> ResponseReturnValue:
    """Set after how many days words and numbers are removed, and what a part costs."""
    form = Form(request.form)
    days = form.whole("keep_days", required=True, least=1)
    price = form.decimal("part_price", required=True, least=0, most=1000)
    with form.catching():
        form.check()
        with acting() as act:
            check_answers_for_all(act)
            micros = round((price or 0) * MICRO)
            steering.set_keeping(act.session, keep_days=days or 0, part_price_micros=micros)
            act.record("keeping_set", ("sending", None), facts={"keep_days": days or 0})
        notify(_("Saved."))
        return go(url_for(".index"))
    with reading() as act:
        return _page(act, form, 422)


@bp.post("/<int:campaign_id>/pause")
@allowed(Role.ADMINISTRATOR)
def pause_one(campaign_id: int) -> ResponseReturnValue:
    """Let a campaign's messages wait; rides go on."""
    with acting() as act:
        check_campaign(act, campaign_id)
        steering.pause_campaign(act.session, campaign_id=campaign_id, now=act.now)
        act.record("sending_paused", ("campaign", campaign_id))
    notify(
        _("The campaign's messages wait; rides go on being told."),
        undo=url_for(".resume_one", campaign_id=campaign_id),
    )
    return go(url_for(".index"))


@bp.post("/<int:campaign_id>/resume")
@allowed(Role.ADMINISTRATOR)
def resume_one(campaign_id: int) -> ResponseReturnValue:
    """Let a campaign's messages go on."""
    with acting() as act:
        check_campaign(act, campaign_id)
        steering.resume_campaign(act.session, campaign_id=campaign_id)
        act.record("sending_resumed", ("campaign", campaign_id))
    notify(_("The campaign's messages go on. What was too late has ended."))
    return go(url_for(".index"))


@bp.post("/<int:campaign_id>/cancel")
@allowed(Role.ADMINISTRATOR)
def cancel_one(campaign_id: int) -> ResponseReturnValue:
    """End a campaign's invitations; booked visits go on being told."""
    with acting() as act:
        check_campaign(act, campaign_id)
        ended = steering.cancel_campaign_sending(act.session, campaign_id=campaign_id, now=act.now)
        act.record("nudges_cancelled", ("campaign", campaign_id), facts={"ended": ended})
    notify(_n("%(num)d invitation was taken back.", "%(num)d invitations were taken back.", ended))
    return go(url_for(".index"))


@bp.post("/<int:campaign_id>/allow")
@allowed(Role.ADMINISTRATOR)
def allow_one(campaign_id: int) -> ResponseReturnValue:
    """Allow a campaign new invitations; nothing that was ended comes back."""
    with acting() as act:
        check_campaign(act, campaign_id)
        steering.allow_nudges_again(act.session, campaign_id=campaign_id)
        act.record("nudges_allowed", ("campaign", campaign_id))
    notify(_("New invitations are allowed again. Those that were ended stay ended."))
    return go(url_for(".index"))


def _for_all(name: str, do: Callable[[Acting], SendingControl]) -> None:
    with acting() as act:
        check_answers_for_all(act)
        do(act)
        act.record(name, ("sending", None))


def _e164(act: Acting, written: str) -> str:
    place = get_place(act.session)
    digits = "".join(c for c in written if c.isdigit() or c == "+")
    phone = parse_phone(digits, country=place.country, area_code=place.area_code)
    if phone is None:
        raise InvalidInput("number_invalid", field="number")
    return phone.e164
