"""How the pipeline is: the queue, outcomes, alarms, what is stuck and what to do, what it cost."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.message_health import campaign_costs, message_health, sending_by_hour
from outreach.contact.outbox import told_by_person
from outreach.contact.stuck import KINDS, PAGE_SIZE, check_may_touch, stuck_lines
from outreach.kernel.errors import NotFound
from outreach.places.queries import get_place
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.attention import Matter, add_watcher
from outreach.web.admin.messages.alarms import alarm_matter
from outreach.web.admin.messages.common import install, money
from outreach.web.admin.reach import answers_for_all, check_answers_for_all
from outreach.web.forms import Form
from outreach.web.htmx import go, page_or_fragment
from outreach.web.i18n import _, _n
from outreach.web.lists import page_number, pages
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.reconcile_messages import ask_now

bp = Blueprint("message_health", __name__, url_prefix="/admin/messages")
bp.record_once(install)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show the health of sending; the page renews itself."""
    names = [gateway.name for gateway in services().routes.gateways]
    with reading() as act:
        health = message_health(act.session, gateways=names, now=act.now, real_now=act.real_now)
        country = get_place(act.session).country
        return page_or_fragment(
            "admin/messages/health.html",
            "admin/messages/_health.html",
            health=health,
            hours=sending_by_hour(act.session, now=act.now),
            costs=campaign_costs(act.session, now=act.now),
            alarms=[alarm_matter(alarm, health) for alarm in health.alarms],
            money=lambda micros: money(micros, country),
            for_all=answers_for_all(act),
        )


@bp.get("/<kind>")
@allowed(Role.ADMINISTRATOR)
def stuck(kind: str) -> ResponseReturnValue:
    """List the rows of one kind that need somebody."""
    if kind not in KINDS:
        raise NotFound("not_found")
    with reading() as act:
        lines, total = stuck_lines(
            act.session,
            kind=kind,
            scope=act.scope,
            sees_all=answers_for_all(act),
            page=page_number(),
            now=act.now,
        )
        _note_people(act, [line.resident_id for line in lines if line.body])
    return page_or_fragment(
        "admin/messages/stuck.html",
        "admin/messages/_stuck.html",
        kind=kind,
        lines=lines,
        pages=pages(total, size=PAGE_SIZE),
    )


def _note_people(act: Acting, resident_ids: list[int | None]) -> None:
    for resident_id in resident_ids:
        if resident_id is not None:
            act.saw("resident", resident_id)


@bp.post("/ask")
@allowed(Role.ADMINISTRATOR)
def ask() -> ResponseReturnValue:
    """Let the provider be asked about everything of unknown fate at the next tick."""
    with acting() as act:
        check_answers_for_all(act)
        count = ask_now(act.session, real_now=act.real_now)
        act.record("messages_asked", ("sending", None), facts={"count": count})
    notify(_n("%(num)d message is asked about.", "%(num)d messages are asked about.", count))
    return go(url_for(".index"))


@bp.post("/<int:message_id>/told")
@allowed(Role.ADMINISTRATOR)
def told(message_id: int) -> ResponseReturnValue:
    """Note whether somebody was told by a person what no text could surely tell."""
    form = Form(request.form)
    is_told, kind = form.yes("told"), form["kind"]
    with acting() as act:
        check_may_touch(
            act.session, message_id=message_id, scope=act.scope, sees_all=answers_for_all(act)
        )
        told_by_person(
            act.session, message_id=message_id, is_told=is_told, by=act.user_id, now=act.now
        )
        act.record("message_told", ("message", message_id), facts={"told": is_told})
    notify(_("Noted."))
    return go(url_for(".stuck", kind=kind) if kind in KINDS else url_for(".index"))


@add_watcher
def watch_messages(act: Acting) -> list[Matter]:
    """Name every alarm of sending."""
    names = [gateway.name for gateway in services().routes.gateways]
    health = message_health(act.session, gateways=names, now=act.now, real_now=act.real_now)
    # Whether a worker runs at all is said by the trail that is not sealed.
    return [alarm_matter(alarm, health) for alarm in health.alarms if alarm != "worker_silent"]
