"""Adding one person by hand in half a minute, with a look for twins first (moment 2a)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.identity import read_id
from outreach.ledger.codes import BirthCertainty, ContactRole, Relation, Sex
from outreach.ledger.new_residents import NewContact, NewResident
from outreach.ledger.twins import Twin
from outreach.places.areas import area_choices
from outreach.places.codes import AreaLevel
from outreach.places.queries import get_area
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.staff.residents import choices
from outreach.workflows.add_resident import PossibleTwins, add_resident
from outreach.workflows.edit_person import read_number

bp = Blueprint("people", __name__, url_prefix="/ledger/new")


@bp.get("")
@allowed(Role.GRID_WORKER)
def new() -> ResponseReturnValue:
    """Show the short form."""
    return _page(Form(), 200, ())


@bp.post("")
@allowed(Role.GRID_WORKER)
def create() -> ResponseReturnValue:
    """Add the person, or show who in the ledger may be the same one."""
    form = Form(request.form)
    twins: tuple[Twin, ...] = ()
    seen = [int(text) for text in form.many("looked_at") if text.isascii() and text.isdigit()]
    with form.catching():
        with acting() as act:
            row = _read(act, form)
            form.check()
            try:
                added = add_resident(
                    act.session, row=row, by=act.user_id, now=act.now, looked_at=seen
                )
            except PossibleTwins as error:
                twins = error.twins
                raise
        notify(_("Added to the ledger."))
        return go(url_for("residents.show", resident_id=added.resident_id))
    return _page(form, 409 if twins else 422, twins)


def _read(act: Acting, form: Form) -> NewResident:
    name = form.text("name", required=True, longest=100)
    area_id = form.whole("area_id", required=True)
    community_id, grid_id = _home(act, int(area_id)) if area_id is not None else (0, None)
    number = form.text("id_number", longest=40)
    reading_of_id = read_id(number) if number else None
    if number and (reading_of_id is None or not reading_of_id.number):
        form.wrong("id_number", "id_unreadable")
    born_on = form.day("born_on") or (reading_of_id.born_on if reading_of_id else None)
    from_id = reading_of_id is not None and reading_of_id.number is not None
    return NewResident(
        name=name,
        community_id=community_id,
        grid_id=grid_id,
        sex=form.one_of("sex", Sex, required=False) or Sex.UNKNOWN,
        born_on=born_on,
        birth_certainty=BirthCertainty.FROM_ID if from_id else BirthCertainty.STATED,
        id_number=reading_of_id.number if reading_of_id else None,
        address=form.text("address"),
        is_registered_elsewhere=form.yes("is_registered_elsewhere"),
        mobility=form.text("mobility") or "M9",
        note=form.text("note", longest=1000),
        contacts=_contacts(act, form),
    )


def _home(act: Acting, area_id: int) -> tuple[int, int | None]:
    """Return (community, grid) of the chosen area; outside the scope it looks as if it was not there."""
    act.check_area(area_id)
    area = get_area(act.session, area_id)
    if area.level is AreaLevel.GRID and area.parent_id is not None:
        return area.parent_id, area.id
    return area.id, None


def _contacts(act: Acting, form: Form) -> tuple[NewContact, ...]:
    own, family = form.text("own_number", longest=40), form.text("family_number", longest=40)
    found = [
        NewContact(
            Relation.SELF,
            role=ContactRole.DECIDES,
            phones=(read_number(act.session, own),) if own else (),
        )
    ]
    relation = form.one_of("family_relation", Relation, required=False)
    if family or form["family_name"].strip():
        phones = (read_number(act.session, family),) if family else ()
        name = form.text("family_name", longest=60)
        found.append(NewContact(relation or Relation.FAMILY, name, phones=phones))
    return tuple(found)


def _page(form: Form, status: int, twins: tuple[Twin, ...]) -> ResponseReturnValue:
    with reading() as act:
        areas = [
            (area_id, label)
            for area_id, label in area_choices(act.session, roots=act.scope.paths)
            if get_area(act.session, area_id).level in {AreaLevel.COMMUNITY, AreaLevel.GRID}
        ]
    page = render_template(
        "staff/residents/new.html", form=form, areas=areas, twins=twins, choices=choices()
    )
    return page, status
