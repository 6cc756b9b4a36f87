"""The demo bar: step into a role, move the demo clock. Answers only where the place is a demo."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from outreach.accounts.codes import Role
from outreach.accounts.operations import set_preferences
from outreach.accounts.queries import first_with_role
from outreach.accounts.sittings import open_sitting
from outreach.kernel.errors import InvalidInput, NotAllowed, NotFound
from outreach.places.operations import move_clock
from outreach.web.access import admitted_by
from outreach.web.acting import acting
from outreach.web.auth import sit_down
from outreach.web.forms import Form
from outreach.web.htmx import local_path
from outreach.web.i18n import _, _l, language
from outreach.web.navigation import ROLE_LABELS
from outreach.web.notices import notify
from outreach.web.visit import SITTING, visit

bp = Blueprint("demo", __name__, url_prefix="/demo")
WHY = "a demo place, where everybody is invited to try every role"
MORNING = time(8, 0)


@dataclass(frozen=True, slots=True)
class DemoDoor:
    """A page outside the roles that a newcomer may open: a phone, the driver's day, the story."""

    endpoint: str
    label: LazyString
    icon: str
    values: dict[str, str] = field(default_factory=dict)


DOORS: list[DemoDoor] = [
    DemoDoor("story.show", _l("The story in eight steps"), "list-numbers"),
    DemoDoor("simulator.index", _l("Phones"), "device-mobile-message"),
    DemoDoor("field.demo_ask", _l("Driver"), "steering-wheel", {"kind": "driver"}),
    DemoDoor("field.demo_ask", _l("Escort"), "heart-handshake", {"kind": "escort"}),
    DemoDoor("simulator.daughter", _l("The daughter's phone"), "device-mobile"),
]


def only_in_demo() -> None:
    """Raise NotAllowed unless this is a demo place."""
    if not visit().setting.is_demo:
        raise NotAllowed("demo_only")


def doors() -> list[DemoDoor]:
    """Return the doors whose pages exist."""
    return [door for door in DOORS if door.endpoint in current_app.view_functions]


def steps() -> list[tuple[Role, LazyString]]:
    """Return the roles one can step into."""
    return list(ROLE_LABELS.items())


@bp.post("/role/<role>")
@admitted_by(only_in_demo, WHY)
def step_into(role: str) -> ResponseReturnValue:
    """Sign in as the demo's member of staff with this role."""
    if role not in set(Role):
        raise NotFound("not_found")
    with acting() as act:
        user = first_with_role(act.session, Role(role))
        if user is None:
            raise InvalidInput("demo_nobody")
        token = open_sitting(
            act.session, user=user, now=act.real_now, replaces=session.get(SITTING, "")
        )
        # Whoever switched the language reads on in it, whosever account this is.
        set_preferences(act.session, user_id=user.id, language=language())
    sit_down(token)
    session["role"] = role
    return redirect(url_for("auth.home"), 303)


@bp.post("/clock")
@admitted_by(only_in_demo, WHY)
def clock() -> ResponseReturnValue:
    """Move the demo clock forward by a step or to a local date and time."""
    back = local_path(request.form.get("next"), otherwise=url_for("auth.home"))
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            target = _target(form, act.now)
            if target is None or target < act.now:
                raise InvalidInput("clock_backwards")
            move_clock(act.session, to=target)
        notify(_("The demo clock was moved."), kind="info")
    for error in form.errors:
        from outreach.web.messages import word

        notify(word(error.code, error.facts), kind="warning")
    return redirect(back, 303)


def _target(form: Form, now: datetime) -> datetime | None:
    zone = visit().setting.zone
    step = form["step"]
    if step == "hour":
        return now + timedelta(hours=1)
    if step == "quarter":
        return now + timedelta(minutes=15)
    if step == "morning":
        local = now.astimezone(zone)
        day = local.date() + timedelta(days=local.time() >= MORNING)
        return datetime.combine(day, MORNING, tzinfo=zone)
    if step == "day":
        return now + timedelta(days=1)
    return form.moment("to", zone=zone, required=True)
