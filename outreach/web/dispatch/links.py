"""One-day doors for drivers and escorts: QR on screen or paper, "copy for WeChat", or a short code (1e)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.errors import NotFound
from outreach.places.queries import area_ids_within
from outreach.transport.queries import crews_on, get_driver, get_escort
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.field_links import (
    call_back_link,
    let_device_in,
    make_field_link,
    person_of,
    turn_device_away,
    waiting_devices,
)

bp = Blueprint("links", __name__, url_prefix="/field-links")


@bp.get("")
@allowed(Role.DISPATCHER)
def index() -> ResponseReturnValue:
    """List who is on duty that day, and devices that ask to be let in."""
    with reading() as act:
        on = Form(request.args).day("on") or act.today
        areas = area_ids_within(act.session, act.scope.paths)
        _cars, drivers, escorts = crews_on(act.session, on=on, area_ids=areas)
        waiting = [
            device
            for device in waiting_devices(act.session, on=on)
            if _is_mine(act, device.link_id)
        ]
    return render_template(
        "dispatch/links/index.html",
        on=on,
        drivers=[person for person in drivers if person.starts_at],
        escorts=[person for person in escorts if person.starts_at],
        waiting=waiting,
        names={("driver", p.id): p.label for p in drivers}
        | {("escort", p.id): p.label for p in escorts},
    )


@bp.post("")
@allowed(Role.DISPATCHER)
def make() -> ResponseReturnValue:
    """Make a link; token and code are on this page alone and never again."""
    form = Form(request.form)
    on = form.day("on", required=True)
    driver_id, escort_id = form.whole("driver"), form.whole("escort")
    form.check()
    with acting() as act:
        name = _checked_name(act, driver_id, escort_id)
        made = make_field_link(
            act.session,
            on=on or act.today,
            by=act.user_id,
            now=act.now,
            driver_id=driver_id,
            escort_id=escort_id,
        )
    base = services().settings.public_url or request.host_url.rstrip("/")
    address = base + url_for("field.enter", token=made.token)
    return render_template(
        "dispatch/links/made.html", made=made, name=name, on=on, address=address, base=base
    )


def _checked_name(act: Acting, driver_id: int | None, escort_id: int | None) -> str:
    person = (
        get_driver(act.session, driver_id)
        if driver_id is not None
        else get_escort(act.session, escort_id or 0)
    )
    act.check_area(person.area_id)
    return person.name


def _check_link(act: Acting, link_id: int) -> None:
    """A link of somebody outside the dispatcher's areas looks as if it were not there (N6)."""
    driver_id, escort_id = person_of(act.session, link_id=link_id)
    _checked_name(act, driver_id, escort_id)


def _is_mine(act: Acting, link_id: int) -> bool:
    try:
        _check_link(act, link_id)
    except NotFound:
        return False
    return True


@bp.post("/<int:link_id>/<any(admit, refuse, revoke):what>")
@allowed(Role.DISPATCHER)
def decide(link_id: int, what: str) -> ResponseReturnValue:
    """Let the second device in, turn it away, or end the link."""
    acts = {"admit": let_device_in, "refuse": turn_device_away, "revoke": call_back_link}
    words = {
        "admit": _("The new device may come in; the one before is out."),
        "refuse": _("The device was turned away."),
        "revoke": _("The link is dead."),
    }
    with acting() as act:
        _check_link(act, link_id)
        acts[what](act.session, link_id=link_id, by=act.user_id, now=act.now)
    notify(words[what])
    return go(url_for(".index"))
