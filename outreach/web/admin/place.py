"""The place setting: what city and country this installation serves (moment 1j)."""

from __future__ import annotations

from datetime import time
from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.kernel.errors import NotAllowed
from outreach.places.areas import PlaceValues, place_values, set_place
from outreach.places.queries import get_place
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.admin.reach import answers_for_all
from outreach.web.forms import Form
from outreach.web.i18n import _
from outreach.web.notices import notify

bp = Blueprint("place", __name__, url_prefix="/admin/place")
DATE_ORDERS = ("ymd", "dmy", "mdy")
ID_SCHEMES = ("cn", "none")
DATUMS = ("gcj02", "wgs84", "bd09")


@bp.get("")
@allowed(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    """Show the setting."""
    with reading() as act:
        return _page(act, Form(), 200)


def _page(act: Acting, form: Form, status: int) -> ResponseReturnValue:
    place = get_place(act.session)
    page = render_template(
        "admin/place/show.html",
        form=form,
        values=place_values(place),
        version=place.version,
        may_change=answers_for_all(act),
        zone_options=[(zone, zone) for zone in sorted(available_timezones())],
        datums=[(datum, datum.upper()) for datum in DATUMS],
        date_orders=[("ymd", "2026-11-26"), ("dmy", "26.11.2026"), ("mdy", "11/26/2026")],
        id_schemes=[("cn", _("Chinese resident identity number")), ("none", _("No number"))],
    )
    return page, status


@bp.post("")
@allowed(Role.ADMINISTRATOR)
def change() -> ResponseReturnValue:
    """Change the setting; only an administrator of every district may."""
    form = Form(request.form)
    values, version = _read(form), form.whole("version", required=True)
    with form.catching():
        form.check()
        with acting() as act:
            if not answers_for_all(act):
                raise NotAllowed("not_allowed")
            changed = set_place(act.session, values=values, version=version or 0)
            act.record(
                "place_changed", ("place", get_place(act.session).id), facts={"fields": changed}
            )
        notify(_("Saved."))
        return redirect(url_for(".show"), 303)
    with reading() as act:
        return _page(act, form, 422)


def _read(form: Form) -> PlaceValues:
    midnight = time(0)
    return PlaceValues(
        name=form.text("name", required=True, longest=60),
        country=form.text("country", required=True, longest=2).upper(),
        area_code=form.text("area_code", longest=6),
        time_zone=form.text("time_zone", required=True, longest=60),
        id_scheme=form.code("id_scheme", ID_SCHEMES),
        minimum_age=form.whole("minimum_age", required=True, least=0, most=120) or 0,
        date_order=form.code("date_order", DATE_ORDERS),
        holidays=form.text("holidays", longest=6).upper(),
        opens=form.clock("opens", required=True) or midnight,
        rest_from=form.clock("rest_from"),
        rest_until=form.clock("rest_until"),
        closes=form.clock("closes", required=True) or midnight,
        ride_opens=form.clock("ride_opens", required=True) or midnight,
        ride_closes=form.clock("ride_closes", required=True) or midnight,
        duty_phone=form.text("duty_phone", longest=30),
        map_datum=form.code("map_datum", DATUMS),
    )
