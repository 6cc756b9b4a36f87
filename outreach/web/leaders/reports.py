"""Reports: the kept daily and weekly ones as Excel and PDF, tables as CSV; every export marked and logged."""

from __future__ import annotations

import csv
from io import StringIO

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from outreach.audit.trail import Act
from outreach.oversight.codes import Basis, Dimension
from outreach.oversight.coverage import campaigns, children_of, choose_campaign
from outreach.oversight.people import unit_in_scope
from outreach.oversight.report_files import pdf_of, xlsx_of
from outreach.oversight.reports import KIND_LABELS, ReportKind, Wanted, kept_reports, make, read
from outreach.oversight.viewing import view_of
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.filters import moment
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, language
from outreach.web.leaders import checking, saved
from outreach.web.leaders.standing import READERS, asked_of, choice
from outreach.web.leaders.tables import Table, unit_table, value_table
from outreach.web.lists import page_number
from outreach.web.notices import notify

bp = Blueprint("reports", __name__, url_prefix="/reports")
PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("")
@allowed(*READERS)
def index() -> ResponseReturnValue:
    """List the kept reports, and offer to make one now."""
    form = Form(request.args)
    with reading() as act:
        lines = kept_reports(act.session, scope=act.scope, page=page_number(), size=PAGE)
        units = children_of(act.session, None, scope=act.scope)
        choices = campaigns(act.session)
        views = saved.kept_views(act)
    return render_template(
        "leader/reports/index.html",
        form=form,
        lines=lines,
        views=views,
        kinds=KIND_LABELS,
        kind_options=[(code, entry.label(language())) for code, entry in KIND_LABELS.items()],
        units=[(unit.id, unit.name) for unit in units],
        campaigns=[(c.id, c.label(language())) for c in choices],
    )


@bp.post("")
@allowed(*READERS)
def add() -> ResponseReturnValue:
    """Make today's report of a unit now; one that was kept already stays as it is."""
    form = Form(request.form)
    with acting() as act:
        unit = unit_in_scope(act.session, form.whole("area"), scope=act.scope)
        own = unit or children_of(act.session, None, scope=act.scope)[0]
        wanted = Wanted(
            kind=choice(form, "kind", ReportKind, ReportKind.DAILY),
            area_id=own.id,
            campaign=choose_campaign(act.session, form.whole("campaign")),
            on=act.today,
            language=language(),
            basis=choice(form, "basis", Basis, Basis.REGISTRATION),
        )
        make(act.session, wanted, now=act.now, by=act.user_id)
    notify(_("The report is kept below."))
    return go(url_for(".index"))


@bp.get("/<int:report_id>.xlsx")
@allowed(*READERS)
def xlsx(report_id: int) -> ResponseReturnValue:
    """Download a report as Excel."""
    with acting() as act:
        report = read(act.session, report_id, scope=act.scope)
        act.record(Act.EXPORT, ("report", report_id), facts={"format": "xlsx"})
        mark = watermark(act)
    return _file(xlsx_of(report, watermark=mark), f"{report.file_name}.xlsx", XLSX)


@bp.get("/<int:report_id>.pdf")
@allowed(*READERS)
def pdf(report_id: int) -> ResponseReturnValue:
    """Download a report as PDF."""
    with acting() as act:
        report = read(act.session, report_id, scope=act.scope)
        act.record(Act.EXPORT, ("report", report_id), facts={"format": "pdf"})
        mark = watermark(act)
    return _file(pdf_of(report, watermark=mark), f"{report.file_name}.pdf", "application/pdf")


@bp.get("/standing.csv")
@allowed(*READERS)
def standing_csv() -> ResponseReturnValue:
    """Download the tables of where a unit stands as CSV, as the page shows them."""
    form = Form(request.args)
    dimension = choice(form, "by", Dimension, Dimension.AGE)
    with acting() as act:
        asked = asked_of(act, form, form.whole("area"), (dimension,))
        view = view_of(act.session, asked, scope=act.scope, now=act.now)
        tables = [unit_table(view), value_table(view, dimension)]
        act.record(Act.EXPORT, ("area", form.whole("area")), facts={"format": "csv"})
        mark = watermark(act)
    # With the mark that makes Excel read it as UTF-8.
    text = "\ufeff" + "".join(_csv(table) for table in tables) + f"# {mark}\r\n"
    return _file(text.encode(), "standing.csv", "text/csv; charset=utf-8")


def watermark(act: Acting) -> str:
    """Return who took an export and when."""
    name = act.actor.display_name if act.actor is not None else ""
    return f"{name} · {moment(act.now)} · {act.setting.name}"


def _csv(table: Table) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_inert(heading) for heading, _class in table.headings])
    for line in table.lines:
        values = ["•" if shown.value is None else shown.value for shown in line.figures]
        share = (
            []
            if not table.has_coverage
            else ["" if line.coverage is None else f"{line.coverage:.4f}"]
        )
        writer.writerow([_inert(line.name), *share, *values])
    return buffer.getvalue() + "\r\n"


def _inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _file(content: bytes, name: str, kind: str) -> Response:
    answer = make_response(content)
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


bp.add_url_rule("/checks", "checks", checking.index)
bp.add_url_rule("/checks/samples", "draw_sample", checking.draw_sample, methods=["POST"])
bp.add_url_rule("/checks/samples/<int:check_id>", "spot_check", checking.show_sample)
bp.add_url_rule(
    "/checks/items/<int:item_id>", "spot_finding", checking.record_finding, methods=["POST"]
)
bp.add_url_rule("/checks/official", "note_official", checking.note_official, methods=["POST"])
bp.add_url_rule("/checks/official/<int:figure_id>", "official", checking.official)
bp.add_url_rule("/checks/forms", "add_form", checking.add, methods=["POST"])
bp.add_url_rule("/checks/forms/<int:form_id>", "change_form", checking.change, methods=["POST"])
bp.add_url_rule("/checks/forms/<int:form_id>.xlsx", "fill_form", checking.download)
bp.add_url_rule("/views", "keep_view", saved.keep, methods=["POST"])
bp.add_url_rule("/views/<int:view_id>/drop", "drop_view", saved.drop, methods=["POST"])
