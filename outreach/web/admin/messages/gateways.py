"""The routes: what each carries, how it is, which takes over, and taking one out of use by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.circuit import Health, may_send
from outreach.contact.gateway_states import close_by_hand, healths, open_by_hand
from outreach.contact.message_health import GatewayHealth, message_health
from outreach.kernel.errors import MoveNotAllowed, NotFound
from outreach.ports.messages import Capabilities
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.messages.common import carriers, install
from outreach.web.admin.reach import answers_for_all, check_answers_for_all
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services

bp = Blueprint("gateways", __name__, url_prefix="/admin/gateways")
bp.record_once(install)


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One route as the page shows it. State: well, busy, resting (tried again by itself), by_hand."""

    name: str
    place: int
    able: Capabilities
    state: str
    reason: str
    since: datetime | None
    next_try_at: datetime | None
    share: float
    day: GatewayHealth | None


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show every route."""
    with reading() as act:
        lines = _lines(act)
        return render_template(
            "admin/messages/gateways.html",
            lines=lines,
            carrying=next((line.name for line in lines if line.state == "well"), ""),
            for_all=answers_for_all(act),
        )


def _lines(act: Acting) -> list[RouteLine]:
    routes = carriers(act)
    names = [name for name, _able in routes]
    known = healths(act.session, names)
    health = message_health(act.session, gateways=names, now=act.now, real_now=act.real_now)
    day = {gateway.name: gateway for gateway in health.gateways}
    return [
        _line(name, place, able, known[name], day.get(name), act.real_now)
        for place, (name, able) in enumerate(routes, start=1)
    ]


def _line(
    name: str,
    place: int,
    able: Capabilities,
    health: Health,
    day: GatewayHealth | None,
    real_now: datetime,
) -> RouteLine:
    state = "well" if may_send(health, real_now) else "busy"
    if health.is_open:
        state = "by_hand" if health.is_by_hand else "resting"
    return RouteLine(
        name=name,
        place=place,
        able=able,
        state=state,
        reason="" if health.is_by_hand else health.opened_reason,
        since=health.opened_at,
        next_try_at=health.probe_at or health.not_before,
        share=health.weight,
        day=day,
    )


@bp.post("/<name>/use")
@allowed(Role.ADMINISTRATOR)
def use(name: str) -> ResponseReturnValue:
    """Put a route back into use: the account was mended."""
    _check_known(name)
    with acting() as act:
        check_answers_for_all(act)
        close_by_hand(act.session, name=name)
        act.record("gateway_used", ("gateway", None), facts={"name": name})
    notify(_("%(name)s is in use again.", name=name))
    return go(url_for(".index"))


@bp.post("/<name>/leave")
@allowed(Role.ADMINISTRATOR)
def leave(name: str) -> ResponseReturnValue:
    """Take a route out of use; the others carry what they can."""
    _check_known(name)
    with acting() as act:
        check_answers_for_all(act)
        others = [line for line in _lines(act) if line.name != name and line.state != "by_hand"]
        if not others:
            raise MoveNotAllowed("gateway_last")
        open_by_hand(act.session, name=name, real_now=act.real_now)
        act.record("gateway_left", ("gateway", None), facts={"name": name})
    notify(_("%(name)s is out of use.", name=name), undo=url_for(".use", name=name))
    return go(url_for(".index"))


def _check_known(name: str) -> None:
    if services().routes.named(name) is None:
        raise NotFound("gateway")
