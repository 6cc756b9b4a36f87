"""The area tree: type or paste it, rename, close; and the place setting."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.errors import InvalidInput, NotFound
from outreach.places.area_text import read_area_text
from outreach.places.areas import (
    AreaLine,
    add_tree,
    area_line,
    area_lines,
    change_area,
    compare_tree,
    levels_below,
    set_area_open,
)
from outreach.places.queries import ancestors
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.i18n import _, _n
from outreach.web.notices import notify
from outreach.web.visit import visit

bp = Blueprint("areas", __name__, url_prefix="/admin/areas")
LONGEST_TEXT = 200_000
TOP = 0


def level_name(level: str) -> str:
    """Return what a level of the tree is called in this place."""
    from outreach.web.i18n import language

    own = visit().setting.level_names.get(level, {})
    shipped = {
        "district": _("District"),
        "street": _("Street"),
        "community": _("Community"),
        "grid": _("Grid"),
    }
    return str(own.get(language()) or shipped[level]) if isinstance(own, dict) else str(own)


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Show the areas at the top of the administrator's own tree."""
    with reading() as act:
        if act.scope.is_everywhere or len(act.scope.paths) != 1:
            roots = [path for path in act.scope.paths if path != "/"]
            lines = [area_line(act.session, int(path.strip("/").split("/")[-1])) for path in roots]
            return _tree_page(act, None, lines, Form(), 200)
        top = int(act.scope.paths[0].strip("/").split("/")[-1])
    return redirect(url_for(".show", area_id=top), 303)


@bp.get("/<int:area_id>")
@allowed(Role.ADMINISTRATOR)
def show(area_id: int) -> ResponseReturnValue:
    """Show one area and what stands directly below it."""
    with reading() as act:
        return _area_page(act, area_id, Form(), 200)


def _area_page(act: Acting, area_id: int, form: Form, status: int) -> ResponseReturnValue:
    act.check_area(area_id)
    here = area_line(act.session, area_id)
    return _tree_page(act, here, area_lines(act.session, parent_id=area_id), form, status)


def _tree_page(
    act: Acting, here: AreaLine | None, lines: list[AreaLine], form: Form, status: int
) -> ResponseReturnValue:
    above = ancestors(act.session, here.id)[:-1] if here else []
    page = render_template(
        "admin/areas/show.html",
        here=here,
        above=[(area.id, area.name) for area in above if act.scope.covers(area.path)],
        lines=lines,
        form=form,
        levels=levels_below(act.session, here.id if here else None),
        level_name=level_name,
    )
    return page, status


@bp.post("/<int:area_id>/tree")
@allowed(Role.ADMINISTRATOR)
def paste(area_id: int) -> ResponseReturnValue:
    """Show what a typed or pasted tree would add below an area, or add it."""
    form = Form(request.form)
    text = form.text("text", required=True, longest=LONGEST_TEXT)
    with form.catching():
        form.check()
        with acting() as act:
            act.check_area(area_id)
            most = levels_below(act.session, area_id)
            paths = read_area_text(text, most_levels=most)
            if form["step"] != "add":
                changes = compare_tree(act.session, parent_id=area_id, paths=paths)
                here = area_line(act.session, area_id)
                return render_template(
                    "admin/areas/preview.html", here=here, changes=changes, text=text
                )
            added = add_tree(act.session, parent_id=area_id, paths=paths)
            act.record("areas_added", ("area", area_id), facts={"area_ids": added})
        notify(_n("%(num)d area added.", "%(num)d areas added.", len(added)))
        return redirect(url_for(".show", area_id=area_id), 303)
    with reading() as act:
        return _area_page(act, area_id, form, 422)


@bp.post("/<int:area_id>")
@allowed(Role.ADMINISTRATOR)
def change(area_id: int) -> ResponseReturnValue:
    """Rename an area, change its code or the centre on the map."""
    form = Form(request.form)
    name, code = form.text("name", required=True, longest=60), form.text("code", longest=20)
    version = form.whole("version", required=True)
    latitude = form.decimal("centre_latitude", least=-90, most=90)
    longitude = form.decimal("centre_longitude", least=-180, most=180)
    with form.catching():
        form.check()
        with acting() as act:
            act.check_area(area_id)
            if (latitude is None) != (longitude is None) or (latitude, longitude) == (0, 0):
                raise InvalidInput("point_impossible", field="centre_latitude")
            point = (
                (latitude, longitude) if latitude is not None and longitude is not None else None
            )
            change_area(
                act.session,
                area_id=area_id,
                name=name,
                code=code,
                version=version or 0,
                point=point,
            )
            act.record(
                "area_changed", ("area", area_id), facts={"fields": ["name", "code", "point"]}
            )
        notify(_("Saved."))
        return redirect(url_for(".show", area_id=area_id), 303)
    with reading() as act:
        return _area_page(act, area_id, form, 422)


@bp.post("/<int:area_id>/close")
@allowed(Role.ADMINISTRATOR)
def close(area_id: int) -> ResponseReturnValue:
    """Close an area: nobody new can be registered there; who is there stays."""
    parent_id = _set_open(area_id, is_active=False)
    notify(_("The area is closed."), undo=url_for(".reopen", area_id=area_id))
    return redirect(url_for(".show", area_id=parent_id), 303)


@bp.post("/<int:area_id>/reopen")
@allowed(Role.ADMINISTRATOR)
def reopen(area_id: int) -> ResponseReturnValue:
    """Open a closed area again."""
    parent_id = _set_open(area_id, is_active=True)
    notify(_("The area is open again."))
    return redirect(url_for(".show", area_id=parent_id), 303)


def _set_open(area_id: int, *, is_active: bool) -> int:
    with acting() as act:
        act.check_area(area_id)
        area = set_area_open(act.session, area_id=area_id, is_active=is_active)
        if area.parent_id is None:
            raise NotFound("area")
        act.record("area_reopened" if is_active else "area_closed", ("area", area_id))
        return area.parent_id
