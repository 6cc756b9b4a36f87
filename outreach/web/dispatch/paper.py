"""Paper beside the phones: the day pack of the evening before, run sheets, rows entered by their codes (5g)."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.clinics.codes import MODE_LABELS, DayEventKind
from outreach.kernel.errors import NotFound
from outreach.ledger.codes import MOBILITY, RELATION_LABELS
from outreach.places.queries import area_ids_within
from outreach.transport.row_codes import Row, RowKind, find_row, row_code
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.field.words import ENDINGS, NO_DOSE_RESULTS, TAP_LABELS
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, _l, language
from outreach.web.messages import add_messages
from outreach.web.notices import notify
from outreach.web.visit import services
from outreach.workflows.day_board import day_board
from outreach.workflows.day_pack import pack_calls, pack_sessions
from outreach.workflows.field_manifest import called
from outreach.workflows.paper_row import PaperRow, Written, enter_row, paper_row

bp = Blueprint("paper", __name__, url_prefix="/paper")

add_messages(
    {
        "paper_code": _l("This is no row code. Compare it with the sheet, letter by letter."),
        "paper_time_ahead": _l("This time has not come yet. Write the true time from the sheet."),
    }
)


@bp.app_template_global()
def code_of_row(kind: str, row_id: int) -> str:
    """Return the code of a row on paper."""
    return row_code(RowKind(kind), row_id)


@bp.app_template_global()
def address_of_row(code: str) -> str:
    """Return what the picture beside a row holds: the page that enters it, and nothing of anybody."""
    base = services().settings.public_url or request.host_url.rstrip("/")
    return base + url_for("paper.row", code=code)


@bp.app_template_global("called")
def called_on_paper(name: str) -> str:
    """Return all that a driver's sheet says of a name."""
    return called(name, language=language())


@bp.get("")
@allowed(Role.DISPATCHER, Role.DESK)
def index() -> ResponseReturnValue:
    """Ask for a row code; a right one leads on to its row."""
    form = Form(request.args)
    code = form.text("code", longest=20)
    if code and find_row(code) is not None:
        return go(url_for(".row", code=code.strip().upper()))
    if code:
        form.wrong("code", "paper_code")
    return render_template("dispatch/paper/index.html", form=form), 422 if code else 200


@bp.get("/<code>")
@allowed(Role.DISPATCHER, Role.DESK)
def row(code: str) -> ResponseReturnValue:
    """Show one row of a printed sheet, to write down what stands there."""
    with reading() as act:
        found = _found(act, code)
    return _row_page(found, Form())


@bp.post("/<code>")
@allowed(Role.DISPATCHER, Role.DESK)
def enter(code: str) -> ResponseReturnValue:
    """Note what stands on the paper, with its true time and whose word it is."""
    form = Form(request.form)
    kind, at = form.one_of("kind", DayEventKind), form.clock("at", required=True)
    with reading() as act:
        found = _found(act, code)
    with form.catching():
        form.check()
        with acting() as act:
            written = Written(
                kind=kind or found.kinds[0],
                at=datetime.combine(found.on, at, tzinfo=act.setting.zone),  # type: ignore[arg-type]
                by_driver=form["by"] == "driver",
                by_escort=form["by"] == "escort",
                facts=_facts(form),
            )
            enter_row(act.session, row=found, written=written, by=act.user_id, now=act.now)
        notify(_("Noted with its true time."))
        return go(url_for(".index"))
    return _row_page(found, form, 422)


def _found(act: Acting, code: str) -> PaperRow:
    named: Row | None = find_row(code)
    if named is None:
        raise NotFound("paper_row")
    found = paper_row(act.session, row=named)
    act.check_area(found.area_id)
    return found


def _row_page(found: PaperRow, form: Form, status: int = 200) -> ResponseReturnValue:
    return (
        render_template(
            "dispatch/paper/row.html",
            row=found,
            form=form,
            labels=TAP_LABELS,
            endings=ENDINGS,
            results=NO_DOSE_RESULTS,
        ),
        status,
    )


def _facts(form: Form) -> dict[str, object]:
    said: dict[str, object] = {
        name: form.text(name, longest=120) for name in ("received_by", "witness")
    }
    if form["kind"] == DayEventKind.NO_DOSE:
        said["result"] = form.code("result", NO_DOSE_RESULTS, required=False)
    if form["kind"] == DayEventKind.HANDED_OVER:
        said["kind"] = form.code("handover", ENDINGS, required=False)
    return {name: value for name, value in said.items() if value}


@bp.get("/pack")
@allowed(Role.DISPATCHER)
def pack() -> ResponseReturnValue:
    """Show the day pack to print: run sheets, desk lists with boxes, the list of those to call."""
    return _pack(Form(request.args), with_numbers=False)


@bp.post("/pack")
@allowed(Role.DISPATCHER)
def pack_with_numbers() -> ResponseReturnValue:
    """Show it with whole phone numbers; who printed whose is kept."""
    return _pack(Form(request.form), with_numbers=True)


def _pack(form: Form, *, with_numbers: bool) -> ResponseReturnValue:
    with acting() if with_numbers else reading() as act:
        on = form.day("on") or act.today
        areas = area_ids_within(act.session, act.scope.paths)
        sessions = pack_sessions(act.session, on=on, area_ids=areas)
        calls = pack_calls(
            act.session,
            on=on,
            area_ids=areas,
            by=act.user_id,
            now=act.now,
            with_numbers=with_numbers,
        )
    shared = services()
    board = day_board(shared.database, shared.travel_times, on=on, now=act.now, scope=act.scope)
    return render_template(
        "dispatch/paper/pack.html",
        on=on,
        board=board,
        sessions=sessions,
        calls=calls,
        with_numbers=with_numbers,
        modes=MODE_LABELS,
        mobility=MOBILITY,
        relations=RELATION_LABELS,
    )
