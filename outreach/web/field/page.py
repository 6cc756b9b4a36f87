"""Entering by link or code, the run of the day, taps, the number to ring, and the emergency button."""

from __future__ import annotations

from base64 import b64encode
from uuid import uuid4

from flask import Blueprint, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from outreach.accounts.codes import FieldKind
from outreach.kernel.errors import NotAllowed
from outreach.ledger.codes import MOBILITY
from outreach.transport.crew_notes import TO_CREW, TO_DESK
from outreach.web.access import admitted_by, open_to_all
from outreach.web.acting import acting, reading
from outreach.web.demo import only_in_demo
from outreach.web.field.maps import map_links
from outreach.web.field.next_taps import cards, due_of
from outreach.web.field.told import told_by_form
from outreach.web.field.words import ENDINGS, NO_DOSE_RESULTS, PROOF, TAP_LABELS
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services, visit
from outreach.workflows.demo_door import demo_door, demo_run
from outreach.workflows.field_links import (
    DeviceWaits,
    FieldDoor,
    ask_to_enter,
    door_of,
    enter_by_code,
    look_at,
    new_device,
    store_key,
)
from outreach.workflows.field_manifest import field_manifest, number_for_stop
from outreach.workflows.field_sync import switch_sharing, take_in

bp = Blueprint("field", __name__, url_prefix="/field")

LINK = "field_link"
DEVICE = "field_device"
STORE_KEY = "field_store"
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


def held_door() -> FieldDoor:
    """Return the door of the phone that asks."""
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
        try:
            entered = enter_by_code(
                services().database,
                code=code,
                device=_device(),
                address=request.remote_addr or "",
                now=visit().now,
                real_now=visit().at,
            )
        except DeviceWaits as refusal:
            return _wait_for_yes(refusal)
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
    try:
        found = ask_to_enter(services().database, token=token, device=_device(), now=visit().now)
    except DeviceWaits as refusal:
        return _wait_for_yes(refusal)
    session[LINK] = found.link_id
    return redirect(url_for(".run"), 303)


def _wait_for_yes(refusal: DeviceWaits) -> ResponseReturnValue:
    """Keep which link this phone waits for: it opens nothing before the dispatcher's yes (fault 59)."""
    session[LINK] = refusal.facts["link_id"]
    return render_template("field/waits.html", duty_phone=visit().setting.duty_phone), 403


@bp.get("/run")
@admitted_by(by_link, WHY)
def run() -> ResponseReturnValue:
    """Show the day's run, the stop at hand first."""
    return _show(Form())


def _show(form: Form, status: int = 200) -> ResponseReturnValue:
    answer = make_response(render_template("field/run.html", **shown(form)), status)
    return with_store_key(answer)


def shown(form: Form | None = None) -> dict[str, object]:
    """Return all that the run's page, or its living part alone, shows."""
    with reading() as act:
        page = field_manifest(act.session, door=held_door(), language=act.language, now=act.now)
        now, real = act.now, act.real_now
    return {
        "page": page,
        "runs": [(one, cards(one, page.kind, now=now)) for one in page.runs],
        "form": form or Form(),
        "now": now,
        "until_s": (held_door().expires_at - now).total_seconds(),
        "is_ahead_s": (now - real).total_seconds(),
        "door": held_door(),
        "labels": TAP_LABELS,
        "mobility": MOBILITY,
        "endings": ENDINGS,
        "results": NO_DOSE_RESULTS,
        "note_words": TO_CREW | TO_DESK,
        "to_desk": TO_DESK,
        "maps_of": lambda point: map_links(point, page.map_datum),
        "due_of": due_of,
        "new_id": lambda: uuid4().hex,
        "proof": PROOF,
    }


def with_store_key(answer: Response) -> Response:
    """Give the phone the key of its own store; the browser forgets it when the link dies."""
    key = store_key(services().database.vault, link_id=held_door().link_id, device=session[DEVICE])
    left = held_door().expires_at - visit().now
    answer.set_cookie(
        STORE_KEY,
        b64encode(key).decode(),
        max_age=max(1, int(left.total_seconds())),
        path="/field",
        secure=request.is_secure,
        samesite="Strict",
    )
    return answer


@bp.post("/tap")
@admitted_by(by_link, WHY)
def tap() -> ResponseReturnValue:
    """Note what happened; the same tap sent twice counts once."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            told = told_by_form(form, at=act.now)
            form.check()
            taken = take_in(act.session, told=[told], door=held_door(), now=act.now)[0]
        if taken.error:
            form.wrong("", taken.error)
            form.check()
        notify(_("Noted."))
        return redirect(url_for(".run"), 303)
    for error in form.errors:
        notify(word(error.code, error.facts), kind="warning")
    return _show(form, 422)


@bp.post("/call/<int:leg_id>")
@admitted_by(by_link, WHY)
def call(leg_id: int) -> ResponseReturnValue:
    """Show the number of one stop around its time; every look is logged (moment 5h)."""
    with acting() as act:
        number = number_for_stop(act.session, door=held_door(), leg_id=leg_id, now=act.now)
    return render_template("field/call.html", number=number, leg_id=leg_id, new_id=uuid4().hex)


@bp.get("/learn")
@admitted_by(by_link, WHY)
def learn() -> ResponseReturnValue:
    """Show the training cards: two minutes, before the first run (moment 5n)."""
    return render_template("field/learn.html", kind=held_door().kind)


@bp.post("/position")
@admitted_by(by_link, WHY)
def position() -> ResponseReturnValue:
    """Switch the sharing of the car's position on or off (moment 5m)."""
    is_on = Form(request.form).yes("on")
    with acting() as act:
        switch_sharing(act.session, door=held_door(), is_on=is_on)
    return redirect(url_for(".run"), 303)


@bp.post("/leave")
@admitted_by(by_link, WHY)
def leave() -> ResponseReturnValue:
    """Close the run on this phone; the page wipes what it kept."""
    session.pop(LINK, None)
    answer = redirect(url_for(".door", closed=1), 303)
    answer.delete_cookie(STORE_KEY, path="/field")
    return answer


def _enter_demo(kind: FieldKind) -> ResponseReturnValue:
    with acting() as act:
        link = demo_door(act.session, kind=kind, now=act.now)
    found = ask_to_enter(services().database, token=link.token, device=_device(), now=visit().now)
    session[LINK] = found.link_id
    return redirect(url_for(".run"), 303)


@bp.get("/demo/<any(driver, escort):kind>")
@admitted_by(only_in_demo, "a demo place, where everybody is invited to try every role")
def demo_ask(kind: str) -> ResponseReturnValue:
    """Offer to open the phone of today's first driver or escort; without a run, the way to one."""
    with reading() as act:
        has_run = demo_run(act.session, kind=FieldKind(kind), now=act.now) is not None
    return render_template("field/demo.html", kind=kind, has_run=has_run)


@bp.post("/demo/<any(driver, escort):kind>")
@admitted_by(only_in_demo, "a demo place, where everybody is invited to try every role")
def demo_open(kind: str) -> ResponseReturnValue:
    """Step into the driver or the escort of today's first published run."""
    return _enter_demo(FieldKind(kind))
