"""The places' own boundaries file, so that maps show communities as they are."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.geo import Datum
from outreach.places.boundaries import (
    Matched,
    forget_boundary,
    outlined_areas,
    read_boundaries,
    set_boundaries,
)
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.admin.areas import level_name
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, _l, _n
from outreach.web.messages import add_messages
from outreach.web.notices import notify

bp = Blueprint("boundaries", __name__, url_prefix="/admin/boundaries")
MOST_NAMED = 8

add_messages(
    {
        "boundaries_large": _l(
            "The file is too large: at most %(most)s MB. Simplify the outlines."
        ),
        "boundaries_unreadable": _l(
            "This is no GeoJSON file. Export the boundaries from the map program as GeoJSON."
        ),
        "boundaries_empty": _l("There is no outline of an area in this file."),
        "boundary_broken": _l(
            "Outline number %(number)s has a point that cannot be on earth. Nothing was taken over."
        ),
        "file_missing": _l("Please choose a file."),
    }
)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show which areas have an outline, and take a file."""
    return _page(Form(), 200)


def _page(form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        lines = outlined_areas(act.session, paths=act.scope.paths)
    page = render_template(
        "admin/boundaries/index.html",
        form=form,
        lines=lines,
        datums=[(str(datum), datum.upper()) for datum in Datum],
        level_name=level_name,
    )
    return page, status


@bp.post("")
@allowed(Role.ADMINISTRATOR)
def take() -> ResponseReturnValue:
    """Take the outlines of a file; those that fit no area or several are named and left."""
    form = Form(request.form)
    datum = form.one_of("datum", Datum)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.wrong("file", "file_missing")
    with form.catching():
        form.check()
        shapes = read_boundaries(sent.read() if sent else b"", datum=datum or Datum.WGS84)
        with acting() as act:
            done = set_boundaries(act.session, shapes=shapes, paths=act.scope.paths)
            facts = {"area_ids": list(done.area_ids)}
            act.record("boundaries_set", ("area", None), facts=facts)
        _tell(done)
        return go(url_for(".index"))
    return _page(form, 422)


def _tell(done: Matched) -> None:
    count = len(done.area_ids)
    notify(_n("%(num)d area has its outline.", "%(num)d areas have their outlines.", count))
    if done.unknown:
        named = ", ".join(done.unknown[:MOST_NAMED])
        text = _("No area is called like this: %(names)s. Left out.", names=named)
        notify(text, kind="warning")
    if done.unclear:
        named = ", ".join(done.unclear[:MOST_NAMED])
        text = _("Several areas are called like this: %(names)s. Give them codes.", names=named)
        notify(text, kind="warning")


@bp.post("/<int:area_id>/forget")
@allowed(Role.ADMINISTRATOR)
def forget(area_id: int) -> ResponseReturnValue:
    """Draw an area as a circle again."""
    with acting() as act:
        act.check_area(area_id)
        forget_boundary(act.session, area_id=area_id)
        act.record("boundaries_set", ("area", area_id), facts={"area_ids": []})
    notify(_("The area is drawn as a circle again."))
    return go(url_for(".index"))
