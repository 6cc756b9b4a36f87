"""One driver or escort: what is known of them, usual weeks, coming shifts, days off, the elders they know."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.kernel.errors import NotFound
from outreach.ledger.models import Resident
from outreach.pictures import forget_files
from outreach.places.areas import area_choices
from outreach.places.queries import area_ids_within
from outreach.transport.fleet import (
    edit_driver,
    edit_escort,
    end_leave,
    forget_knows,
    knows,
)
from outreach.transport.fleet_queries import driver_sheet, escort_sheet, helper_of, named_alike
from outreach.transport.models import Leave, Shift, ShiftTemplate
from outreach.transport.portraits import (
    LARGEST_PORTRAIT,
    keep_portrait,
    portrait_of,
    remove_portrait,
)
from outreach.transport.shifts import cancel_shift, end_shift_template
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.dispatch.crew import KEEPERS, helper_draft
from outreach.web.dispatch.words import UNFIT_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.notices import notify
from outreach.web.visit import services

bp = Blueprint("crew_person", __name__, url_prefix="/crew")


@bp.get("/<any(driver, escort):kind>/<int:helper_id>")
@allowed(*KEEPERS)
def show(kind: str, helper_id: int) -> ResponseReturnValue:
    """Show one driver or escort."""
    return _show(Form(request.args), kind, helper_id)


def _show(form: Form, kind: str, helper_id: int, status: int = 200) -> ResponseReturnValue:
    with reading() as act:
        _check(act, kind, helper_id)
        if kind == "driver":
            person = driver_sheet(act.session, driver_id=helper_id, on=act.today)
        else:
            person = escort_sheet(act.session, escort_id=helper_id, on=act.today)
        areas = area_ids_within(act.session, act.scope.paths)
        name = form.text("elder", longest=80)
        alike = named_alike(act.session, name=name, area_ids=areas) if name else []
        choices = area_choices(act.session, roots=act.scope.paths)
    page = render_template(
        "dispatch/crew/show.html",
        form=form,
        person=person,
        alike=alike,
        asked=name,
        areas=choices,
        unfit=UNFIT_LABELS,
    )
    return page, status


def _check(act: Acting, kind: str, helper_id: int) -> None:
    act.check_area(helper_of(act.session, kind=kind, helper_id=helper_id).area_id)


def _check_whose(act: Acting, row: Shift | ShiftTemplate | Leave | None) -> tuple[str, int]:
    """Raise NotFound unless the row belongs to somebody of the visitor's areas; return whose it is."""
    if row is None:
        raise NotFound("shift")
    kind, helper_id = (
        ("driver", row.driver_id) if row.driver_id is not None else ("escort", row.escort_id or 0)
    )
    _check(act, kind, helper_id)
    return kind, helper_id


def _back(whose: tuple[str, int]) -> ResponseReturnValue:
    return go(url_for(".show", kind=whose[0], helper_id=whose[1]))


@bp.post("/<any(driver, escort):kind>/<int:helper_id>")
@allowed(*KEEPERS)
def edit(kind: str, helper_id: int) -> ResponseReturnValue:
    """Change what is known of a person; an empty phone keeps the one that is known."""
    form = Form(request.form)
    with form.catching():
        name, area_id = form.text("name", required=True), form.whole("area", required=True)
        version = form.whole("version", required=True) or 0
        form.check()
        with acting() as act:
            _check(act, kind, helper_id)
            act.check_area(area_id)
            draft = helper_draft(act, form, name=name, area_id=area_id or 0)
            form.check()
            rest = {"version": version, "draft": draft, "is_active": form.yes("is_active")}
            if kind == "driver":
                edit_driver(act.session, driver_id=helper_id, **rest)  # type: ignore[arg-type]
            else:
                edit_escort(act.session, escort_id=helper_id, **rest)  # type: ignore[arg-type]
            act.record("helper_changed", (kind, helper_id))
        notify(_("Saved."))
        return _back((kind, helper_id))
    return _show(form, kind, helper_id, 422)


@bp.get("/driver/<int:helper_id>/photo")
@allowed(*KEEPERS)
def photo(helper_id: int) -> Response:
    """Show a driver's photo."""
    with reading() as act:
        _check(act, "driver", helper_id)
        content_type, content = portrait_of(
            act.session, driver_id=helper_id, folder=services().settings.instance
        )
    return Response(content, mimetype=content_type)


@bp.post("/driver/<int:helper_id>/photo")
@allowed(*KEEPERS)
def keep_photo(helper_id: int) -> ResponseReturnValue:
    """Keep a driver's photo, with their agreement, or remove it; the one before is gone from the disk."""
    form = Form(request.form)
    is_removed = form.yes("remove")
    if not is_removed and not form.yes("agreed"):
        form.wrong("agreed", "driver_photo_needs_consent")
    with form.catching():
        form.check()
        folder = services().settings.instance
        with acting() as act:
            _check(act, "driver", helper_id)
            if is_removed:
                before = remove_portrait(act.session, driver_id=helper_id)
            else:
                before = keep_portrait(
                    act.session, driver_id=helper_id, content=_upload(), folder=folder
                )
            act.record("driver_photo", ("driver", helper_id), facts={"kept": not is_removed})
        forget_files(folder, [before] if before else [])
        notify(_("Removed.") if is_removed else _("Kept, sealed."))
        return _back(("driver", helper_id))
    return _show(form, "driver", helper_id, 422)


def _upload() -> bytes:
    upload = request.files.get("photo")
    return upload.stream.read(LARGEST_PORTRAIT + 1) if upload is not None else b""


@bp.post("/shifts/off")
@allowed(*KEEPERS)
def call_off() -> ResponseReturnValue:
    """Call one shift off; its runs show at once that they have no fit driver."""
    form = Form(request.form)
    reason, shift_id = form.text("reason"), form.whole("shift", required=True) or 0
    form.check()
    with acting() as act:
        whose = _check_whose(act, act.session.get(Shift, shift_id))
        cancel_shift(act.session, shift_id=shift_id, reason=reason, now=act.now)
        act.record("shift_called_off", ("shift", shift_id))
    notify(_("The shift is called off. Its run shows it on the day's page."))
    return _back(whose)


@bp.post("/weeks/<int:template_id>/end")
@allowed(*KEEPERS)
def end_week(template_id: int) -> ResponseReturnValue:
    """End a usual weekly shift from today on; days laid out already without a run go too."""
    with acting() as act:
        whose = _check_whose(act, act.session.get(ShiftTemplate, template_id))
        end_shift_template(
            act.session, template_id=template_id, until_on=act.today - timedelta(days=1)
        )
        act.record("weekly_shift_ended", ("shift_template", template_id))
    notify(_("This weekly shift has ended."))
    return _back(whose)


@bp.post("/leaves/<int:leave_id>/end")
@allowed(*KEEPERS)
def take_back_leave(leave_id: int) -> ResponseReturnValue:
    """Take back days off."""
    with acting() as act:
        whose = _check_whose(act, act.session.get(Leave, leave_id))
        end_leave(act.session, leave_id=leave_id)
        act.record("leave_taken_back", ("leave", leave_id))
    notify(_("They may be assigned on these days again."))
    return _back(whose)


@bp.post("/escort/<int:helper_id>/knows/<int:resident_id>")
@allowed(*KEEPERS)
def know(helper_id: int, resident_id: int) -> ResponseReturnValue:
    """Note (or take back) that an escort knows an elder: they are preferred together."""
    is_known = Form(request.form).yes("knows")
    with acting() as act:
        _check(act, "escort", helper_id)
        resident = act.session.get(Resident, resident_id)
        act.check_area(resident.community_id if resident is not None else None)
        noting = knows if is_known else forget_knows
        noting(act.session, escort_id=helper_id, resident_id=resident_id)
        act.record("escort_knows", ("escort", helper_id), facts={"knows": is_known})
    notify(_("Noted."))
    return _back(("escort", helper_id))
