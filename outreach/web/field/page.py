"""Entering by link or code, the run of the day, taps, the number to ring, and the emergency button."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import FieldKind
from outreach.clinics.codes import VISIT_RESULTS, DayEventKind, EventSource
from outreach.clinics.events import Author, Tap
from outreach.kernel.errors import NotAllowed
from outreach.ledger.codes import MOBILITY
from outreach.transport.codes import HANDOVER_LABELS
from outreach.web.access import admitted_by, open_to_all
from outreach.web.acting import acting, reading
from outreach.web.demo import only_in_demo
from outreach.web.field.next_taps import cards
from outreach.web.field.words import TAP_LABELS
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services, visit
from outreach.workflows.demo_door import demo_door
from outreach.workflows.field_links import (
    FieldDoor,
    ask_to_enter,
    door_of,
    enter_by_code,
    look_at,
    new_device,
    share_position,
)
from outreach.workflows.field_manifest import field_manifest, number_for_stop
from outreach.workflows.note_event import note_event

bp = Blueprint("field", __name__, url_prefix="/field")

LINK = "field_link"
DEVICE = "field_device"
WHY = "a one-day link or code that a dispatcher handed to this driver or escort"


def by_link() -> None:
    """Admit the device that entered a living link; anything else is turned away."""
    link_id = session.get(LINK)
    if link_id is None:
        raise NotAllowed("field_door_needed")
    with services().database.read() as reader:
        g.field_door = door_of(
            reader, link_id=int(link_id), device=session.get(DEVICE, ""), now=visit().now
        )


def _door() -> FieldDoor:
    door = g.field_door
    assert isinstance(door, FieldDoor)  # noqa: S101 - set by by_link before every view
    return door


def _device() -> str:
    """Return what this phone is known by; the signed cookie keeps it."""
    session.permanent = True
    return str(session.setdefault(DEVICE, new_device()))


@bp.get("")
@open_to_all("asks for the short code of a one-day link; shows nothing of anybody")
def door() -> ResponseReturnValue:
    """Ask for the short code, or lead on to the run that is already open on this phone."""
    if session.get(LINK) is not None:
        return redirect(url_for(".run"), 303)
    return render_template("field/door.html", form=Form())


@bp.post("")
@open_to_all("the short code is limited in tries, expires and holds no personal data")
def enter_code() -> ResponseReturnValue:
    """Enter by the short code typed from paper."""
    form = Form(request.form)
    code = form.text("code", required=True, longest=20)
    with form.catching():
        form.check()
        entered = enter_by_code(
            services().database,
            code=code,
            device=_device(),
            address=request.remote_addr or "",
            now=visit().now,
            real_now=visit().at,
        )
        session[LINK] = entered.link_id
        return redirect(url_for(".run"), 303)
    return render_template("field/door.html", form=form), 422


@bp.get("/l/<token>")
@open_to_all(
    "the token is opaque; link previews open it too, so that it shows a button and nothing else"
)
def enter(token: str) -> ResponseReturnValue:
    """Show the button that opens the run; only pressing it binds this phone."""
    with reading() as act:
        found = look_at(act.session, token=token, now=act.now)
    return render_template("field/enter.html", token=token, on=found.on)


@bp.post("/l/<token>")
@open_to_all("the opaque token itself is the right, checked on entering")
def open_run(token: str) -> ResponseReturnValue:
    """Bind this phone to the link, or ask the dispatcher when another phone holds it."""
    found = ask_to_enter(services().database, token=token, device=_device(), now=visit().now)
    session[LINK] = found.link_id
    return redirect(url_for(".run"), 303)


@bp.get("/run")
@admitted_by(by_link, WHY)
def run() -> ResponseReturnValue:
    """Show the day's run, the stop at hand first."""
    return _show(Form())


def _show(form: Form, status: int = 200) -> ResponseReturnValue:
    with reading() as act:
        page = field_manifest(act.session, door=_door(), language=act.language)
        now = act.now
    return (
        render_template(
            "field/run.html",
            page=page,
            runs=[(one, cards(one, page.kind)) for one in page.runs],
            form=form,
            now=now,
            door=_door(),
            labels=TAP_LABELS,
            mobility=MOBILITY,
            handovers=HANDOVER_LABELS,
            results=VISIT_RESULTS,
            new_id=lambda: uuid4().hex,
        ),
        status,
    )


@bp.post("/tap")
@admitted_by(by_link, WHY)
def tap() -> ResponseReturnValue:
    """Note what happened; the same tap sent twice counts once."""
    form = Form(request.form)
    kind = form.one_of("kind", DayEventKind)
    with form.catching():
        form.check()
        with acting() as act:
            note_event(
                act.session,
                tap=Tap(
                    uuid=form.text("uuid", required=True, longest=64),
                    kind=kind or DayEventKind.ACKNOWLEDGED,
                    happened_at=act.now,
                    appointment_id=form.whole("appointment"),
                    leg_id=form.whole("leg"),
                    run_id=form.whole("run"),
                    facts=_facts(form),
                ),
                author=_author(_door()),
                now=act.now,
            )
        notify(_("Noted."))
        return redirect(url_for(".run"), 303)
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return _show(form, 422)


def _facts(form: Form) -> dict[str, object]:
    """Return what a tap says besides: who received the person and how, or why there was no dose."""
    said = {name: form.text(name, longest=120) for name in ("received_by", "witness", "result")}
    said["kind"] = form.text("handover", longest=32)
    return {name: value for name, value in said.items() if value}


def _author(entered: FieldDoor) -> Author:
    return Author(EventSource.FIELD, driver_id=entered.driver_id, escort_id=entered.escort_id)


@bp.post("/call/<int:leg_id>")
@admitted_by(by_link, WHY)
def call(leg_id: int) -> ResponseReturnValue:
    """Show the number of one stop around its time; every look is logged (moment 5h)."""
    with acting() as act:
        number = number_for_stop(act.session, door=_door(), leg_id=leg_id, now=act.now)
        note_event(
            act.session,
            tap=Tap(
                uuid=uuid4().hex,
                kind=DayEventKind.CALLED,
                happened_at=act.now,
                leg_id=leg_id,
            ),
            author=_author(_door()),
            now=act.now,
        )
    return render_template("field/call.html", number=number)


@bp.post("/position")
@admitted_by(by_link, WHY)
def position() -> ResponseReturnValue:
    """Switch the sharing of the car's position on or off (moment 5m)."""
    is_on = Form(request.form).yes("on")
    with acting() as act:
        share_position(act.session, door=_door(), is_on=is_on)
    return redirect(url_for(".run"), 303)


@bp.post("/leave")
@admitted_by(by_link, WHY)
def leave() -> ResponseReturnValue:
    """Close the run on this phone."""
    session.pop(LINK, None)
    return redirect(url_for(".door"), 303)


def _enter_demo(kind: FieldKind) -> ResponseReturnValue:
    with acting() as act:
        link = demo_door(act.session, kind=kind, now=act.now)
    found = ask_to_enter(services().database, token=link.token, device=_device(), now=visit().now)
    session[LINK] = found.link_id
    return redirect(url_for(".run"), 303)


@bp.get("/demo/<any(driver, escort):kind>")
@admitted_by(only_in_demo, "a demo place, where everybody is invited to try every role")
def demo_ask(kind: str) -> ResponseReturnValue:
    """Offer to open the phone of today's first driver or escort."""
    return render_template("field/demo.html", kind=kind)


@bp.post("/demo/<any(driver, escort):kind>")
@admitted_by(only_in_demo, "a demo place, where everybody is invited to try every role")
def demo_open(kind: str) -> ResponseReturnValue:
    """Step into the driver or the escort of today's first published run."""
    return _enter_demo(FieldKind(kind))
