"""Work, rides and messages of a unit over some days: tables and charts whose numbers open their people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger.codes import NEXT_ACTION_LABELS
from outreach.oversight import cohorts as cohorts_read
from outreach.oversight import rides as rides_read
from outreach.oversight import traffic
from outreach.oversight import work as work_read
from outreach.oversight.blocks import Block, Measured, Unit, closed
from outreach.oversight.measures import people_behind
from outreach.oversight.people import PAGE_SIZE
from outreach.oversight.span import Span
from outreach.web.access import allowed, may_open
from outreach.web.acting import acting, reading
from outreach.web.filters import NOTHING, number, percent
from outreach.web.forms import Form
from outreach.web.i18n import _, language
from outreach.web.leaders import units, weeks, what_if
from outreach.web.leaders.spans import Seen, seen_of
from outreach.web.leaders.standing import PERSON_PAGE, READERS
from outreach.web.lists import page_number, pages
from outreach.web.visit import visit

bp = Blueprint("oversight", __name__, url_prefix="/oversight")
Read = Callable[..., tuple[Block, ...]]


def _section(title: str, read: Read) -> ResponseReturnValue:
    form = Form(request.args)
    with reading() as act:
        seen = seen_of(act, form)
        blocks = read(act.session, seen.span, language=language())
    shown = blocks if seen.sees_names else closed(blocks)
    return render_template(
        "leader/oversight/section.html", title=title, seen=seen, blocks=shown, form=form, **WORDS
    )


@bp.get("/work")
@allowed(*READERS)
def work() -> ResponseReturnValue:
    """Show the funnel, contacts, reasons, questions and the work in hand."""
    return _section(_("Work"), work_read.blocks)


@bp.get("/cohorts")
@allowed(*READERS)
def cohorts() -> ResponseReturnValue:
    """Show the people who fell due week by week, and where they stand by now."""
    return _section(_("Cohorts"), cohorts_read.blocks)


@bp.get("/rides")
@allowed(*READERS)
def rides() -> ResponseReturnValue:
    """Show how rides went for people, and how cars were used."""
    return _section(_("Rides"), rides_read.blocks)


@bp.get("/messages")
@allowed(*READERS)
def messages() -> ResponseReturnValue:
    """Show what became of messages, and signs of too much pressure."""
    return _section(_("Messages"), traffic.blocks)


@bp.get("/people")
@allowed(*READERS)
def people() -> ResponseReturnValue:
    """List exactly the people behind a measured number."""
    form = Form(request.args)
    opens = form.text("list", longest=60)
    with reading() as act:
        seen = seen_of(act, form)
        found = people_behind(
            act.session, seen.span, opens, scope=act.scope, now=act.now, page=page_number()
        )
    ids = [person.resident_id for person in found.people]
    with acting() as act:
        facts: dict[str, Any] = {"list": opens, "residents": ids}
        act.record("people_listed", ("area", seen.area_id), facts=facts)
    return render_template(
        "leader/standing/people.html",
        found=found,
        pages=pages(found.total, size=PAGE_SIZE),
        definition=(_("People behind this number"), days(seen.span)),
        row_name="",
        back=url_for(".work", area=seen.area_id),
        actions=NEXT_ACTION_LABELS,
        person_page=PERSON_PAGE if may_open(PERSON_PAGE, visit().actor) else "",
    )


def days(span: Span) -> str:
    """Return the days of a span in words."""
    return f"{_iso(span.since)} – {_iso(span.until)}"


def _iso(day: date) -> str:
    return day.isoformat()


def cell(measured: Measured) -> str:
    """Return a measured number in the reader's words."""
    if measured.value is None:
        return NOTHING
    if measured.unit is Unit.SHARE:
        return percent(measured.value)
    digits = 0 if measured.unit in {Unit.PEOPLE, Unit.COUNT} else 1
    return number(measured.value, 2 if measured.unit is Unit.MONEY else digits)


def chart(block: Block, seen: Seen) -> dict[str, Any] | None:
    """Return a block as a chart of the same numbers; None where there is nothing to draw."""
    if not block.chart or not block.rows:
        return None
    series = [
        {
            "name": block.columns[i].label(language()),
            "values": [row.cells[i].value for row in block.rows],
            "to": [
                seen.address(row.cells[i].opens) if row.cells[i].opens else "" for row in block.rows
            ],
        }
        for i in block.chart
    ]
    labels = [row.label for row in block.rows]
    return {"kind": "bar", "sideways": True, "whole": True, "labels": labels, "series": series}


def headings(block: Block) -> list[tuple[str, str]]:
    """Return the headings of a block as the table component takes them."""
    return [(block.title.label(language()), "")] + [
        (column.label(language()), "text-end") for column in block.columns
    ]


# What the templates of blocks call.
WORDS: dict[str, Any] = {"cell": cell, "chart": chart, "headings": headings}


bp.add_url_rule("/units", "units", units.show)
bp.add_url_rule("/units/target", "units_target", units.target, methods=["POST"])
bp.add_url_rule("/units/ask", "units_ask", units.demand, methods=["POST"])
bp.add_url_rule("/units/requests/<int:request_id>", "units_answer", units.reply, methods=["POST"])
bp.add_url_rule(
    "/units/escalations/<int:escalation_id>", "units_take", units.take, methods=["POST"]
)
bp.add_url_rule("/what-if", "what_if", what_if.show)
bp.add_url_rule("/what-if/week", "ask_week", weeks.ask, methods=["POST"])
bp.add_url_rule("/what-if/week/<int:task_id>", "week", weeks.show)
