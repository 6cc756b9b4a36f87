"""Checking ourselves: spot checks of strike-offs, other official numbers, and superiors' own forms."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts.codes import Role
from outreach.audit.trail import Act
from outreach.ledger.codes import GRADE_LABELS, NEXT_ACTION_LABELS
from outreach.oversight.codes import DEFINITIONS, Figure
from outreach.oversight.coverage import children_of, choose_campaign
from outreach.oversight.kept_forms import (
    add_form,
    filled,
    forms_of,
    map_cells,
    mapping_text,
    replace_file,
)
from outreach.oversight.official import Said, compare, entries_of, figures, note
from outreach.oversight.people import PAGE_SIZE, people_of_lines
from outreach.oversight.spot_checks import check_of, checks, draw, record, sampled
from outreach.web.access import allowed
from outreach.web.acting import acting, reading
from outreach.web.forms import Form
from outreach.web.htmx import go
from outreach.web.i18n import _, _l, language
from outreach.web.leaders.spans import seen_of
from outreach.web.leaders.standing import READERS, choice
from outreach.web.lists import page_number, pages
from outreach.web.messages import add_messages
from outreach.web.notices import notify

LARGEST_FORM = 5 * 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHECKERS = (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR)

add_messages(
    {
        "nothing_to_sample": _l("Nothing was struck off in these days."),
        "form_unreadable": _l("This is no Excel workbook (.xlsx) that can be filled."),
        "form_large": _l("This workbook is too large for a form."),
        "form_formula": _l("A cell with a formula cannot be filled; it computes itself."),
        "form_line": _l("This line cannot be read: %(line)s. Example: B5 vaccinated UNIT"),
        "form_changed": _l("The form is not the one that was mapped. What moved: %(moved)s"),
        "cell_reference": _l("A cell is written like B5."),
        "list_unreadable": _l(
            "%(count)s of the listed values are no identity numbers of 18 digits."
        ),
        "list_long": _l("At most %(most)s numbers."),
    }
)


@allowed(*READERS)
def index() -> ResponseReturnValue:
    """Show spot checks, official figures and forms of one's units."""
    return _page(Form(), 200)


def _page(form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        units = children_of(act.session, None, scope=act.scope)
        below = [u for unit in units for u in children_of(act.session, unit, scope=act.scope)]
        forms = forms_of(act.session, scope=act.scope)
        context: dict[str, Any] = {
            "checks": checks(act.session, scope=act.scope),
            "figures": figures(act.session, scope=act.scope),
            "kept": [(line, mapping_text(act.session, line.cells)) for line in forms],
            "units": [(unit.id, unit.name) for unit in [*units, *below]],
            "sees_names": act.scope.sees_names,
            "week_ago": act.today - timedelta(days=28),
            "today": act.today,
        }
    named = [(str(f), DEFINITIONS[f].label.label(language())) for f in Figure]
    page = render_template(
        "leader/reports/checks.html", form=form, named=named, labels=dict(named), **context
    )
    return page, status


@allowed(*CHECKERS)
def draw_sample() -> ResponseReturnValue:
    """Draw a spot check; without a seed in the form a fresh one is used and shown."""
    form = Form(request.form)
    size = form.whole("size", required=True, least=1, most=200)
    seed = form.whole("seed", least=0)
    with form.catching():
        form.check()
        with acting() as act:
            check = draw(
                act.session,
                seen_of(act, form).span,
                size=size or 1,
                seed=seed if seed is not None else secrets.randbelow(1_000_000),
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
            act.record("spot_check_drawn", ("spot_check", check.id), facts={"seed": check.seed})
        return go(url_for("reports.spot_check", check_id=check.id))
    return _page(form, 422)


@allowed(*CHECKERS)
def show_sample(check_id: int) -> ResponseReturnValue:
    """Show a sample with its evidence, and take what the calls back found."""
    return _sample(check_id, Form(), 200)


def _sample(check_id: int, form: Form, status: int) -> ResponseReturnValue:
    with reading() as act:
        check = check_of(act.session, check_id, scope=act.scope)
        lines = sampled(act.session, check_id, scope=act.scope)
        for line in lines:
            act.saw("resident", line.resident_id)
    page = render_template(
        "leader/reports/spot_check.html", form=form, check=check, lines=lines, grades=GRADE_LABELS
    )
    return page, status


@allowed(*CHECKERS)
def record_finding(item_id: int) -> ResponseReturnValue:
    """Note what one call back found."""
    form = Form(request.form)
    check_id = form.whole("check", required=True) or 0
    agrees, finding = form["agrees"] == "yes", form.text("finding", longest=300)
    with form.catching():
        form.check()
        with acting() as act:
            record(
                act.session,
                item_id=item_id,
                agrees=agrees,
                finding=finding,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
        return go(url_for("reports.spot_check", check_id=check_id, _anchor=f"item-{item_id}"))
    return _sample(check_id, form, 422)


@allowed(*CHECKERS)
def note_official() -> ResponseReturnValue:
    """Keep an official number, with the list behind it where there is one."""
    form = Form(request.form)
    area_id, on = form.whole("area", required=True), form.day("on", required=True)
    value = form.whole("value", least=0, most=100_000_000)
    source = form.text("source", required=True, longest=120)
    with form.catching():
        form.check()
        with acting() as act:
            said = Said(
                area_id=area_id or 0,
                campaign_id=choose_campaign(act.session, form.whole("campaign")).id,
                figure=choice(form, "figure", Figure, Figure.VACCINATED),
                on=on or act.today,
                value=value,
                source=source,
                numbers=form.text("numbers", longest=700_000),
            )
            row = note(act.session, said=said, scope=act.scope, by=act.user_id, now=act.now)
            act.record("official_figure_noted", ("area", area_id), facts={"figure": row.figure})
        return go(url_for("reports.official", figure_id=row.id))
    return _page(form, 422)


@allowed(*CHECKERS)
def official(figure_id: int) -> ResponseReturnValue:
    """Show an official number against ours, and the people on one side alone."""
    side = request.args.get("side", "ours")
    with acting() as act:
        found = compare(act.session, figure_id, scope=act.scope, now=act.now)
        residents = found.only_theirs if side == "theirs" else found.only_ours
        campaign = choose_campaign(act.session, None)
        lines = entries_of(act.session, residents, campaign_id=campaign.id)
        listed = people_of_lines(act.session, lines, unit=None, day=act.today, page=page_number())
        ids = [person.resident_id for person in listed.people]
        facts: dict[str, Any] = {"official": figure_id, "residents": ids}
        act.record("people_listed", ("official_figure", figure_id), facts=facts)
    return render_template(
        "leader/reports/official.html",
        found=found,
        listed=listed,
        side=side,
        label=DEFINITIONS[found.figure].label.label(language()),
        pages=pages(listed.total, size=PAGE_SIZE),
        actions=NEXT_ACTION_LABELS,
    )


@allowed(*CHECKERS)
def add() -> ResponseReturnValue:
    """Take a superior's form; cells that explain themselves are mapped at once."""
    form = Form(request.form)
    area_id, name = form.whole("area", required=True), form.text("name", required=True)
    content = _upload(form)
    with form.catching():
        form.check()
        with acting() as act:
            kept = add_form(
                act.session,
                name=name,
                content=content,
                area_id=area_id or 0,
                scope=act.scope,
                by=act.user_id,
                now=act.now,
            )
            many = len(kept.cells["cells"])
        notify(_("The form is kept; %(count)s cells were understood by themselves.", count=many))
        return go(url_for("reports.checks", _anchor="forms"))
    return _page(form, 422)


@allowed(*CHECKERS)
def change(form_id: int) -> ResponseReturnValue:
    """Change a form's mapping, or take a newer file of it; a changed form stops and says what moved."""
    form = Form(request.form)
    text = form.text("cells", longest=100_000)
    content = _upload(form) if request.files.get("file") else b""
    with form.catching():
        form.check()
        with acting() as act:
            if content:
                replace_file(act.session, form_id=form_id, content=content, scope=act.scope)
            else:
                map_cells(act.session, form_id=form_id, text=text, scope=act.scope)
        notify(_("Kept."))
        return go(url_for("reports.checks", _anchor="forms"))
    return _page(form, 422)


@allowed(*CHECKERS)
def download(form_id: int) -> ResponseReturnValue:
    """Download a form filled with the figures of this moment."""
    with acting() as act:
        campaign = choose_campaign(act.session, None)
        content = filled(
            act.session, form_id=form_id, campaign=campaign, scope=act.scope, now=act.now
        )
        act.record(Act.EXPORT, ("report_form", form_id), facts={"format": "xlsx"})
    headers = {"Content-Disposition": f'attachment; filename="form-{form_id}.xlsx"'}
    return Response(content, headers=headers, content_type=XLSX)


def _upload(form: Form) -> bytes:
    file = request.files.get("file")
    content = file.read(LARGEST_FORM + 1) if file is not None else b""
    if not content:
        form.wrong("file", "field_required")
    elif len(content) > LARGEST_FORM:
        form.wrong("file", "form_large")
    return content
