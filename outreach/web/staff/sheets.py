"""Visit sheets: print a numbered one of today's list, enter it when it is back."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.contact.codes import CONTACT_OUTCOMES, HESITANCY
from outreach.contact.worklist import worklist
from outreach.kernel.errors import InvalidInput
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.messages import word
from outreach.web.notices import notify
from outreach.web.tags import coded
from outreach.workflows.visit_sheets import Sheet, Tick, enter_sheet, make_sheet, sheet, sheets_of

bp = Blueprint("sheets", __name__, url_prefix="/sheets")

WORKERS = (Role.GRID_WORKER, Role.CALLER)
ON_PAPER = ("C01", "C02", "C03", "C04", "C05", "C18", "C20")
NOT_VISITED = "none"


@bp.get("")
@allowed(*WORKERS)
def index() -> ResponseReturnValue:
    """List one's own sheets: those on the stairs first."""
    with reading() as act:
        found = sheets_of(act.session, user_id=act.user_id)
    return render_template("staff/sheets/index.html", sheets=found)


@bp.post("")
@allowed(*WORKERS)
def make() -> ResponseReturnValue:
    """Number a sheet of today's list."""
    whole = request.form.get("whose") == "all"
    try:
        with acting() as act:
            found = worklist(
                act.session,
                user_id=None if whole else act.user_id,
                scope=act.scope,
                day=act.today,
                now=act.now,
            )
            number = make_sheet(act.session, found=found, by=act.user_id, now=act.now)
    except InvalidInput as error:
        notify(word(error.code, error.facts), kind="info")
        return go(url_for("worklist.today"))
    return go(url_for(".show", number=number))


@bp.get("/<int:number>")
@allowed(*WORKERS)
def show(number: int) -> ResponseReturnValue:
    """Show a sheet for printing: nothing on it says who lives alone, and no number (moment 3k)."""
    with reading() as act:
        found = _shown(act, number)
    return render_template("staff/sheets/show.html", sheet=found)


def _shown(act: Acting, number: int) -> Sheet:
    found = sheet(act.session, number=number, scope=act.scope, now=act.now)
    for line in found.lines:
        act.saw("resident", line.head.resident_id)
    return found


@bp.get("/<int:number>/entry")
@allowed(*WORKERS)
def entry(number: int) -> ResponseReturnValue:
    """Show the form that looks like the paper."""
    return _entry_page(number, Form(), 200)


@bp.post("/<int:number>/entry")
@allowed(*WORKERS)
def enter(number: int) -> ResponseReturnValue:
    """Log what was ticked on the stairs; lines left open can be entered later."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            before = sheet(act.session, number=number, scope=act.scope, now=act.now)
            day, ticks = form.day("visited_on") or before.made_on, _ticks(form, before)
            form.check()
            after = enter_sheet(
                act.session,
                number=number,
                visited_on=day,
                ticks=ticks,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
        is_back = after.returned_at is not None
        notify(_("The sheet is entered.") if is_back else _("Kept. Some lines are still open."))
        return go(url_for(".index") if is_back else url_for(".entry", number=number))
    return _entry_page(number, form, 422)


def _ticks(form: Form, before: Sheet) -> dict[int, Tick]:
    """Read the ticked lines; a line without a tick stays open."""
    ticks = {}
    for line in before.lines:
        place = line.position
        said = form.code(f"outcome-{place}", (*ON_PAPER, NOT_VISITED), required=False)
        if said:
            ticks[place] = Tick(
                outcome="" if said == NOT_VISITED else said,
                reason=form.code(f"reason-{place}", HESITANCY, required=False),
                note=form.text(f"note-{place}", longest=1000),
                next_contact_on=form.day(f"next-{place}"),
            )
    return ticks


def _entry_page(number: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        found = _shown(act, number)
    page = render_template(
        "staff/sheets/entry.html",
        sheet=found,
        form=form,
        outcomes=[
            *((code, coded(CONTACT_OUTCOMES[code])) for code in ON_PAPER),
            (NOT_VISITED, _("not visited")),
        ],
        reasons=[(code, coded(reason)) for code, reason in HESITANCY.items()],
    )
    return page, status
