"""Files on their way into the ledger: uploaded or pasted, columns confirmed, reviewed, written, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.queries import check_within
from outreach.adapters.import_sheets import blank_ledger, rows_to_mend
from outreach.campaigns.queries import default_campaign
from outreach.ledger.columns import ColumnMap
from outreach.ledger.headers import FIELDS
from outreach.ledger.import_batches import Upload, hash_of, kept_file, remembered_columns
from outreach.ledger.import_queues import waiting
from outreach.ledger.import_review import (
    GROUPS,
    MISSING,
    PAGE,
    BatchLine,
    MissingLine,
    RowLine,
    batch_line,
    batch_lines,
    communities,
    count_group,
    count_missing,
    missing_lines,
    problem_cells,
    row_lines,
    task_line,
)
from outreach.ledger.ledger_file import FileHead, preview_file
from outreach.ledger.reading import UnreadableFile
from outreach.places.queries import place_rules
from outreach.web.access import allowed
from outreach.web.acting import Acting, acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go, is_fragment, page_or_fragment
from outreach.web.i18n import _
from outreach.web.imports.door import KEEPERS, bp
from outreach.web.imports.words import (
    CHANGE_LABELS,
    GROUP_LABELS,
    GROUP_LEADS,
    OBSTACLE_LABELS,
    code_word,
    field_options,
    field_word,
)
from outreach.web.lists import page_number, pages
from outreach.web.notices import notify
from outreach.workflows.match_rate import MEND_HEADERS
from outreach.workflows.review_import import (
    ask_again,
    ask_commit,
    ask_list,
    ask_undo,
    confirm_columns,
    discard,
    receive,
)
from outreach.workflows.undo_import import undo_obstacles

if TYPE_CHECKING:
    from outreach.kernel.place import DateOrder

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LEDGER, OFFICIAL = "ledger", "official"
DATE_ORDERS = ("ymd", "dmy", "mdy")
SAMPLES = 3


@bp.get("")
@allowed(*KEEPERS)
def index() -> ResponseReturnValue:
    """Show what waits for a person, the way in for a file, and the files so far."""
    with reading() as act:
        lines, total = batch_lines(act.session, scope=act.scope, page=page_number())
        context = {
            "lines": lines,
            "pages": pages(total, size=PAGE),
            "waiting": waiting(act.session, scope=act.scope),
            "communities": communities(act.session, scope=act.scope),
            "today": act.today,
        }
    return page_or_fragment(
        "staff/imports/index.html", "staff/imports/_batches.html", form=Form(), **context
    )


@bp.get("/new")
@allowed(*KEEPERS)
def new() -> ResponseReturnValue:
    """Show the form for a file or pasted rows."""
    form = Form(request.args)
    with reading() as act:
        choices = communities(act.session, scope=act.scope)
        return render_template(
            "staff/imports/new.html", form=form, communities=choices, today=act.today
        )


@bp.post("")
@allowed(*KEEPERS)
def upload() -> ResponseReturnValue:
    """Take a file in; a ledger asks for its columns next, an official list is compared at once."""
    form = Form(request.form)
    kind = form.code("kind", (LEDGER, OFFICIAL))
    community_id, as_of = (
        form.whole("community_id", required=True),
        form.day("as_of", required=True),
    )
    data, filename = _incoming(form)
    with form.catching():
        form.check()
        assert community_id is not None and as_of is not None  # noqa: S101, PT018 - just checked
        with reading() as act:
            check_within(act.session, scope=act.scope, area_id=community_id)
            place = place_rules(act.session)
            head = preview_file(data, filename=filename, as_of=as_of, place=place)
        if head.columns is None:
            raise UnreadableFile("no_name_column", field="file")
        with acting() as act:
            wanted = Upload(
                kind=kind,
                filename=filename,
                content_hash=hash_of(data),
                community_id=community_id,
                campaign_id=default_campaign(act.session).id,
                as_of=as_of,
            )
            batch = receive(act.session, upload=wanted, data=data, by=act.user_id, now=act.now)
            if kind == OFFICIAL:
                ask_list(act.session, batch_id=batch.id, by=act.user_id, now=act.now)
        return go(url_for(".columns" if kind == LEDGER else ".show", batch_id=batch.id))
    with reading() as act:
        choices = communities(act.session, scope=act.scope)
        return render_template(
            "staff/imports/new.html", form=form, communities=choices, today=act.today
        ), 422


def _incoming(form: Form) -> tuple[bytes, str]:
    """Return the file that was sent, else the pasted rows."""
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return sent.read(), sent.filename
    text = form.values.get("text", "")
    if not text.strip():
        form.wrong("file", "file_missing")
    return text.encode("utf-8", "replace"), str(_("pasted rows"))


@bp.get("/<int:batch_id>/columns")
@allowed(*KEEPERS)
def columns(batch_id: int) -> ResponseReturnValue:
    """Show what each column was taken for, with its first cells, to confirm or change."""
    form = Form(request.args)
    with reading() as act:
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        head = _head(act, batch, sheet=form.values.get("sheet", ""))
    return render_template("staff/imports/columns.html", form=form, **_columns(batch, head))


@bp.post("/<int:batch_id>/columns")
@allowed(*KEEPERS)
def confirm(batch_id: int) -> ResponseReturnValue:
    """Keep what the columns mean and have the file read."""
    form = Form(request.form)
    order = form.code("date_order", DATE_ORDERS, required=False)
    with reading() as act:
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        head = _head(act, batch, sheet=form.values.get("sheet", ""))
    chosen = (head.columns or ColumnMap({})).changed(
        _chosen(form), date_order=cast("DateOrder | None", order or None)
    )
    with form.catching(), acting() as act:
        confirm_columns(act.session, batch_id=batch_id, columns=chosen, by=act.user_id, now=act.now)
        return go(url_for(".show", batch_id=batch_id))
    return render_template("staff/imports/columns.html", form=form, **_columns(batch, head)), 422


def _chosen(form: Form) -> dict[int, str]:
    found = {}
    for name, value in form.values.items():
        number = name.removeprefix("column-")
        if number.isdigit() and value in FIELDS:
            found[int(number)] = value
    return found


def _head(act: Acting, batch: BatchLine, *, sheet: str) -> FileHead:
    return preview_file(
        kept_file(act.session, batch_id=batch.id),
        filename=batch.filename,
        as_of=batch.as_of,
        place=place_rules(act.session),
        sheet=sheet or None,
        remembered=remembered_columns(act.session, community_id=batch.community_id),
    )


def _columns(batch: BatchLine, head: FileHead) -> dict[str, object]:
    known = head.columns
    first = known.first_row if known else 1
    below = [cells for number, cells in head.sample if number >= first and any(cells)]
    shown = []
    for column, header in enumerate(known.headers if known else ()):
        cells = [c[column] for c in below if column < len(c) and c[column]][:SAMPLES]
        meaning = known.fields.get(column, "") if known else ""
        shown.append((column, header, meaning, cells))
    return {
        "batch": batch,
        "head": head,
        "columns": shown,
        "options": field_options(),
        "date_orders": [
            ("ymd", _("year, month, day")),
            ("dmy", _("day, month, year")),
            ("mdy", _("month, day, year")),
        ],
    }


@bp.get("/<int:batch_id>")
@allowed(*KEEPERS)
def show(batch_id: int) -> ResponseReturnValue:
    """Show how far a batch is; once read, its rows by group and what comes next."""
    with reading() as act:
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        task = task_line(act.session, batch.task_id)
        if batch.is_at_work or batch.state in {"uploaded", "failed"}:
            return render_template("staff/imports/work.html", batch=batch, task=task)
        if batch.kind == OFFICIAL:
            left = waiting(act.session, scope=act.scope)
            return render_template("staff/imports/list.html", batch=batch, waiting=left)
        context = _review(act, batch)
    return page_or_fragment(
        "staff/imports/show.html", "staff/imports/_rows.html", task=task, **context
    )


@bp.get("/<int:batch_id>/progress")
@allowed(*KEEPERS)
def progress(batch_id: int) -> ResponseReturnValue:
    """Answer how far the work is; when it is over, lead to its result."""
    with reading() as act:
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        task = task_line(act.session, batch.task_id)
    if not is_fragment() or not batch.is_at_work or task.is_over:
        return go(url_for(".show", batch_id=batch_id))
    return render_template("staff/imports/_progress.html", batch=batch, task=task)


def _review(act: Acting, batch: BatchLine) -> dict[str, object]:
    counts = {
        group: count_group(act.session, batch_id=batch.id, group=group)
        for group in GROUPS
        if group != MISSING
    }
    counts[MISSING] = count_missing(act.session, batch=batch)
    asked = request.args.get("group", "")
    group = asked if asked in GROUPS else next((g for g in GROUPS if counts[g]), "new")
    is_missing = group == MISSING
    rows: list[RowLine] = []
    missing: list[MissingLine] = []
    if is_missing:
        missing, total = missing_lines(act.session, batch=batch, page=page_number())
    else:
        rows, total = row_lines(act.session, batch_id=batch.id, group=group, page=page_number())
    return {
        "batch": batch,
        "group": group,
        "lead": GROUP_LEADS[group],
        "groups": [(g, GROUP_LABELS[g], counts[g]) for g in GROUPS if counts[g] or g == group],
        "counts": counts,
        "rows": rows,
        "missing": missing,
        "pages": pages(total, size=PAGE),
        "code_word": code_word,
        "change_labels": CHANGE_LABELS,
        "obstacles": _obstacles(act, batch),
    }


def _obstacles(act: Acting, batch: BatchLine) -> list[str]:
    if batch.state != "committed":
        return []
    found = undo_obstacles(act.session, batch_id=batch.id)
    return [f"{OBSTACLE_LABELS.get(name, name)}: {count}" for name, count in found.items()]


@bp.post("/<int:batch_id>/commit")
@allowed(*KEEPERS)
def commit(batch_id: int) -> ResponseReturnValue:
    """Have a reviewed file written into the ledger."""
    form = Form(request.form)
    with acting() as act:
        batch_line(act.session, batch_id=batch_id, scope=act.scope)
        ask_commit(
            act.session,
            batch_id=batch_id,
            is_forced=form.yes("force"),
            by=act.user_id,
            now=act.now,
        )
    return go(url_for(".show", batch_id=batch_id))


@bp.post("/<int:batch_id>/again")
@allowed(*KEEPERS)
def again(batch_id: int) -> ResponseReturnValue:
    """Have work that stopped half-way taken up again where it stopped."""
    with acting() as act:
        batch_line(act.session, batch_id=batch_id, scope=act.scope)
        ask_again(act.session, batch_id=batch_id, by=act.user_id, now=act.now)
    return go(url_for(".show", batch_id=batch_id))


@bp.post("/<int:batch_id>/undo")
@allowed(*KEEPERS)
def undo(batch_id: int) -> ResponseReturnValue:
    """Have an import taken back while nothing depends on it."""
    with acting() as act:
        batch_line(act.session, batch_id=batch_id, scope=act.scope)
        ask_undo(act.session, batch_id=batch_id, by=act.user_id, now=act.now)
    notify(_("The import is being undone; this page shows it in a moment."))
    return go(url_for(".show", batch_id=batch_id))


@bp.post("/<int:batch_id>/discard")
@allowed(*KEEPERS)
def throw_away(batch_id: int) -> ResponseReturnValue:
    """Decide not to use a file."""
    with acting() as act:
        batch_line(act.session, batch_id=batch_id, scope=act.scope)
        discard(act.session, batch_id=batch_id)
    notify(_("The file is not used. Nothing of it is in the ledger."))
    return go(url_for(".index"))


@bp.get("/<int:batch_id>/to-mend.xlsx")
@allowed(*KEEPERS)
def to_mend(batch_id: int) -> ResponseReturnValue:
    """Hand out the rows that want mending, the reason beside each."""
    with acting() as act:
        batch = batch_line(act.session, batch_id=batch_id, scope=act.scope)
        headers, rows = problem_cells(act.session, batch_id=batch_id)
        heading = MEND_HEADERS[1 if act.language.startswith("en") else 0]
        reasons = [("; ".join(code_word(code) for code in codes), cells) for codes, cells in rows]
        act.record("export", ("import_batch", batch.id), facts={"rows": len(rows)})
    return _sheet(rows_to_mend(headers, heading, reasons), f"to-mend-{batch_id}.xlsx")


@bp.get("/blank.xlsx")
@allowed(*KEEPERS)
def blank() -> ResponseReturnValue:
    """Hand out a blank ledger to fill in (moment 2j)."""
    names = (
        "grid name sex id_number birth_date address phone family_phone dose_1 dose_2 dose_3 remark"
    )
    example = (
        _("Grid 1"),
        _("Zhao Guilan"),
        _("female"),
        "410103193503080028",
        "1935-03-08",
        _("12 Mianfang East Road, building 10, unit 3, room 304"),
        "13900000001",
        "13900000002",
        "2021-05-01",
        "2021-06-14",
        "",
        _("lives alone, uses a walker"),
    )
    note = _("One person per row. Leave empty what is not known; dates as 2026-11-26.")
    headings = [field_word(name) for name in names.split()]
    cells = [str(cell) for cell in example]
    content = blank_ledger(headings, cells, note=note, guide_name=_("How to fill it in"))
    return _sheet(content, "ledger.xlsx")


def _sheet(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype=SHEET)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
