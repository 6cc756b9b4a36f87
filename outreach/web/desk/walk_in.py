"""A walk-in at the desk: found or added, checked and registered in half a minute (moment 5k)."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.clinics.queries import get_site, get_site_session
from outreach.kernel.identity import read_id
from outreach.ledger.codes import BirthCertainty, ContactRole, Relation, Sex
from outreach.ledger.heads import person_head
from outreach.ledger.new_residents import NewContact, NewResident
from outreach.ledger.search import search
from outreach.ledger.twins import Twin
from outreach.places.areas import area_choices
from outreach.places.codes import AreaLevel
from outreach.places.queries import get_area
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.desk.desk import STAFF
from outreach.web.desk.words import IDENTITY_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.workflows.add_resident import PossibleTwins, add_resident
from outreach.workflows.edit_person import read_number
from outreach.workflows.walk_in import walk_in

bp = Blueprint("walk_in", __name__, url_prefix="/desk/walk-in")


def _admit(act: Acting, site_session_id: int) -> None:
    site_session = get_site_session(act.session, site_session_id)
    act.check_area(get_site(act.session, site_session.site_id).area_id)


@bp.get("/<int:site_session_id>")
@allowed(*STAFF)
def show(site_session_id: int) -> ResponseReturnValue:
    """Find somebody by name, pinyin, phone or identity number; or add them."""
    return _page(site_session_id, Form(request.args), 200, ())


def _page(
    site_session_id: int, form: Form, status: int, twins: tuple[Twin, ...]
) -> ResponseReturnValue:
    with reading() as act:
        _admit(act, site_session_id)
        text = form.text("text")
        found = search(act.session, text=text, scope=act.scope, day=act.today) if text else []
        for person in found:
            act.saw("resident", person.resident_id)
        areas = [
            (area_id, label.strip())
            for area_id, label in area_choices(act.session, roots=act.scope.paths)
            if get_area(act.session, area_id).level is AreaLevel.COMMUNITY
        ]
    page = render_template(
        "desk/walk_in.html",
        site_session_id=site_session_id,
        form=form,
        found=found,
        twins=twins,
        areas=areas,
        identity=IDENTITY_LABELS,
        new_id=lambda: uuid4().hex,
    )
    return page, status


@bp.post("/<int:site_session_id>")
@allowed(*STAFF)
def register(site_session_id: int) -> ResponseReturnValue:
    """Register somebody of the ledger: their own booking, one moved here, or a new one."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            _admit(act, site_session_id)
            resident_id = form.whole("resident", required=True) or 0
            uuid = form.text("uuid", required=True, longest=64)
            form.check()
            person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
            appointment_id = walk_in(
                act.session,
                resident_id=resident_id,
                site_session_id=site_session_id,
                checked=form.many("identity"),
                uuid=uuid,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Here."))
        return go(url_for("desk_person.show", appointment_id=appointment_id))
    return _page(site_session_id, form, 422, ())


@bp.post("/<int:site_session_id>/add")
@allowed(*STAFF)
def add(site_session_id: int) -> ResponseReturnValue:
    """Add somebody who is on no list, with a look for twins, and register them at once."""
    form = Form(request.form)
    twins: tuple[Twin, ...] = ()
    with form.catching():
        with acting() as act:
            _admit(act, site_session_id)
            row = _read(act, form)
            uuid = form.text("uuid", required=True, longest=64)
            form.check()
            try:
                seen = [int(text) for text in form.many("looked_at") if text.isdecimal()]
                added = add_resident(
                    act.session, row=row, by=act.user_id, now=act.now, looked_at=seen
                )
            except PossibleTwins as error:
                twins = error.twins
                raise
            appointment_id = walk_in(
                act.session,
                resident_id=added.resident_id,
                site_session_id=site_session_id,
                checked=form.many("identity"),
                uuid=uuid,
                by=act.user_id,
                now=act.now,
            )
        notify(_("Added to the ledger and registered."))
        return go(url_for("desk_person.show", appointment_id=appointment_id))
    return _page(site_session_id, form, 409 if twins else 422, twins)


def _read(act: Acting, form: Form) -> NewResident:
    community_id = form.whole("area_id", required=True) or 0
    if community_id:
        act.check_area(community_id)
    number = form.text("id_number", longest=40)
    read = read_id(number) if number else None
    if number and (read is None or not read.number):
        form.wrong("id_number", "id_unreadable")
    own = form.text("own_number", longest=40)
    born_on = form.day("born_on") or (read.born_on if read else None)
    if born_on is None:
        form.wrong("born_on", "field_required")
    is_from_id = read is not None and read.number is not None
    return NewResident(
        name=form.text("name", required=True, longest=100),
        community_id=community_id,
        sex=form.one_of("sex", Sex, required=False) or Sex.UNKNOWN,
        born_on=born_on,
        birth_certainty=BirthCertainty.FROM_ID if is_from_id else BirthCertainty.STATED,
        id_number=read.number if read else None,
        mobility="M0",
        contacts=(
            NewContact(
                Relation.SELF,
                role=ContactRole.DECIDES,
                phones=(read_number(act.session, own),) if own else (),
            ),
        ),
    )
