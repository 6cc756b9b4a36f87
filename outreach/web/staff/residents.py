"""A person's page: whom to call first, what is due and why, all that happened; editing; who has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.audit.queries import who_saw
from outreach.kernel.errors import StaleVersion
from outreach.ledger.codes import (
    GRADE_LABELS,
    MOBILITY,
    MOBILITY_FLAGS,
    RELATION_LABELS,
    LifeStatus,
    Relation,
    Sex,
)
from outreach.ledger.heads import person_head, revealed_number
from outreach.ledger.residents import ResidentEdit
from outreach.places.points import points_of
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, is_fragment, local_path
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.staff import rule_words
from outreach.web.staff.looks import (
    CONSENT_FORMS,
    LIFE_KIND_LABELS,
    ROLES_OF_CONTACTS,
    SEXES,
)
from outreach.web.staff.moments import Event, events
from outreach.web.tags import coded
from outreach.web.visit import services, visit
from outreach.workflows.contact_sheet import user_names
from outreach.workflows.edit_person import edit_person
from outreach.workflows.person_card import person_card
from outreach.workflows.person_views import PersonCard

bp = Blueprint("residents", __name__)

SEERS = (Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN, Role.DISPATCHER, Role.DESK)
KEEPERS = (Role.GRID_WORKER,)
DEFERRAL_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Rights:
    """What the visitor may do on this page; the routes check it again."""

    keeps: bool
    books: bool
    speaks: bool
    decides: bool


@dataclass(frozen=True, slots=True)
class PersonPage:
    """The card with its map, its timeline in words, and what the forms offer."""

    card: PersonCard
    rights: Rights
    map: dict[str, object]
    events: list[Event]
    names: dict[int, str]


@bp.get("/residents/<int:resident_id>")
@allowed(*SEERS)
def show(resident_id: int) -> ResponseReturnValue:
    """Show everything the visitor may know of one person; the view is logged."""
    with reading() as act:
        page = _person_page(act, resident_id)
        act.saw("resident", resident_id)
        day = act.today
    return render_template(
        "staff/residents/show.html",
        page=page,
        card=page.card,
        form=Form(),
        rules=rule_words,
        day=day,
        tomorrow=day + timedelta(days=1),
        choices=choices(),
    )


def _person_page(act: Acting, resident_id: int) -> PersonPage:
    rights = _rights()
    card = person_card(
        act.session,
        resident_id=resident_id,
        scope=act.scope,
        now=act.now,
        is_clinician=rights.decides,
    )
    return PersonPage(
        card=card,
        rights=rights,
        map=_map(act, card),
        events=events(card.timeline),
        names=user_names(act.session, [report.reported_by for report in card.reports]),
    )


def _rights() -> Rights:
    roles = visit().actor.roles if visit().actor else ()  # type: ignore[union-attr]
    return Rights(
        keeps=Role.GRID_WORKER in roles,
        books=Role.GRID_WORKER in roles or Role.DISPATCHER in roles,
        speaks=bool({Role.GRID_WORKER, Role.CALLER, Role.CLINICIAN}.intersection(roles)),
        decides=Role.CLINICIAN in roles,
    )


def _map(act: Acting, card: PersonCard) -> dict[str, object]:
    """Return the pins of home and of the present stay; the same lines stand in the table beside the map."""
    now = next((stay for stay in card.stays if stay.is_now), None)
    wanted = [i for i in (card.address_id, now.address_id if now else None) if i is not None]
    points = points_of(act.session, wanted)
    pins = []
    if card.address_id in points:
        at = points[card.address_id]
        kind = "home" if card.has_point else "low"
        pins.append(
            {
                "at": [at.latitude, at.longitude],
                "label": _("Home address"),
                "kind": kind,
                "mark": "1",
            }
        )
    if now is not None and now.address_id in points:
        at = points[now.address_id]
        label = _("Staying here now")
        pins.append(
            {"at": [at.latitude, at.longitude], "label": label, "kind": "site", "mark": "2"}
        )
    center = pins[-1]["at"] if pins else None
    tiles = services().settings.map_tiles
    found: dict[str, object] = {"points": pins, "tiles": tiles, "pick": "stay", "zoom": 15}
    return found | ({"center": center} if center else {})


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return what the selects of a person's page offer, as (value, label)."""
    lists = {
        "mobility": MOBILITY,
        "relations": {k: v for k, v in RELATION_LABELS.items() if k != Relation.SELF},
        "grades": GRADE_LABELS,
        "sexes": SEXES,
        "forms": CONSENT_FORMS,
        "contact_roles": ROLES_OF_CONTACTS,
        "lives": {k: v for k, v in LIFE_KIND_LABELS.items() if k != LifeStatus.PRESENT},
        "statuses": {k: v for k, v in LIFE_KIND_LABELS.items() if k != LifeStatus.DECEASED},
    }
    return {name: [(k, coded(v)) for k, v in found.items()] for name, found in lists.items()}


@bp.post("/phones/<int:phone_id>/number")
@allowed(*SEERS)
def reveal(phone_id: int) -> ResponseReturnValue:
    """Show one number whole, so that it can be rung; the trail keeps that it was shown."""
    with acting() as act:
        resident_id, number = revealed_number(
            act.session, phone_id=phone_id, scope=act.scope, now=act.now
        )
        act.record("number_shown", ("resident", resident_id), facts={"phone_id": phone_id})
        act.saw("resident", resident_id)
    template = "staff/residents/_number.html" if is_fragment() else "staff/residents/number.html"
    return render_template(template, number=number, resident_id=resident_id)


@bp.get("/residents/<int:resident_id>/edit")
@allowed(*KEEPERS)
def edit(resident_id: int) -> ResponseReturnValue:
    """Show the form of a person's own values."""
    return _edit_page(resident_id, Form(), 200)


@bp.post("/residents/<int:resident_id>/edit")
@allowed(*KEEPERS)
def save(resident_id: int) -> ResponseReturnValue:
    """Change a person under the version that was seen; else show both versions side by side."""
    form = Form(request.form)
    wanted = _read_edit(form)
    version = form.whole("version", required=True) or 0
    try:
        with form.catching():
            form.check()
            with acting() as act:
                person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
                edit_person(
                    act.session,
                    resident_id=resident_id,
                    edit=wanted,
                    version=version,
                    by=act.user_id,
                    now=act.now,
                )
            notify(_("Saved."))
            return go(url_for(".show", resident_id=resident_id))
    except StaleVersion:
        return _edit_page(resident_id, form, 409)
    return _edit_page(resident_id, form, 409 if _is_stale(form) else 422)


def _is_stale(form: Form) -> bool:
    return any(error.code == "resident_changed" for error in form.errors)


def _read_edit(form: Form) -> ResidentEdit:
    alone = form["lives_alone"]
    return ResidentEdit(
        name=form.text("name", required=True, longest=100),
        sex=form.one_of("sex", Sex),
        born_on=form.day("born_on"),
        mobility=form.code("mobility", MOBILITY),
        mobility_flags=[code for code in form.many("flags") if code in MOBILITY_FLAGS],
        lives_alone={"yes": True, "no": False}.get(alone),
        dialect=form.text("dialect", longest=60),
        note=form.text("note", longest=1000),
        access_note=form.text("access_note", longest=500),
    )


def _edit_page(resident_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        card = person_card(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        act.saw("resident", resident_id)
    page = render_template(
        "staff/residents/edit.html",
        card=card,
        form=form,
        choices=choices(),
        is_stale=_is_stale(form),
    )
    return page, status


@bp.get("/residents/<int:resident_id>/seen")
@allowed(*KEEPERS, Role.AUDITOR, Role.ADMINISTRATOR)
def seen(resident_id: int) -> ResponseReturnValue:
    """Show who was shown this person's details, when and how often."""
    with reading() as act:
        head = person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        lines = who_saw(act.session, subject=("resident", resident_id))
        names = user_names(act.session, [line.user_id for line in lines])
    back = local_path(request.args.get("back"), otherwise="")
    return render_template(
        "staff/residents/seen.html", head=head, lines=lines, names=names, back=back
    )
