"""One row of a file: its cells mended in place, or a person's word on whom it means."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.ledger.codes import LifeReportKind, RowKind
from outreach.ledger.heads import person_head
from outreach.ledger.import_match import OTHER, SAME
from outreach.ledger.import_review import BatchLine, batch_columns, batch_line, row_line
from outreach.ledger.life import Heard
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _
from outreach.web.imports.door import KEEPERS, bp, hand_of
from outreach.web.imports.words import CHANGE_LABELS, code_word, field_word
from outreach.web.notices import notify
from outreach.workflows import report_life as life
from outreach.workflows.review_import import LONGEST_CELL, decide_row, mend_row


@bp.get("/rows/<int:row_id>")
@allowed(*KEEPERS)
def row(row_id: int) -> ResponseReturnValue:
    """Show one row cell by cell, to mend it or to say whom it means."""
    with reading() as act:
        context = _row(act, row_id)
    return render_template("staff/imports/row.html", form=Form(), **context)


def _row(act: Acting, row_id: int) -> dict[str, object]:
    line, cells, batch_id = row_line(act.session, row_id=row_id)
    batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
    if line.resident_id is not None:
        act.saw("resident", line.resident_id)
    columns = batch_columns(act.session, batch_id)
    headers = columns.headers if columns else ()
    fields = columns.fields if columns else {}
    width = max(len(headers), len(cells))
    return {
        "batch": batch,
        "line": line,
        "cells": [
            (
                number,
                headers[number] if number < len(headers) else "",
                field_word(fields[number]) if number in fields else "",
                cells[number] if number < len(cells) else "",
            )
            for number in range(width)
        ],
        "code_word": code_word,
        "change_labels": CHANGE_LABELS,
        "longest": LONGEST_CELL,
    }


@bp.post("/rows/<int:row_id>/mend")
@allowed(*KEEPERS)
def mend(row_id: int) -> ResponseReturnValue:
    """Read the row anew from mended cells; what came with the file is kept beside it."""
    form = Form(request.form)
    with form.catching():
        with acting() as act:
            _line, cells, batch_id = row_line(act.session, row_id=row_id)
            batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
            width = max(len(cells), len([n for n in form.values if n.startswith("cell-")]))
            mended = [form.text(f"cell-{number}", longest=LONGEST_CELL) for number in range(width)]
            form.check()
            landed = mend_row(act.session, row_id=row_id, cells=mended, hand=hand_of(act))
        if landed.match.kind is RowKind.PROBLEM:
            codes = [*landed.row.codes, *landed.match.codes]
            reasons = "; ".join(code_word(code) for code in codes)
            notify(_("Not yet: %(reasons)s", reasons=reasons), kind="warning")
            return go(url_for(".row", row_id=row_id))
        notify(_("The row is in order now."))
        return go(_back(batch, "problem"))
    with reading() as act:
        context = _row(act, row_id)
    return render_template("staff/imports/row.html", form=form, **context), 422


def _back(batch: BatchLine, group: str) -> str:
    return url_for(".show", batch_id=batch.id, group=group)


@bp.post("/rows/<int:row_id>/decide")
@allowed(*KEEPERS)
def decide(row_id: int) -> ResponseReturnValue:
    """Say whether a row means the person it repeats, or somebody else."""
    form = Form(request.form)
    decision = form.code("decision", (SAME, OTHER))
    with acting() as act:
        form.check()
        _line, _cells, batch_id = row_line(act.session, row_id=row_id)
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        landed = decide_row(act.session, row_id=row_id, decision=decision, hand=hand_of(act))
    if landed.match.kind is RowKind.NEW:
        notify(_("Two people: the row enters the ledger on its own."))
    else:
        notify(_("One person: what the row says more is taken over."))
    return go(_back(batch, "duplicate"))


@bp.post("/<int:batch_id>/missing/<int:resident_id>")
@allowed(*KEEPERS)
def report_missing(batch_id: int, resident_id: int) -> ResponseReturnValue:
    """Note why somebody is not in a file any more; a person decides, a death takes two."""
    form = Form(request.form)
    kind = form.one_of("kind", LifeReportKind)
    with acting() as act:
        form.check()
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        person_head(act.session, resident_id=resident_id, scope=act.scope, now=act.now)
        words = _("not in the file “%(file)s”", file=batch.filename)
        heard = Heard(resident_id, kind or LifeReportKind.MOVED, "not_in_file", str(words))
        life.report_life(act.session, heard=heard, by=act.user_id, now=act.now)
    notify(_("Noted. Messages are held until somebody has found out what is true."))
    return go(_back(batch, "missing"))
