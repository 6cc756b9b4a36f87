"""One visit for its family: entered by link or code, read, confirmed, changed, asked about, followed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from outreach.clinics.codes import MODE_LABELS
from outreach.kernel.errors import NotAllowed, NotFound, OutreachError
from outreach.transport.codes import Direction
from outreach.transport.portraits import portrait_of
from outreach.web.access import admitted_by, open_to_all
from outreach.web.acting import acting, reading
from outreach.web.family.calendar import calendar_entry
from outreach.web.family.words import PHASES, WISHES
from outreach.web.filters import clock
from outreach.web.forms import Form
from outreach.web.htmx import is_fragment
from outreach.web.i18n import _, _l
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.visit import services, visit
from outreach.workflows.family_acts import (
    FromPage,
    Wish,
    ask_on_page,
    cancel_on_page,
    confirm_on_page,
    wish_on_page,
    word_on_page,
)
from outreach.workflows.family_links import (
    DOOR_PATH,
    FamilyDoor,
    FamilyLinkOver,
    enter_by_family_code,
    family_door,
    look_at_family_link,
)
from outreach.workflows.family_page import FamilyVisit, family_visits
from outreach.workflows.own_leg import OwnCar, own_cars

bp = Blueprint("family_page", __name__, url_prefix=DOOR_PATH)

Act = Callable[..., None]
LINK = "family_link"
WHY = "a link or code that staff handed to this family; it opens this one visit alone"
ACTS: dict[str, Act] = {
    "yes": confirm_on_page,
    "cancel": cancel_on_page,
    "ask": ask_on_page,
    "word": word_on_page,
    **{wish.value: partial(wish_on_page, wish=wish) for wish in Wish},
}
THANKS = {
    "yes": _l("Thank you. We expect you."),
    "cancel": _l("Cancelled. Thank you for telling us; you may come another time."),
    "ask": _l("A doctor reads your question. The answer comes to this page."),
    "word": _l("The driver says this at the door."),
    "another_time": _l("Thank you. Someone rings you to agree on another time."),
    "wheelchair": _l("Thank you. Someone sees to it and rings you."),
    "already_vaccinated": _l("Thank you. Someone looks at it, so that nobody asks again."),
}


def by_family_link() -> None:
    """Admit the browser that entered a living door; anything else is turned away."""
    link_id = session.get(LINK)
    if link_id is None:
        raise NotAllowed("family_door_needed")
    with services().database.read() as reader:
        g.family_door = family_door(reader, link_id=int(link_id), now=visit().now)


def _door() -> FamilyDoor:
    found = g.family_door
    assert isinstance(found, FamilyDoor)  # noqa: S101 - set by by_family_link before every view
    return found


def _enter(found: FamilyDoor) -> ResponseReturnValue:
    session[LINK] = found.link_id
    session.permanent = True
    return redirect(url_for(".show"), 303)


@bp.errorhandler(OutreachError)
def trouble(error: OutreachError) -> ResponseReturnValue:
    """Say in large type what is wrong, and whom to ring: a missing code strands nobody (moment 5m)."""
    if isinstance(error, FamilyLinkOver):
        session.pop(LINK, None)
    text = word(error.code, dict(error.facts))
    if is_fragment():
        return make_response("", 204)
    return render_template("family/trouble.html", text=text), error.status


@bp.get("")
@open_to_all("asks for the code on the slip; shows nothing of anybody")
def door() -> ResponseReturnValue:
    """Ask for the code, or lead on to the visit that is already open in this browser."""
    if session.get(LINK) is not None and "again" not in request.args:
        return redirect(url_for(".show"), 303)
    return render_template("family/door.html", form=Form())


@bp.post("")
@open_to_all("the code is limited in tries, expires and holds no personal data")
def enter_code() -> ResponseReturnValue:
    """Enter by the code typed from paper."""
    form = Form(request.form)
    code = form.text("code", required=True, longest=30)
    with form.catching():
        form.check()
        return _enter(
            enter_by_family_code(
                services().database,
                code=code,
                address=request.remote_addr or "",
                now=visit().now,
                real_now=visit().at,
            )
        )
    return render_template("family/door.html", form=form), 422


@bp.get("/l/<token>")
@open_to_all(
    "the token is opaque; link previews open it too, so it shows a button and nothing else"
)
def link(token: str) -> ResponseReturnValue:
    """Show the button that opens the visit: whoever previews the link learns nothing from it."""
    with reading() as hands:
        look_at_family_link(hands.session, token=token, now=hands.now)
    return render_template("family/enter.html", token=token)


@bp.post("/l/<token>")
@open_to_all("the opaque token itself is the right")
def enter_link(token: str) -> ResponseReturnValue:
    """Open the visit behind a link."""
    with reading() as hands:
        return _enter(look_at_family_link(hands.session, token=token, now=hands.now))


@bp.get("/visit")
@admitted_by(by_family_link, WHY)
def show() -> ResponseReturnValue:
    """Show the visit, or both parents' visits."""
    return _page(Form(), 200)


def _page(form: Form, status: int) -> ResponseReturnValue:
    with reading() as hands:
        seen = family_visits(hands.session, door=_door(), language=hands.language, now=hands.now)
    page = render_template(
        "family/show.html",
        seen=seen,
        cars=_cars(),
        form=form,
        now=hands.now,
        phases=PHASES,
        wishes=WISHES,
        modes=MODE_LABELS,
        new_id=lambda: uuid4().hex,
    )
    return page, status


def _cars() -> dict[int, OwnCar]:
    home = services()
    ids = [seen.appointment_id for seen in _door().visits]
    return own_cars(home.database, home.travel_times, appointment_ids=ids, now=visit().now)


@bp.get("/visit/now")
@admitted_by(by_family_link, WHY)
def live() -> ResponseReturnValue:
    """Give the part that changes by itself: how it stands, and how far the own car is."""
    with reading() as hands:
        seen = family_visits(hands.session, door=_door(), language=hands.language, now=hands.now)
    return render_template(
        "family/_now.html", seen=seen, cars=_cars(), now=hands.now, phases=PHASES
    )


@bp.get("/visit/<int:appointment_id>.ics")
@admitted_by(by_family_link, WHY)
def calendar(appointment_id: int) -> ResponseReturnValue:
    """Give one of the door's own visits as a calendar entry."""
    _door().visit(appointment_id)
    with reading() as hands:
        seen = family_visits(hands.session, door=_door(), language=hands.language, now=hands.now)
    one = next(v for v in seen if v.appointment_id == appointment_id)
    answer = Response(_entry(one), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return answer


@bp.get("/visit/<int:appointment_id>/driver/<any(outbound, return):way>")
@admitted_by(by_family_link, WHY)
def driver(appointment_id: int, way: str) -> Response:
    """Show the photo of whoever drives this visit that way, as long as the ride is not over (5m)."""
    _door().visit(appointment_id)
    with reading() as hands:
        seen = family_visits(hands.session, door=_door(), language=hands.language, now=hands.now)
        one = next(v for v in seen if v.appointment_id == appointment_id)
        driver_id = (one.there if way == Direction.OUTBOUND else one.home).portrait_of
        if driver_id is None:
            raise NotFound("not_found")
        content_type, content = portrait_of(
            hands.session, driver_id=driver_id, folder=services().settings.instance
        )
    return Response(content, mimetype=content_type)


def _entry(one: FamilyVisit) -> str:
    notes = [_("Bring along: identity card, vaccination record, the list of your medicines.")]
    if one.there.from_at is not None:
        window = {"first": clock(one.there.from_at), "last": clock(one.there.until_at)}
        notes.append(_("The car comes between %(first)s and %(last)s.", **window))
    if visit().setting.duty_phone:
        notes.append(_("Questions? Ring us: %(phone)s", phone=visit().setting.duty_phone))
    return calendar_entry(
        uid=f"visit-{one.appointment_id}@{request.host}",
        starts_at=one.slot_at,
        title=_("%(who)s: appointment", who=one.who),
        where=f"{one.site} {one.site_address}",
        notes="\n".join(notes),
        version=one.told_version,
        now=visit().now,
    )


@bp.post(f"/visit/<int:appointment_id>/<any({', '.join(ACTS)}):what>")
@admitted_by(by_family_link, WHY)
def act(appointment_id: int, what: str) -> ResponseReturnValue:
    """Do what the family asks for; the same form sent twice acts once."""
    form = Form(request.form)
    sent = FromPage(
        uuid=form.text("uuid", required=True, longest=64),
        appointment_id=appointment_id,
        words=form.text("words", longest=1000),
    )
    with form.catching():
        form.check()
        with acting() as hands:
            ACTS[what](hands.session, door=_door(), sent=sent, now=hands.now)
        notify(str(THANKS[what]))
        return redirect(url_for(".show"), 303)
    for fault in form.errors:
        notify(word(fault.code, fault.facts), kind="warning")
    return _page(form, 422)


@bp.post("/leave")
@admitted_by(by_family_link, WHY)
def leave() -> ResponseReturnValue:
    """Close the visit in this browser (a borrowed phone, a library's computer)."""
    session.pop(LINK, None)
    return redirect(url_for(".door"), 303)
